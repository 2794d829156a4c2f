package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"time"
)

const (
	// checkTries is how often Slack is asked about a token in doubt when it doesn't
	// answer; the next call that is refused begins anew.
	checkTries = 6
	// maxChecks bounds the workspaces whose tokens are in doubt at once.
	maxChecks = 1024
	// endTime bounds what the database may take to end an installation.
	endTime = 5 * time.Second
)

// doubtToken looks into it where err says that a workspace's token is no good.
func (a *Adapter) doubtToken(w *workspace, err error) {
	if !tokenRefused(err) {
		return
	}
	if a.spaces == nil {
		a.again()
		return
	}
	a.check(w)
}

// tokenRefused: Slack says that the token is no good.
func tokenRefused(err error) bool {
	switch apiError(err) {
	case "invalid_auth", "account_inactive", "not_authed", "token_revoked", "token_expired":
		return true
	}
	return false
}

// tokenGone: it will never be good again.
func tokenGone(code string) bool {
	return code == "token_revoked" || code == "account_inactive" || code == "token_expired"
}

// check asks Slack about a workspace's token, once however many ask for it.
func (a *Adapter) check(w *workspace) {
	if !a.begin() {
		return
	}
	defer a.work.Done()
	a.checks.do(w.team, 1, func() { a.examine(w) })
}

// examine ends the installation where Slack says again that its token is gone. A
// token that is only refused may come back: Slack also says invalid_auth where the
// app allows other addresses than this machine's. It is kept, and left alone for a
// while.
func (a *Adapter) examine(w *workspace) {
	wait := 500 * time.Millisecond
	for range checkTries {
		ctx, cancel := context.WithTimeout(a.late, apiTime)
		_, err := w.api.AuthTestContext(ctx)
		cancel()
		switch code := apiError(err); {
		case err == nil:
			a.spaces.restore(w.team)
			a.recount()
			return
		case tokenGone(code):
			if err := a.end(a.late, w, code); err != nil {
				a.log.Error("end of an installation not saved", "team", w.team, "err", err)
			}
			return
		case tokenRefused(err):
			first := a.spaces.suspend(w.team, code)
			a.recount()
			if first {
				a.log.Warn("slack refuses a workspace's token", "team", w.team, "reason", code, "again_in", suspendedFor, "cure", "others go on; if it lasts, install the app there again at /slack/install")
			}
			return
		}
		if !sleep(a.late, wait) {
			return
		}
		wait *= 2
	}
}

// recount notes whether any workspace is left.
func (a *Adapter) recount() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.changed()
}

// end deletes the token of a workspace whose installation is over.
func (a *Adapter) end(ctx context.Context, w *workspace, why string) error {
	ctx, cancel := context.WithTimeout(ctx, endTime)
	defer cancel()
	done, err := a.spaces.end(ctx, w.team, w.token, why)
	if done {
		a.recount()
		a.log.Warn("workspace has left", "team", w.team, "reason", why, "cure", "others go on; it comes back to its points at /slack/install")
	}
	return err
}

// departure is an event that says that a workspace's token is gone.
type departure struct {
	team string
	why  string
	at   time.Time // by Slack's clock, in whole seconds
	bots []string  // tokens_revoked names whose
}

// departureOf reads app_uninstalled and tokens_revoked; ok is false for other events.
func departureOf(body []byte) (d departure, ok bool) {
	if !bytes.Contains(body, []byte("app_uninstalled")) && !bytes.Contains(body, []byte("tokens_revoked")) {
		return d, false // as nearly all are: nothing is decoded twice
	}
	var e struct {
		envelope
		EventTime int64 `json:"event_time"`
	}
	var inner struct {
		Type   string `json:"type"`
		Tokens struct {
			Bot []string `json:"bot"`
		} `json:"tokens"`
	}
	if json.Unmarshal(body, &e) != nil || e.Type != "event_callback" || json.Unmarshal(e.Event, &inner) != nil {
		return d, false
	}
	if inner.Type != "app_uninstalled" && (inner.Type != "tokens_revoked" || len(inner.Tokens.Bot) == 0) {
		return d, false
	}
	d = departure{why: inner.Type, at: time.Unix(e.EventTime, 0), bots: inner.Tokens.Bot}
	if teams := e.teams(); len(teams) > 0 {
		d.team = teams[0]
	}
	return d, true
}

// depart takes in a departure. Its error says that it was not saved, so that Slack
// is to send it again. Events come late, again and in any order: one from before the
// workspace's present installation, or about another bot, is not believed; Slack is
// asked.
func (a *Adapter) depart(ctx context.Context, d departure) error {
	if a.spaces == nil {
		a.again()
		return nil
	}
	w, err := a.spaces.find(ctx, d.team)
	switch {
	case absent(err):
		return nil
	case err != nil:
		return err
	case d.at.Before(w.since) || len(d.bots) > 0 && !slices.Contains(d.bots, w.user):
		a.check(w)
		return nil
	}
	return a.end(ctx, w, d.why)
}
