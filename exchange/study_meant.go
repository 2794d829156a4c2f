package exchange

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// exactly is the option that a text is, whole; -1.
func (x *asked) exactly(s string) int {
	s = strings.Trim(s, `"“”' `)
	if m := optionName.FindStringSubmatch(s); m != nil && len(folded(s)) == len(folded(m[0])) && (x.letters || same(x.options, s) < 0) {
		return x.lettered(m[1])
	}
	if i := same(x.options, s); i >= 0 {
		return i
	}
	s = strings.TrimRight(s, ". ")
	if i := same(x.options, s); i >= 0 {
		return i
	}
	if folded(s) == "" {
		return -1
	}
	i := theOne(x.options, func(o string) bool { return folded(o) == folded(s) })
	if i >= 0 && signs(x.options[i]) != signs(s) {
		return -1
	}
	return i
}

func (x *asked) lettered(letter string) int { return place(letter, len(x.options)) }

// meant is the option that a line names, with what the line says after it; -1. By its whole
// text, or by a text that begins with it, the longest that fits; by letter where letters
// are meant.
func (x *asked) meant(s string, letters bool) (option int, why string) {
	s = strings.TrimSpace(s)
	byLetter, after := -1, s
	if m := optionName.FindStringSubmatchIndex(s); m != nil {
		byLetter, after = x.lettered(s[m[2]:m[3]]), strings.TrimSpace(s[m[3]:])
		after = strings.TrimLeft(after, `.):"]–— `)
		if signs(after) == "" || !strings.HasPrefix(after, "-") {
			after = strings.TrimLeft(after, "- ")
		}
	} else if m := bulletOption.FindStringSubmatch(s); m != nil {
		after = m[1]
	} else if m := markedOption.FindStringSubmatch(s); m != nil {
		after = m[2]
		byLetter = place(m[1], len(x.options))
	}
	whole, wholeRest := x.begins(s)
	if whole >= 0 && byLetter >= 0 && whole != byLetter && x.letters {
		return -1, "" // it is one option by its letter, and another by its text
	}
	if whole >= 0 && !x.letters {
		return whole, clause(wholeRest)
	}
	if !letters {
		byLetter = -1
	}
	option, rest := x.begins(after)
	switch {
	case byLetter >= 0 && option >= 0 && option != byLetter && len(folded(x.options[option])) > 2:
		return -1, "" // the letter says one thing and the text another
	case byLetter >= 0 && option != byLetter:
		return byLetter, clause(after)
	case option >= 0:
		return option, clause(rest)
	}
	return -1, ""
}

// begins is the option that a text begins with, the longest; and what follows. To the sign
// first; by its letters and digits alone only where no other option has the same.
func (x *asked) begins(s string) (option int, rest string) {
	option = -1
	longest := 0
	for i, o := range x.options {
		if end := prefixText(s, o); end >= 0 && len(o) > longest {
			option, rest, longest = i, s[end:], len(o)
		} else if end >= 0 && len(o) == longest { // they differ in case
			if strings.HasPrefix(s, o) {
				option, rest = i, s[end:]
			} else if !strings.HasPrefix(s, x.options[option]) {
				return -1, ""
			}
		}
	}
	if option >= 0 {
		return option, rest
	}
	for i, o := range x.options {
		words := folded(o)
		if words == "" || len(words) <= longest || theOne(x.options, func(p string) bool { return folded(p) == words }) != i {
			continue
		}
		if end := prefixWords(s, words); end >= 0 && signs(s[:end]) == signs(o) {
			option, rest, longest = i, s[end:], len(words)
		}
	}
	return option, rest
}

// prefixText is where a text ends that begins with an option, whatever the case and the
// white space; -1.
func prefixText(s, option string) int {
	want := evened(option)
	if want == "" {
		return -1
	}
	space := false
	for i, r := range s {
		switch {
		case want == "":
			if goesOn(s[i:]) {
				return -1
			}
			return i
		case unicode.IsSpace(r):
			space = true
			continue
		case space && strings.HasPrefix(want, " "):
			want = want[1:]
		case space && len(want) < len(evened(option)):
			return -1
		}
		space = false
		have := string(unicode.ToLower(r))
		if !strings.HasPrefix(want, have) {
			return -1
		}
		want = want[len(have):]
	}
	if want == "" {
		return len(s)
	}
	return -1
}

// prefixWords is where a text ends that begins with these folded words; -1. A longer word
// does not begin with a shorter one.
func prefixWords(s, words string) int {
	want, gap := words, false
	for i, r := range s {
		if want == "" && !goesOn(s[i:]) {
			return i
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			gap = true
			continue
		}
		if gap && len(want) < len(words) {
			rest, ok := strings.CutPrefix(want, " ")
			if !ok {
				return -1
			}
			want = rest
		}
		gap = false
		have := string(unicode.ToLower(r))
		if !strings.HasPrefix(want, have) {
			return -1
		}
		want = want[len(have):]
	}
	if want == "" {
		return len(s)
	}
	return -1
}

// goesOn reports that what follows an option's text belongs to the same word or formula.
func goesOn(after string) bool {
	r, n := utf8.DecodeRuneInString(after)
	next, _ := utf8.DecodeRuneInString(after[n:])
	switch {
	case unicode.IsSpace(r):
		return strings.ContainsRune("<>=+*/&|^~%", next)
	case strings.ContainsRune("–—→", r):
		return false
	case strings.ContainsRune(".,;:!?)\"”’'*-", r):
		return n < len(after) && (unicode.IsLetter(next) || unicode.IsDigit(next) || next == r)
	}
	return true
}

// signs are what tells formulas apart that have the same letters and digits.
func signs(s string) string {
	var b strings.Builder
	before := ' '
	for i, r := range s {
		next, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
		minus := r == '-' && unicode.IsDigit(next) && !unicode.IsLetter(before) && !unicode.IsDigit(before)
		if unicode.Is(unicode.Sm, r) && r != '→' || unicode.Is(unicode.No, r) || strings.ContainsRune("#&%^/", r) || minus {
			b.WriteRune(r)
		}
		before = r
	}
	return b.String()
}
