package quiz

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Source is a pack file that was read: what is in it, what is wrong with it, and
// where it names its topic.
type Source struct {
	File   string
	Pack   Pack     // empty where there are Faults
	Faults Problems // why it is no pack

	names  []topicName
	places []Problem // of the questions, in their order: only where they stand
	at     places
}

// topicName is an id or an alias, where it stands.
type topicName struct {
	name  string
	alias bool
	at    Problem // only its place
}

// ReadSource reads one pack file as ParsePack and LintPack do. A file with
// faults still says which names it takes.
func ReadSource(file string, src []byte) Source {
	p := &parser{file: file}
	pack := p.parse(src)
	s := Source{File: file, Faults: p.problems, names: p.names}
	if len(p.problems) == 0 {
		s.Pack, s.at = pack, p.at
		for _, n := range p.at.questions {
			s.places = append(s.places, p.place(n))
		}
	}
	return s
}

// Clashes are the names that mean two packs. The later file is at fault.
func Clashes(sources []Source) Problems {
	var out Problems
	type owner struct {
		source int
		name   topicName
	}
	taken := map[string]owner{}
	for i, s := range sources {
		for _, n := range s.names {
			key := topicKey(n.name)
			before, ok := taken[key]
			if !ok {
				taken[key] = owner{i, n}
				continue
			}
			if before.source == i {
				continue // within a file the parser has looked
			}
			x := n.at
			what, cure := "the pack id ", "give one of them another id"
			if n.alias {
				what, cure = "the alias ", "drop it, or choose another"
			}
			kind := "is the id of the pack in "
			if before.name.alias {
				kind = "is an alias of the pack in "
				if !n.alias {
					cure = "choose another id, or drop the alias there"
				}
			}
			x.Text, x.Cure = what+quoteText(n.name)+" "+kind+before.name.at.Place(), cure
			out = append(out, x)
		}
	}
	return out
}

func quoteText(s string) string { return `"` + cutText(s) + `"` }

// unsayable says why a topic can't be called so; "" when it can. Whoever says
// it to the bot says a command, an answer or a number of questions.
func unsayable(alias string) (why, cure string) {
	for _, field := range strings.Fields(alias) {
		first := Fold(field)
		if first == "" {
			continue
		}
		for _, word := range Reserved() {
			if first == word {
				return "begins with a word that players say to the bot, so it would never be taken for a topic", "choose another alias"
			}
		}
		break
	}
	folded := Fold(alias)
	switch {
	case folded != "" && strings.IndexFunc(folded, func(r rune) bool { return !unicode.IsDigit(r) }) < 0:
		return "is a number, which players say for an answer or for how many questions they want", "choose a word"
	case utf8.RuneCountInString(folded) == 1 && utf8.RuneCountInString(flat(alias)) == 1 && folded < "\u007f":
		return "is a single letter, which players say for an answer", "choose a word"
	}
	return "", ""
}

// Advice is what makes a question bad without making it wrong; none where there are Faults.
func (s Source) Advice() Problems {
	if len(s.Faults) > 0 {
		return nil
	}
	return advise(s.File, s.Pack, s.at)
}

// Place is where a question of the pack stands.
func (s Source) Place(question int) Problem { return s.places[question] }
