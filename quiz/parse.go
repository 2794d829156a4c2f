package quiz

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hbollon/go-edlib"
	"go.yaml.in/yaml/v3"
)

// Problem is a fault of a pack file, where it is and how to mend it.
type Problem struct {
	File         string
	Line, Column int // from 1
	Text, Cure   string
}

// Place is "file:line:column".
func (p Problem) Place() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column) }

// String is "file:line:column: text; cure".
func (p Problem) String() string {
	s := p.Place() + ": " + p.Text
	if p.Cure != "" {
		s += "; " + p.Cure
	}
	return s
}

// Problems are all faults of one file, in the order of their places.
type Problems []Problem //nolint:errname // it reads as what it is: the problems of a file

// maxTold is how many problems one error lists: a file of the largest size can have
// a hundred thousand, and the first of them tell what is the matter.
const maxTold = 20

// Error lists them, one a line; of very many, the first.
func (p Problems) Error() string {
	var lines []string
	for _, x := range p[:min(maxTold, len(p))] {
		lines = append(lines, x.String())
	}
	if more := len(p) - maxTold; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(lines, "\n")
}

// ParsePack reads one pack in the form of pack.schema.json. file is only a name
// for messages. The error is Problems, all of them at once. It refuses what
// could make a small file large: anchors, aliases, merge keys and tags.
func ParsePack(file string, src []byte) (Pack, error) {
	p := &parser{file: file}
	pack := p.parse(src)
	if len(p.problems) > 0 {
		return Pack{}, p.problems
	}
	return pack, nil
}

// places remembers where the questions of a pack stand, for advice about them.
type places struct {
	pack      *yaml.Node
	questions []*yaml.Node
}

type parser struct {
	file     string
	problems Problems
	at       places
	names    []topicName
}

func (p *parser) parse(src []byte) Pack {
	root := p.document(src)
	if root == nil {
		return Pack{}
	}
	p.safe(root, 0)
	if len(p.problems) > 0 {
		return Pack{}
	}
	pack := p.pack(root)
	slices.SortStableFunc(p.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return pack
}

// maxProblems is how many faults of a file are told: nobody mends more at a time.
const maxProblems = 300

func (p *parser) fault(n *yaml.Node, cure, format string, args ...any) {
	if len(p.problems) >= maxProblems {
		return
	}
	x := p.place(n)
	x.Text, x.Cure = fmt.Sprintf(format, args...), cure
	p.problems = append(p.problems, x)
}

func (p *parser) place(n *yaml.Node) Problem {
	x := Problem{File: p.file, Line: 1, Column: 1}
	if n != nil {
		x.Line, x.Column = max(n.Line, 1), max(n.Column, 1)
	}
	return x
}

// maxDepth of nodes: pack, questions, question, options, option, its value.
const maxDepth = 7

// safe refuses what the format has no use for and an attacker has.
func (p *parser) safe(n *yaml.Node, depth int) {
	switch {
	case depth > maxDepth:
		p.fault(n, "a pack is no deeper than questions, options and their texts", "nested too deep")
		return
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		p.fault(n, "write the value out", "anchors and aliases are not allowed in a pack")
		return
	case n.Style&yaml.TaggedStyle != 0:
		p.fault(n, "leave the tag out", "tags such as %s are not allowed in a pack", n.Tag)
		return
	case n.Kind == yaml.MappingNode:
		seen := map[string]bool{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			if key.Tag == "!!merge" {
				p.fault(key, "write the keys out", "merge keys are not allowed in a pack")
				return
			}
			if key.Kind == yaml.ScalarNode && seen[key.Value] {
				p.fault(key, "keep one of them", "the key %q stands here twice", key.Value)
			}
			seen[key.Value] = true
		}
	}
	for _, child := range n.Content {
		p.safe(child, depth+1)
	}
}

// fields calls the function for each key of a mapping, and reports keys that
// are unknown and required ones that are missing.
func (p *parser) fields(n *yaml.Node, what string, known map[string]func(*yaml.Node), required ...string) {
	if n.Kind != yaml.MappingNode {
		p.fault(n, "write it as key: value lines", "%s must be a mapping, this is %s", what, kindName(n))
		return
	}
	have := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		read, ok := known[key.Value]
		if !ok {
			p.fault(key, cureForKey(key.Value, known), "%s has no key %q", what, cutText(key.Value))
			continue
		}
		have[key.Value] = true
		read(value)
	}
	for _, key := range required {
		if !have[key] {
			p.fault(n, "add "+key+": …", "%s needs the key %q", what, key)
		}
	}
}

