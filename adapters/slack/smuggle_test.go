package slack

import (
	"html"
	"strings"
	"testing"
	"testing/synctest"

	"quizbot/bot"
	"quizbot/bot/transcript"
	"quizbot/store"
	"quizbot/store/storetest"
)

// Nothing that a hostile conversation brings the bot to say is live in Slack, and all of
// it keeps Slack's limits.
func TestHostileConversationsAreInert(t *testing.T) {
	t.Parallel()
	var said []bot.Outgoing
	var forms []bot.Form
	synctest.Test(t, func(t *testing.T) {
		said, forms = transcript.Hostile(t, store.New(storetest.NewMemory()), 2)
	})
	const link, see = "https://t1.slack.com/archives/C2/p1", "See <it>"
	for _, o := range said {
		r := render(o.Card, blockName(o.Key), link, see)
		for _, live := range readBack(t, r).live {
			if live != "<"+link+"|See &lt;it&gt;>" {
				t.Errorf("Slack reads markup in %q", live)
			}
		}
		if bad := liveMarkup.FindString(r.text); bad != "" {
			t.Errorf("%q is live in the text %q", bad, r.text)
		}
		if first := oneLine(o.Card.Title); first != "" && !strings.HasPrefix(html.UnescapeString(r.text), clip(first, maxHeader)) {
			t.Errorf("the text %q is not of %q, escaped once", r.text, first)
		}
	}
	if len(said) < 500 || len(forms) < 20 {
		t.Errorf("only %d cards and %d forms", len(said), len(forms))
	}
	for _, f := range forms {
		checkForm(t, f)
	}
}
