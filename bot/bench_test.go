package bot_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
)

// BenchmarkAnswer measures an answer from Submit to the reply, which comes when
// it is on disk. Each caller waits for one answer before it gives the next.
//
//	alone       one caller: the time of one answer, with nobody to share a sync with
//	one-room    64 callers in one room: what a room takes in together
//	16-rooms    a caller in each of 16 rooms
//	128-rooms   a caller in each of 128 rooms: what rooms share a disk sync
func BenchmarkAnswer(b *testing.B) {
	for _, how := range []string{"typed", "pressed"} {
		for _, c := range []struct {
			name           string
			rooms, callers int // callers in each room
		}{{"alone", 1, 1}, {"one-room", 1, 64}, {"16-rooms", 16, 1}, {"128-rooms", 128, 1}} {
			b.Run(how+"/"+c.name, func(b *testing.B) { benchmarkAnswer(b, how == "typed", c.rooms, c.callers) })
		}
	}
}

// aQuestion is how many players answer a question before the next is asked.
const aQuestion = 256

func benchmarkAnswer(b *testing.B, typed bool, rooms, callers int) {
	pool, err := quiz.NewPool([]quiz.Pack{{ID: "bench", Title: "Bench", Questions: []quiz.Question{{
		ID: "one", Kind: quiz.Choice, Ask: "Which?", Difficulty: quiz.Easy, Seconds: 3000,
		Options: []quiz.Option{{Text: "GET", Correct: true}, {Text: "POST"}, {Text: "PUT"}, {Text: "HEAD"}},
	}}}})
	if err != nil {
		b.Fatal(err)
	}
	var meter commits
	core := bot.New(bot.Config{
		Store: openStore(b), Messengers: map[string]bot.Messenger{"test": mute{}}, Meter: &meter,
		Seed: func() uint64 { return seed },
	}, pool)
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() {
		if err := core.Run(ctx); err != nil {
			b.Error(err)
		}
	})
	defer run.Wait()
	defer cancel()

	tag := bot.TagOf(quiz.Room{Seed: seed})
	var id, left atomic.Int64
	submit := func(room int, user, text, choice string, addressed bool) string {
		reply, err := core.Submit(context.Background(), bot.Incoming{
			ID: fmt.Sprintf("test:%d", id.Add(1)), Team: team, Room: bot.RoomID(fmt.Sprintf("test:T/r%d", room)),
			User: bot.UserID("test:T/" + user), Name: user, Text: text, Choice: choice, Addressed: addressed,
		})
		if err != nil {
			b.Error(err)
		}
		return title(reply)
	}
	halls := make([]hall, rooms)
	for i := range halls {
		halls[i].ask = func(round int) {
			if round > 1 {
				submit(i, "host", "stop", "", true)
			}
			submit(i, "host", "bench", "", true)
		}
	}
	left.Store(int64(b.N))
	for i := range halls {
		halls[i].seat() // the first question of each room is no part of what is measured
		halls[i].given = 0
		halls[i].under.Done()
	}
	meter.n.Store(0)
	b.ReportAllocs()
	b.ResetTimer()
	began := time.Now()
	var all sync.WaitGroup
	for i := range halls {
		for range callers {
			all.Go(func() {
				for left.Add(-1) >= 0 {
					round, seat := halls[i].seat()
					text, choice := "b", ""
					if !typed {
						text, choice = "", fmt.Sprintf("a:%d.%s:1", round, tag)
					}
					if got := submit(i, fmt.Sprint("p", seat), text, choice, false); got == "" {
						b.Errorf("an answer in room %d was none", i)
					}
					halls[i].under.Done()
				}
			})
		}
	}
	all.Wait()
	took := time.Since(began)
	b.StopTimer()
	b.ReportMetric(float64(b.N)/took.Seconds(), "answers/s")
	b.ReportMetric(float64(meter.n.Load())/took.Seconds(), "commits/s")
}

// hall hands out who answers next in a room, and has the next question asked
// when everybody has answered.
type hall struct {
	mu           sync.Mutex
	round, given int
	ask          func(round int)
	under        sync.WaitGroup // answers under way
}

func (h *hall) seat() (round, seat int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.round == 0 || h.given == aQuestion {
		h.under.Wait()
		h.round++
		h.given = 0
		h.ask(h.round)
	}
	h.given++
	h.under.Add(1)
	return h.round, h.given - 1
}

// mute is a platform that takes everything at once.
type mute struct{}

func (mute) Deliver(_ context.Context, o bot.Outgoing) (bot.MessageID, error) {
	return bot.MessageID(o.Key), nil
}

func (mute) Remembers() time.Duration { return time.Minute }

// commits counts commits of rooms.
type commits struct {
	bot.NoMeter
	n atomic.Int64
}

func (c *commits) Committed(int, time.Duration) { c.n.Add(1) }
