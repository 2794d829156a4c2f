package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"

	"quizbot/adapters/discord"
	"quizbot/adapters/slack"
	"quizbot/bot"
	"quizbot/quiz"
	"quizbot/store"
	"quizbot/store/bolt"
)

type serveCommand struct {
	Config      string `help:"Configuration file (quizbot.yaml, where there is one)." placeholder:"FILE"`
	PrintConfig bool   `help:"Show the configuration that results, secrets as \"set\", and end."`

	DB          string `help:"Database file (QUIZBOT_DB)." placeholder:"FILE"`
	Backups     string `help:"Folder for backups on a schedule (QUIZBOT_BACKUPS)." placeholder:"DIR"`
	BackupEvery string `help:"How old the newest backup gets (QUIZBOT_BACKUP_EVERY)." placeholder:"TIME"`
	BackupKeep  string `help:"How many backups stay (QUIZBOT_BACKUP_KEEP)." placeholder:"N"`
	Listen      string `help:"Public HTTP address (QUIZBOT_LISTEN)." placeholder:"ADDR"`
	AdminListen string `help:"Private HTTP address (QUIZBOT_ADMIN_LISTEN)." placeholder:"ADDR"`
	Packs       string `help:"Folder of packs (QUIZBOT_PACKS)." placeholder:"DIR"`
	Retention   string `help:"Forget answers older than this: 365d, or off (QUIZBOT_RETENTION)." placeholder:"DAYS"`
	Speed       string `help:"What being quick is worth in games: off, gentle or full (QUIZBOT_SPEED)." placeholder:"HOW"`
	Log         string `help:"debug, info, warn or error (QUIZBOT_LOG)." placeholder:"LEVEL"`

	SlackAPIURL   string `name:"slack-api-url" help:"Instead of https://slack.com/api/ (SLACK_API_URL)." placeholder:"URL"`
	PublicURL     string `name:"public-url" help:"Where browsers reach this bot (QUIZBOT_PUBLIC_URL)." placeholder:"URL"`
	DiscordAPIURL string `name:"discord-api-url" help:"Instead of https://discord.com/api/v9 (DISCORD_API_URL)." placeholder:"URL"`
	DiscordShards string `name:"discord-shards" help:"auto, or this process's shards (DISCORD_SHARDS)." placeholder:"I,J/N"`

	ForgetLostInstalls bool `help:"Forget the Slack workspaces' tokens that no QUIZBOT_KEY opens; they install the app again, their points stay."`
}

// Help lists what has no flag: secrets show in a list of processes.
func (serveCommand) Help() string {
	return "Flags go over environment variables, those over quizbot.yaml, that over defaults.\n\n" +
		"The environment:\n\n" + settingsHelp() +
		"\nA secret can also be given as a file that holds it and nothing else: DISCORD_TOKEN_FILE=/run/secrets/discord."
}

func (c serveCommand) flags() map[string]string {
	return map[string]string{
		"QUIZBOT_BACKUPS": c.Backups, "QUIZBOT_BACKUP_EVERY": c.BackupEvery, "QUIZBOT_BACKUP_KEEP": c.BackupKeep,
		"QUIZBOT_DB": c.DB, "QUIZBOT_LISTEN": c.Listen, "QUIZBOT_ADMIN_LISTEN": c.AdminListen, "QUIZBOT_PACKS": c.Packs,
		"QUIZBOT_RETENTION": c.Retention, "QUIZBOT_SPEED": c.Speed, "QUIZBOT_LOG": c.Log, "SLACK_API_URL": c.SlackAPIURL, "DISCORD_API_URL": c.DiscordAPIURL, "DISCORD_SHARDS": c.DiscordShards,
		"QUIZBOT_PUBLIC_URL": c.PublicURL,
	}
}

// Run serves until ctx ends.
func (c serveCommand) Run(ctx context.Context, at surroundings) error {
	conf, err := readConfig(at, c.flags(), c.Config)
	if err != nil {
		return err
	}
	if c.PrintConfig {
		conf.print(at.out)
		return nil
	}
	if err := conf.platforms(); err != nil {
		return err
	}
	conf.forget = c.ForgetLostInstalls
	log := newLog(at, conf.log)
	err = serve(ctx, conf, log, at.hangup, at.serving)
	if err == nil {
		log.Info("stopped")
	}
	return err
}

// member is an adapter in a running bot.
type member struct {
	name string
	bot.Messenger
	run  func(context.Context) error
	link func() bot.Link
}

