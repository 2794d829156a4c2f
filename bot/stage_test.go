package bot_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"quizbot/bot"
	"quizbot/bot/transcript"
	"quizbot/quiz"
	"quizbot/store"
	"quizbot/store/bolt"
	"quizbot/store/storetest"
)

const team = bot.TeamID("test:T")

// stage plays transcripts on the core alone: a bot on a real store, a platform
// made up, and the clock of a synctest bubble.
type stage struct {
	t        *testing.T
	setup    transcript.Setup
	people   map[string]transcript.Person
	store    bot.Store
	platform *platform
	as       func(*platform) bot.Messenger
	life     *life // of the present bot
	said     []bot.Incoming
	away     bool // no bot runs
	keeping  bool
	kept     []int                // of said: not delivered yet
	forms    map[string]*bot.Form // that were shown, by message
}

// life is one bot, from its start to its end.
type life struct {
	bot    *bot.Bot
	fuse   *fuse
	cancel context.CancelFunc
	done   chan struct{} // closed when Run has returned
	err    error         // of Run
}

// openStore makes a store on a file of its own, or in memory where files take too long.
func openStore(t testing.TB) *store.Store {
	t.Helper()
	if !onDisk {
		return store.New(storetest.NewMemory())
	}
	engine, err := bolt.Open(filepath.Join(t.TempDir(), "quizbot.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Errorf("close store: %v", err)
		}
	})
	return store.New(engine)
}

func newStage(t *testing.T, setup transcript.Setup, as func(*platform) bot.Messenger) *stage {
	s := &stage{
		t: t, setup: setup, people: map[string]transcript.Person{}, forms: map[string]*bot.Form{}, store: openStore(t),
		platform: newPlatform(), as: as,
	}
	for _, p := range setup.People {
		s.people[p.ID] = p
	}
	s.start()
	t.Cleanup(func() { s.end(false) })
	return s
}

func (s *stage) start() {
	s.life = begin(s.t, s.store, s.platform, s.as, s.setup.Pool)
}

// seed is that of every room in these tests.
const seed = 7

// begin starts a bot. Its log goes to the test's output.
func begin(t *testing.T, st bot.Store, p *platform, as func(*platform) bot.Messenger, pool *quiz.Pool) *life {
	return beginAs(t, st, p, as, pool, 0, nil)
}

// beginKeeping is begin with a bound on how long answers are kept.
func beginKeeping(t *testing.T, st bot.Store, p *platform, as func(*platform) bot.Messenger, pool *quiz.Pool, retention time.Duration) *life {
	return beginAs(t, st, p, as, pool, retention, nil)
}

// beginAs is begin with a bound on how long answers are kept (0: none), and a meter.
func beginAs(t *testing.T, st bot.Store, p *platform, as func(*platform) bot.Messenger, pool *quiz.Pool, retention time.Duration, meter bot.Meter) *life {
	f := newFuse()
	l := &life{fuse: f, done: make(chan struct{})}
	l.bot = bot.New(bot.Config{
		Store:      fusedStore{Store: st, fuse: f},
		Messengers: map[string]bot.Messenger{"test": fusedMessenger(as(p), f)},
		Log:        slog.New(slog.NewTextHandler(t.Output(), nil)),
		Meter:      meter,
		Seed:       func() uint64 { return seed },
		Retention:  retention,
	}, pool)
	ctx, cancel := context.WithCancel(context.Background())
	l.cancel = cancel
	go func() {
		defer close(l.done)
		l.err = l.bot.Run(ctx)
	}()
	l.bot.CatchUp(bot.Gap{Platform: "test"}) // the platform is heard from the start
	return l
}

// stop ends the bot in good order and waits for it. It may be called again.
func (l *life) stop() error {
	l.cancel()
	<-l.done
	return l.err
}

// end ends the present bot.
func (s *stage) end(crash bool) {
	l := s.life
	if !crash {
		if err := l.stop(); err != nil {
			s.t.Errorf("the bot ended with: %v", err)
		}
		return
	}
	synctest.Wait()
	l.fuse.blow()
	s.t.Cleanup(func() { _ = l.stop() }) // nothing that it does has an effect any more
}

// Restart implements transcript.Stage.
func (s *stage) Restart(_ context.Context, crash bool, down time.Duration) error {
	s.end(crash)
	time.Sleep(down) // the bubble's clock
	s.start()
	return nil
}

// Leave implements transcript.Stage.
func (s *stage) Leave(_ context.Context, crash bool) error {
	s.end(crash)
	s.away = true
	return nil
}

