package slack

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	slackgo "github.com/slack-go/slack"
)

// identity is who the bot is in its workspace.
type identity struct {
	user, bot, team, url string
	known                bool // auth.test has answered
}

// in makes it the identity in every workspace: with one token there is one.
func (i identity) in(...string) (identity, error) { return i, nil }

// me is who the bot is with its only token.
func (a *Adapter) me() identity {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.self
}

// who the bot is in the first of these workspaces that it is in, for the decoders.
// The error is ErrNotInstalled where it is in none; another says that this can't be
// told now.
func (a *Adapter) where(ctx context.Context) func(teams ...string) (identity, error) {
	if a.spaces == nil {
		return a.me().in
	}
	return func(teams ...string) (identity, error) {
		missing := ErrNotInstalled
		for _, team := range teams {
			w, err := a.spaces.find(ctx, team)
			if err == nil {
				return w.identity, nil
			}
			if !absent(err) {
				return identity{}, err
			}
			missing = err
		}
		return identity{}, missing
	}
}

// workspace returns where a team is spoken to.
func (a *Adapter) workspace(ctx context.Context, team string) (*workspace, error) {
	if a.spaces == nil {
		return &workspace{identity: a.me(), api: a.api, token: a.config.BotToken}, nil
	}
	return a.spaces.find(ctx, team)
}

// open makes the client of an installation.
func (a *Adapter) open(in Installation) *workspace {
	return &workspace{
		identity: identity{user: in.BotUser, bot: in.Bot, team: in.Team, url: in.URL, known: true},
		api:      a.client(in.Token), token: in.Token, since: in.At,
	}
}

func (a *Adapter) client(token string) *slackgo.Client {
	return slackgo.New(token, slackgo.OptionHTTPClient(a.http), slackgo.OptionAPIURL(a.config.APIURL), slackgo.OptionAppLevelToken(a.config.AppToken))
}

// again asks for another look at who the bot is.
func (a *Adapter) again() {
	select {
	case a.recheck <- struct{}{}:
	default:
	}
}

// identify finds out whether Slack knows the bot, and again whenever a call was
// refused for its token.
func (a *Adapter) identify(ctx context.Context) {
	for a.authenticate(ctx) {
		select {
		case <-ctx.Done():
			return
		case <-a.recheck:
		}
	}
}

func (a *Adapter) authenticate(ctx context.Context) bool {
	for wait := 500 * time.Millisecond; ; wait = min(2*wait, time.Minute) {
		err := a.introduce(ctx)
		if err == nil {
			a.setReason(nil)
			a.hears()
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		a.setReason(err)
		if fatalAuth(err) {
			wait = time.Minute
		}
		pause := jittered(wait)
		a.log.Warn("slack does not know the bot", "err", err, "again_in", pause)
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-a.healed:
		case <-ctx.Done():
			timer.Stop()
			return false
		}
		timer.Stop()
	}
}

// works notes that Slack took a call: where it did not know the bot before, it is
// asked at once, and not when its pause is over.
func (a *Adapter) works() {
	if a.spaces != nil || !a.doubted() {
		return
	}
	select {
	case a.healed <- struct{}{}:
	default:
	}
}

// doubted: Slack did not know the bot when it was last asked.
func (a *Adapter) doubted() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.reason != nil
}

// introduce finds out who the bot is with its only token; with many workspaces,
// whether Slack can be reached, and who the bot is where it is in one alone.
func (a *Adapter) introduce(ctx context.Context) error {
	if a.spaces != nil {
		return a.greet(ctx)
	}
	r, err := a.api.AuthTestContext(ctx)
	if err != nil {
		return fmt.Errorf("auth.test: %w", err)
	}
	a.mu.Lock()
	a.self = identity{user: r.UserID, bot: r.BotID, team: r.TeamID, url: r.URL, known: true}
	a.mu.Unlock()
	a.log.Info("slack knows the bot", "team", r.TeamID, "user", r.UserID)
	return nil
}

func (a *Adapter) greet(ctx context.Context) error {
	if err := a.spaces.load(ctx); err != nil {
		return err
	}
	var answer slackgo.SlackResponse
	if _, err := a.call(ctx, "api.test", nil, &answer); err != nil {
		return fmt.Errorf("api.test: %w", err)
	}
	if only := a.spaces.sole(); only != "" {
		if w, err := a.spaces.find(ctx, only); err == nil {
			a.check(w)
		}
	}
	a.log.Info("slack can be reached; workspaces install the app at /slack/install", "address", a.publicURL())
	return nil
}

// fatalAuth: trying again soon will not help.
func fatalAuth(err error) bool {
	switch apiError(err) {
	case "not_allowed_token_type", "missing_scope":
		return true
	}
	return tokenRefused(err)
}

// apiError is the word that Slack's API gives for what went wrong; "" for others.
func apiError(err error) string {
	var e slackgo.SlackErrorResponse
	if errors.As(err, &e) {
		return e.Err
	}
	return ""
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
