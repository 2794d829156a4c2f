package quiz

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hbollon/go-edlib"
)

// Reserved lists the words that players say to the bot; no topic may be called
// by one of them.
func Reserved() []string {
	return []string{
		"ask", "start", "challenge", "stop", "skip", "hint", "pause", "resume", "leaderboard", "me", "review", "topics", "help",
		"add", "suggestions", "schedule", "settings", "link", "privacy", "quiz",
		"today", "week", "month", "season", "all", "last", "here", "chart", "rating", "improved",
		"each", "speed", "accuracy", "elimination", "sudden-death", "teams",
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

// Meant finds the pack whose ID or alias name is a typing slip away from.
func (p *Pool) Meant(name string) (Pack, bool) {
	key := topicKey(name)
	if utf8.RuneCountInString(key) > MaxTyped {
		return Pack{}, false
	}
	best, least := -1, 99
	for word, i := range p.names {
		if d := slips(key, word); d >= 0 && (d < least || d == least && i < best) {
			best, least = i, d
		}
	}
	if best < 0 {
		return Pack{}, false
	}
	return p.packs[best], true
}

// draw picks the room's next question: from the topic's pack, or, when topic is
// "", from a pack chosen by how much of it the room has yet to see. It returns
// where the room is in each pack afterwards.
func (p *Pool) draw(r Room, topic string) (pack Pack, q Question, drawn map[string]Cursor, ok bool) {
	drawn = maps.Clone(r.Drawn)
	if drawn == nil {
		drawn = map[string]Cursor{}
	}
	if topic != "" {
		if pack, ok = p.Topic(topic); !ok {
			return Pack{}, Question{}, nil, false
		}
	} else if pack, ok = p.drawPack(r, drawn); !ok {
		return Pack{}, Question{}, nil, false
	}
	q, next, ok := Draw(r.Seed, pack, drawn[pack.ID])
	drawn[pack.ID] = next
	return pack, q, drawn, ok
}

// drawPack picks a pack. When the room has seen everything, all packs start anew.
func (p *Pool) drawPack(r Room, drawn map[string]Cursor) (Pack, bool) {
	weights := make([]int, len(p.packs))
	weigh := func() (total int) {
		for i, pack := range p.packs {
			weights[i] = remaining(r.Seed, pack, drawn[pack.ID])
			total += weights[i]
		}
		return total
	}
	total := weigh()
	if total == 0 {
		for _, pack := range p.packs {
			drawn[pack.ID] = Cursor{Cycle: drawn[pack.ID].Cycle + 1, Last: drawn[pack.ID].Last}
		}
		if total = weigh(); total == 0 {
			return Pack{}, false
		}
	}
	at := rand.New(rand.NewPCG(r.Seed, mix(uint64(r.Last)+1)<<1)).IntN(total)
	for i := range weights {
		if at < weights[i] {
			return p.packs[i], true
		}
		at -= weights[i]
	}
	return Pack{}, false
}
