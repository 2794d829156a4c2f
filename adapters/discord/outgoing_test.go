package discord_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"quizbot/adapters/discord"
	"quizbot/bot"
	sandbox "quizbot/sandbox/discord"
)

// clock is a time that the test moves on.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func newClock() *clock { return &clock{} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// rate limits posts and leaves the rest alone.
func rate(limit int, window time.Duration) sandbox.Options {
	return sandbox.Options{Rates: map[string]sandbox.Rate{sandbox.RouteCreateMessage: {Limit: limit, Window: window}}}
}

// A room where everybody types is answered at the pace that Discord allows: nothing
// is refused, nobody is left out, and the next question does not wait behind.
func TestManyTypedAnswers(t *testing.T) {
	t.Parallel()
	w := open(t, rate(5, 400*time.Millisecond), nil)
	w.ready(t)
	w.core.set(func(_ context.Context, in bot.Incoming) (bot.Reply, error) { return card("Right " + in.Text), nil })
	const n = 60
	for i := range n {
		w.say(t, fmt.Sprint(i))
	}
	if _, err := w.WaitCalls(within(t), sandbox.RouteCreateMessage, 6); err != nil {
		t.Fatal(err)
	}
	question, err := w.adapter.Deliver(within(t), bot.Outgoing{Key: "r2-ask", Room: room, Card: bot.Card{Title: "Next"}})
	if err != nil {
		t.Fatal(err)
	}
	all, err := w.Wait(within(t), sandbox.DefaultChannelID, func(m []sandbox.Message) bool { return len(m) == 2*n+1 })
	if err != nil {
		t.Fatal(err)
	}
	if last := all[len(all)-1]; last.ID == string(question) {
		t.Error("the question came after every reply")
	}
	for _, c := range w.Calls(sandbox.RouteCreateMessage) {
		if c.Status == http.StatusTooManyRequests {
			t.Error("a post was refused")
		}
	}
}

// Where no reply can be sent, presses are answered all the same.
func TestPressesPassWaitingReplies(t *testing.T) {
	t.Parallel()
	w := open(t, rate(1, time.Hour), nil)
	w.ready(t)
	id, err := w.adapter.Deliver(within(t), bot.Outgoing{Key: "r1-ask", Room: room, Card: bot.Card{Title: "?", Choices: []bot.Choice{{ID: "a:1:0", Letter: "A", Text: "one"}}}})
	if err != nil {
		t.Fatal(err)
	}
	w.core.set(func(context.Context, bot.Incoming) (bot.Reply, error) { return card("Right"), nil })
	for i := range 50 {
		w.say(t, fmt.Sprint(i))
	}
	w.core.hear(t, 50)
	i, err := w.Press(within(t), string(id), sandbox.BobID, "a:1:0")
	if m, _ := w.Message(i.MessageID); err != nil || m.Content != "Right" {
		t.Errorf("the press: %+v %v", i, err)
	}
	if n := len(w.Calls(sandbox.RouteCreateMessage)); n != 1 {
		t.Errorf("%d posts", n)
	}
	w.stop() // and nothing is left waiting
}

// A question with a link is posted without a preview; its long close is shown whole.
func TestCloseIsShownWhole(t *testing.T) {
	w := open(t, sandbox.Options{}, nil)
	w.ready(t)
	o := bot.Outgoing{Key: "r1-ask", Room: room, Card: bot.Card{Title: "?", Body: []string{"See https://example.com/spec."}}}
	id, err := w.adapter.Deliver(within(t), o)
	if err != nil {
		t.Fatal(err)
	}
	if m, _ := w.Message(string(id)); m.Flags&sandbox.FlagNoEmbeds == 0 {
		t.Errorf("posted with the flags %d", m.Flags)
	}
	o.Key, o.Edit, o.Target = "r1-close", "r1-ask", id
	o.Card.Body = append(o.Card.Body, strings.Repeat("because ", 400), "That is why.")
	if _, err := w.adapter.Deliver(within(t), o); err != nil {
		t.Fatal(err)
	}
	if m, _ := w.Message(string(id)); !strings.Contains(m.Text(), "That is why.") {
		t.Errorf("people see %q", m.Text())
	}
}