func cureForKey(key string, known map[string]func(*yaml.Node)) string {
	best, least := "", 3
	names := make([]string, 0, len(known))
	for name := range known {
		names = append(names, name)
	}
	slices.Sort(names)
	if len(key) <= 40 {
		for _, name := range names {
			if d := edlib.OSADamerauLevenshteinDistance(key, name); d < least {
				best, least = name, d
			}
		}
	}
	if best != "" {
		return "did you mean " + best + "?"
	}
	return "known keys: " + strings.Join(names, ", ")
}

func cutText(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:39]) + "…"
	}
	return s
}

func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		switch n.Tag {
		case "!!int", "!!float":
			return "a number"
		case "!!bool":
			return "true or false"
		case "!!null":
			return "empty"
		}
		return "a text"
	}
	return "something else"
}

// text reads a text of 1 to limit characters.
func (p *parser) text(n *yaml.Node, what string, limit int) string {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		p.fault(n, "write a text", "%s must be a text, this is %s", what, kindName(n))
		return ""
	}
	s := strings.TrimSpace(n.Value)
	if blank(s) {
		p.fault(n, "write something", "%s is empty", what)
		return ""
	}
	if count := utf8.RuneCountInString(s); count > limit {
		p.fault(n, fmt.Sprintf("shorten it by %d", count-limit), "%s has %d characters; at most %d are allowed", what, count, limit)
	}
	for _, r := range s {
		if bad := unseen(r); bad != "" {
			p.fault(n, "remove it", "%s holds %s %U, which nobody sees", what, bad, r)
			break
		}
	}
	if most := mostMarks(s); most > maxMarks {
		p.fault(n, "remove them", "%s holds %d marks on one letter, which cover the lines around it; at most %d are allowed", what, most, maxMarks)
	}
	return s
}

// into returns a reader that keeps a text.
func (p *parser) into(to *string, what string, limit int) func(*yaml.Node) {
	return func(n *yaml.Node) { *to = p.text(n, what, limit) }
}

// maxList is how many texts any list may hold, whatever it is for.
const maxList = 200

// texts reads a list of texts, no two of them the same: two are when they share one of
// their looks.
func (p *parser) texts(n *yaml.Node, what string, limit int, looks func(string) []string) []string {
	if n.Kind != yaml.SequenceNode {
		p.fault(n, "write it as a list: [one, two]", "%s must be a list of texts, this is %s", what, kindName(n))
		return nil
	}
	if len(n.Content) > maxList {
		p.fault(n, "keep the best", "%s is a list of %d texts; a list has at most %d", what, len(n.Content), maxList)
		return nil
	}
	var out []string
	seen := looked{}
	for _, item := range n.Content {
		s := p.text(item, what, limit)
		if s != "" && seen.before(looks(s)) {
			p.fault(item, "keep one of them", "%s holds two texts that are the same to players: %q", what, cutText(s))
		}
		out = append(out, s)
	}
	return out
}

func (p *parser) number(n *yaml.Node, what string) float64 {
	if n.Kind == yaml.ScalarNode && (n.Tag == "!!int" || n.Tag == "!!float") {
		var x float64
		if err := n.Decode(&x); err == nil && x == x && x <= 1e15 && x >= -1e15 {
			return x
		}
	}
	p.fault(n, "write a plain number", "%s must be a number, this is %s", what, kindName(n))
	return 0
}

func (p *parser) integer(n *yaml.Node, what string, least, most int, cure string) int {
	if n.Kind == yaml.ScalarNode && (n.Tag == "!!int" || n.Tag == "!!float") { // 30.0 is 30
		var x float64
		if err := n.Decode(&x); err == nil && x >= float64(least) && x <= float64(most) && x == float64(int(x)) {
			return int(x)
		}
	}
	p.fault(n, cure, "%s must be a whole number from %d to %d, this is %s", what, least, most, cutText(n.Value))
	return 0
}

func (p *parser) truth(n *yaml.Node, what string) bool {
	var b bool
	if n.Kind == yaml.ScalarNode && n.Tag == "!!bool" && n.Decode(&b) == nil {
		return b
	}
	p.fault(n, "write true or false", "%s must be true or false, this is %s", what, kindName(n))
	return false
}
