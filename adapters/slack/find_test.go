package slack

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"quizbot/bot"
	sandbox "quizbot/sandbox/slack"
)

// TestInDoubtIsLookedUp: Slack made the message and never said so.
func TestInDoubtIsLookedUp(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]func(f *sandbox.Faults){
		"hangs":   func(f *sandbox.Faults) { f.AcceptThenHang("chat.postMessage", 1) },
		"cut":     func(f *sandbox.Faults) { f.AcceptThenDrop("chat.postMessage", 1) },
		"gateway": func(f *sandbox.Faults) { f.AcceptThenError("chat.postMessage", 1, 504) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := play(t, setup{})
			first := r.deliver(quizzes, "r1-ask", question())
			if made := r.slack.Messages(quizzes)[0].At; r.adapter.MadeAt(first).Sub(made).Abs() > time.Millisecond {
				t.Errorf("a message of %s was made at %s, says its id %s", made, r.adapter.MadeAt(first), first)
			}
			if _, found, err := r.adapter.Find(ctxFor(t), r.outgoing("r2-ask", "", question()), time.Now()); found || err != nil {
				t.Errorf("found before it was made: %v, %v", found, err)
			}
			fault(r.slack.Faults())
			ctx, cancel := context.WithCancel(ctxFor(t))
			made := make(chan error, 1)
			go func() {
				_, err := r.slack.Wait(ctx, quizzes, func(all []sandbox.Message) bool { return len(all) == 2 })
				made <- err
				cancel() // of the request that hangs
			}()
			_, err := r.adapter.Deliver(ctx, r.outgoing("r2-ask", "", question()))
			var doubt *bot.DoubtError
			if !errors.As(err, &doubt) || name == "hangs" && doubt.Settles != settlesUnheard {
				t.Fatalf("%v", err)
			}
			if err := <-made; err != nil {
				t.Fatal(err)
			}
			cancel()
			for range 3 {
				r.say(quizzes, bob, "a line that comes after it")
			}
			id, found, err := r.adapter.Find(ctxFor(t), r.outgoing("r2-ask", "", question()), time.Now())
			if want := r.slack.Messages(quizzes)[1].TS; err != nil || !found || string(id) != want {
				t.Errorf("%q, %v, %v; want %q", id, found, err, want)
			}
			if _, found, err := r.adapter.Find(ctxFor(t), r.outgoing("r2", "", question()), time.Now()); found || err != nil {
				t.Errorf("a key that begins like another was found: %v, %v", found, err)
			}
		})
	}
}

func TestFindCannotAlwaysTell(t *testing.T) {
	t.Parallel()
	never := []string{"missing_scope", "not_in_channel", "channel_not_found"} // it is not to be asked again
	for name, fault := range map[string]func(f *sandbox.Faults){
		"missing_scope":     func(f *sandbox.Faults) { f.Error("conversations.history", 1, "missing_scope") },
		"not_in_channel":    func(f *sandbox.Faults) { f.Error("conversations.history", 1, "not_in_channel") },
		"channel_not_found": func(f *sandbox.Faults) { f.Error("conversations.history", 1, "channel_not_found") },
		"internal_error":    func(f *sandbox.Faults) { f.Error("conversations.history", 1, "internal_error") },
		"bare":              func(f *sandbox.Faults) { f.BareNotOK("conversations.history", 1) },
		"429":               func(f *sandbox.Faults) { f.RateLimit("conversations.history", 1, time.Second) },
		"500":               func(f *sandbox.Faults) { f.ServerError("conversations.history", 1, 500) },
		"garbage":           func(f *sandbox.Faults) { f.Garbage("conversations.history", 1) },
		"cut":               func(f *sandbox.Faults) { f.Drop("conversations.history", 1) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := play(t, setup{})
			ask := r.deliver(quizzes, "r1-ask", question())
			fault(r.slack.Faults())
			id, found, err := r.adapter.Find(ctxFor(t), r.outgoing("r1-ask", "", question()), time.Now())
			if never := slices.Contains(never, name); err == nil || found || errors.Is(err, bot.ErrUnreachable) != never {
				t.Errorf("%q, %v, %v; never: %v", id, found, err, never)
			}
			if id, found, err := r.adapter.Find(ctxFor(t), r.outgoing("r1-ask", "", question()), time.Now()); err != nil || !found || id != ask {
				t.Errorf("afterwards: %q, %v, %v", id, found, err)
			}
		})
	}
}

