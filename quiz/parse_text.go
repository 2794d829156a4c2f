package quiz

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// unseen names what a character is that must not stand in a pack, "" for all
// others: those that a reader can't see, or that turn the text around them.
// Joiners and variation selectors stay, for emoji and some scripts are made
// with them.
func unseen(r rune) string {
	switch {
	case r == '\n' || r == '\t' || r == '\u200c' || r == '\u200d':
		return ""
	case unicode.IsControl(r):
		return "the control character"
	case r == '\u2028' || r == '\u2029':
		return "the line separator"
	case unicode.Is(unicode.Bidi_Control, r):
		return "the direction mark"
	case unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r),
		unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r),
		unicode.Is(unicode.Noncharacter_Code_Point, r):
		return "the invisible character"
	}
	return ""
}

// blank says that a text shows nothing.
func blank(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !unicode.IsSpace(r) && !invisible(r) && r != '\u2800' }) < 0
}

// looksAlike says that two texts are the same but for case, spaces, encoding and
// what nobody sees.
func looksAlike(a, b string) bool { return flat(a) == flat(b) }

// alike says that players can't tell two texts apart, or that the same typed
// answer means both: "GET" and "get.", "client" and "the client", and the same
// letters in another encoding. Signs tell texts apart, for "-1" is not "1".
func alike(a, b string) bool {
	if looksAlike(a, b) {
		return true
	}
	folded := Fold(a)
	return folded != "" && folded == Fold(b) && signs(flat(a)) == signs(flat(b))
}

// flat is a text as it looks, but for case.
func flat(s string) string {
	s = strings.Map(func(r rune) rune {
		if invisible(r) {
			return -1
		}
		return r
	}, norm.NFKC.String(s))
	return strings.ToLower(strings.Join(strings.Fields(s), " "))
}

// signs are the characters of a text that are neither letters nor the
// punctuation of a sentence. Case and accents play no part in them.
func signs(s string) string {
	runes := []rune(s)
	var b strings.Builder
	for i, r := range runes {
		last := i+1 == len(runes) || unicode.IsSpace(runes[i+1])
		switch {
		case apostrophe(r) || unicode.In(r, unicode.Quotation_Mark):
		case last && strings.ContainsRune(".,;:?!…。", r):
		case unicode.IsPunct(r) || unicode.IsSymbol(r):
			b.WriteRune(r)
		}
	}
	return b.String()
}
