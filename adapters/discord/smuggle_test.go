package discord

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"quizbot/bot"
	"quizbot/bot/transcript"
	"quizbot/store"
	"quizbot/store/storetest"
)

// liveMarkdown is what Discord would not show as it is written, in text without fences
// in which nothing is escaped any more.
var liveMarkdown = regexp.MustCompile("(?i)[*`]|~~|\\|\\||(?:^|[^\\pL\\pN])_|_(?:[^\\pL\\pN]|$)|\\[[^\\]]*\\]\\(|:[\\pL\\pN_+-]+:" +
	"|@everyone|@here|<(?:@|#|/|:|a:|t:|id:|sound:|https?:|mailto:|tel:|\\+)" +
	"|(?:^|[\\n\\r\\v\\f\\x85\\x{2028}\\x{2029}])[\\s\\pZ]*(?:#{1,3}|>(?:>>)?|-#?|[0-9]+\\.)[\\s\\pZ]")

// readMarkdown takes away what the renderer itself writes as markdown, and what is
// escaped.
func readMarkdown(s string, footer bool) string {
	var out strings.Builder
	for i, part := range strings.Split(s, "```") {
		if i%2 == 1 {
			continue // a fence shows all as it is, but for pings
		}
		out.WriteString(part)
	}
	lines := strings.Split(out.String(), "\n")
	for i, line := range lines {
		bold, ok := strings.CutPrefix(line, "**")
		if end, whole := strings.CutSuffix(bold, "**"); ok && whole && i == 0 {
			lines[i] = end
		}
		if small, ok := strings.CutPrefix(line, "-# "); ok && footer && i == len(lines)-1 {
			lines[i] = small
		}
	}
	text := regexp.MustCompile(`(?s)\\.`).ReplaceAllString(strings.Join(lines, "\n"), "\ufffc")
	if begin, end := strings.Index(text, "||"), strings.LastIndex(text, "||"); begin < end {
		text = text[:begin] + text[begin+2:end] + text[end+2:] // the renderer's spoiler
	}
	return text
}

// Nothing that a hostile conversation brings the bot to say is live in Discord, and all
// of it keeps Discord's limits.
func TestHostileConversationsAreInert(t *testing.T) {
	t.Parallel()
	var said []bot.Outgoing
	var forms []bot.Form
	synctest.Test(t, func(t *testing.T) {
		said, forms = transcript.Hostile(t, store.New(storetest.NewMemory()), 3)
	})
	for i, o := range said {
		b := render(o.Card, place{guild: "1", channel: "2", see: "See <@1>", spoiler: o.Card.Reveals && i%2 == 0})
		checkLimits(t, b)
		texts := []string{b.Content}
		if b.Embeds != nil {
			for _, e := range *b.Embeds {
				texts = append(texts, e.Description)
			}
		}
		for _, text := range texts {
			if live := liveMarkdown.FindString(readMarkdown(text, o.Card.Footer != "")); live != "" {
				t.Errorf("%q is live in %q, of %+v", live, text, o.Card)
			}
		}
		raw, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		if s := string(raw); !strings.Contains(s, `"allowed_mentions":{"parse":[],"replied_user":false}`) {
			t.Errorf("mentions are allowed in %s", s)
		}
		for _, ping := range []string{"@everyone", "@here", "<@1>", "<@&2>", "<#3>"} {
			for _, text := range texts { // in fences, too
				if strings.Contains(strings.ReplaceAll(text, "\\"+ping, ""), ping) {
					t.Errorf("%q is live in %q", ping, text)
				}
			}
		}
	}
	if len(said) < 500 || len(forms) < 20 {
		t.Errorf("only %d cards and %d forms", len(said), len(forms))
	}
	for _, f := range forms {
		checkForm(t, f)
	}
}
