package quiz

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// maxFolded is MaxTyped of what is folded, for there are characters that stand for a
// phrase.
const maxFolded = 2 * MaxTyped

// Fold makes typed answers comparable: case, accents, width, quotes, dashes,
// punctuation, stray whitespace and leading articles don't matter. Signs that
// tell terms apart stay: "c++" is not "c", "http/2" is not "http 2".
func Fold(s string) string {
	words := foldWords(s)
	for len(words) > 1 && articles[words[0]] {
		words = words[1:]
	}
	return strings.Join(words, " ")
}

// articles that may stand before an answer. Only ones that are not words of
// their own in technical English; "a" alone stays, for it may be the answer.
var articles = map[string]bool{"a": true, "an": true, "the": true, "le": true, "la": true, "les": true, "der": true, "das": true, "el": true}

func foldWords(s string) []string {
	s = cases.Fold().String(norm.NFKC.String(s))
	var b strings.Builder
	var base rune // the last letter, to which marks belong
	for _, r := range norm.NFD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r):
			if !unicode.In(base, unicode.Latin, unicode.Greek, unicode.Cyrillic) && !invisible(r) {
				b.WriteRune(r) // in other scripts a mark makes another word
			}
			continue
		case invisible(r):
			continue
		}
		base = r
		b.WriteRune(r)
	}
	runes := []rune(norm.NFC.String(b.String()))
	var out strings.Builder
	for i, r := range runes {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			out.WriteRune(r)
		case apostrophe(r): // it's, don't
		case keeps(runes, i):
			out.WriteRune(r)
		case unicode.IsSymbol(r) && r > 0x7f: // emoji and the like say nothing
			out.WriteByte(' ')
		default:
			out.WriteByte(' ')
		}
	}
	return strings.Fields(out.String())
}

func invisible(r rune) bool {
	return r >= 0x7f && (unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r))
}

func letterFirst(word string) bool {
	r, _ := utf8.DecodeRuneInString(word)
	return unicode.IsLetter(r)
}

func apostrophe(r rune) bool { return r == '\'' || r == '’' || r == '‘' || r == '`' || r == '´' }

// keeps says whether the sign at i carries meaning where it stands.
func keeps(s []rune, i int) bool {
	word := func(j int) bool {
		return j >= 0 && j < len(s) && (unicode.IsLetter(s[j]) || unicode.IsDigit(s[j]))
	}
	switch s[i] {
	case '+': // c++, notepad++; and a number's sign
		return i > 0 && (word(i-1) || s[i-1] == '+')
	case '#': // c#
		return word(i-1) && !word(i+1)
	case '/', ':', '@', '%', '&', '=', '*': // http/2, ::1, a@b, 50%
		return word(i-1) && word(i+1) || s[i] == '%' && word(i-1) || s[i] == ':' && (i > 0 && s[i-1] == ':' || i+1 < len(s) && s[i+1] == ':')
	case '.': // node.js, 1.1, .net
		return word(i+1) && (word(i-1) || i == 0 || s[i-1] == ' ')
	}
	return false
}

// compact drops what people leave out or put in at will: "node.js" and
// "nodejs", "web socket" and "websocket", "x-forwarded-for".
func compact(folded string) string {
	var b strings.Builder
	runes := []rune(folded)
	for i, r := range runes {
		if r == ' ' {
			if i > 0 && i+1 < len(runes) && unicode.IsDigit(runes[i-1]) && unicode.IsDigit(runes[i+1]) {
				b.WriteRune(r) // "1 2" is not "12"
			}
			continue
		}
		if r == '.' && (i+1 >= len(runes) || !unicode.IsDigit(runes[i+1])) {
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
