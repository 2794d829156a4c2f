package exchange

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"quizbot/quiz"
)

// spelt are letters that no decomposition leads to a-z.
var spelt = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "ı", "i")

// Slug makes a plain name of a text: a-z, 0-9 and single hyphens, at most that many
// characters, cut between words. "" where nothing is left of it.
func Slug(s string, most int) string {
	var b strings.Builder
	hyphen := false
	for _, r := range norm.NFKD.String(spelt.Replace(strings.ToLower(s))) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			if hyphen && b.Len() > 0 {
				b.WriteByte('-')
			}
			hyphen = false
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r), r == '\'', r == '’':
		default:
			hyphen = true
		}
		if b.Len() > 4*most {
			break
		}
	}
	out := b.String()
	if len(out) <= most {
		return out
	}
	if i := strings.LastIndexByte(out[:most+1], '-'); i > most/2 {
		return out[:i]
	}
	return strings.TrimRight(out[:most], "-")
}

// digest is five hexadecimal digits that follow from what is asked and answered.
func digest(q quiz.Question) string {
	h := sha256.New()
	write := func(parts ...string) {
		for _, s := range parts {
			_, _ = h.Write([]byte(s + "\x00"))
		}
	}
	write(string(q.Kind), q.Ask)
	for _, o := range q.Options {
		write(o.Text)
	}
	write(q.Accept...)
	write(q.Steps...)
	return hex.EncodeToString(h.Sum(nil))[:5]
}
