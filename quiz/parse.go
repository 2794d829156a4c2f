package quiz

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
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

// String is "file:line:column: text; cure".
func (p Problem) String() string {
	s := fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Text)
	if p.Cure != "" {
		s += "; " + p.Cure
	}
	return s
}

// Problems are all faults of one file, in the order of their places.
type Problems []Problem //nolint:errname // it reads as what it is: the problems of a file

// Error lists them, one a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, x := range p {
		lines[i] = x.String()
	}
	return strings.Join(lines, "\n")
}

// ParsePack reads one pack in the form of pack.schema.json. file is only a name
// for messages. The error is Problems, all of them at once. It refuses what
// could make a small file large: anchors, aliases, merge keys and tags.
func ParsePack(file string, src []byte) (Pack, error) {
	pack, _, problems := parse(file, src)
	if len(problems) > 0 {
		return Pack{}, problems
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
}

func parse(file string, src []byte) (Pack, places, Problems) {
	p := &parser{file: file}
	root := p.document(src)
	if root == nil {
		return Pack{}, p.at, p.problems
	}
	p.safe(root, 0)
	if len(p.problems) > 0 {
		return Pack{}, p.at, p.problems
	}
	pack := p.pack(root)
	slices.SortStableFunc(p.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return pack, p.at, p.problems
}

func (p *parser) fault(n *yaml.Node, cure, format string, args ...any) {
	line, column := 1, 1
	if n != nil {
		line, column = max(n.Line, 1), max(n.Column, 1)
	}
	p.problems = append(p.problems, Problem{File: p.file, Line: line, Column: column, Text: fmt.Sprintf(format, args...), Cure: cure})
}

var yamlLine = regexp.MustCompile(`line (\d+): `)

// document reads the file's only YAML document; nil when it isn't one.
func (p *parser) document(src []byte) *yaml.Node {
	switch {
	case len(src) > MaxPackSize:
		p.fault(nil, "split it into several packs", "the file has %d bytes; a pack has at most %d", len(src), MaxPackSize)
		return nil
	case !utf8.Valid(src):
		line := 1 + strings.Count(string(src[:invalidAt(src)]), "\n")
		p.fault(&yaml.Node{Line: line, Column: 1}, "save it as UTF-8", "the file is not UTF-8 text")
		return nil
	}
	decoder := yaml.NewDecoder(strings.NewReader(string(src)))
	var doc, second yaml.Node
	if err := decodeNode(decoder, &doc); err != nil {
		line, text := 1, strings.TrimPrefix(err.Error(), "yaml: ")
		if m := yamlLine.FindStringSubmatch(text); m != nil {
			line, _ = strconv.Atoi(m[1])
			text = strings.Replace(text, m[0], "", 1)
		}
		if text == "EOF" {
			text = "the file is empty"
		}
		p.fault(&yaml.Node{Line: line, Column: 1}, "check the indentation and the quotes around there", "this is not YAML: %s", text)
		return nil
	}
	if err := decodeNode(decoder, &second); err == nil {
		p.fault(&second, "put each pack in a file of its own", "a second document begins here")
		return nil
	}
	if len(doc.Content) != 1 {
		p.fault(nil, "begin with pack: and questions:", "the file is empty")
		return nil
	}
	return doc.Content[0]
}

// decodeNode keeps a panic of the YAML library from taking the program down.
func decodeNode(d *yaml.Decoder, n *yaml.Node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: %v", r)
		}
	}()
	return d.Decode(n)
}

func invalidAt(src []byte) int {
	for i := 0; i < len(src); {
		r, n := utf8.DecodeRune(src[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(src)
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
	if s == "" {
		p.fault(n, "write something", "%s is empty", what)
	}
	if count := utf8.RuneCountInString(s); count > limit {
		p.fault(n, fmt.Sprintf("shorten it by %d", count-limit), "%s has %d characters; at most %d are allowed", what, count, limit)
	}
	for _, r := range s {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			p.fault(n, "remove it", "%s holds the control character %U", what, r)
			break
		}
	}
	return s
}

// into returns a reader that keeps a text.
func (p *parser) into(to *string, what string, limit int) func(*yaml.Node) {
	return func(n *yaml.Node) { *to = p.text(n, what, limit) }
}

// texts reads a list of texts, none of them twice.
func (p *parser) texts(n *yaml.Node, what string, limit int) []string {
	if n.Kind != yaml.SequenceNode {
		p.fault(n, "write it as a list: [one, two]", "%s must be a list of texts, this is %s", what, kindName(n))
		return nil
	}
	var out []string
	for _, item := range n.Content {
		s := p.text(item, what, limit)
		if s != "" && slices.ContainsFunc(out, func(x string) bool { return strings.EqualFold(x, s) }) {
			p.fault(item, "keep one of them", "%s holds %q twice", what, cutText(s))
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
	if n.Kind == yaml.ScalarNode && n.Tag == "!!int" {
		var i int
		if err := n.Decode(&i); err == nil && i >= least && i <= most {
			return i
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
