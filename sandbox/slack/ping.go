package slack

import (
	"encoding/json"
	"regexp"
	"slices"
	"time"
)

// Ping is a live mention that an app's message made: someone's name, a group
// or a whole channel that Slack would highlight and, in a new message, notify.
type Ping struct {
	Channel, TS string
	What        string // "<!channel>", "<@U0BOB>", "@here", …, as found
	Where       string // "text" or a JSON pointer into the blocks or attachments
	Via         string // as Message.Via
	Edit        bool   // made by an edit, which highlights and does not notify
	To          string // the only reader, for an ephemeral message
	At          time.Time
}

// Pings lists every live mention that the app has made, oldest first.
func (s *Server) Pings() []Ping {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.pings)
}

var (
	liveMention = regexp.MustCompile(`<(?:!(?:channel|here|everyone|group)|!subteam\^[A-Za-z0-9]+|@[UW][A-Z0-9]+)(?:\|[^<>]*)?>`)
	bareMention = regexp.MustCompile(`(?:^|[^\w<@!])(@[A-Za-z0-9][\w.\-]*)`)
)

// mentions finds the live mentions of a text in Slack's markup. bare says that
// names without brackets are made live too (parse=full, link_names).
func mentions(text string, bare bool) []string {
	out := liveMention.FindAllString(text, -1)
	if bare {
		for _, m := range bareMention.FindAllStringSubmatch(text, -1) {
			out = append(out, m[1])
		}
	}
	return out
}

// recordPings looks for live mentions in what the app made of a message. The
// caller holds mu.
func (s *Server) recordPings(c *channel, m *Message, bare, edit bool) {
	note := func(where string, found []string) {
		for _, what := range found {
			p := Ping{
				Channel: c.ID, TS: m.TS, What: what, Where: where, Via: m.Via,
				Edit: edit, To: m.To, At: s.opt.Now(),
			}
			s.pings = append(s.pings, p)
			s.changed(Event{Kind: PingMade, Team: c.Team, Channel: c.ID, Ping: p})
		}
	}
	note("text", mentions(m.Text, bare))
	eachText(m.placed, "/blocks", func(t blockText) {
		if t.live {
			note(t.pointer, mentions(t.text, bare))
		}
	})
	if len(m.Attachments) > 0 {
		var attachments []any
		if json.Unmarshal(m.Attachments, &attachments) == nil {
			eachString(attachments, func(text string) { note("/attachments", mentions(text, bare)) })
		}
	}
}

func eachString(v any, fn func(string)) {
	switch v := v.(type) {
	case string:
		fn(v)
	case []any:
		for _, e := range v {
			eachString(e, fn)
		}
	case map[string]any:
		for _, k := range sortedKeys(v) {
			eachString(v[k], fn)
		}
	}
}
