package quiz

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"regexp"
	"sort"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// document reads the file's only YAML document; nil when it isn't one.
func (p *parser) document(src []byte) *yaml.Node {
	if len(src) > MaxPackSize {
		p.fault(nil, "split it into several packs", "the file has %d bytes; a pack has at most %d", len(src), MaxPackSize)
		return nil
	}
	src = bytes.TrimPrefix(src, []byte("\ufeff")) // some editors put it there; YAML allows it
	if p.badBytes(src) {
		return nil
	}
	docs, err := documents(bytes.NewReader(src))
	switch {
	case err != nil:
		p.notYAML(src, err)
		return nil
	case len(docs) == 0:
		p.fault(nil, "begin with pack: and questions:", "the file is empty")
		return nil
	case len(docs) > 1:
		p.fault(docs[1], "put each pack in a file of its own", "a second document begins here")
		return nil
	}
	return docs[0]
}

// badBytes finds what stands in no pack, wherever it stands: the YAML library
// would take the line breaks of other alphabets for its own, and names no place
// for what it refuses.
func (p *parser) badBytes(src []byte) bool {
	for i := 0; i < len(src); {
		r, n := utf8.DecodeRune(src[i:])
		if r == utf8.RuneError && n == 1 {
			p.fault(placeOf(src, i), "save it as UTF-8", "the file is not UTF-8 text")
			return true
		}
		if what := unseen(r); what != "" && r != '\r' {
			p.fault(placeOf(src, i), "remove it", "the file holds %s %U, which nobody sees", what, r)
			return true
		}
		i += n
	}
	return false
}

// placeOf makes a place of an offset. Columns count characters, as the YAML
// library does.
func placeOf(src []byte, offset int) *yaml.Node {
	before := src[:min(max(offset, 0), len(src))]
	begin := bytes.LastIndexAny(before, "\n\r") + 1
	line := 1 + bytes.Count(before, []byte("\n")) + bytes.Count(before, []byte("\r")) - bytes.Count(before, []byte("\r\n"))
	return &yaml.Node{Line: line, Column: 1 + utf8.RuneCount(before[begin:])}
}