// A refusal of the token is told as long as it lasts.
func TestReadyFollowsTheToken(t *testing.T) {
	now := newClock()
	w := open(t, sandbox.Options{}, func(c *discord.Config) { c.Now = now.now })
	w.ready(t)
	if err := w.WaitFor(within(t), func() bool { return len(w.Commands()) > 0 }); err != nil { // else that call shows that the token is good
		t.Fatal(err)
	}
	deliver := func(key string) error {
		_, err := w.adapter.Deliver(within(t), bot.Outgoing{Key: key, Room: room, Card: bot.Card{Title: "x"}})
		return err
	}
	w.Faults().Error(sandbox.RouteListMessages, 1, http.StatusUnauthorized, 0, "401: Unauthorized")
	if _, _, err := w.adapter.Find(within(t), bot.Outgoing{Key: "k", Room: room}, now.now()); err == nil {
		t.Error("found with a token that is refused")
	}
	if w.adapter.Ready() == nil {
		t.Error("ready with a token that is refused")
	}
	var r *bot.RetryError
	within10, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := w.adapter.Deliver(within10, bot.Outgoing{Key: "k", Room: room}); !errors.As(err, &r) || r.After < 30*time.Second {
		t.Errorf("soon afterwards: %v", err)
	}
	now.add(2 * time.Minute)
	if err := deliver("k"); err != nil {
		t.Error(err)
	}
	if err := w.adapter.Ready(); err != nil {
		t.Errorf("after a success: %v", err)
	}
}

// A page of something before Discord says nothing of the room.
func TestBlockedOnTheWay(t *testing.T) {
	w := open(t, sandbox.Options{}, nil)
	w.ready(t)
	w.Faults().ServerError(sandbox.RouteCreateMessage, 1, http.StatusForbidden)
	var r *bot.RetryError
	if _, err := w.adapter.Deliver(within(t), bot.Outgoing{Key: "k", Room: room, Card: bot.Card{Title: "x"}}); !errors.As(err, &r) {
		t.Errorf("%v, want a RetryError", err)
	}
}

