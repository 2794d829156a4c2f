package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"quizbot/quiz"
	"quizbot/quiz/calendar"
)

// Config is what a Bot needs.
type Config struct {
	Store      Store
	Messengers map[string]Messenger // by platform: RoomID.Platform
	Log        *slog.Logger
	Meter      Meter            // nil: nobody counts
	Now        func() time.Time // nil: time.Now
	Seed       func() uint64    // nil: random
	// Zone finds a zone of the tz database; nil: time.LoadLocation.
	Zone func(name string) (*time.Location, error)
	// Alone: who speaks here owns the machine, and may do so as fast as they like.
	Alone bool
	// Retention is how long answers are kept; 0: for ever. It must be longer than a
	// question can be open.
	Retention time.Duration
	// Speed is how much being quick is worth in games of which nobody says it; "": quiz.SpeedGentle.
	Speed quiz.Speed
}

// Bot plays quizzes in rooms. Submit may be called from many goroutines.
type Bot struct {
	store      Store
	messengers map[string]Messenger
	log        *slog.Logger
	meter      Meter
	now        func() time.Time
	seed       func() uint64
	zone       func(string) (*time.Location, error)
	retention  time.Duration
	speed      quiz.Speed
	alone      bool
	pool       atomic.Pointer[quiz.Pool]

	limits     *limits // nil: none
	rooms      rooms
	couriers   couriers
	alarm      alarm
	folding    folding
	forgetting forgetting
	forgetOne  sync.Mutex // held while a player who asked for it is forgotten, for that reads all there is
	catch      catchup
	settings   settings

	work    sync.WaitGroup     // mailboxes, couriers and ticks that run
	ctx     context.Context    // of delivering
	cancel  context.CancelFunc // of ctx
	saving  context.Context    // of reading and writing the store; outlasts ctx
	abandon context.CancelFunc // of saving and ctx
}

// New makes a bot that draws from pool. It starts nothing: see Run.
func New(c Config, pool *quiz.Pool) *Bot {
	b := &Bot{
		store: c.Store, messengers: c.Messengers, log: c.Log, meter: c.Meter, now: c.Now, seed: c.Seed, zone: c.Zone, retention: c.Retention, speed: c.Speed, alone: c.Alone,
	}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	if b.meter == nil {
		b.meter = NoMeter{}
	}
	now := b.now
	if now == nil {
		now = time.Now
	}
	// Wall time alone: the store keeps no other, and a room in memory must agree
	// with it when the clock is set.
	b.now = func() time.Time { return now().Round(0) }
	if b.seed == nil {
		b.seed = rand.Uint64
	}
	if b.zone == nil {
		b.zone = time.LoadLocation
	}
	b.saving, b.abandon = context.WithCancel(context.Background())
	b.ctx, b.cancel = context.WithCancel(b.saving)
	if !c.Alone {
		b.limits = newLimits()
	}
	b.rooms.boxes = map[RoomRef]*mailbox{}
	b.couriers.init()
	b.alarm.ring = make(chan struct{}, 1)
	b.alarm.busy = map[RoomRef]bool{}
	b.folding.busy, b.folding.gathered = map[TeamID]bool{}, map[TeamID]int{}
	b.catch.init()
	b.pool.Store(pool)
	return b
}

// SetMessengers says how to speak on each platform; to be called before Run, for
// adapters that need the bot to be made first.
func (b *Bot) SetMessengers(m map[string]Messenger) { b.messengers = m }

// SetPool changes what later questions are drawn from. Open questions stay as they are.
func (b *Bot) SetPool(p *quiz.Pool) { b.pool.Store(p) }

// Suggest lists up to n topics whose name begins with or resembles prefix; all
// of them, in order, for "".
func (b *Bot) Suggest(prefix string, n int) []Topic {
	pool := b.pool.Load()
	packs := pool.Packs()
	if strings.TrimSpace(prefix) != "" {
		packs = pool.Nearest(prefix, n)
	}
	var out []Topic
	for _, p := range packs[:min(n, len(packs))] {
		out = append(out, Topic{ID: p.ID, Title: p.Title, Questions: len(p.Questions)})
	}
	return out
}

