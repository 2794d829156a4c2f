package bot_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"quizbot/bot"
	"quizbot/bot/transcript"
)

// opened is an async question that stands in a room, and its button.
func (w *world) opened(l *life, room, words string) (show string) {
	w.t.Helper()
	w.must(l, w.say("alice", room, words))
	synctest.Wait()
	if show = w.platform.lastButton(room, "Show me the question"); show == "" {
		w.t.Fatalf("no button: %q", w.platform.last(room))
	}
	return show
}

// pushes is a press of a button by its id.
func (w *world) pushes(who, room, id string) bot.Incoming {
	in := w.by(who, room)
	in.Choice = id
	return in
}

// chosen is the button of a card with that text.
func chosen(t *testing.T, r bot.Reply, text string) string {
	t.Helper()
	for _, c := range r.Card.Choices {
		if c.Text == text {
			return c.ID
		}
	}
	t.Fatalf("no button %q on %+v", text, r.Card)
	return ""
}

// lastMessage is the newest message of a room.
func (p *platform) lastMessage(room string) bot.MessageID {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := bot.MessageID("")
	for _, h := range p.log {
		if h.Room == room && h.To == "" {
			id = bot.MessageID(h.Message)
		}
	}
	return id
}

// A press that comes again, because it was not taken in the first time, begins no clock: nobody
// may be waiting for the reply. One that was taken in shows the question again.
func TestRevealDeliveredAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		show := w.opened(l, "#room", "ask method for 1h")
		lost := w.pushes("bob", "#room", show)
		time.Sleep(4 * time.Second)
		lost.Again = true
		wantTitle(t, w.must(l, lost), "Please press again")
		time.Sleep(10 * time.Second)
		taken := w.pushes("bob", "#room", show)
		wantTitle(t, w.must(l, taken), "Wires")
		time.Sleep(2 * time.Second)
		taken.Again = true
		again := w.must(l, taken)
		if wantTitle(t, again, "Wires"); !strings.Contains(again.Card.Footer, "3 seconds") {
			t.Errorf("delivered again: %+v", again.Card)
		}
		wantTitle(t, w.must(l, w.pushes("bob", "#room", chosen(t, again, "GET"))), "Right")
	})
}

// Where everybody reads the reply to a line, what an answer came to is hidden. Nor does
// it tell who has not opened the question which words would be one.
func TestAsyncAloud(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		show := w.opened(l, "#room", "ask method for 1h")
		types := func(who, text string, addressed bool) bot.Reply {
			in := w.types(who, "#room", text)
			in.ReplyTo, in.Aloud, in.Addressed = w.platform.lastMessage("#room"), true, addressed
			return w.must(l, in)
		}
		for _, text := range []string{"GET", "C", "PUT", "x"} {
			wantTitle(t, types("bob", text, false), "Open the question first")
			wantTitle(t, types("bob", text, true), "Open the question first")
		}
		w.must(l, w.pushes("bob", "#room", show))
		for range 2 {
			if got := types("bob", "POST", false); !got.Card.Reveals || !got.Card.Veiled {
				t.Errorf("said to all: %+v", got.Card)
			}
		}
		got := w.must(l, w.pushes("bob", "#room", show))
		if wantTitle(t, got, "Already answered"); !strings.Contains(strings.Join(got.Card.Body, " "), "POST (not quite). POST carries a body") {
			t.Errorf("for one alone: %+v", got.Card)
		}
	})
}

// Nor does it tell all of them the hint, or how much time a player has.
func TestAsyncAloudTellsNoPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		show := w.opened(l, "#room", "ask method for 1h")
		says := func(who, text string, aloud bool) bot.Reply {
			in := w.types(who, "#room", text)
			in.ReplyTo, in.Aloud, in.Addressed = w.platform.lastMessage("#room"), aloud, true
			return w.must(l, in)
		}
		if got := says("alice", "hint", true); !got.Card.Reveals {
			t.Errorf("said to all: %+v", got.Card)
		}
		w.must(l, w.pushes("bob", "#room", show))
		time.Sleep(time.Minute)
		late := says("bob", "GET", true)
		if wantTitle(t, late, "Too late"); strings.Contains(late.Card.Body[0], "second") {
			t.Errorf("said to all: %+v", late.Card)
		}
		late = says("bob", "GET", false)
		if wantTitle(t, late, "Too late"); !strings.Contains(late.Card.Body[0], "5 seconds") {
			t.Errorf("for one alone: %+v", late.Card)
		}
	})
}

