package bot_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"quizbot/bot"
	"quizbot/bot/transcript"
	"quizbot/quiz"
)

// scheduled is a room with a daily question at nine, open for two hours, while the bot
// dies, is away and can't write to its disk.
type scheduled struct {
	*chaos
}

func newScheduled(t *testing.T, as func(*platform) bot.Messenger, seed uint64) scheduled {
	c := &chaos{t: t, w: newWorld(t), as: as, random: rand.New(rand.NewPCG(seed, 1)), told: map[string]string{}}
	c.w.store.onCommit = c.commit
	c.start()
	admin := c.w.say("dora", "#room", "schedule daily 09:00 UTC for 2h")
	admin.Role = bot.Admin
	wantTitle(t, c.w.must(c.life.Load(), admin), "The daily question is set")
	return scheduled{c}
}

// alive is chaos.alive; who has died is also buried, for over weeks the dead take time.
func (s scheduled) alive() *life {
	l := s.life.Load()
	if l.fuse.err() != nil {
		synctest.Wait() // what it had sent has arrived
		_ = l.stop()
	}
	return s.chaos.alive()
}

// until lets time pass, with a bot that is alive again a second after it has died.
func (s scheduled) until(end time.Time) {
	for time.Now().Before(end) {
		s.alive()
		time.Sleep(min(time.Until(end), time.Second)) // the bubble's clock
	}
	s.alive()
}

// away stops the bot in good order until then: a bot that waits takes a test's time.
func (s scheduled) away(end time.Time) {
	if err := s.alive().stop(); err != nil {
		s.t.Error(err)
	}
	time.Sleep(time.Until(end))
	s.start()
}

// posts lists when daily questions were posted, and counts those that were closed.
func (s scheduled) posts() (asked []time.Time, closed int) {
	p := s.w.platform
	p.mu.Lock()
	defer p.mu.Unlock()
	keys := map[string]bool{}
	for _, x := range p.posts {
		if keys[x.key] {
			s.t.Errorf("message %s was made twice", x.key)
		}
		keys[x.key] = true
	}
	over := map[string]bool{} // an edit may be made again
	for i, h := range p.log {
		switch {
		case strings.HasPrefix(h.Text, "Daily question"):
			asked = append(asked, p.times[i])
		case strings.HasPrefix(h.Text, "Closed · Daily question"):
			over[h.Message] = true
		}
	}
	return asked, len(over)
}

func at(day, hour, minute, second int) time.Time {
	return time.Date(2000, 1, day, hour, minute, second, 0, time.UTC)
}

// Whichever commit around the time of a daily question is the bot's last, or fails, with
// or without effect: the day has its question, once, and it is closed.
func TestDailyOnce(t *testing.T) {
	for name, as := range map[string]func(*platform) bot.Messenger{"lookup": asFinder, "keys": asIdempotent} {
		for kind := range int64(failAfter + 1) {
			for commit := range int64(6) {
				t.Run(fmt.Sprint(name, "/", kind, "/", commit), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						s := newScheduled(t, as, 1)
						s.away(at(1, 8, 59, 59))
						s.kind.Store(kind)
						s.trouble.Store(1 + commit)
						s.until(at(1, 9, 1, 0))
						s.away(at(1, 10, 59, 59))
						s.until(at(1, 11, 1, 0))
						asked, closed := s.posts()
						if len(asked) != 1 || closed != 1 || asked[0].Before(at(1, 9, 0, 0)) || asked[0].After(at(1, 9, 0, 30)) {
							t.Errorf("asked at %v, %d closed", asked, closed)
						}
					})
				})
			}
		}
	}
}

