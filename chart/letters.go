package chart

import (
	"strings"
	"unicode"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/norm"
)

// maxRead bounds how much of a text is looked at, in bytes; no line has room for more.
const maxRead = 1024

// letters says which characters a font has.
type letters struct {
	font *sfnt.Font
	buf  sfnt.Buffer
}

func (l *letters) has(r rune) bool {
	i, err := l.font.GlyphIndex(&l.buf, r)
	return err == nil && i != 0
}

// drawable is what can be drawn of a text in one line: letters that have no mark of their
// own in the font lose it, signs and emoji are left out. whole says that nothing was.
// Where a letter is missing altogether the text is "", for a name with holes is another
// name.
func (l *letters) drawable(s string) (text string, whole bool) {
	if len(s) > maxRead {
		s = strings.ToValidUTF8(s[:maxRead], "")
	}
	var b strings.Builder
	whole = true
	for _, r := range norm.NFC.String(strings.Join(strings.Fields(s), " ")) {
		switch {
		case r != unicode.ReplacementChar && !unicode.Is(unicode.M, r) && unicode.IsPrint(r) && l.has(r):
			b.WriteRune(r)
			continue
		case unicode.Is(unicode.L, r) || unicode.Is(unicode.N, r):
			base := plain(r)
			if base == r || !l.has(base) {
				return "", false
			}
			b.WriteRune(base)
		}
		whole = false
	}
	text = strings.TrimSpace(b.String())
	return strings.Join(strings.Fields(text), " "), whole
}

// plain is a letter without its marks: ặ is a.
func plain(r rune) rune {
	for _, base := range norm.NFD.String(string(r)) {
		return base
	}
	return r
}