// The bot finds what it said by its buttons or its words, among what others said.
func TestFind(t *testing.T) {
	t.Parallel()
	w := open(t, sandbox.Options{Rate: sandbox.Rate{Limit: 1000, Window: time.Second}}, nil)
	w.ready(t)
	began := time.Now()
	asked := bot.Outgoing{Key: "r1-ask", Room: room, Card: bot.Card{Title: "Which?", Choices: []bot.Choice{{ID: "a:1:0", Letter: "A", Text: "one"}, {ID: "a:1:1", Letter: "B", Text: "two"}}}}
	said := bot.Outgoing{Key: "r1-end", Room: room, Card: bot.Card{Title: "The *game* is over"}}
	ids := map[string]bot.MessageID{}
	for _, o := range []bot.Outgoing{asked, said} {
		id, err := w.adapter.Deliver(within(t), o)
		if err != nil {
			t.Fatal(err)
		}
		ids[o.Key] = id
	}
	for i := range 150 { // more than a page
		w.say(t, fmt.Sprint("The *game* is over ", i))
	}
	other := asked
	other.Key = "r2-ask"
	other.Card.Choices = []bot.Choice{{ID: "a:2:0", Letter: "A", Text: "one"}, {ID: "a:2:1", Letter: "B", Text: "two"}}
	last, err := w.adapter.Deliver(within(t), other)
	if err != nil {
		t.Fatal(err)
	}
	ids[other.Key] = last
	for _, o := range []bot.Outgoing{asked, said, other} {
		if id, found, err := w.adapter.Find(within(t), o, began); err != nil || !found || id != ids[o.Key] {
			t.Errorf("%s: %s %v %v, want %s", o.Key, id, found, err, ids[o.Key])
		}
	}
	for name, o := range map[string]bot.Outgoing{
		"other words": {Key: "x", Room: room, Card: bot.Card{Title: "The game goes on"}},
		"a player's":  {Key: "x", Room: room, Card: bot.Card{Title: "The *game* is over 7"}},
		"other buttons": {Key: "x", Room: room, Card: bot.Card{Title: "Which?", Choices: []bot.Choice{
			{ID: "a:3:0", Letter: "A", Text: "one"}, {ID: "a:3:1", Letter: "B", Text: "two"},
		}}},
	} {
		if id, found, err := w.adapter.Find(within(t), o, began); err != nil || found {
			t.Errorf("%s: %s %v %v", name, id, found, err)
		}
	}
	if _, found, err := w.adapter.Find(within(t), asked, began.Add(time.Hour)); err != nil || found {
		t.Errorf("of an hour later: %v %v", found, err)
	}
	w.Faults().Error(sandbox.RouteListMessages, 1, http.StatusForbidden, 50001, "Missing Access")
	if _, _, err := w.adapter.Find(within(t), asked, began); !errors.Is(err, bot.ErrUnreachable) {
		t.Errorf("a channel that can't be read: %v", err)
	}
	w.Faults().Error(sandbox.RouteListMessages, 1, http.StatusBadGateway, 0, "")
	if _, _, err := w.adapter.Find(within(t), asked, began); err == nil || errors.Is(err, bot.ErrUnreachable) {
		t.Errorf("a channel that can't be read for now: %v", err)
	}
	if m, ok := w.Message(string(last)); !ok || w.adapter.MadeAt(last).Sub(m.Created).Abs() > time.Millisecond {
		t.Errorf("the message was made at %s, says its id %s", m.Created, w.adapter.MadeAt(last))
	}
	if at := w.adapter.MadeAt("forged"); !at.IsZero() {
		t.Errorf("no message at all was made at %s", at)
	}
}

// A command that others wrote is left alone, whatever it holds.
func TestForeignCommands(t *testing.T) {
	w := open(t, sandbox.Options{}, nil)
	w.ready(t)
	if _, err := w.WaitCalls(within(t), sandbox.RouteOverwriteCommand, 1); err != nil {
		t.Fatal(err)
	}
	w.stop()
	body := `[{"name":"dice","description":"Roll","options":[{"type":4,"name":"sides","description":"n","choices":[{"name":"six","value":6}]}]}]`
	r, err := http.NewRequest(http.MethodPut, w.APIURL()+"/applications/"+sandbox.DefaultAppID+"/commands", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bot "+w.Token())
	r.Header.Set("User-Agent", "DiscordBot (https://example.com, 1)")
	r.Header.Set("Content-Type", "application/json")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(r)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%+v %v", resp, err)
	}
	_ = resp.Body.Close()
	w.connect(t, nil)
	w.ready(t)
	if err := w.WaitFor(within(t), func() bool { return len(w.Commands()) == 2 }); err != nil {
		t.Fatalf("the command is not there beside the other: %v", err)
	}
	if all := fmt.Sprintf("%s", w.Commands()); !strings.Contains(all, `"dice"`) || !strings.Contains(all, `"quiz"`) {
		t.Errorf("commands: %s", all)
	}
}

// A transport of its own leaves no connection behind.
func TestOwnTransportHangsUp(t *testing.T) {
	w := open(t, sandbox.Options{}, func(c *discord.Config) { c.Transport = nil })
	w.ready(t)
	w.stop()
	ctx, buffer := within(t), make([]byte, 1<<20)
	for strings.Contains(string(buffer[:runtime.Stack(buffer, true)]), "persistConn).readLoop") {
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			t.Fatal("a connection is left while the server runs")
		}
	}
}