// TestFindAmongMany looks through a busy room as far back as the message can be.
// What may be further back than was looked can't be ruled out.
func TestFindAmongMany(t *testing.T) {
	t.Parallel()
	r := play(t, setup{slack: sandbox.Options{NoEcho: true}})
	ask := r.deliver(quizzes, "r1-ask", question())
	r.slack.SetRequestURLs("", "", "")
	for range 2 * 200 {
		r.say(quizzes, bob, "a busy room")
	}
	id, found, err := r.adapter.Find(ctxFor(t), r.outgoing("r1-ask", "", question()), time.Now())
	if id != ask || !found || err != nil {
		t.Errorf("on the third page: %q, %v, %v", id, found, err)
	}
	if _, found, err := r.adapter.Find(ctxFor(t), r.outgoing("r2-ask", "", question()), time.Now()); found || err != nil {
		t.Errorf("on no page: %v, %v", found, err)
	}
	for range 3*200 + 10 {
		r.say(quizzes, bob, "a very busy room")
	}
	if _, found, err := r.adapter.Find(ctxFor(t), r.outgoing("r2-ask", "", question()), time.Now()); found || err == nil {
		t.Errorf("beyond the last page: %v, %v", found, err)
	}
	if _, found, err := r.adapter.Find(ctxFor(t), r.outgoing("r2-ask", "", question()), time.Now().Add(time.Hour)); found || err != nil {
		t.Errorf("made before all of them: %v, %v", found, err)
	}
}

// TestLatePostIsFound: a post that lands after the caller gave up. Until it has
// landed, looking for it sees nothing, and must not prove that it never will.
func TestLatePostIsFound(t *testing.T) {
	r := play(t, setup{})
	let := r.slack.Faults().Park("chat.postMessage", 1)
	began := time.Now()
	ctx, leave := context.WithCancel(ctxFor(t))
	go func() {
		defer leave()
		_, _ = r.slack.WaitCalls(ctx, "chat.postMessage", 1)
	}()
	_, err := r.adapter.Deliver(ctx, r.outgoing("r1-ask", "", question()))
	var doubt *bot.DoubtError
	if !errors.As(err, &doubt) || doubt.Settles != settlesUnheard {
		t.Fatalf("%v", err)
	}
	if id, found, err := r.adapter.Find(ctxFor(t), r.outgoing("r1-ask", "", question()), began); found || err != nil {
		t.Errorf("%q, %v, %v", id, found, err)
	}
	let()
	want := r.public(quizzes, "Which method").TS
	if id, found, err := r.adapter.Find(ctxFor(t), r.outgoing("r1-ask", "", question()), began); string(id) != want || !found || err != nil {
		t.Errorf("%q, %v, %v", id, found, err)
	}
}

// TestSilenceSettlesLate: when our own patience ends, Slack may still be at it.
func TestSilenceSettlesLate(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	defer s.Close()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	a, _ := deaf(t, func(c *Config) { c.APIURL, c.Transport = s.URL, transport })
	a.http.Timeout = 300 * time.Millisecond
	_, err := a.Deliver(ctxFor(t), bot.Outgoing{Key: "k", Room: "slack:T1/C2", Card: question()})
	var doubt *bot.DoubtError
	if !errors.As(err, &doubt) || doubt.Settles != settlesUnheard {
		t.Errorf("%v", err)
	}
}
