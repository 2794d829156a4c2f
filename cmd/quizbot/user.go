package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/hbollon/go-edlib"

	"quizbot/bot"
	"quizbot/store"
	"quizbot/store/bolt"
)

// userCommand is what an operator needs to answer somebody who asks for their data.
// Each works on the database of a running quizbot, through that process, and on a
// file that nobody has open.
type userCommand struct {
	List   userListCommand   `cmd:"" help:"List the ids of all players about whom something is kept, one a line."`
	Export userExportCommand `cmd:"" help:"Write all that is kept about a player as JSON."`
	Forget userForgetCommand `cmd:"" help:"Delete all that is kept about a player, for good."`
}

type userListCommand struct {
	DB string `help:"Database file (QUIZBOT_DB)." placeholder:"FILE"`
}

type userExportCommand struct {
	ID  string `arg:"" help:"As user list prints it."`
	Out string `help:"Write to this new file instead of standard output." placeholder:"FILE"`
	DB  string `help:"Database file (QUIZBOT_DB)." placeholder:"FILE"`
}

type userForgetCommand struct {
	ID  string `arg:"" help:"As user list prints it."`
	Yes bool   `help:"Don't ask whether it is meant."`
	DB  string `help:"Database file (QUIZBOT_DB)." placeholder:"FILE"`
}

// The routes of the running process. The player is the query's id.
const (
	usersPath      = controlPath + "users"
	userPath       = controlPath + "user"
	userForgetPath = controlPath + "user/forget"
)

// Run lists the players.
func (c userListCommand) Run(ctx context.Context, at surroundings) error {
	return withData(ctx, at, c.DB, http.MethodGet, usersPath, func(ctx context.Context, s *store.Store, w io.Writer) error {
		return listUsers(ctx, s, w)
	}, at.out)
}

// Run exports a player.
func (c userExportCommand) Run(ctx context.Context, at surroundings) error {
	to := at.out
	if c.Out != "" {
		f, err := os.OpenFile(c.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("export to %s: there is a file already, and none is replaced: name another", c.Out)
		} else if err != nil {
			return fmt.Errorf("export: %w: name a file in a folder where you can write", err)
		}
		err = c.export(ctx, at, f)
		if err = errors.Join(err, f.Close()); err != nil {
			_ = os.Remove(c.Out)
		}
		return err
	}
	return c.export(ctx, at, to)
}

func (c userExportCommand) export(ctx context.Context, at surroundings, to io.Writer) error {
	return withData(ctx, at, c.DB, http.MethodGet, userPath+"?"+url.Values{"id": {c.ID}}.Encode(), func(ctx context.Context, s *store.Store, w io.Writer) error {
		return exportUser(ctx, s, bot.UserID(c.ID), w)
	}, to)
}

// Run forgets a player. At a terminal it asks first.
func (c userForgetCommand) Run(ctx context.Context, at surroundings) error {
	if !c.Yes && isTerminal(at.in) {
		_, _ = fmt.Fprintf(at.err, "Delete all that is kept about %s, for good? [y/N] ", c.ID)
		line, _ := bufio.NewReader(at.in).ReadString('\n')
		if answer := strings.ToLower(strings.TrimSpace(line)); answer != "y" && answer != "yes" {
			return errors.New("nothing was deleted; answer y, or use --yes")
		}
	}
	return withData(ctx, at, c.DB, http.MethodPost, userForgetPath+"?"+url.Values{"id": {c.ID}}.Encode(), func(ctx context.Context, s *store.Store, w io.Writer) error {
		return forgetUser(ctx, s, s.Forget, bot.UserID(c.ID), w)
	}, at.out)
}

