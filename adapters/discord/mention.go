package discord

import (
	"maps"
	"regexp"
	"slices"

	"quizbot/bot"
)

// person is a mention of a person in Discord's markup.
var person = regexp.MustCompile(`<@!?([0-9]+)>`)

// maxMentions bounds how many people of one line are looked at.
const maxMentions = 10

// personWord is what stands in a text for a person that it names.
func personWord(id string) string { return "@" + id }

// plainMentions puts such words in the place of Discord's markup.
func plainMentions(s string) string { return person.ReplaceAllString(s, "@$1") }

// mentioned are the people of the server whom a line names.
func (m message) mentioned() []bot.Mention {
	var out []bot.Mention
	for _, u := range m.Mentions {
		if !slices.ContainsFunc(person.FindAllStringSubmatch(m.Content, maxMentions), func(x []string) bool { return x[1] == u.ID }) {
			continue // the author of what was replied to
		}
		if m.GuildID != "" && u.Member == nil {
			continue // a stranger, or somebody who has left
		}
		out = append(out, mentionOf(u.user, u.Member))
	}
	return out
}

// mentioned are the people of the server whom the options of a command name.
func (i interaction) mentioned() []bot.Mention {
	var out []bot.Mention
	for _, id := range slices.Sorted(maps.Keys(i.Data.Resolved.Users)) {
		u := i.Data.Resolved.Users[id]
		m, here := i.Data.Resolved.Members[id]
		if u.ID == "" || i.GuildID != "" && !here {
			continue
		}
		out = append(out, mentionOf(u, &m))
	}
	return out
}

func mentionOf(u user, m *member) bot.Mention {
	return bot.Mention{Word: personWord(u.ID), User: userID(u.ID), Name: displayName(&u, m), Bot: u.Bot}
}