// SuggestZones lists up to n time zones whose name or city begins with or resembles
// prefix; some that many live in for "".
func (b *Bot) SuggestZones(prefix string, n int) []string {
	if strings.TrimSpace(prefix) == "" {
		some := []string{"UTC", "America/Los_Angeles", "America/New_York", "America/Sao_Paulo", "Europe/London", "Europe/Berlin", "Africa/Lagos", "Asia/Kolkata", "Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney"}
		return some[:min(n, len(some))]
	}
	return calendar.Nearest(prefix, n)
}

const (
	// flushTime is how long a stopping bot goes on delivering what is in its outbox.
	// What is left is delivered after the next start.
	flushTime = 2 * time.Second
	// stopTime bounds a stop whose store hangs.
	stopTime = 7 * time.Second
)

// Run takes up what was left open, then keeps the time until ctx ends. It
// returns when everything that was accepted is on disk and no goroutine is left.
func (b *Bot) Run(ctx context.Context) error {
	err := b.hold(ctx)
	if err == nil {
		err = b.takeUp(ctx)
	}
	if err == nil {
		b.catch.begin()
		b.work.Go(func() { b.keepUp(ctx) })
		b.keepTime(ctx)
	}
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		err = nil // told to stop before it was ready: what is open is taken up next time
	}
	b.stop()
	return err
}

// takeUp delivers what an earlier process left in the outbox. Each room does it in
// its own order, for words may have been taken in already.
func (b *Bot) takeUp(ctx context.Context) error {
	refs, err := b.store.Unsent(ctx)
	if err != nil {
		return fmt.Errorf("read the outbox: %w", err)
	}
	jobs := make([]*job, len(refs))
	for i, ref := range refs {
		jobs[i] = &job{inner: true, resume: true, done: make(chan struct{})}
		if err := b.rooms.enqueue(b, ref, jobs[i]); err != nil {
			return fmt.Errorf("read the outbox of %s: %w", ref.Room, err)
		}
	}
	for _, j := range jobs {
		<-j.done // where that failed it was logged; the other rooms go on
	}
	return nil
}

// stop saves what was accepted, delivers what it can and waits for every goroutine.
func (b *Bot) stop() {
	b.rooms.close()
	b.catch.stop()
	hurry := time.AfterFunc(stopTime, b.abandon)
	defer hurry.Stop()
	b.rooms.accepted.Wait()
	flush := time.AfterFunc(flushTime, b.cancel)
	defer flush.Stop()
	b.couriers.close(b.cancel)
	b.work.Wait()
	b.abandon()
}

// Submit takes in what somebody said and returns what that person reads at
// once, when the effect is on disk. Its errors: ErrBusy and ErrStopped when
// nothing was recorded; ctx.Err() when the outcome isn't known yet; anything
// else is the operator's, and the delivery should be submitted again. Who speaks or
// presses too fast is told to slow down; nothing is recorded then either.
func (b *Bot) Submit(ctx context.Context, in Incoming) (Reply, error) { return b.Queue(in)(ctx) }

// Full says that a press would be refused with ErrBusy now, wherever it is made.
func (b *Bot) Full() bool { return b.rooms.full(b.now()) }

// Queue gives what somebody said its place in the order of its room, at once,
// and returns a function that waits for the outcome, as Submit does. The function
// may be called again after its context has ended.
func (b *Bot) Queue(in Incoming) func(context.Context) (Reply, error) {
	began := b.now()
	in = heard(in)
	if b.limits != nil {
		if reply, limited := b.limits.refuse(in, began); limited {
			count := sync.OnceFunc(func() { b.meter.Submitted(in.Room.Platform(), "limited", b.now().Sub(began)) })
			return func(context.Context) (Reply, error) {
				count()
				return reply, nil
			}
		}
	}
	j := &job{in: in, done: make(chan struct{})}
	refused := b.place(j)
	count := sync.OnceFunc(func() {
		b.meter.Submitted(in.Room.Platform(), outcomeOf(j, refused), b.now().Sub(began))
	})
	return func(ctx context.Context) (Reply, error) {
		err := refused
		if err == nil {
			select {
			case <-j.done:
				err = j.err
			case <-ctx.Done():
				return Reply{}, fmt.Errorf("submit %s in %s: %w", in.ID, in.Room, ctx.Err())
			}
		}
		count()
		if err != nil {
			return Reply{}, fmt.Errorf("submit %s in %s: %w", in.ID, in.Room, err)
		}
		return j.reply, nil
	}
}

