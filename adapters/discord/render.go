package discord

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"quizbot/bot"
)

// Discord's limits, in characters.
const (
	maxContent = 2000
	maxEmbed   = 4000 // of 4,096
	maxEmbeds  = 5900 // of 6,000 in one message
	maxTitle   = 250
	maxFooter  = 250
	maxSpoiler = maxContent - maxTitle - 50
	// roomForBody is what a whole message surely holds beside title, footer and link;
	// leastBody is left of the body in any case.
	roomForBody = maxContent*3/4 + maxEmbeds - 2*maxTitle - 2*maxFooter
	leastBody   = 300
	maxButton   = 80
	maxRow      = 5
	maxRows     = 5
	maxCustom   = 100
	// readable is the longest label that a phone shows whole.
	readable = 30
)

// body is a message as the REST API takes it.
type body struct {
	Content    string     `json:"content"`
	Embeds     *[]embed   `json:"embeds,omitempty"`
	Components *[]row     `json:"components,omitempty"`
	Flags      int        `json:"flags"` // always: an edit keeps what it doesn't name
	Mentions   mentions   `json:"allowed_mentions"`
	Reference  *reference `json:"message_reference,omitempty"`
	Nonce      string     `json:"nonce,omitempty"`
	// Attachments describe the files that are sent with it.
	Attachments  []attachment `json:"attachments,omitempty"`
	EnforceNonce bool         `json:"enforce_nonce,omitempty"`
}

// replace makes b take the place of a whole message: what it lacks is taken away.
func (b *body) replace() {
	if b.Embeds == nil {
		b.Embeds = &[]embed{}
	}
	if b.Components == nil {
		b.Components = &[]row{}
	}
}

type embed struct {
	Description string `json:"description"`
}

// mentions of nobody: always sent, for the default is everybody.
type mentions struct {
	Parse       [0]string `json:"parse"`
	RepliedUser bool      `json:"replied_user"`
}

type reference struct {
	MessageID     string `json:"message_id"`
	FailIfMissing bool   `json:"fail_if_not_exists"`
}

type row struct {
	Type       int      `json:"type"`
	Components []button `json:"components"`
}

type button struct {
	Type     int    `json:"type"`
	Style    int    `json:"style"`
	Label    string `json:"label"`
	CustomID string `json:"custom_id"`
}

const (
	componentRow    = 1
	componentButton = 2
	stylePrimary    = 1
	styleSecondary  = 2

	flagNoUnfurl = 1 << 2
)

// place is where a card is shown.
type place struct {
	guild, channel string
	see            string // label of a link
	spoiler        bool   // hide the body
}

// render writes a card as a Discord message. All of the card is plain text, so
// that all of it is escaped.
func render(c bot.Card, at place) *body {
	b := &body{}
	var parts []string
	veiled := at.spoiler && c.Veiled
	if title := cut(escape(oneLine(c.Title)), maxTitle); title != "" {
		if len(c.Choices) > 0 || len(c.Table) > 0 {
			title = "**" + title + "**"
		}
		parts = append(parts, title)
	}
	body, list, after := paragraphs(c.Body), choiceList(c), paragraphs(c.After)
	// What can be pressed, and what became of it, is more than the question's text,
	// so that this is what gives way.
	if room := roomForBody - utf8.RuneCountInString(list) - utf8.RuneCountInString(after); utf8.RuneCountInString(body) > room {
		body = cut(body, max(room, leastBody))
	}
	var inner []string
	for _, s := range []string{body, list, after} {
		if s != "" {
			inner = append(inner, s)
		}
	}
	if veiled {
		inner, parts = append(parts, inner...), nil
	}
	text := strings.Join(inner, "\n\n")
	if at.spoiler && text != "" {
		text = "||" + cut(text, maxSpoiler) + "||" // whole in the content, for a mark that is open hides nothing
	}
	if text != "" {
		parts = append(parts, text)
	}
	var tail []string
	if c.See != "" {
		tail = append(tail, escape(at.see)+": "+linkTo(at, c.See))
	}
	if c.Footer != "" {
		tail = append(tail, "-# "+cut(escape(oneLine(c.Footer)), maxFooter))
	}
	b.fill(strings.Join(parts, "\n"), c.Table, strings.Join(tail, "\n"))
	if strings.Contains(b.Content, "://") && b.Embeds == nil {
		b.Flags = flagNoUnfurl
	}
	if rows := rows(c); len(rows) > 0 {
		b.Components = &rows
	}
	return b
}

// paragraphs are escaped texts with a line between them.
func paragraphs(texts []string) string {
	var out []string
	for _, p := range texts {
		if strings.TrimSpace(p) != "" {
			out = append(out, escape(p))
		}
	}
	return strings.Join(out, "\n\n")
}

func linkTo(at place, m bot.MessageID) string {
	guild := at.guild
	if guild == "" {
		guild = "@me"
	}
	return "https://discord.com/channels/" + guild + "/" + at.channel + "/" + string(m)
}

// label is what a button shows: letter and text where those of all choices are
// short, else the letter alone, with the texts in the body.
func label(c bot.Choice, whole bool) string {
	switch {
	case c.Letter == "":
		return clip(oneLine(c.Text), maxButton)
	case whole:
		return c.Letter + ". " + oneLine(c.Text)
	default:
		return c.Letter
	}
}

// wholeLabels: every lettered choice is a button that shows its text.
func wholeLabels(c bot.Card) bool {
	for _, choice := range c.Choices {
		if choice.ID == "" || choice.Letter != "" && utf8.RuneCountInString(choice.Letter+". "+oneLine(choice.Text)) > readable {
			return false
		}
	}
	return true
}

// choiceList lists the lettered choices in full where a button can't show them.
func choiceList(c bot.Card) string {
	if wholeLabels(c) {
		return ""
	}
	var lines []string
	for _, choice := range c.Choices {
		if choice.Letter == "" {
			continue
		}
		line := choice.Letter + ". " + escape(oneLine(choice.Text))
		if choice.Mark != "" {
			line = escape(choice.Mark) + " " + line
		}
		if choice.Counted {
			line += " — " + strconv.Itoa(choice.Count)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func rows(c bot.Card) []row {
	var out []row
	whole := wholeLabels(c)
	for _, choice := range c.Choices {
		if choice.ID == "" || len(choice.ID) > maxCustom {
			continue
		}
		if n := len(out); n == 0 || len(out[n-1].Components) == maxRow {
			if n == maxRows {
				break
			}
			out = append(out, row{Type: componentRow})
		}
		s := label(choice, whole)
		if s == "" {
			s = "…"
		}
		style := stylePrimary
		if choice.Letter == "" {
			style = styleSecondary
		}
		last := &out[len(out)-1]
		last.Components = append(last.Components, button{Type: componentButton, Style: style, Label: s, CustomID: choice.ID})
	}
	return out
}
