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

// identify calls auth.test until it works, and again whenever a call was refused
// for its token.
func (a *Adapter) identify(ctx context.Context) {
	for a.authenticate(ctx) {
		select {
		case <-ctx.Done():
			return
		case <-a.recheck:
		}
	}
}

// doubtToken asks for another auth.test where err says that the token is no good.
func (a *Adapter) doubtToken(err error) {
	switch apiError(err) {
	case "invalid_auth", "account_inactive", "not_authed", "token_revoked", "token_expired":
		select {
		case a.recheck <- struct{}{}:
		default:
		}
	}
}

func (a *Adapter) authenticate(ctx context.Context) bool {
	for wait := 500 * time.Millisecond; ; wait = min(2*wait, time.Minute) {
		r, err := a.api.AuthTestContext(ctx)
		if err == nil {
			a.mu.Lock()
			a.self = identity{user: r.UserID, bot: r.BotID, team: r.TeamID, url: r.URL, known: true}
			a.reason = nil
			a.changed()
			a.mu.Unlock()
			a.log.Info("slack knows the bot", "team", r.TeamID, "user", r.UserID)
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		a.setReason(fmt.Errorf("auth.test: %w", err))
		if fatalAuth(err) {
			wait = time.Minute
		}
		pause := jittered(wait)
		a.log.Warn("slack does not know the bot", "err", err, "again_in", pause)
		if !sleep(ctx, pause) {
			return false
		}
	}
}

// fatalAuth: trying again soon will not help.
func fatalAuth(err error) bool {
	switch apiError(err) {
	case "invalid_auth", "account_inactive", "not_authed", "token_revoked", "token_expired", "not_allowed_token_type", "missing_scope":
		return true
	}
	return false
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
