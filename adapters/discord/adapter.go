// Package discord connects the bot to Discord: it listens on the gateway and
// speaks through the REST API.
//
// The gateway client is our own, because discordgo's loses the connection for
// good in several states (see docs/decisions); its types and its requests are
// used for the rest.
package discord

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bwmarrin/discordgo"
	"golang.org/x/time/rate"

	"quizbot/bot"
)

// Core is what the adapter needs of the bot.
type Core interface {
	// Queue gives in its place in its room's order; the function that it returns
	// waits until the effect is on disk, and may be called again.
	Queue(in bot.Incoming) func(context.Context) (bot.Reply, error)
	// CatchUp looks for what was said while the adapter could not listen.
	CatchUp(g bot.Gap)
	// Suggest lists topics for autocompletion.
	Suggest(prefix string, n int) []bot.Topic
	// SuggestZones lists names of time zones for autocompletion.
	SuggestZones(prefix string, n int) []string
}

// Identified is what is remembered of identifies over restarts.
type Identified struct {
	Used  int       `json:"used"` // in the day that began at Since
	Since time.Time `json:"since"`
	Last  time.Time `json:"last"` // the newest
}

// Budget remembers, over restarts, how often and when the bot has identified:
// two must be 5 s apart, and beyond 1,000 a day Discord resets the token.
type Budget interface {
	Load(ctx context.Context) (Identified, error)
	Save(ctx context.Context, x Identified) error
}

// Texts are the few sentences that only this adapter has a place for.
type Texts struct {
	Below   string // a command's effect shows as a message in the channel
	Done    string // nothing else to say
	See     string // label of a link to a message
	Barred  string // the bot may not write where it should
	Refused string // Discord refuses a message for another reason; its words are added
	Mention string // how to answer in words where the bot reads only what mentions it
	Reduced string // logged once when message content may not be read
	// Why a message has no picture: the permission is missing; for now.
	NoFiles, NoPicture string
}

// Command describes one subcommand of /quiz.
type Command struct {
	Name, Description string
	Options           []Option
}

// Option is a parameter of a subcommand. Known names: user, topic, count, seconds, speed,
// variant, teams, period, here, chart.
type Option struct {
	Name, Description string
	Choices           []string
	Min, Max          int // of count, seconds and teams
}

// Config says how to connect.
type Config struct {
	Token    string
	APIURL   string // "": https://discord.com/api/v9
	Shards   string // "auto" or "i,j,k/n"
	Commands []Command
	About    string // description of /quiz
	Texts    Texts
	Sorry    func(error) bot.Card
	// Draw makes a PNG of a chart; nil: charts are left to their words.
	Draw      func(bot.Chart) ([]byte, error)
	Budget    Budget            // nil: forgotten at the end
	Meter     bot.LinkMeter     // nil: nobody counts
	Transport http.RoundTripper // nil: a tuned default
	Now       func() time.Time  // nil: time.Now
}

const (
	defaultAPI = "https://discord.com/api/v9"
	// answerTime is how long a press or command waits for Submit before it is
	// deferred; Discord gives up after 3 s.
	answerTime = 1800 * time.Millisecond
	submitTime = 60 * time.Second
	apiTime    = 15 * time.Second
	drainTime  = 4 * time.Second
	tokenLife  = 15 * time.Minute // of an interaction
)

// Adapter implements bot.Messenger, bot.Idempotent, bot.Finder and bot.Historian.
type Adapter struct {
	config Config
	core   Core
	log    *slog.Logger
	meter  bot.LinkMeter
	rest   *discordgo.Session
	gate   *gate
	pace   *rate.Limiter // of reading histories
	now    func() time.Time
	hangUp func() // closes idle connections

	identifies identifies
	guilds     guilds
	work       sync.WaitGroup // what nobody waits for: the command's registration, a word to an asker
	deaf       atomic.Bool    // lines that don't mention the bot come without their words
	late       context.Context
	cancelLate context.CancelFunc

	mu       sync.Mutex
	self     string // the bot's user id
	app      string // the application's id
	shards   map[int]error
	reason   error
	was      bool         // ready, at some time
	since    time.Time    // when it stopped to be
	heard    atomic.Int64 // when the gateway last said anything, in Unix nanoseconds; 0: never
	register sync.Once
	answered answered
	askers   askers

	pictureTime time.Duration
}

var (
	_ bot.Messenger  = (*Adapter)(nil)
	_ bot.Idempotent = (*Adapter)(nil)
	_ bot.Finder     = (*Adapter)(nil)
	_ bot.Historian  = (*Adapter)(nil)
)