// service is a running bot and all that belongs to it.
type service struct {
	conf    config
	log     *slog.Logger
	meter   *meter
	engine  *bolt.Engine
	core    *bot.Bot
	members []member
	public  *server
	admin   *server
	control *control
}

// serve runs everything until ctx ends or the database fails, then stops it in
// the order of the data: first nothing more comes in, then what came in is
// finished, then it is said, then the file is closed.
func serve(ctx context.Context, conf config, log *slog.Logger, hangup <-chan os.Signal, serving func(map[string]string)) (err error) {
	pool, err := loadPool(conf.get("QUIZBOT_PACKS"), log)
	if err != nil {
		return err
	}
	s := &service{conf: conf, meter: newMeter()}
	calm := newFlood(log.Handler(), s.meter.logged, time.Now)
	defer calm.close()
	log = slog.New(calm)
	s.log = log
	s.meter.packs.loaded(pool, time.Now())
	if s.engine, err = bolt.Open(conf.get("QUIZBOT_DB"), bolt.Options{Log: log, Synced: s.meter.wrote}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.engine.Close()) }()
	s.control = newControl(ctx, conf.get("QUIZBOT_DB"), log)
	s.control.handle("POST "+backupPath, s.sendBackup)
	defer s.control.stop()
	if err := s.assemble(ctx, pool); err != nil {
		return err
	}
	s.open(ctx)
	if serving != nil {
		serving(s.addresses())
	}
	log.Info("serving", "version", versionLine(), "pid", os.Getpid(), "db", conf.get("QUIZBOT_DB"), "topics", len(pool.Packs()), "addresses", s.addresses())
	return s.run(ctx, hangup)
}

// assemble makes the core and the adapters of the configured platforms.
func (s *service) assemble(ctx context.Context, pool *quiz.Pool) error {
	kept := store.New(s.engine)
	s.core = bot.New(bot.Config{Store: kept, Log: s.log, Meter: s.meter, Retention: s.conf.retention, Speed: s.conf.speed}, pool)
	s.answerUsers(kept)
	messengers, draw := map[string]bot.Messenger{}, newPictures().png
	var a *slack.Adapter
	if s.conf.slack() {
		var err error
		if a, err = newSlack(ctx, s.conf, kept, s.core, draw, s.meter, s.log); err != nil {
			return err
		}
		messengers["slack"] = a
		s.members = append(s.members, member{name: "slack", Messenger: a, run: a.Run, link: a.Link})
	}
	if s.conf.discord() {
		d, err := discord.New(discord.Config{
			Token: s.conf.get("DISCORD_TOKEN"), APIURL: s.conf.get("DISCORD_API_URL"), Shards: s.conf.get("DISCORD_SHARDS"),
			About: aboutCommand, Commands: discordCommands(), Texts: discordTexts(), Sorry: bot.Sorry, Draw: draw, Budget: budget{kept}, Meter: s.meter,
		}, s.core, s.log)
		if err != nil {
			return usageError{err}
		}
		messengers["discord"] = d
		s.members = append(s.members, member{name: "discord", Messenger: d, run: d.Run, link: d.Link})
	}
	watched := &state{vitals: s.core.Vitals, links: map[string]func() bot.Link{}, failed: s.engine.Err, db: s.conf.get("QUIZBOT_DB"), now: time.Now}
	for _, m := range s.members {
		s.meter.platform(m.name)
		watched.links[m.name] = m.link
	}
	s.meter.registry.MustRegister(watched)
	s.core.SetMessengers(messengers)
	var err error
	if s.admin, err = listen(ctx, "admin HTTP", "QUIZBOT_ADMIN_LISTEN", s.conf.get("QUIZBOT_ADMIN_LISTEN"), s.private(), s.log); err != nil {
		return err
	}
	s.admin.bound(maxPrivate)
	if s.conf.get("QUIZBOT_ADMIN_TOKEN") == "" && !loopback(s.admin.address()) { // localhost is what the resolver says
		_ = s.admin.ln.Close()
		return usagef("QUIZBOT_ADMIN_LISTEN %q leads to %s, which other machines reach: write 127.0.0.1:9090, or set QUIZBOT_ADMIN_TOKEN", s.conf.get("QUIZBOT_ADMIN_LISTEN"), s.admin.address())
	}
	if s.conf.public() {
		if s.public, err = listen(ctx, "public HTTP", "QUIZBOT_LISTEN", s.conf.get("QUIZBOT_LISTEN"), a.Handler(), s.log); err != nil {
			_ = s.admin.ln.Close()
			return err
		}
		s.public.bound(maxPublic)
		s.public.srv.WriteTimeout = readTime + answerTime
		a.SetPublicURL(publicURL(s.conf, s.public.ln.Addr()))
	}
	return nil
}