// For weeks the bot dies, stays away and fails at random: no day has two questions, and
// each has one that began well while the bot was there.
func TestDailyForWeeks(t *testing.T) {
	for seed := range uint64((seeds + 3) / 4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newScheduled(t, []func(*platform) bot.Messenger{asFinder, asIdempotent}[seed%2], seed)
				want := map[int]bool{}
				for day := 1; day <= 28; day++ {
					due := at(day, 9, 0, 0)
					s.away(due.Add(-time.Second))
					switch s.random.IntN(5) {
					case 0: // it comes back in time, or too late
						s.life.Load().fuse.blow()
						late := time.Duration(1+s.random.IntN(119)) * time.Minute
						want[day] = late < time.Hour
						time.Sleep(time.Until(due.Add(late)))
					case 1:
						s.kind.Store(int64(s.random.IntN(4)))
						s.trouble.Store(int64(1 + s.random.IntN(8)))
						want[day] = true
					case 2:
						s.w.platform.misbehave(transcript.Fault{Kind: []transcript.FaultKind{transcript.Refuse, transcript.Swallow, transcript.Lose}[s.random.IntN(3)], N: 1, For: time.Second})
						want[day] = true
					default:
						want[day] = true
					}
					s.until(time.Now().Add(30 * time.Second))
					s.away(due.Add(2*time.Hour - time.Second))
					s.until(due.Add(2*time.Hour + 30*time.Second))
					s.trouble.Store(0)
				}
				asked, closed := s.posts()
				got := map[int]int{}
				for _, when := range asked {
					got[when.UTC().Day()]++
				}
				for day := 1; day <= 28; day++ {
					if n := map[bool]int{true: 1}[want[day]]; got[day] != n {
						t.Errorf("%d questions on the day %d, want %d", got[day], day, n)
					}
				}
				if closed != len(asked) {
					t.Errorf("%d asked and %d closed", len(asked), closed)
				}
			})
		})
	}
}

// A room whose topics are all gone is told so once, and asked again when one is back.
func TestDailyWithoutTopics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		admin := w.say("dora", "#room", "schedule daily 09:00 UTC method, mask for 2h")
		admin.Role = bot.Admin
		wantTitle(t, w.must(l, admin), "The daily question is set")
		empty, err := quiz.NewPool(nil)
		if err != nil {
			t.Fatal(err)
		}
		pool := w.pool
		w.pool = empty
		for range 3 {
			l = w.nextMorning(l)
		}
		reply := w.must(l, w.say("alice", "#room", "schedule"))
		if all := read(*reply.Card); !strings.Contains(all, "none of its topics is there") || !strings.Contains(all, "mask (it is gone)") {
			t.Error(all)
		}
		w.pool = pool
		for range 2 {
			l = w.nextMorning(l)
		}
		titles := w.platform.titles("#room")
		if titles["There is nothing to ask today"] != 1 || titles["Daily question · Wires · easy"] != 2 {
			t.Error(titles)
		}
	})
}

// Topics come in turn, and none of their questions again before all the others.
func TestDailyTopicsInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		packs := slices.Clone(w.pool.Packs())[:2]
		questions := allQuestions(w.pool)
		for i := range packs {
			packs[i] = quiz.Pack{ID: fmt.Sprint("p", i), Title: fmt.Sprint("P", i), Questions: questions[2*i : 2*i+2]}
		}
		var err error
		if w.pool, err = quiz.NewPool(packs); err != nil {
			t.Fatal(err)
		}
		l := w.start(asFinder)
		admin := w.say("dora", "#room", "schedule daily 09:00 UTC for 2h")
		admin.Role = bot.Admin
		wantTitle(t, w.must(l, admin), "The daily question is set")
		for range 8 {
			l = w.nextMorning(l)
		}
		var topics, asked []string
		w.platform.mu.Lock()
		for _, h := range w.platform.log {
			if rest, ok := strings.CutPrefix(h.Text, "Closed · Daily question · "); ok {
				lines := strings.Split(rest, "\n")
				topics, asked = append(topics, lines[0][:2]), append(asked, lines[1])
			}
		}
		w.platform.mu.Unlock()
		if got := strings.Join(topics, " "); got != "P0 P1 P0 P1 P0 P1 P0 P1" {
			t.Error(got)
		}
		for i := range 4 {
			if len(asked) == 8 && slices.Contains(asked[:i], asked[i]) {
				t.Errorf("%q came again before the others: %q", asked[i], asked)
			}
		}
	})
}

// nextMorning is a bot that ran from nine for a minute, and again when the question is over.
func (w *world) nextMorning(l *life) *life {
	if err := l.stop(); err != nil {
		w.t.Error(err)
	}
	day := time.Now().UTC().Truncate(24 * time.Hour)
	if time.Now().UTC().Hour() > 9 {
		day = day.AddDate(0, 0, 1)
	}
	time.Sleep(time.Until(day.Add(9*time.Hour - time.Second))) // the bubble's clock
	l = w.start(asFinder)
	time.Sleep(time.Minute)
	if err := l.stop(); err != nil {
		w.t.Error(err)
	}
	time.Sleep(time.Until(day.Add(11 * time.Hour)))
	l = w.start(asFinder)
	time.Sleep(15 * time.Second)
	return l
}

func allQuestions(pool *quiz.Pool) []quiz.Question {
	var out []quiz.Question
	for _, pack := range pool.Packs() {
		out = append(out, pack.Questions...)
	}
	return out
}
