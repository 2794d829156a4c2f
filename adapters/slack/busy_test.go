package slack

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"quizbot/bot"
	sandbox "quizbot/sandbox/slack"
)

// TestBusy: of those whose press can't be taken some are told and all are refused, and
// when enough were told the rest is not even read. Whoever types a command is told
// always, and what Slack sends again is heard.
func TestBusy(t *testing.T) {
	clock := &stopped{now: time.Now()}
	r := play(t, setup{slack: sandbox.Options{Now: clock.Now}, config: func(c *Config) { c.Now = clock.Now }})
	ask := r.deliver(quizzes, "r1-ask", question())
	r.core.full.Store(true)
	r.core.does(func(context.Context, bot.Incoming) (bot.Reply, error) { return bot.Reply{}, bot.ErrBusy })
	for n := range 3 * sorryBurst {
		if a := r.press(quizzes, string(ask), bob, fmt.Sprintf("q1-%c", 'a'+n%3)); a.Status != http.StatusServiceUnavailable {
			t.Fatalf("press %d: %+v", n, a)
		}
	}
	told := func() (n int) { // in our words, beside Slack's own
		for _, m := range r.slack.Ephemerals(quizzes, bob) {
			if strings.HasPrefix(m.Shown(), "Sorry") {
				n++
			}
		}
		return n
	}
	r.until("enough were told", func() bool { return told() >= sorryBurst })
	heard := len(r.core.submitted())
	if told() != sorryBurst || heard > 2*sorryBurst {
		t.Errorf("%d of %d were told, %d reached the core", told(), 3*sorryBurst, heard)
	}
	if a := r.slash(quizzes, alice, "websocket"); !a.OK() {
		t.Errorf("a command: %+v", a)
	}
	r.ephemeral(quizzes, alice, bot.ErrBusy.Error())
	if n := len(r.core.submitted()); n != heard+1 {
		t.Errorf("the core heard %d more", n-heard)
	}

	event := func(retry string) (status int) {
		body := fmt.Sprintf(`{"token":"x","team_id":%q,"api_app_id":"A1","type":"event_callback","event_id":"Ev%s","event_time":1,"event":{"type":"message","channel":%q,"channel_type":"channel","user":%q,"text":"A","ts":"1.000001"}}`, team, retry, quizzes, carol)
		req := request("/slack/events", r.slack.SigningSecret(), clock.Now(), body)
		if retry != "" {
			req.Header.Set("X-Slack-Retry-Num", retry)
		}
		w := httptest.NewRecorder()
		r.adapter.Handler().ServeHTTP(w, req)
		return w.Code
	}
	heard = len(r.core.submitted())
	if got := event(""); got != http.StatusServiceUnavailable || len(r.core.submitted()) != heard {
		t.Errorf("a line: status %d, %d more heard", got, len(r.core.submitted())-heard)
	}
	if event("1"); len(r.core.submitted()) != heard+1 {
		t.Errorf("a line that was sent again: %d more heard", len(r.core.submitted())-heard)
	}
	clock.pass(time.Second)
	r.press(quizzes, string(ask), carol, "q1-a")
	r.ephemeral(quizzes, carol, bot.ErrBusy.Error())
}

// TestNamesAreNotWaitedForInACrowd: where more names are to be looked up than can be
// in time, what the request itself says is made do with.
func TestNamesAreNotWaitedForInACrowd(t *testing.T) {
	r := play(t, setup{tune: func(a *Adapter) { a.patience = time.Hour }})
	r.adapter.people.queue.Add(maxLookups + maxInQueue)
	before := len(r.slack.Calls("users.info"))
	r.slash(quizzes, carol, "me")
	all := r.core.submitted()
	if in := all[len(all)-1]; in.Name == "" || len(r.slack.Calls("users.info")) != before {
		t.Errorf("%+v", in)
	}
	r.adapter.people.queue.Add(-maxLookups - maxInQueue)
}

// TestBusyOnASocket: there, too, whoever types a command is told, however many presses
// were refused before.
func TestBusyOnASocket(t *testing.T) {
	t.Parallel()
	r := play(t, setup{slack: sandbox.Options{SocketMode: true}})
	r.core.does(func(context.Context, bot.Incoming) (bot.Reply, error) { return bot.Reply{}, bot.ErrBusy })
	r.adapter.sorries.SetLimit(0)
	r.adapter.sorries.SetBurst(0)
	r.slash(quizzes, alice, "websocket")
	r.ephemeral(quizzes, alice, bot.ErrBusy.Error())
}
