package quiz

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/hbollon/go-edlib"
)

// Reserved lists the words that players say to the bot; no topic may be called
// by one of them.
func Reserved() []string {
	return []string{
		"ask", "start", "stop", "skip", "hint", "leaderboard", "me", "review", "topics", "help",
		"add", "suggestions", "schedule", "settings", "link", "privacy", "quiz",
		"today", "week", "month", "all", "here", "each",
	}
}

// Pool is the set of packs that questions are drawn from. It does not change.
type Pool struct {
	packs []Pack         // by ID
	names map[string]int // ID or alias, lower case, to its index in packs
}

// NewPool makes a pool. Two packs that share an ID, or a name that means two
// packs, are an error.
func NewPool(packs []Pack) (*Pool, error) {
	p := &Pool{packs: slices.Clone(packs), names: map[string]int{}}
	slices.SortFunc(p.packs, func(a, b Pack) int { return cmp.Compare(a.ID, b.ID) })
	for i, pack := range p.packs {
		for _, name := range append([]string{pack.ID}, pack.Aliases...) {
			key := topicKey(name)
			if j, taken := p.names[key]; taken && j != i {
				return nil, fmt.Errorf("topic %q means both pack %q and pack %q: rename one or drop the alias", name, p.packs[j].ID, pack.ID)
			}
			if j := slices.IndexFunc(p.packs[:i], func(x Pack) bool { return x.ID == pack.ID }); j >= 0 {
				return nil, fmt.Errorf("pack %q exists twice: give one another id", pack.ID)
			}
			p.names[key] = i
		}
	}
	return p, nil
}

func topicKey(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// Packs lists the packs by ID. The caller must not change them.
func (p *Pool) Packs() []Pack { return p.packs }

// Topic finds a pack by its ID or an alias; case and stray whitespace don't matter.
func (p *Pool) Topic(name string) (Pack, bool) {
	i, ok := p.names[topicKey(name)]
	if !ok {
		return Pack{}, false
	}
	return p.packs[i], true
}

// Nearest lists up to n packs whose ID, alias or title is like name, best first.
func (p *Pool) Nearest(name string, n int) []Pack {
	key := topicKey(name)
	if runes := []rune(key); len(runes) > 64 {
		key = string(runes[:64]) // no topic is longer; bounds the comparison
	}
	type found struct {
		i    int
		near float32
	}
	best := map[int]float32{}
	consider := func(i int, word string) {
		near, err := edlib.StringsSimilarity(key, word, edlib.OSADamerauLevenshtein)
		if err != nil {
			return
		}
		if strings.HasPrefix(word, key) && key != "" {
			near = max(near, 0.9)
		}
		best[i] = max(best[i], near)
	}
	for word, i := range p.names {
		consider(i, word)
	}
	for i, pack := range p.packs {
		consider(i, topicKey(pack.Title))
	}
	var hits []found
	for i, near := range best {
		hits = append(hits, found{i, near})
	}
	slices.SortFunc(hits, func(a, b found) int {
		return cmp.Or(cmp.Compare(b.near, a.near), cmp.Compare(a.i, b.i))
	})
	var out []Pack
	for _, h := range hits[:min(n, len(hits))] {
		out = append(out, p.packs[h.i])
	}
	return out
}

// draw picks the room's next question: from the topic's pack, or, when topic is
// "", from a pack chosen by how much of it the room has yet to see.
func (p *Pool) draw(r Room, topic string) (Pack, Question, Cursor, bool) {
	var pack Pack
	if topic != "" {
		var ok bool
		if pack, ok = p.Topic(topic); !ok {
			return Pack{}, Question{}, Cursor{}, false
		}
	} else {
		weights := make([]int, len(p.packs))
		total := 0
		for i, candidate := range p.packs {
			weights[i] = remaining(r.Seed, candidate, r.Drawn[candidate.ID])
			total += weights[i]
		}
		if total == 0 { // everything has been asked: all packs start anew
			for i, candidate := range p.packs {
				weights[i] = len(candidate.Questions)
				total += weights[i]
			}
		}
		if total == 0 {
			return Pack{}, Question{}, Cursor{}, false
		}
		at := rand.New(rand.NewPCG(r.Seed, mix(uint64(r.Last)+1)<<1)).IntN(total)
		for i := range weights {
			if at < weights[i] {
				pack = p.packs[i]
				break
			}
			at -= weights[i]
		}
	}
	q, next, ok := Draw(r.Seed, pack, r.Drawn[pack.ID])
	return pack, q, next, ok
}
