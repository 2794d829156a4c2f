package quiz

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// nearDuplicate is the share of words that two questions with their right answers may
// have in common: Jaccard's coefficient of the two sets.
const nearDuplicate = 0.75

// minDuplicate is how many words it takes to say that two questions are alike.
const minDuplicate = 4

// asked is a question as near duplicates are looked for: what it is about, as numbers of
// words, the rarest first.
type asked struct {
	source, question int
	words            []int
}

// Across is advice about several files together: questions of one language that ask
// nearly the same, wherever they stand. The later one is named, with the place of the
// earlier. It takes time in the number of questions with words in common, not in that of
// all pairs: two sets that are alike enough share one of their rarest words (prefix
// filtering; Bayardo, Ma, Srikant: Scaling up all pairs similarity search, 2007).
func Across(sources []Source) Problems {
	all := gather(sources)
	var out Problems
	type word struct {
		language string
		word     int
	}
	having := map[word][]int{} // numbers of those before that have it among their rarest
	looked := make([]int, len(all))
	for i, a := range all {
		language := sources[a.source].Pack.Language
		rare := len(a.words) - int(math.Ceil(nearDuplicate*float64(len(a.words)))) + 1
		first := len(all)
		for _, w := range a.words[:rare] {
			k := word{language, w}
			for _, j := range having[k] {
				if looked[j] != i && j < first && similarity(a.words, all[j].words) >= nearDuplicate {
					first = j
				}
				looked[j] = i
			}
			having[k] = append(having[k], i)
		}
		if first < len(all) {
			out = append(out, a.beside(all[first], sources))
		}
	}
	return out
}

// gather lists the questions of all files that have words enough.
func gather(sources []Source) []asked {
	type found struct {
		asked
		text []string
	}
	var all []found
	often := map[string]int{}
	for s, source := range sources {
		for i, q := range source.Pack.Questions {
			words := slices.Compact(sorted(contentWords(q.Ask + " " + rightWords(q))))
			if len(words) < minDuplicate {
				continue
			}
			for _, w := range words {
				often[w]++
			}
			all = append(all, found{asked{source: s, question: i}, words})
		}
	}
	rarest := slices.SortedFunc(maps.Keys(often), func(x, y string) int {
		return cmp.Or(cmp.Compare(often[x], often[y]), cmp.Compare(x, y))
	})
	number := make(map[string]int, len(rarest))
	for i, w := range rarest {
		number[w] = i
	}
	out := make([]asked, len(all))
	for i, f := range all {
		for _, w := range f.text {
			f.words = append(f.words, number[w])
		}
		slices.Sort(f.words)
		out[i] = f.asked
	}
	return out
}

// rightWords is the right answer of a question, in words.
func rightWords(q Question) string {
	switch q.Kind {
	case Text:
		return q.Accept[0]
	case Number:
		return fmt.Sprint(q.Answer)
	case Order:
		return strings.Join(q.Steps, " ")
	case Choice, Multi:
		var out []string
		for _, o := range q.Options {
			if o.Correct {
				out = append(out, o.Text)
			}
		}
		return strings.Join(out, " ")
	default:
		return ""
	}
}

// similarity is the number of words that two sets share, of those that either has.
func similarity(a, b []int) float64 {
	both := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch c := cmp.Compare(a[i], b[j]); {
		case c < 0:
			i++
		case c > 0:
			j++
		default:
			both, i, j = both+1, i+1, j+1
		}
	}
	return float64(both) / float64(len(a)+len(b)-both)
}

func (a asked) beside(other asked, sources []Source) Problem {
	s, o := sources[a.source], sources[other.source]
	x := s.places[a.question]
	x.Text = fmt.Sprintf("question %q asks nearly the same as %q at %s", s.Pack.Questions[a.question].ID, o.Pack.Questions[other.question].ID, o.places[other.question].Place())
	x.Cure = "keep the better one, or ask for something else"
	return x
}

// Gone are the questions that packs had before and don't have any more, whose ids are not
// among the retired ones: somebody may use them again, and what was answered to the old
// question would count for the new one. A question of another kind under an old id is one
// of these too.
func Gone(before, now []Source) Problems {
	var out Problems
	for _, s := range now {
		was := slices.IndexFunc(before, func(b Source) bool { return b.Pack.ID == s.Pack.ID })
		if was < 0 || len(s.Faults) > 0 {
			continue
		}
		for _, q := range before[was].Pack.Questions {
			x := s.names[0].at
			at := slices.IndexFunc(s.Pack.Questions, func(n Question) bool { return n.ID == q.ID })
			switch {
			case at < 0 && !slices.Contains(s.Pack.Retired, q.ID):
				x.Text, x.Cure = fmt.Sprintf("the question %q is gone", q.ID), "add its id to retired: ["+q.ID+"], or bring it back"
			case at >= 0 && s.Pack.Questions[at].Kind != q.Kind:
				x = s.places[at]
				x.Text, x.Cure = fmt.Sprintf("the question %q was a %s question and is a %s question", q.ID, q.Kind, s.Pack.Questions[at].Kind), "give the new one an id of its own, and retire the old one"
			default:
				continue
			}
			out = append(out, x)
		}
		for _, id := range before[was].Pack.Retired {
			if !slices.Contains(s.Pack.Retired, id) {
				x := s.names[0].at
				x.Text, x.Cure = fmt.Sprintf("the id %q is not retired any more", id), "leave it in retired for good"
				out = append(out, x)
			}
		}
	}
	return out
}