// private is what the admin port serves: the operator's pages, and the commands'
// routes behind a key of their own.
func (s *service) private() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", adminHandler(s.meter, s.missing))
	mux.Handle(controlPath, s.control)
	return newDoorman(mux, s.conf.get("QUIZBOT_ADMIN_LISTEN"), s.conf.get("QUIZBOT_ADMIN_TOKEN"))
}

func (s *service) open(ctx context.Context) {
	s.admin.serve()
	if s.public != nil {
		s.public.serve()
	}
	if err := s.control.announce(ctx, s.admin.ln.Addr()); err != nil {
		s.log.Warn("commands such as backup can't reach this process: let it write in the folder of its database", "err", err)
	}
}

func (s *service) addresses() map[string]string {
	out := map[string]string{"admin": s.admin.address()}
	if s.public != nil {
		out["public"] = s.public.address()
	}
	return out
}

// missing is what keeps the bot from being ready.
func (s *service) missing() []error {
	var out []error
	if err := s.engine.Err(); err != nil {
		out = append(out, err)
	}
	for _, m := range s.members {
		if err := lasting(m.link(), time.Now()); err != nil {
			out = append(out, err)
		}
	}
	if err := s.core.Ready(); err != nil {
		out = append(out, err)
	}
	return out
}

// grace is for how long a platform that was connected may be away before the bot
// counts as not ready: connections end all the time, and those that were asked to
// send people elsewhere should not do it for a moment.
const grace = time.Minute

// lasting is why a platform keeps the bot from being ready.
func lasting(l bot.Link, now time.Time) error {
	if errors.As(l.Err, new(*bot.BarredError)) || l.Since.IsZero() || now.Sub(l.Since) > grace {
		return l.Err
	}
	return nil
}

const (
	// httpTime is how long requests under way may take at the end.
	httpTime = 3500 * time.Millisecond
)

func (s *service) run(ctx context.Context, hangup <-chan os.Signal) error {
	coreCtx, stopCore := context.WithCancel(context.WithoutCancel(ctx))
	defer stopCore()
	var core, adapters, others sync.WaitGroup
	failed := make(chan error, len(s.members)+1)
	core.Go(func() {
		if err := s.core.Run(coreCtx); err != nil {
			failed <- fmt.Errorf("core: %w", err)
		}
	})
	adapterCtx, stopAdapters := context.WithCancel(context.WithoutCancel(ctx))
	defer stopAdapters()
	for _, m := range s.members {
		adapters.Go(func() {
			if err := m.run(adapterCtx); err != nil {
				failed <- fmt.Errorf("%s: %w", m.name, err)
			}
		})
	}
	followCtx, stopFollowing := context.WithCancel(ctx)
	defer stopFollowing()
	use := func(p *quiz.Pool) {
		s.core.SetPool(p)
		s.meter.packs.loaded(p, time.Now())
	}
	others.Go(func() {
		followPacks(followCtx, s.conf.get("QUIZBOT_PACKS"), hangup, use, s.meter.packs.refused, s.log)
	})
	if s.conf.get("QUIZBOT_BACKUPS") != "" {
		others.Go(func() { newBackups(s.conf, s.engine.Backup, s.meter.registry, s.log).run(followCtx) })
	}

	var err error
	select {
	case <-ctx.Done():
		s.log.Info("stopping: finishing what was accepted")
	case <-s.engine.Failed():
		err = s.engine.Err()
	case err = <-failed:
	}
	stopFollowing()
	s.control.stop()
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), httpTime)
	defer cancel()
	if s.public != nil {
		err = errors.Join(err, ignoreLate(s.public.shutdown(end)))
	}
	stopAdapters()
	adapters.Wait()
	stopCore()
	core.Wait()
	others.Wait()
	end, cancelAdmin := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancelAdmin()
	return errors.Join(err, ignoreLate(s.admin.shutdown(end)))
}

// ignoreLate: a request that took too long to the end was never acknowledged.
func ignoreLate(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}