// Parts of an answer are no way around the time: each press is within it, or refused.
func TestAsyncInParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		show := w.opened(l, "#room", "ask secure for 2 hours")
		shown := w.must(l, w.pushes("bob", "#room", show))
		some := w.must(l, w.pushes("bob", "#room", chosen(t, shown, "wss")))
		if wantTitle(t, some, "Any more?"); some.Card.Body[0] != shown.Card.Body[0] {
			t.Errorf("the question is gone: %+v", some.Card)
		}
		time.Sleep(10*time.Second + time.Millisecond)
		wantTitle(t, w.must(l, w.pushes("bob", "#room", chosen(t, some, "https"))), "Too late")
		wantTitle(t, w.must(l, w.pushes("bob", "#room", chosen(t, some, "Done"))), "Too late")
		wantTitle(t, w.must(l, w.pushes("carol", "#room", chosen(t, some, "https"))), "Open the question first") // another's button
	})
}

// Who is forgotten is shown the question anew, and nothing of the first time is left.
func TestAsyncForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		show := w.opened(l, "#room", "ask method for 1h")
		shown := w.must(l, w.pushes("bob", "#room", show))
		time.Sleep(time.Minute)
		wantTitle(t, w.must(l, w.pushes("bob", "#room", chosen(t, shown, "GET"))), "Too late")
		dossier, err := w.store.Export(t.Context(), userID("bob"))
		if err != nil || len(dossier.Teams) != 1 || len(dossier.Teams[0].Revealed) != 1 {
			t.Errorf("exported: %+v %v", dossier, err)
		}
		w.forget(l, "bob")
		if _, err := w.store.Export(t.Context(), userID("bob")); err == nil {
			t.Error("something is left")
		}
		wantTitle(t, w.must(l, w.pushes("bob", "#room", chosen(t, shown, "GET"))), "Open the question first")
		wantTitle(t, w.must(l, w.pushes("bob", "#room", show)), "Wires")
	})
}

// A question that could not be posted leaves nothing behind, even where somebody had opened it.
func TestAsyncLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		w.platform.misbehave(transcript.Fault{Kind: transcript.Slow, For: time.Second})
		w.platform.misbehave(transcript.Fault{Kind: transcript.Reject, N: 1})
		w.must(l, w.say("alice", "#room", "ask method for 1h"))
		snap, err := w.store.Room(t.Context(), team, "test:T/#room")
		if err != nil || len(snap.Outbox) != 1 {
			t.Fatalf("asked: %+v %v", snap, err)
		}
		wantTitle(t, w.must(l, w.pushes("bob", "#room", snap.Outbox[0].Card.Choices[0].ID)), "Wires")
		if _, err := w.store.Export(t.Context(), userID("bob")); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		if snap, err = w.store.Room(t.Context(), team, "test:T/#room"); err != nil || len(snap.State.Room.Rounds) != 0 {
			t.Errorf("left: %+v %v", snap.State, err)
		}
		if out, err := w.store.Export(t.Context(), userID("bob")); err == nil && out.Teams[0].Revealed != nil {
			t.Errorf("left: %+v", out)
		}
	})
}

var ofTime = regexp.MustCompile(`you have (\d+) second`)

