package slack

import (
	"slices"
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
	maxText    = 3900   // of the plain message, escaped; longer ones are split by Slack
	maxShown   = 13_000 // in all blocks together
	maxFooter  = 1000
	maxActions = 25
	maxAltText = 2000
	// readable is how much of a button's label people see on every device.
	readable = 30
)

// rendered is a card as Slack takes it: blocks, and the same as plain text for
// notifications and screen readers.
type rendered struct {
	text   string
	blocks []slackgo.Block
}

// part is a section of a message.
type part struct{ id, text string }

// budget is what is left of a message's limits.
type budget struct{ blocks, characters int }

// take lets parts in as far as the budget goes; the last one says so when not all
// of them fit.
func (b *budget) take(parts []part) []part {
	for i, p := range parts {
		n := utf8.RuneCountInString(p.text)
		last := b.blocks == 1 && i < len(parts)-1
		if b.blocks <= 0 || b.characters <= 0 {
			return parts[:i]
		}
		b.blocks--
		if n > b.characters || last {
			parts[i].text = clip(p.text+"…", max(1, min(b.characters, maxSection)))
			b.characters -= n
			return parts[:i+1]
		}
		b.characters -= n
	}
	return parts
}

// parts cuts a text into sections.
func parts(id, text string) []part {
	var out []part
	for i, s := range split(text, maxSection) {
		out = append(out, part{id + "." + strconv.Itoa(i), s})
	}
	return out
}

