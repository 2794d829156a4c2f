package bot

import "strings"

// GroupID names a group of people in a team: a user group of Slack, a role of Discord. It
// is opaque and stored, like the other names of things that platforms know.
type GroupID string

// Mention is a person or a group that Incoming.Text names. Platforms have marks of their
// own for that; in the text there stands a word in their place, so that it can be parsed
// and shown like any other.
type Mention struct {
	// Word is that word: an "@" and what the platform calls it, without spaces ("@U123").
	Word string
	User UserID // "": it is a group
	Name string // what to call it; "" when not known
	Bot  bool   // it is a program, perhaps this one

	Group GroupID // "": it is a person
}

// mentioned is who the word stands for; ok is false where it stands for nobody, be it that
// it was typed as plain text.
func (in Incoming) mentioned(word string) (m Mention, ok bool) {
	for _, m := range in.Mentioned {
		if m.Word == word {
			return m, true
		}
	}
	return Mention{}, false
}

// isMention reports that a word may stand for somebody.
func isMention(word string) bool { return len(word) > 1 && strings.HasPrefix(word, "@") }

// maxMentioned is how many mentions of one line can matter.
const maxMentioned = 10

// cleanMentions are mentions as they may be shown, and no more than can matter.
func cleanMentions(all []Mention) []Mention {
	var out []Mention
	for _, m := range all[:min(len(all), maxMentioned)] {
		m.Name = cleanName(m.Name)
		out = append(out, m)
	}
	return out
}