func outcomeOf(j *job, refused error) string {
	switch {
	case errors.Is(refused, ErrBusy):
		return "busy"
	case refused != nil || j.err != nil:
		return "failed"
	case j.reply.Seen:
		return "seen"
	default:
		return "ok"
	}
}

// place puts a job into its room's mailbox, or has it answered beside it when it
// only asks for something to read.
func (b *Bot) place(j *job) error {
	if in := j.in; strings.HasPrefix(in.Choice, confirmPrefix) {
		return b.beside(j, func() (Reply, error) { return b.forgetSelf(b.saving, in) })
	} else if in.Choice == "" && !in.Missed && (in.Addressed || in.Private) {
		switch c := ParseCommand(in.Text); c.Word {
		case WordHelp, WordTopics, WordLeaderboard, WordMe:
			if c.pictured() {
				return b.placePicture(j)
			}
			return b.beside(j, func() (Reply, error) { return b.show(b.saving, in, c) })
		case WordSettings, WordPrivacy:
			return b.beside(j, func() (Reply, error) { return b.personal(b.saving, in, c) })
		}
	}
	j.in.Room = placeOf(j.in)
	if b.openBeside(j) {
		return nil
	}
	if under := j.in.Under; under.Room != "" && !j.in.Addressed && !j.in.Private && j.in.Choice == "" {
		no, err := b.store.RoundOf(b.saving, j.in.Team, under.Room, under.Message)
		if err != nil {
			return err
		}
		if no > 0 { // the thread of a question: its lines belong to the question's room
			j.in.Room, j.in.ReplyTo = under.Room, under.Message
		}
	}
	return b.rooms.enqueue(b, RoomRef{Team: j.in.Team, Room: j.in.Room}, j)
}

// beside does a job outside of any room's order.
func (b *Bot) beside(j *job, do func() (Reply, error)) error {
	return b.rooms.beside(b, func() {
		j.reply, j.err = do()
		j.finish()
	})
}

// show answers words that change nothing. The delivery is still recorded, so
// that one delivered twice is answered once: recorded last, so that one whose
// answer failed can be delivered again.
func (b *Bot) show(ctx context.Context, in Incoming, c Command) (Reply, error) {
	reply, err := b.look(ctx, in, c)
	if err != nil {
		return Reply{}, err
	}
	return b.once(ctx, in, reply)
}

// look is what show answers.
func (b *Bot) look(ctx context.Context, in Incoming, c Command) (Reply, error) {
	if c.Odd != "" {
		return private(sayOdd(c)), nil
	}
	switch c.Word {
	case WordSettings, WordPrivacy:
		return b.read(ctx, in, c)
	case WordTopics:
		return private(sayTopics(b.pool.Load().Packs())), nil
	case WordLeaderboard:
		return b.leaderboard(ctx, in, c)
	case WordMe:
		record, err := b.store.Record(ctx, in.Team, in.User)
		if err != nil {
			return Reply{}, err
		}
		board, err := b.store.Board(ctx, BoardQuery{Team: in.Team, Period: quiz.AllTime, Now: b.now(), Player: in.User})
		if err != nil {
			return Reply{}, err
		}
		strength, err := b.store.Strength(ctx, in.Team, in.User)
		if err != nil {
			return Reply{}, err
		}
		seen, err := b.store.Seen(ctx, in.User)
		if err != nil {
			return Reply{}, err
		}
		pool, now := b.pool.Load(), b.now()
		return private(sayMe(record, board, strength, quiz.Memories(seen, pool, now), pool, now)), nil
	default:
		return private(sayHelp(c.Args)), nil
	}
}

func private(c Card) Reply { return Reply{Card: &c} }
