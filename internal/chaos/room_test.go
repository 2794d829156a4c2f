//go:build chaos

package chaos

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"quizbot/quiz"
)

// room is a channel with its players. It asks, plays, and asks again.
type room struct {
	on      platform
	channel string
	players []string
	names   map[string]string // by player
	records *records
	tally   *tally
	rng     *rand.Rand   // of the one who asks
	slowest atomic.Int64 // acknowledgement of a press, in ns

	mu       sync.Mutex
	seen     map[string]message // what stands in the channel, by id
	order    []string           // questions, oldest first
	changed  chan struct{}      // closed at the next change
	games    int                // that are over
	accepted int                // questions and games that were taken
}

// tally counts what all players did.
type tally struct {
	asks, games, presses, lines, repeats, late atomic.Int64
	acked, failed                              atomic.Int64
}

func newRoom(on platform, channel string, players []string, names map[string]string, rs *records, tl *tally, rng *rand.Rand) *room {
	return &room{
		on: on, channel: channel, players: players, names: names, records: rs, tally: tl, rng: rng,
		seen: map[string]message{}, changed: make(chan struct{}),
	}
}

// hear takes in what the program posted here.
func (r *room) hear(m message) {
	if m.to != "" {
		r.records.hear(r.channel, m.to, m.text)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, before := r.seen[m.id]; !before {
		if m.round() > 0 {
			r.order = append(r.order, m.id)
		}
		if startsWithAny(m.text, "The game is over", "The game was stopped") {
			r.games++
		}
	}
	r.seen[m.id] = m
	close(r.changed)
	r.changed = make(chan struct{})
}

// wait blocks until so is true of the room; it is called with the lock held.
func (r *room) wait(ctx context.Context, within time.Duration, so func() bool) bool {
	limit := time.NewTimer(within)
	defer limit.Stop()
	for {
		r.mu.Lock()
		ok, changed := so(), r.changed
		r.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-changed:
		case <-limit.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// closed reports that all of these show their results.
func (r *room) closed(posts []string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !slices.ContainsFunc(posts, func(id string) bool { return !r.seen[id].closed() })
}

// overdue lists the questions that should show their results by then.
func (r *room) overdue(by time.Time) (posts []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, m := range r.seen {
		if m.round() > 0 && !m.closed() && m.at.Add(open+quiz.Settle).Before(by) {
			posts = append(posts, id)
		}
	}
	return posts
}

const (
	// shownWithin is how long the one who asked waits for the question, kills and bad
	// weather included, before asking again.
	shownWithin = 40 * time.Second
	// closedWithin is how long players wait for the result.
	closedWithin = 60 * time.Second
)

// play asks and plays until asking is over; what is under way then is played to its
// end, until ctx ends.
func (r *room) play(ctx context.Context, asking <-chan struct{}) {
	played := 0
	for {
		select {
		case <-asking:
			return
		default:
		}
		count, words := 1, topic
		if r.rng.IntN(4) == 0 {
			count, words = 2, "start "+topic+" 2 each 5"
			r.tally.games.Add(1)
		} else {
			r.tally.asks.Add(1)
		}
		r.mu.Lock()
		over := r.games
		r.mu.Unlock()
		if !r.ask(ctx, asking, words) {
			return
		}
		for i := 0; i < count; i++ {
			if !r.wait(ctx, shownWithin, func() bool { return len(r.order) > played }) {
				break // taken, and refused because one was open, or lost with an unanswered request
			}
			r.mu.Lock()
			played = len(r.order)
			q := r.seen[r.order[played-1]]
			r.mu.Unlock()
			if strings.HasPrefix(q.first, "Question 1 of") {
				count = i + 2 // an earlier request for a game was taken after all
			}
			r.answer(ctx, q)
		}
		if count > 1 {
			r.wait(ctx, 10*time.Second, func() bool { return r.games > over })
		}
	}
}

// ask repeats the words until the program has taken them.
func (r *room) ask(ctx context.Context, asking <-chan struct{}, words string) bool {
	by := r.players[r.rng.IntN(len(r.players))]
	for ctx.Err() == nil {
		if o := r.on.command(ctx, r.channel, by, words); o.acked {
			if o.done {
				r.mu.Lock()
				r.accepted++
				r.mu.Unlock()
			}
			return true
		}
		select {
		case <-asking:
			return false
		default:
		}
		pause(ctx, 150*time.Millisecond)
	}
	return false
}

// answer has the players of the room answer a question and waits for its result.
func (r *room) answer(ctx context.Context, q message) {
	var playing sync.WaitGroup
	for _, p := range r.players {
		if r.rng.IntN(10) == 0 {
			continue // does not know
		}
		rng := rand.New(rand.NewPCG(r.rng.Uint64(), r.rng.Uint64()))
		playing.Go(func() { r.playerAnswers(ctx, q, p, rng) })
	}
	r.wait(ctx, closedWithin, func() bool { return r.seen[q.id].closed() })
	playing.Wait()
}

// secondTaken is what a player notes whose second answer was not refused.
const secondTaken = "a second answer was taken"

// upTo is a time below d.
func upTo(rng *rand.Rand, d time.Duration) time.Duration { return time.Duration(rng.Int64N(int64(d))) }

// playerAnswers is one player and one question.
func (r *room) playerAnswers(ctx context.Context, q message, player string, rng *rand.Rand) {
	after := upTo(rng, open-500*time.Millisecond)
	late := rng.IntN(15) == 0
	if late {
		after = open + time.Second + upTo(rng, 2*time.Second)
		r.tally.late.Add(1)
	}
	rec := &record{
		room: r.channel, player: player, name: r.names[player], message: q.id, round: q.round(), about: about(q.first + q.text), how: "press",
		right: rng.IntN(2) == 0, shown: q.at,
	}
	word := map[bool]string{true: "oak", false: []string{"reed", "moss"}[rng.IntN(2)]}[rec.right]
	typed := !late && rng.IntN(5) == 0
	if typed {
		rec.how = "line"
	}
	r.records.add(rec)
	pause(ctx, after-time.Since(q.at))
	if typed {
		r.types(ctx, q, rec, word)
		return
	}
	if !r.presses(ctx, q, rec, q.button(word), late) || rng.IntN(4) > 0 {
		return
	}
	// Changes their mind; the first answer counts all the same.
	r.tally.repeats.Add(1)
	other := map[bool]string{true: "reed", false: "oak"}[rec.right]
	if o := r.on.press(ctx, r.channel, q.id, player, q.button(other)); o.acked && startsWithAny(o.card, "Right", "Not quite") {
		rec.read(secondTaken + ": " + titleOf(o.card))
	}
}

// presses until the program has taken it; false when it never did.
func (r *room) presses(ctx context.Context, q message, rec *record, id string, late bool) bool {
	for end := time.Now().Add(30 * time.Second); ctx.Err() == nil && time.Now().Before(end); {
		rec.tried()
		r.tally.presses.Add(1)
		o := r.on.press(ctx, r.channel, q.id, rec.player, id)
		if o.acked && startsWithAny(o.card, "Busy", "Restarting", "That could not be saved", "Slow down") {
			o = outcome{note: titleOf(o.card)} // the platform has its answer, and the player knows that nothing was taken
		}
		if o.acked {
			rec.ack(time.Now())
			r.tally.acked.Add(1)
			for before := r.slowest.Load(); before < int64(o.took) && !r.slowest.CompareAndSwap(before, int64(o.took)); before = r.slowest.Load() {
			}
			if about(o.card) == rec.about {
				rec.read(o.card)
			}
			return true
		}
		rec.failed(o.note)
		r.tally.failed.Add(1)
		pause(ctx, 100*time.Millisecond)
		if late || time.Since(q.at) > open+15*time.Second {
			return false
		}
	}
	return false
}

// types a line; the platform delivers it again where that is its way.
func (r *room) types(ctx context.Context, q message, rec *record, word string) {
	rec.tried()
	r.tally.lines.Add(1)
	text := q.label(word)
	o, heard := r.on.line(ctx, r.channel, rec.player, text)
	switch {
	case o.acked:
		rec.ack(time.Now())
		r.tally.acked.Add(1)
	case heard:
		rec.failed(o.note)
	}
}

// label is the text of the option that a word names.
func (m message) label(word string) string {
	i := slices.IndexFunc(m.made, func(b button) bool { return strings.Contains(b.label, word) })
	if i < 0 {
		return word
	}
	label := m.made[i].label
	if at := strings.Index(label, word); at >= 0 {
		return label[at:]
	}
	return label
}