// New checks the configuration. It starts nothing.
func New(c Config, core Core, log *slog.Logger) (*Adapter, error) {
	if c.Token == "" {
		return nil, errors.New("discord has no token: set DISCORD_TOKEN")
	}
	if c.APIURL == "" {
		c.APIURL = defaultAPI
	}
	base, err := url.Parse(strings.TrimSuffix(c.APIURL, "/"))
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("DISCORD_API_URL %q is not an address: write it like %s", c.APIURL, defaultAPI)
	}
	if _, _, err := parseShards(c.Shards); err != nil {
		return nil, err
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Sorry == nil {
		c.Sorry = bot.Sorry
	}
	if c.Meter == nil {
		c.Meter = bot.NoMeter{}
	}
	hangUp := func() {} // a transport that was given may have other users
	if c.Transport == nil {
		own := &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			MaxIdleConns: 512, MaxIdleConnsPerHost: 256, IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 5 * time.Second, ForceAttemptHTTP2: true,
		}
		c.Transport, hangUp = own, own.CloseIdleConnections
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	a := &Adapter{
		config: c, core: core, log: log.With("platform", platform), meter: c.Meter, now: c.Now, hangUp: hangUp,
		shards: map[int]error{}, reason: errors.New("not connected yet"), pictureTime: pictureTime,
	}
	a.late, a.cancelLate = context.WithCancel(context.Background())
	a.gate, a.pace = newGate(base, c.Transport, c.Now), historyPace()
	a.gate.limited = func(scope string, wait time.Duration) { a.meter.Limited(platform, scope, wait) }
	a.gate.spent = func() {
		a.log.Error("discord has refused too many calls in ten minutes (401, 403, 429); nothing is sent for a while, or it would bar this address", "refused", maxInvalid)
	}
	a.gate.changed = func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.changed()
	}
	a.guilds.init()
	a.answered.init()
	a.askers.init()
	a.identifies.init(c.Budget)
	rest, err := discordgo.New("Bot " + a.token())
	if err != nil {
		return nil, fmt.Errorf("discord: %w", err)
	}
	rest.Client = &http.Client{Transport: a.gate, Timeout: apiTime}
	rest.ShouldRetryOnRateLimit, rest.MaxRestRetries, rest.StateEnabled = false, 0, false
	a.rest = rest
	return a, nil
}

// nonceLife is how long Discord surely knows a nonce again: "the past few minutes".
const nonceLife = 2 * time.Minute

// Remembers implements bot.Idempotent: the same nonce makes the same message.
func (a *Adapter) Remembers() time.Duration { return nonceLife }

// token is the bare token; people also write it as it stands in a header.
func (a *Adapter) token() string {
	return strings.TrimSpace(strings.TrimPrefix(a.config.Token, "Bot "))
}

func (a *Adapter) setSelf(user, app string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if user != "" {
		a.self = user
	}
	if app != "" {
		a.app = app
	}
}

func (a *Adapter) ids() (user, app string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.self, a.app
}

// Run listens on the gateway until ctx ends, then finishes what it accepted.
// It returns nil also when Discord refuses the bot for good: Ready says why.
func (a *Adapter) Run(ctx context.Context) error {
	defer a.hangUp()
	defer a.cancelLate()
	gateway, ids, count := a.findGateway(ctx)
	var running sync.WaitGroup
	for _, id := range ids {
		s := newShard(a, id, count, gateway)
		a.setShard(id, errors.New("not connected yet"))
		running.Go(func() { s.run(ctx) })
	}
	if len(ids) > 0 {
		a.setReason(nil)
	}
	<-ctx.Done()
	timer := time.AfterFunc(drainTime, a.cancelLate)
	defer timer.Stop()
	running.Wait()
	a.work.Wait()
	return nil
}

// findGateway asks for the gateway's address and the number of shards until it
// gets them.
func (a *Adapter) findGateway(ctx context.Context) (address string, ids []int, count int) {
	for wait := 500 * time.Millisecond; ; wait = min(2*wait, time.Minute) {
		g, err := a.gatewayBot(ctx)
		if err == nil {
			a.identifies.configure(g.Limit.MaxConcurrency)
			if g.Limit.Total > 0 && g.Limit.Remaining <= 0 {
				err = fmt.Errorf("no identifies are left today; waiting %s", time.Duration(g.Limit.ResetAfter)*time.Millisecond)
				wait = max(wait, min(time.Duration(g.Limit.ResetAfter)*time.Millisecond, 24*time.Hour))
			} else {
				ids, count, _ = parseShards(a.config.Shards)
				if ids == nil {
					count = max(g.Shards, 1)
					for i := range count {
						ids = append(ids, i)
					}
				}
				return g.URL, ids, count
			}
		}
		if ctx.Err() != nil {
			return "", nil, 0
		}
		a.setReason(err)
		if statusOf(err) == http.StatusUnauthorized {
			a.setReason(errUnauthorized)
			wait = time.Minute
		}
		pause := jittered(wait)
		a.meter.Reconnecting(platform, "not-found")
		a.log.Warn("discord's gateway not found", "err", err, "again_in", pause)
		if !sleep(ctx, pause) {
			return "", nil, 0
		}
	}
}

// parseShards reads "auto" (nil) or "i,j,k/n".
func parseShards(s string) (ids []int, count int, err error) {
	if s == "" || s == "auto" {
		return nil, 0, nil
	}
	bad := fmt.Errorf("DISCORD_SHARDS %q: write auto, or the shards of this process and how many there are, like 0,1/4", s)
	list, total, ok := strings.Cut(s, "/")
	if count, err = atoi(total); !ok || err != nil || count < 1 {
		return nil, 0, bad
	}
	for part := range strings.SplitSeq(list, ",") {
		id, err := atoi(part)
		if err != nil || id < 0 || id >= count || slices.Contains(ids, id) {
			return nil, 0, bad
		}
		ids = append(ids, id)
	}
	return ids, count, nil
}

// jittered is d and up to a quarter more.
func jittered(d time.Duration) time.Duration { return d + rand.N(d/4+1) }

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