// documents reads what a file holds. An empty document after the first is none:
// a line of hyphens at the end says only that the first is over.
func documents(from io.Reader) ([]*yaml.Node, error) {
	decoder := yaml.NewDecoder(from)
	var out []*yaml.Node
	for {
		var doc yaml.Node
		err := decodeNode(decoder, &doc)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		if len(doc.Content) != 1 {
			continue
		}
		if root := doc.Content[0]; len(out) == 0 || root.Tag != "!!null" || root.Value != "" {
			out = append(out, root)
		}
		if len(out) > 1 {
			return out, nil
		}
	}
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

var (
	yamlLine      = regexp.MustCompile(`line \d+: `)
	unknownAnchor = regexp.MustCompile(`unknown anchor '(.*)' referenced`)
	flowIsOpen    = regexp.MustCompile(`did not find expected ',' or '[\]}]'|did not find expected node content`)
)

// notYAML says where and why the YAML library gave up.
func (p *parser) notYAML(src []byte, err error) {
	read := &slowReader{src: src}
	if _, again := documents(read); again == nil {
		read.n = len(src) // can't be: the same text is read
	}
	at := faultAt(src[:read.n], err)
	text := yamlLine.ReplaceAllString(strings.TrimPrefix(err.Error(), "yaml: "), "")
	if m := unknownAnchor.FindStringSubmatch(text); m != nil {
		p.fault(placeOf(src, at-len(m[1])), "write the value out, or put quotes round a text that begins with *", "anchors and aliases are not allowed in a pack")
		return
	}
	if flowIsOpen.MatchString(text) {
		if q := bareQuestionMark(src[:read.n], at); q >= 0 {
			p.fault(placeOf(src, q), "put quotes round the text", "a text with a question mark stands without quotes inside { } or [ ]")
			return
		}
	}
	p.fault(placeOf(src, at), cureYAML(text, src[at:]), "this is not YAML: %s", text)
}

func cureYAML(text string, rest []byte) string {
	first, _ := utf8.DecodeRune(rest)
	switch {
	case first == '\t' && (strings.HasPrefix(text, "found character that cannot start") || strings.HasPrefix(text, "found a tab character")):
		return "indent with spaces, not with tabs"
	case strings.HasPrefix(text, "found character that cannot start"):
		return "put quotes round the text"
	case strings.HasPrefix(text, "mapping values are not allowed"):
		return "put quotes round a text that holds a colon, or check the indentation"
	case strings.HasPrefix(text, "found unexpected end of stream"):
		return "close the quotes that are opened here"
	case flowIsOpen.MatchString(text):
		return "check the commas and quotes from here on, and that every bracket is closed"
	}
	return "check the indentation and the quotes around there"
}

// slowReader gives a byte at a time, so that n is how far the library had to
// read in order to see the fault.
type slowReader struct {
	src []byte
	n   int
}

func (r *slowReader) Read(b []byte) (int, error) {
	if r.n == len(r.src) {
		return 0, io.EOF
	}
	n := copy(b[:min(1, len(b))], r.src[r.n:])
	r.n += n
	return n, nil
}

// maxSearch bounds the work of finding a place, in bytes that are read again: a few
// readings of the largest file, and as many as it takes of a usual one.
const maxSearch = 3 << 20

// faultAt is the offset of the character that makes src faulty. The library
// names lines, the wrong ones at times, and no columns; but it reads from front
// to back, so it is the first character without which it does not complain. In a
// large file it may be no more than the beginning of the line, or of one below it.
func faultAt(src []byte, err error) int {
	budget := maxSearch
	complains := func(n int) bool {
		if budget -= n; budget < 0 {
			return false // the search ends at a place that is known to be at fault
		}
		_, e := documents(bytes.NewReader(src[:n]))
		return e != nil && e.Error() == err.Error()
	}
	begins := []int{0} // of lines
	for i, c := range src {
		if c == '\n' && i+1 < len(src) {
			begins = append(begins, i+1)
		}
	}
	// The fault is mostly in the last line that was read; else, as with quotes that
	// are never closed, far above: by doubled steps.
	line := len(begins) - 1
	for step := 1; line > 0 && complains(begins[line]); step *= 2 {
		low := max(0, line-step)
		if !complains(begins[low]) || low == 0 {
			line = low + sort.Search(line-low, func(i int) bool { return complains(begins[low+i+1]) })
			break
		}
		line = low
	}
	begin, end := begins[line], len(src)
	if line+1 < len(begins) {
		end = begins[line+1]
	}
	switch wide := end - begin; {
	case bits.Len(uint(wide))*end > budget: // not even by halves
		return begin
	case wide*end > budget:
		return begin + max(0, sort.Search(wide, func(i int) bool { return complains(begin + i) })-1)
	}
	// Backwards: in a line with two quoted texts, the first one is at fault too
	// for as long as its end has not been read.
	for end > begin+1 && complains(end-1) {
		end--
	}
	at := max(end-1, 0)
	for at > begin && !utf8.RuneStart(src[at]) {
		at--
	}
	return at
}

// bareQuestionMark finds the last one after from that stands in a text without
// quotes; -1: none. Inside brackets it begins a key of its own there.
func bareQuestionMark(src []byte, from int) int {
	found, quote, before := -1, byte(0), byte(0)
	for i := from; i < len(src); i++ {
		c := src[i]
		switch {
		case quote == '"' && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case (c == '"' || c == '\'') && strings.IndexByte(",[{:-", before) >= 0:
			quote = c
		case c == '?':
			found = i
		}
		if c != ' ' && c != '\n' {
			before = c
		}
	}
	return found
}
