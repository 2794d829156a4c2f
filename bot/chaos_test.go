package bot_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"quizbot/bot"
	"quizbot/bot/transcript"
	"quizbot/quiz"
)

// People play while everything goes wrong at random: the bot dies at any commit,
// commits fail with or without effect, deliveries come again, the platform
// refuses, hangs and loses. Whatever happened, every answer that was
// acknowledged counts once, every message is there once, and every question is
// closed in the end.
func TestChaos(t *testing.T) {
	for name, as := range map[string]func(*platform) bot.Messenger{"lookup": asFinder, "keys": asIdempotent} {
		for seed := range uint64(seeds) {
			t.Run(fmt.Sprint(name, "/", seed), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					c := &chaos{t: t, w: newWorld(t), as: as, random: rand.New(rand.NewPCG(seed, 1)), told: map[string]string{}}
					c.w.store.onCommit = c.commit
					c.start()
					for range 150 {
						c.step()
					}
					c.settle()
					c.check()
				})
			})
		}
	}
}

type chaos struct {
	t      *testing.T
	w      *world
	as     func(*platform) bot.Messenger
	random *rand.Rand
	life   atomic.Pointer[life]

	trouble atomic.Int64 // commits until there is trouble; below 1: none
	kind    atomic.Int64 // of trouble

	said []bot.Incoming
	told map[string]string // first line of the answer, by delivery of a press
}

// Kinds of trouble with a commit.
const (
	dieBefore = iota
	dieAfter
	failBefore
	failAfter
)

func (c *chaos) commit(_ bot.Change, next func() error) error {
	if c.trouble.Add(-1) != 0 {
		return next()
	}
	kind := c.kind.Load()
	if kind == dieAfter || kind == failAfter {
		if err := next(); err != nil {
			return err
		}
	}
	if kind == dieBefore || kind == dieAfter {
		c.life.Load().fuse.blow()
		return errDead
	}
	return errDisk
}

func (c *chaos) start() { c.life.Store(c.w.start(c.as)) }

// alive starts a new bot where the last one has died.
func (c *chaos) alive() *life {
	if c.life.Load().fuse.err() != nil {
		synctest.Wait() // what it had sent has arrived
		c.start()
	}
	return c.life.Load()
}

// deliver hands a delivery in until it is acknowledged, as a platform does.
func (c *chaos) deliver(in bot.Incoming) {
	for range 20 {
		l := c.alive()
		reply, err := l.bot.Submit(c.t.Context(), in)
		if err == nil && l.fuse.err() == nil {
			c.answer(in, reply)
			return
		}
		time.Sleep(time.Second) // the bubble's clock
	}
	c.t.Errorf("delivery %s was never acknowledged", in.ID)
}

// answer remembers what a press came to, which must not change.
func (c *chaos) answer(in bot.Incoming, r bot.Reply) {
	if in.Choice == "" || title(r) == "" {
		return
	}
	before, ok := c.told[in.ID]
	if !ok {
		c.told[in.ID] = title(r)
		return
	}
	if before != title(r) && before != "Already answered" {
		c.t.Errorf("delivery %s was told %q first and then %q", in.ID, before, title(r))
	}
}

func (c *chaos) room() string { return fmt.Sprint("#r", c.random.IntN(3)) }

func (c *chaos) step() {
	host, room := "host", c.room()
	switch n := c.random.IntN(32); {
	case n < 12:
		c.press(fmt.Sprint("p", c.random.IntN(6)), room)
	case n < 16:
		c.say(c.w.say(host, room, "method"))
	case n < 18:
		how := []string{"", " speed full", " elimination", " sudden-death speed off"}[c.random.IntN(4)]
		c.say(c.w.say(host, room, "start method 2 each 5"+how))
	case n < 19:
		c.say(c.w.say(host, room, []string{"stop", "skip", "hint", "leaderboard", "pause", "resume"}[c.random.IntN(6)]))
	case n < 21 && len(c.said) > 0:
		c.deliver(c.said[c.random.IntN(len(c.said))])
	case n < 24:
		c.kind.Store(int64(c.random.IntN(4)))
		c.trouble.Store(int64(1 + c.random.IntN(6)))
	case n < 25:
		c.life.Load().fuse.blow()
	case n < 26:
		if err := c.alive().stop(); err != nil {
			c.t.Error(err)
		}
		c.start()
	case n < 29:
		kind := []transcript.FaultKind{transcript.Refuse, transcript.Swallow, transcript.Lose, transcript.Down, transcript.Slow, transcript.Back}[c.random.IntN(6)]
		c.w.platform.misbehave(transcript.Fault{Kind: kind, N: 1 + c.random.IntN(3), For: time.Duration(1+c.random.IntN(3000)) * time.Millisecond})
	default:
		c.alive()
		time.Sleep(time.Duration(c.random.IntN(8000)) * time.Millisecond) // the bubble's clock
	}
}

