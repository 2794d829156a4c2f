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
	case r >= ' ' && r < 0x7f: // most are: the tables of Unicode are long
		return ""
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

// maxMarks is how many combining marks may follow one letter: twice as many as any
// language needs.
const maxMarks = 8

// mostMarks is how many combining marks follow one letter of s at most.
func mostMarks(s string) int {
	most, marks := 0, 0
	for _, r := range s {
		if marks++; r < 0x300 || !unicode.Is(unicode.M, r) {
			marks = 0
		}
		most = max(most, marks)
	}
	return most
}

// blank says that a text shows nothing.
func blank(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !unicode.IsSpace(r) && !invisible(r) && r != '\u2800' }) < 0
}

// looked are the looks of texts that were read, to compare many with each other in
// little time.
type looked map[string]bool

// before notes a text by its looks, and says whether one of them was there before.
func (l looked) before(looks []string) bool {
	found := false
	for _, look := range looks {
		found = found || l[look]
		l[look] = true
	}
	return found
}

// looksOf is what two texts share that are the same but for case, spaces, encoding
// and what nobody sees.
func looksOf(s string) []string { return []string{flat(s)} }

// meaningsOf is what two texts share, one of it at least, that players can't tell
// apart, or when the same typed answer means both: "GET" and "get.", "client" and
// "the client", and the same letters in another encoding. Signs tell texts apart, for
// "-1" is not "1".
func meaningsOf(s string) []string {
	look := flat(s)
	if folded := Fold(s); folded != "" {
		return []string{look, "\x00" + folded + "\x00" + signs(look)}
	}
	return []string{look}
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
