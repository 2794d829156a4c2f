package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"quizbot/bot"
	sandbox "quizbot/sandbox/slack"
)

// together lets no lookup of a name through until n are under way.
type together struct {
	next http.RoundTripper
	n    int

	mu   sync.Mutex
	here int
	all  chan struct{}
}

func (b *together) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "users.info") {
		b.mu.Lock()
		if b.here++; b.here == b.n {
			close(b.all)
		}
		b.mu.Unlock()
		select {
		case <-b.all:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	return b.next.RoundTrip(r)
}

// frame sends an envelope of Socket Mode as it is.
func (r *rig) frame(kind sandbox.Endpoint, id string, payload []byte, attempt int) {
	r.t.Helper()
	b, err := json.Marshal(map[string]any{"envelope_id": id, "type": kind, "payload": json.RawMessage(payload), "retry_attempt": attempt})
	if err != nil {
		r.t.Fatal(err)
	}
	if !r.slack.Faults().SendRaw(string(b)) {
		r.t.Fatal("no socket")
	}
}

// TestSocketRoomIsTakenInTogether: what arrives in one room waits in it in the order
// of arrival, before any of it is saved; names are looked up beside each other; and
// nothing is acknowledged that is not saved, but for what only asks.
func TestSocketRoomIsTakenInTogether(t *testing.T) {
	t.Parallel()
	const players = 20
	at := sandbox.DefaultTeam()
	for i := range players {
		id := fmt.Sprintf("U0P%02d", i)
		at.Users = append(at.Users, sandbox.User{ID: id, Name: fmt.Sprint("handle", i), DisplayName: fmt.Sprint("Player ", i)})
		at.Channels[0].Members = append(at.Channels[0].Members, id)
	}
	barrier := &together{n: players, all: make(chan struct{})}
	r := play(t, setup{
		slack:  sandbox.Options{SocketMode: true, Teams: []sandbox.Team{at}},
		config: func(c *Config) { barrier.next, c.Transport = c.Transport, barrier },
		tune:   func(a *Adapter) { a.ackTime, a.patience = time.Millisecond, time.Minute },
	})
	open := gated(r, bot.Reply{}, nil)
	var sent, saved []string
	for i := range players {
		user, words, id := fmt.Sprintf("U0P%02d", i), fmt.Sprint("words ", i), fmt.Sprint("e", i)
		switch i % 4 {
		case 0:
			r.frame(sandbox.Interactions, id, press(t, func(p map[string]any) {
				p["user"], p["channel"] = map[string]any{"id": user}, map[string]any{"id": quizzes}
				p["actions"].([]any)[0].(map[string]any)["value"] = words
			}), 0)
		case 1:
			r.frame(sandbox.Commands, id, commandJSON(t, map[string]string{"user_id": user, "channel_id": quizzes, "text": words}), 0)
		default:
			r.frame(sandbox.Events, id, message(t, map[string]any{"user": user, "channel": quizzes, "text": words, "ts": fmt.Sprintf("17000000%02d.000100", i)}), 0)
		}
		sent, saved = append(sent, words), append(saved, id)
	}
	all := r.core.wait(t, "all players, before anything is saved", func(all []bot.Incoming) bool { return len(all) == players })
	for i, in := range all {
		if in.Text+in.Choice != sent[i] || in.Name != fmt.Sprint("Player ", i) {
			t.Errorf("number %d: %+v", i, in)
		}
	}
	r.frame(sandbox.Commands, "asks", commandJSON(t, map[string]string{"user_id": "U0P00", "channel_id": quizzes, "text": "me"}), 0)
	r.until("a question for something to read is acknowledged", func() bool { return r.slack.AckCount("asks") == 1 })
	for _, id := range saved {
		if n := r.slack.AckCount(id); n != 0 {
			t.Errorf("%s was acknowledged before it was saved", id)
		}
	}
	open()
	for _, id := range saved {
		r.until(id+" is acknowledged", func() bool { return r.slack.AckCount(id) == 1 })
	}
}

func commandJSON(t *testing.T, change map[string]string) []byte {
	t.Helper()
	fields := map[string]string{}
	for k, v := range command(change) {
		fields[k] = v[0]
	}
	b, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSocketFaults: an event that was not saved is not acknowledged and comes again.
func TestSocketFaults(t *testing.T) {
	t.Parallel()
	r := play(t, setup{slack: sandbox.Options{SocketMode: true, AckTimeout: 200 * time.Millisecond, SocketRetryDelay: time.Millisecond}})
	ask := r.deliver(quizzes, "r1-ask", question())
	var failed bool
	var mu sync.Mutex
	r.core.does(func(_ context.Context, in bot.Incoming) (bot.Reply, error) {
		mu.Lock()
		defer mu.Unlock()
		if in.Choice != "" || !failed {
			failed = failed || in.Choice == ""
			return bot.Reply{}, bot.ErrBusy
		}
		return bot.Reply{Card: card("Right")}, nil
	})
	said := r.say(quizzes, carol, "A")
	<-said.Deliveries[0].Done()
	if !said.Deliveries[0].Acked() || len(said.Deliveries[0].Attempts()) < 2 {
		t.Errorf("%+v", said.Deliveries[0].Attempts())
	}
	r.ephemeral(quizzes, carol, "Right")
	if all := r.core.submitted(); all[0].Again || !all[1].Again {
		t.Errorf("%+v", all)
	}
	if a := r.press(quizzes, string(ask), bob, "q1-a"); a.OK() {
		t.Errorf("a press that was not saved is acknowledged: %+v", a)
	}
	r.ephemeral(quizzes, bob, "Sorry")
}

// TestSocketWarning: the old socket is read to its end, beside the new one.
func TestSocketWarning(t *testing.T) {
	t.Parallel()
	r := play(t, setup{slack: sandbox.Options{SocketMode: true, WarningGrace: time.Hour}})
	if n := r.slack.Faults().Disconnect("warning"); n != 1 {
		t.Fatalf("%d sockets", n)
	}
	r.until("there are two sockets", func() bool { return r.slack.Sockets() == 2 })
	r.until("it is ready", func() bool { return r.adapter.Ready() == nil })
	var want []string
	for i := range 4 { // by turns
		want = append(want, fmt.Sprint("line ", i))
		said := r.say(quizzes, alice, want[i])
		if all := said.Deliveries[0].Attempts(); len(all) != 1 || !all[0].OK() {
			t.Errorf("%+v", all)
		}
	}
	if got := texts(r.core.submitted()); !slices.Equal(got, want) {
		t.Errorf("heard %q", got)
	}
}

// TestSocketsAreOpenedSlowly: however fast they die. The bound is the least that the
// pauses take, which no slow machine can make shorter.
func TestSocketsAreOpenedSlowly(t *testing.T) {
	t.Parallel()
	r := play(t, setup{slack: sandbox.Options{SocketMode: true}, early: true})
	r.slack.Faults().DisableLink(2)
	calls, err := r.slack.WaitCalls(ctxFor(t), "apps.connections.open", 3)
	if err != nil {
		t.Fatal(err)
	}
	if between := calls[2].At.Sub(calls[0].At); between < leastGap {
		t.Errorf("three in %v", between)
	}
}

// TestSilentSocket: a socket that says nothing for long is given up for another.
func TestSilentSocket(t *testing.T) {
	t.Parallel()
	r := play(t, setup{slack: sandbox.Options{SocketMode: true}, tune: func(a *Adapter) { a.silence = 100 * time.Millisecond }, early: true})
	r.slack.Faults().StopPings(true)
	if _, err := r.slack.WaitCalls(ctxFor(t), "apps.connections.open", 2); err != nil {
		t.Error(err)
	}
}
