package slack

import (
	"regexp"
	"strings"

	"quizbot/bot"
)

// maxMentions bounds how many people of one command are looked up.
const maxMentions = 10

// slackbot is Slack's own program, which it doesn't call one.
const slackbot = "USLACKBOT"

// named is a person in Slack's markup: <@U123> or <@U123|name>.
var named = regexp.MustCompile(`<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>`)

// personWord is what stands in the text for a person that it names.
func personWord(id string) string { return "@" + id }

// mentioned begins to look up the people whom a command names, where that matters to it,
// and returns a function that waits for them as that of who does. Whom Slack doesn't know
// is left out.
func (a *Adapter) mentioned(arrived arrival) func() []bot.Mention {
	if !arrived.in.Addressed && !arrived.in.Private || !bot.ParseCommand(arrived.in.Text).NamesOthers() {
		return func() []bot.Mention { return nil }
	}
	var ids []string
	var people []func() person
	for _, m := range named.FindAllStringSubmatch(arrived.raw, maxMentions) {
		ids = append(ids, m[1])
		people = append(people, a.who(arrived.team, m[1]))
	}
	return func() []bot.Mention {
		var out []bot.Mention
		for i, id := range ids {
			who := people[i]()
			if who.missing {
				continue
			}
			out = append(out, bot.Mention{
				Word: personWord(id), User: userID(arrived.team, id), Name: who.name, Bot: who.program || strings.EqualFold(id, slackbot),
			})
		}
		return out
	}
}