// render draws a card. Everything in it goes into plain_text objects, which know
// neither formatting nor mentions; only the text fallback and a link need
// escaping. name, from blockName, makes block ids unique to this version of the
// message.
func render(c bot.Card, name, link, see string) rendered {
	title, footer := clip(oneLine(c.Title), maxHeader), clip(strings.TrimSpace(c.Footer), maxFooter)
	buttons := buttons(c)
	var body []part
	for i, p := range c.Body {
		body = append(body, parts("body"+strconv.Itoa(i), p)...)
	}
	var after []part
	for i, p := range c.After {
		after = append(after, parts("after"+strconv.Itoa(i), p)...)
	}
	var lines []string
	for _, line := range c.Table {
		lines = append(lines, strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ").Replace(line))
	}
	table := strings.Join(lines, "\n")

	// What can be pressed must stay readable, so the body is what gives way first.
	left := budget{maxBlocks - 5, maxShown - maxActions*maxButton - maxHeader - maxFooter}
	listed := left.take(parts("choices", choiceList(c)))
	after = left.take(after)
	body = left.take(body)
	tabled := left.take(parts("table", table))

	var r rendered
	if title != "" {
		r.blocks = append(r.blocks, slackgo.NewHeaderBlock(plain(title), slackgo.HeaderBlockOptionBlockID(name+"title")))
	}
	for _, p := range slices.Concat(body, listed, after, tabled) {
		r.blocks = append(r.blocks, slackgo.NewSectionBlock(plain(p.text), nil, nil, slackgo.SectionBlockOptionBlockID(name+p.id)))
	}
	if len(buttons) > 0 {
		r.blocks = append(r.blocks, slackgo.NewActionBlock(name+"buttons", buttons...))
	}
	if link != "" && see != "" {
		r.blocks = append(r.blocks, slackgo.NewContextBlock(name+"see",
			slackgo.NewTextBlockObject(slackgo.MarkdownType, "<"+link+"|"+escape(see)+">", false, false)))
	}
	if footer != "" {
		r.blocks = append(r.blocks, slackgo.NewContextBlock(name+"footer", plain(footer)))
	}
	var text []string
	for _, s := range slices.Concat([]string{title}, c.Body, []string{listText(c)}, c.After, []string{table, footer}) {
		if strings.TrimSpace(s) != "" {
			text = append(text, s)
		}
	}
	if len(text) == 0 {
		text = []string{"…"}
	}
	r.text = clipEscaped(strings.Join(text, "\n"), maxText)
	return r
}

// with shows a picture above the small print.
func (r rendered) with(p picture, name string) rendered {
	if p.file == "" {
		return r
	}
	n := len(r.blocks)
	if n > 0 && r.blocks[n-1].BlockType() == slackgo.MBTContext {
		n--
	}
	file := &slackgo.SlackFileObject{ID: p.file}
	r.blocks = slices.Insert(r.blocks, n, slackgo.Block(slackgo.NewImageBlockSlackFile(file, clip(p.alt, maxAltText), name+"picture", nil)))
	return r
}

// blockName begins the block ids of the message with that key. A key holds no
// colon, so none is the beginning of another.
func blockName(key string) string { return "k:" + key + ":" }

// keyOf is the key of the message that a block belongs to; "" for others' blocks.
func keyOf(blockID string) string {
	rest, ok := strings.CutPrefix(blockID, "k:")
	key, _, whole := strings.Cut(rest, ":")
	if !ok || !whole {
		return ""
	}
	return key
}

func plain(s string) *slackgo.TextBlockObject {
	return slackgo.NewTextBlockObject(slackgo.PlainTextType, s, false, false)
}

// label is what a button shows: letter and text where those of all choices are
// short, else the letter alone, with the texts in the body.
func label(c bot.Choice, whole bool) string {
	s := c.Letter
	switch {
	case c.Letter == "":
		s = oneLine(c.Text)
	case whole:
		s = c.Letter + ". " + oneLine(c.Text)
	}
	if strings.TrimSpace(s) == "" {
		s = c.ID // a button without words is refused
	}
	return clip(s, maxButton)
}

// wholeLabels: every choice is a button, and shows its text in full.
func wholeLabels(c bot.Card) bool {
	for _, choice := range c.Choices {
		if choice.ID == "" || choice.Letter != "" && utf8.RuneCountInString(choice.Letter+". "+oneLine(choice.Text)) > readable {
			return false
		}
	}
	return true
}

// choiceList lists the choices in full where the buttons can't show them.
func choiceList(c bot.Card) string {
	if wholeLabels(c) {
		return ""
	}
	return listText(c)
}

// listText is a line for every choice but the actions.
func listText(c bot.Card) string {
	var lines []string
	for _, choice := range c.Choices {
		line := choice.Text
		switch {
		case choice.Letter != "":
			line = choice.Letter + ". " + choice.Text
		case choice.ID != "" || strings.TrimSpace(choice.Text) == "":
			continue
		}
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
	whole, used := wholeLabels(c), map[string]bool{}
	for _, choice := range c.Choices {
		if choice.ID == "" || used[choice.ID] || len(out) == maxActions {
			continue
		}
		used[choice.ID] = true
		b := slackgo.NewButtonBlockElement(choice.ID, choice.ID, plain(label(choice, whole)))
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

// clipEscaped escapes s and shortens it to n characters, never inside an entity.
func clipEscaped(s string, n int) string {
	if e := escape(s); utf8.RuneCountInString(e) <= n {
		return e
	}
	var out strings.Builder
	left := n - 1
	for _, c := range s {
		e := escape(string(c))
		if left -= utf8.RuneCountInString(e); left < 0 {
			break
		}
		out.WriteString(e)
	}
	return out.String() + "…"
}

// split cuts s into parts of at most n characters, at a line break or a space
// where there is one near. No part is blank, and blanks at a cut are left out.
func split(s string, n int) []string {
	var parts []string
	keep := func(r []rune) {
		if p := strings.TrimRight(string(r), " \r\n\t"); strings.TrimSpace(p) != "" {
			parts = append(parts, p)
		}
	}
	runes := []rune(s)
	for len(runes) > n {
		at := n
		for i := n; i > n*3/4; i-- {
			if runes[i-1] == '\n' || runes[i-1] == ' ' {
				at = i
				break
			}
		}
		keep(runes[:at])
		runes = runes[at:]
	}
	keep(runes)
	return parts
}
