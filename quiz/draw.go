package quiz

import (
	"encoding/binary"
	"hash/fnv"
	"math/rand/v2"
)

// Cursor says how far a room is through a pack. Questions come in the order of
// a hash of their IDs, mixed with the room's seed and the cycle; a cursor is
// therefore two numbers however large the pack is, and stays valid when
// questions are added, corrected or removed.
type Cursor struct {
	Cycle uint32 `json:"cycle"`
	Place uint64 `json:"place"`          // hash of the last question drawn in this cycle
	Last  string `json:"last,omitempty"` // its ID
}

// Draw picks the room's next question of the pack: none comes again before all
// the others have been asked, and a new cycle doesn't begin with the question
// that ended the one before. ok is false for a pack without questions.
func Draw(seed uint64, p Pack, c Cursor) (q Question, next Cursor, ok bool) {
	if len(p.Questions) == 0 {
		return Question{}, c, false
	}
	for {
		best := -1
		var place uint64
		for i := range p.Questions {
			h := drawHash(seed, p.ID, c.Cycle, p.Questions[i].ID)
			if h > c.Place && (best < 0 || h < place) {
				best, place = i, h
			}
		}
		if best < 0 {
			c.Cycle++
			c.Place = 0
			continue
		}
		q = p.Questions[best]
		if c.Place == 0 && c.Cycle > 0 && q.ID == c.Last && len(p.Questions) > 1 {
			c.Cycle++ // this cycle would repeat the last question; take another order
			continue
		}
		return q, Cursor{Cycle: c.Cycle, Place: place, Last: q.ID}, true
	}
}

// remaining counts the questions of p that the room has yet to see in this cycle.
func remaining(seed uint64, p Pack, c Cursor) int {
	n := 0
	for i := range p.Questions {
		if drawHash(seed, p.ID, c.Cycle, p.Questions[i].ID) > c.Place {
			n++
		}
	}
	return n
}

// drawHash is FNV-1a, finished so that near IDs fall far apart. Never zero.
func drawHash(seed uint64, pack string, cycle uint32, id string) uint64 {
	h := fnv.New64a()
	var head [12]byte
	binary.BigEndian.PutUint64(head[:8], seed)
	binary.BigEndian.PutUint32(head[8:], cycle)
	_, _ = h.Write(head[:])
	_, _ = h.Write([]byte(pack))
	_, _ = h.Write([]byte{0})
	_, _ = h.Write([]byte(id))
	return mix(h.Sum64()) | 1
}

// mix is the finaliser of SplitMix64 (Steele, Lea, Flood: Fast splittable
// pseudorandom number generators, 2014).
func mix(x uint64) uint64 {
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb
	return x ^ (x >> 31)
}

// shuffle returns an order of n things, fixed by the room's seed and the round.
func shuffle(seed uint64, round, n int) []int {
	return rand.New(rand.NewPCG(seed, mix(uint64(round)))).Perm(n)
}