// Return implements transcript.Stage.
func (s *stage) Return(context.Context) error {
	s.away = false
	s.start()
	return nil
}

// Do implements transcript.Stage.
func (s *stage) Do(ctx context.Context, a transcript.Act) error {
	who := s.people[a.Who]
	in := bot.Incoming{
		ID: fmt.Sprintf("test:d%d", len(s.said)), Team: team, Room: roomID(a.Room), User: userID(a.Who),
		Name: who.Called, Private: a.Room.Direct != "", At: time.Now(),
	}
	if who.Admin {
		in.Role = bot.Admin
	}
	switch a.Kind {
	case transcript.Say:
		in.Text, in.Addressed = a.Text, true
	case transcript.Type:
		in.Text = a.Text
	case transcript.Reply:
		in.Text, in.ReplyTo = a.Text, bot.MessageID(a.Message)
	case transcript.Press:
		in.Choice = a.Button.ID
	case transcript.Fill:
		form := s.forms[a.Message]
		in.Choice = form.ID
		for i, f := range form.Fields {
			in.Fields = append(in.Fields, bot.Filled{Field: f.ID, Value: a.Values[i]})
		}
	}
	in.Mentioned = s.mentioned(in.Text)
	s.said = append(s.said, in)
	if in.Choice == "" {
		s.platform.write(in)
	}
	switch {
	case s.away:
		return nil
	case s.keeping:
		s.kept = append(s.kept, len(s.said)-1)
		return nil
	}
	return s.submit(ctx, in, a.Room.Name)
}

// mentioned are the people of the conversation, and the bot, that a text names with an "@".
func (s *stage) mentioned(text string) []bot.Mention {
	var out []bot.Mention
	for _, word := range strings.Fields(text) {
		name, marked := strings.CutPrefix(word, "@")
		if p, known := s.people[name]; marked && known {
			out = append(out, bot.Mention{Word: word, User: userID(name), Name: p.Called})
		} else if marked && name == "quizbot" {
			out = append(out, bot.Mention{Word: word, User: userID(name), Name: "quizbot", Bot: true})
		}
	}
	return out
}

func roomID(r transcript.Room) bot.RoomID { return bot.RoomID("test:T/" + r.Name) }
func userID(who string) bot.UserID        { return bot.UserID("test:T/" + who) }

// submit shows the reply as a platform would.
func (s *stage) submit(ctx context.Context, in bot.Incoming, room string) error {
	reply, err := s.life.bot.Submit(ctx, in)
	if err != nil {
		return err
	}
	to := string(in.User[len("test:T/"):])
	if reply.Form != nil && in.Choice != "" && in.Fields == nil {
		s.forms[s.platform.showForm(room, to, *reply.Form)] = reply.Form
		return nil
	}
	if reply.Card == nil || reply.Seen && in.Choice == "" {
		return nil
	}
	if reply.Public {
		to = ""
	}
	s.platform.show(room, to, *reply.Card)
	return nil
}

// Redeliver implements transcript.Stage.
func (s *stage) Redeliver(ctx context.Context, n int) error {
	in := s.said[n]
	return s.submit(ctx, in, string(in.Room[len("test:T/"):]))
}

// Hear implements transcript.Stage.
func (s *stage) Hear(_ context.Context, from int, within time.Duration) ([]transcript.Heard, error) {
	synctest.Wait()
	heard, more := s.platform.heardSince(from)
	if len(heard) > 0 || within == 0 {
		return heard, nil
	}
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-more:
	case <-timer.C:
	}
	synctest.Wait()
	heard, _ = s.platform.heardSince(from)
	return heard, nil
}

// Pass implements transcript.Stage.
func (s *stage) Pass(_ context.Context, d time.Duration) error {
	time.Sleep(d) // the bubble's clock
	synctest.Wait()
	return nil
}

// Skip implements transcript.Stage.
func (s *stage) Skip(ctx context.Context, d time.Duration) error { return s.Pass(ctx, d) }

// Fault implements transcript.Stage.
func (s *stage) Fault(ctx context.Context, f transcript.Fault) error {
	synctest.Wait()
	switch f.Kind {
	case transcript.KeepBack:
		s.keeping = true
	case transcript.LetGo:
		kept := s.kept
		s.keeping, s.kept = false, nil
		for _, n := range kept {
			in := s.said[n]
			in.Again = true
			if err := s.submit(ctx, in, string(in.Room[len("test:T/"):])); err != nil {
				return err
			}
		}
	default:
		s.platform.misbehave(f)
	}
	return nil
}