// The bot dies at any commit, deliveries come again, people press and answer: every reveal that
// anybody read ends at the same moment, and an answer that was told to count is in the ledger
// once, given within it.
func TestAsyncChaos(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := &chaos{t: t, w: newWorld(t), as: asFinder, random: rand.New(rand.NewPCG(seed, 6)), told: map[string]string{}}
				c.w.store.onCommit = c.commit
				c.start()
				show := c.w.opened(c.alive(), "#room", "ask method for 1h")
				ends, buttons, outcome := map[string]time.Time{}, map[string][]string{}, map[string]string{}
				submit := func(in bot.Incoming) bot.Reply {
					for {
						l := c.alive()
						if reply, err := l.bot.Submit(t.Context(), in); err == nil && l.fuse.err() == nil {
							return reply
						}
						time.Sleep(200 * time.Millisecond) // the bubble's clock
					}
				}
				var said []bot.Incoming
				read := func(in bot.Incoming) {
					r, who := submit(in), string(in.User)
					switch got := title(r); {
					case strings.HasPrefix(got, "Wires"):
						left, err := strconv.Atoi(ofTime.FindStringSubmatch(r.Card.Footer)[1])
						if err != nil {
							t.Fatal(err)
						}
						end := time.Now().Add(time.Duration(left) * time.Second)
						if before, ok := ends[who]; ok && end.Sub(before).Abs() > time.Second {
							t.Fatalf("%s has until %s, and had until %s", who, end, before)
						}
						ends[who] = end
						buttons[who] = []string{chosen(t, r, "GET"), chosen(t, r, "POST")}
					case strings.HasPrefix(got, "Right"), got == "Not quite":
						if outcome[who] != "" && outcome[who] != got {
							t.Fatalf("%s was told %q and then %q", who, outcome[who], got)
						}
						outcome[who] = got
						if entry, ok, err := c.w.store.Given(t.Context(), team, in.Room, 1, in.User); err != nil || !ok || entry.At.After(ends[who]) || entry.Points != 0 && entry.Points != 10 {
							t.Fatalf("%s was told %q: %+v %v, until %s", who, got, entry, err, ends[who])
						}
					}
				}
				for range 120 {
					who := fmt.Sprint("p", c.random.IntN(5))
					switch n := c.random.IntN(10); {
					case n < 3:
						said = append(said, c.w.pushes(who, "#room", show))
						read(said[len(said)-1])
					case n < 6 && len(buttons[string(userID(who))]) > 0:
						said = append(said, c.w.pushes(who, "#room", buttons[string(userID(who))][c.random.IntN(2)]))
						read(said[len(said)-1])
					case n < 7 && len(said) > 0:
						in := said[c.random.IntN(len(said))]
						in.Again = true
						read(in)
					case n < 8:
						c.kind.Store(int64(c.random.IntN(4)))
						c.trouble.Store(int64(1 + c.random.IntN(3)))
					default:
						time.Sleep(time.Duration(c.random.IntN(900)) * time.Millisecond) // the bubble's clock
					}
				}
				c.trouble.Store(0)
				c.alive()
				time.Sleep(time.Hour + time.Minute) // the bubble's clock
				synctest.Wait()
				want := fmt.Sprintf("Answered by %d player", len(outcome))
				if got := c.w.platform.last("#room"); !strings.HasPrefix(got, "Closed") || len(outcome) > 0 && !strings.Contains(got, want) {
					t.Errorf("closed: %q, want %q", got, want)
				}
			})
		})
	}
}

// What was typed while the bot was away counts within the time of who had opened the question.
// The room's history is read from the first on who had and gave no answer, not for days.
func TestAsyncCaughtUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		show := w.opened(l, "#room", "ask method for 3 days")
		opened := w.must(l, w.pushes("alice", "#room", show))
		w.must(l, w.pushes("alice", "#room", chosen(t, opened, "POST")))
		time.Sleep(50 * time.Hour)
		w.must(l, w.pushes("bob", "#room", show))
		revealed := time.Now()
		w.must(l, w.pushes("carol", "#room", show))
		l.fuse.blow()
		for who, after := range map[string]time.Duration{"bob": 4 * time.Second, "carol": 9 * time.Second, "dave": 4 * time.Second} {
			in := w.types(who, "#room", "GET")
			in.ReplyTo, in.At = w.platform.lastMessage("#room"), revealed.Add(after)
			w.platform.write(in)
		}
		time.Sleep(time.Minute)
		w.start(asFinder)
		time.Sleep(time.Minute)
		w.platform.mu.Lock()
		asked := w.platform.asked
		w.platform.mu.Unlock()
		if n := len(asked); n == 0 || revealed.Sub(asked[n-1].Since) > time.Minute {
			t.Errorf("of the history was asked %+v, bob opened the question at %s", asked, revealed)
		}
		for who, want := range map[string]bool{"alice": true, "bob": true, "carol": false, "dave": false} {
			if _, ok, err := w.store.Given(t.Context(), team, "test:T/#room", 1, userID(who)); err != nil || ok != want {
				t.Errorf("%s has an answer: %v (%v)", who, ok, err)
			}
		}
	})
}