// withData has the process that has the database open do something with it, or
// where there is none, opens the file and does it itself; either writes its outcome
// to to.
func withData(ctx context.Context, at surroundings, flag, method, path string, idle func(context.Context, *store.Store, io.Writer) error, to io.Writer) (err error) {
	db, err := database(at, flag)
	if err != nil {
		return err
	}
	answer, found, err := callControl(ctx, db, method, path, nil)
	if err != nil {
		return err
	}
	if found {
		defer func() { _ = answer.Body.Close() }()
		_, err := io.Copy(to, answer.Body)
		return err
	}
	if _, err := os.Stat(db); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("database %s: there is no such file: name the one that is meant with QUIZBOT_DB", db)
	}
	engine, err := bolt.Open(db, bolt.Options{Log: newLog(at, slog.LevelInfo)})
	if errors.Is(err, bolt.ErrLocked) {
		return unreachable(db)
	} else if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	return idle(ctx, store.New(engine), to)
}

// answerUsers adds the routes to the running process, whose core forgets what it
// has in memory too.
func (s *service) answerUsers(kept *store.Store) {
	id := func(r *http.Request) bot.UserID { return bot.UserID(r.URL.Query().Get("id")) }
	s.control.handle("GET "+usersPath, func(w http.ResponseWriter, r *http.Request) error {
		return listUsers(r.Context(), kept, w)
	})
	s.control.handle("GET "+userPath, func(w http.ResponseWriter, r *http.Request) error {
		return exportUser(r.Context(), kept, id(r), w)
	})
	s.control.handle("POST "+userForgetPath, func(w http.ResponseWriter, r *http.Request) error {
		err := forgetUser(r.Context(), kept, s.core.Forget, id(r), w)
		if err == nil {
			s.log.Info("a player was forgotten, as the operator asked")
		}
		return err
	})
}

func listUsers(ctx context.Context, kept bot.People, w io.Writer) error {
	players, err := kept.Players(ctx)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	for _, player := range players {
		_, _ = fmt.Fprintln(out, player)
	}
	return out.Flush()
}

func exportUser(ctx context.Context, kept bot.People, player bot.UserID, w io.Writer) error {
	dossier, err := kept.Export(ctx, player)
	if err != nil {
		return explained(ctx, kept, player, err)
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(dossier)
}

func forgetUser(ctx context.Context, kept bot.People, forget func(context.Context, bot.UserID) (bot.Forgotten, error), player bot.UserID, w io.Writer) error {
	out, err := forget(ctx, player)
	if err != nil {
		return explained(ctx, kept, player, err)
	}
	_, err = fmt.Fprintf(w, "forgotten %s: %s, %s, %s, %s, in %s\n", player,
		several(out.Answers, "answer", "answers"), several(out.Standings, "place on a board", "places on boards"),
		several(out.Messages, "message to send", "messages to send"), several(len(out.Gone), "room of direct messages", "rooms of direct messages"),
		several(out.Teams, "team", "teams"))
	return err
}

// explained adds to an error about an unknown player who may be meant.
func explained(ctx context.Context, kept bot.People, player bot.UserID, err error) error {
	if !errors.Is(err, bot.ErrUnknownPlayer) {
		return err
	}
	players, listErr := kept.Players(ctx)
	if listErr != nil {
		return errors.Join(err, listErr)
	}
	if near := nearestUser(players, string(player)); near != "" {
		return fmt.Errorf("user %q: %w: do you mean %s? quizbot user list shows all", player, bot.ErrUnknownPlayer, near)
	}
	return fmt.Errorf("user %q: %w: quizbot user list shows who there is", player, bot.ErrUnknownPlayer)
}

// nearestUser is who may be meant by an id that is not quite one: the platform's
// own part of it, other letters, a slip. "": nobody, or several.
func nearestUser(players []bot.UserID, id string) bot.UserID {
	const slips = 2
	tiers := [3][]bot.UserID{}
	for _, p := range players {
		own := string(p[strings.LastIndexAny(string(p), ":/")+1:])
		switch {
		case strings.EqualFold(string(p), id):
			tiers[0] = append(tiers[0], p)
		case strings.EqualFold(own, id):
			tiers[1] = append(tiers[1], p)
		case id != "" && edlib.LevenshteinDistance(string(p), id) <= slips:
			tiers[2] = append(tiers[2], p)
		}
	}
	for _, tier := range tiers {
		if len(tier) == 1 {
			return tier[0]
		} else if len(tier) > 1 {
			return ""
		}
	}
	return ""
}
