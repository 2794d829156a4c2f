package slack

import (
	"strconv"
	"strings"
	"unicode/utf8"

	slackgo "github.com/slack-go/slack"

	"quizbot/bot"
)

// Limits of Block Kit, in characters.
const (
	maxHeader  = 150
	maxSection = 3000
	maxButton  = 75
	maxBlocks  = 50
	maxText    = 3900 // of the plain message; longer ones are split by Slack
	maxActions = 25
	// readable is how much of a button's label people see on every device.
	readable = 30
)

// rendered is a card as Slack takes it: blocks, and the same as plain text for
// notifications and screen readers.
type rendered struct {
	text   string
	blocks []slackgo.Block
}

// render draws a card. Everything in it goes into plain_text objects, which know
// neither formatting nor mentions; only the text fallback and a link need
// escaping. name makes block ids unique to this version of the message.
func render(c bot.Card, name, link, see string) rendered {
	var r rendered
	var text []string
	add := func(kind string, s string) {
		for i, part := range split(s, maxSection) {
			id := name + "-" + kind
			if i > 0 {
				id += strconv.Itoa(i)
			}
			r.blocks = append(r.blocks, slackgo.NewSectionBlock(plain(part), nil, nil, slackgo.SectionBlockOptionBlockID(clip(id, 250))))
		}
		text = append(text, s)
	}
	if title := oneLine(c.Title); title != "" {
		r.blocks = append(r.blocks, slackgo.NewHeaderBlock(plain(clip(title, maxHeader)), slackgo.HeaderBlockOptionBlockID(clip(name+"-title", 250))))
		text = append(text, title)
	}
	for i, p := range c.Body {
		if strings.TrimSpace(p) != "" {
			add("body"+strconv.Itoa(i), p)
		}
	}
	if list := choiceList(c); list != "" {
		add("choices", list)
	} else if lettered := letteredText(c); lettered != "" {
		text = append(text, lettered)
	}
	if len(c.Table) > 0 {
		add("table", strings.Join(c.Table, "\n"))
	}
	if buttons := buttons(c); len(buttons) > 0 {
		r.blocks = append(r.blocks, slackgo.NewActionBlock(clip(name+"-buttons", 250), buttons...))
	}
	if link != "" && see != "" {
		r.blocks = append(r.blocks, slackgo.NewContextBlock(clip(name+"-see", 250),
			slackgo.NewTextBlockObject(slackgo.MarkdownType, "<"+link+"|"+escape(see)+">", false, false)))
	}
	if c.Footer != "" {
		r.blocks = append(r.blocks, slackgo.NewContextBlock(clip(name+"-footer", 250), plain(clip(c.Footer, maxSection))))
		text = append(text, c.Footer)
	}
	if len(r.blocks) > maxBlocks {
		r.blocks = r.blocks[:maxBlocks]
	}
	if len(text) == 0 {
		text = []string{"…"}
	}
	r.text = escape(clip(strings.Join(text, "\n"), maxText))
	return r
}

func plain(s string) *slackgo.TextBlockObject {
	return slackgo.NewTextBlockObject(slackgo.PlainTextType, s, false, false)
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
	return letteredText(c)
}

func letteredText(c bot.Card) string {
	var lines []string
	for _, choice := range c.Choices {
		if choice.Letter == "" {
			continue
		}
		line := choice.Letter + ". " + choice.Text
		if choice.Mark != "" {
			line = choice.Mark + " " + line
		}
		if choice.Counted {
			line += " — " + strconv.Itoa(choice.Count)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func buttons(c bot.Card) []slackgo.BlockElement {
	var out []slackgo.BlockElement
	whole := wholeLabels(c)
	for _, choice := range c.Choices {
		if choice.ID == "" || len(out) == maxActions {
			continue
		}
		s := label(choice, whole)
		b := slackgo.NewButtonBlockElement(choice.ID, choice.ID, plain(s))
		if choice.Letter != "" {
			b.AccessibilityLabel = clip(choice.Letter+". "+oneLine(choice.Text), maxButton)
		}
		out = append(out, b)
	}
	return out
}

// escape makes text inert in Slack's markup: exactly & < and >.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// clip shortens s to n characters.
func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// split cuts s into parts of at most n characters, at a line break or a space
// where there is one near.
func split(s string, n int) []string {
	var parts []string
	runes := []rune(s)
	for len(runes) > n {
		at := n
		for i := n; i > n*3/4; i-- {
			if runes[i-1] == '\n' || runes[i-1] == ' ' {
				at = i
				break
			}
		}
		parts = append(parts, string(runes[:at]))
		runes = runes[at:]
	}
	if strings.TrimSpace(string(runes)) != "" {
		parts = append(parts, string(runes))
	}
	return parts
}