func (c *chaos) say(in bot.Incoming) {
	c.said = append(c.said, in)
	c.deliver(in)
}

// press answers the newest question that can be seen in the room.
func (c *chaos) press(who, room string) {
	in := c.w.by(who, room)
	if in.Choice = c.w.platform.button(room, []string{"GET", "POST"}[c.random.IntN(2)]); in.Choice == "" {
		return
	}
	c.said = append(c.said, in)
	c.deliver(in)
}

// settle lets everything come to its end.
func (c *chaos) settle() {
	c.trouble.Store(0)
	c.w.platform.mu.Lock()
	c.w.platform.faults = nil
	c.w.platform.mu.Unlock()
	c.w.platform.misbehave(back)
	c.alive()
	for i := range 3 {
		c.deliver(c.w.say("host", fmt.Sprint("#r", i), "resume"))
	}
	time.Sleep(5 * time.Minute) // the bubble's clock
	synctest.Wait()
}

func (c *chaos) check() {
	t, p := c.t, c.w.platform
	c.checkAnswers()

	p.mu.Lock()
	keys := map[string]int{}
	newest := map[string]string{}
	for _, x := range p.posts {
		keys[x.room+" "+x.key]++
	}
	for _, h := range p.log {
		newest[h.Message] = h.Text
	}
	p.mu.Unlock()
	for key, n := range keys {
		if n > 1 {
			t.Errorf("message %s was made %d times", key, n)
		}
	}
	for message, text := range newest {
		if strings.HasPrefix(text, "Wires") || strings.HasPrefix(text, "Question") || strings.HasPrefix(text, "Sudden") {
			t.Errorf("message %s was never closed: %q", message, text)
		}
	}
	unsent, err := c.w.store.Unsent(t.Context())
	if err != nil || len(unsent) > 0 {
		t.Errorf("left in the outbox: %v (%v)", unsent, err)
	}
	for i := range 3 {
		room := fmt.Sprint("#r", i)
		c.deliver(c.w.say("host", room, "method"))
		synctest.Wait()
		if got := p.last(room); !strings.HasPrefix(got, "Wires") {
			t.Errorf("no new question can be asked in %s: the last word is %q", room, firstLine(got))
		}
	}
}

// checkAnswers compares what players were told with the ledger, and the ledger
// with the board.
func (c *chaos) checkAnswers() {
	t := c.t
	type place struct {
		player bot.UserID
		room   bot.RoomID
		round  int
	}
	counted := map[place]string{} // the delivery that was told an outcome
	silent := map[place]bool{}    // one of its deliveries was acknowledged without a word
	for _, in := range c.said {
		if in.Choice == "" {
			continue
		}
		at := place{player: in.User, room: in.Room}
		if _, err := fmt.Sscanf(in.Choice, "a:%d.", &at.round); err != nil {
			t.Fatal(err)
		}
		told, ok := c.told[in.ID]
		silent[at] = silent[at] || !ok
		if !strings.HasPrefix(told, "Right") && told != "Not quite" {
			continue
		}
		entry, found, err := c.w.store.Given(t.Context(), team, in.Room, at.round, in.User)
		if err != nil || !found || entry.Right != (told != "Not quite") {
			t.Errorf("%v was told %q, the ledger has %+v (%v)", at, told, entry, err)
		}
		points := 0
		if _, err := fmt.Sscanf(told, "Right · %d", &points); told != "Not quite" && err != nil || points != entry.Points {
			t.Errorf("%v was told %q, the ledger has %d points", at, told, entry.Points)
		}
		if before, ok := counted[at]; ok && c.pick(before) != c.pick(in.ID) {
			t.Errorf("%v was told an outcome twice: deliveries %s and %s", at, before, in.ID)
		}
		counted[at] = in.ID
	}
	points := map[string]int{}
	for at, wordless := range silent {
		entry, found, err := c.w.store.Given(t.Context(), team, at.room, at.round, at.player)
		if err != nil {
			t.Fatal(err)
		}
		if found && counted[at] == "" && !wordless {
			t.Errorf("%v has an answer in the ledger that nobody acknowledged", at)
		}
		if found {
			points[string(at.player)] += entry.Points
		}
	}
	board, err := c.w.store.Board(t.Context(), bot.BoardQuery{Team: team, Period: quiz.AllTime, Now: time.Now(), Top: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range board.Top {
		if points[s.Player] != s.Points {
			t.Errorf("%s has %d points on the board and %d in the ledger", s.Player, s.Points, points[s.Player])
		}
	}
	if board.Players != len(points) {
		t.Errorf("%d players on the board, %d in the ledger", board.Players, len(points))
	}
}

// pick is the button that a delivery pressed.
func (c *chaos) pick(id string) string {
	for _, in := range c.said {
		if in.ID == id {
			return in.Choice
		}
	}
	return ""
}
