//go:build chaos

package chaos

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// record is what one player knows of one question.
type record struct {
	room, player string // the channel and the player, as the platform names them
	name         string
	message      string // the question's
	round        int
	about        int // the question's number
	how          string
	right        bool // whether what was given is right

	mu     sync.Mutex
	tries  int
	acked  time.Time // when the platform was told that the program has it; zero: never
	shown  time.Time // when the question was there to read
	cards  []string  // the first lines of what the player read about it
	points int       // that the player was told; -1: none
	notes  []string  // how tries failed
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	acked := "never acknowledged"
	if !r.acked.IsZero() {
		acked = fmt.Sprintf("acknowledged %s after it was shown", r.acked.Sub(r.shown).Round(time.Millisecond))
	}
	return fmt.Sprintf("%s in %s, round %d (q%d, message %s): %s by %s in %d tries, %s, read %q, failures %q",
		r.name, r.room, r.round, r.about, r.message, map[bool]string{true: "right", false: "wrong"}[r.right], r.how, r.tries, acked, r.cards, r.notes)
}

func (r *record) tried() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tries++
}

func (r *record) failed(note string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.notes = append(r.notes, note)
}

func (r *record) ack(at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.acked.IsZero() {
		r.acked = at
	}
}

// read notes a card about this question.
func (r *record) read(card string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	title := titleOf(card)
	r.cards = append(r.cards, title)
	if strings.HasPrefix(title, "Right") {
		_, _ = fmt.Sscanf(title, "Right · %d", &r.points)
	}
}

// told reports that the player was told something about the answer, so that it has
// to be in the ledger whenever that was.
func (r *record) told() bool {
	for _, c := range r.cards {
		if startsWithAny(c, "Right", "Not quite", "Already answered") {
			return true
		}
	}
	return false
}

// owed reports that the answer has to be in the ledger: the player was told what it
// came to, or it was acknowledged before the question can have closed.
func (r *record) owed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.told() || !r.acked.IsZero() && r.acked.Before(r.shown.Add(open))
}

// wronged says what the player was told that cannot be so; "" for nothing.
func (r *record) wronged() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.cards {
		if strings.HasPrefix(c, "Right") && !r.right || strings.HasPrefix(c, "Not quite") && r.right || strings.HasPrefix(c, secondTaken) {
			return fmt.Sprintf("was told %q", c)
		}
	}
	return ""
}

// records are those of all players.
type records struct {
	mu  sync.Mutex
	all []*record
	// recent finds whom a private card is for: by room, player and question.
	recent map[string]*record
}

func newRecords() *records { return &records{recent: map[string]*record{}} }

func (rs *records) add(r *record) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r.points = -1
	rs.all = append(rs.all, r)
	rs.recent[fmt.Sprintf("%s/q%d/%s", r.room, r.about, r.player)] = r
}

// hear gives a private card to the player's record of the question that it is about.
func (rs *records) hear(room, player, card string) {
	rs.mu.Lock()
	r := rs.recent[fmt.Sprintf("%s/q%d/%s", room, about(card), player)]
	rs.mu.Unlock()
	if r != nil {
		r.read(card)
	}
}

func (rs *records) list() []*record {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return append([]*record(nil), rs.all...)
}
