package discord

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"quizbot/bot"
)

// Discord's limits, in characters.
const (
	maxContent = 2000
	maxEmbed   = 4000 // of 4,096
	maxEmbeds  = 5900 // of 6,000 in one message
	maxButton  = 80
	maxRow     = 5
	maxRows    = 5
	maxCustom  = 100
	// readable is the longest label that a phone shows whole.
	readable = 30
)

// body is a message as the REST API takes it.
type body struct {
	Content      string     `json:"content"`
	Embeds       *[]embed   `json:"embeds,omitempty"`
	Components   *[]row     `json:"components,omitempty"`
	Flags        int        `json:"flags"` // always: an edit keeps what it doesn't name
	Mentions     mentions   `json:"allowed_mentions"`
	Reference    *reference `json:"message_reference,omitempty"`
	Nonce        string     `json:"nonce,omitempty"`
	EnforceNonce bool       `json:"enforce_nonce,omitempty"`
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
	if title := escape(oneLine(c.Title)); title != "" {
		if len(c.Choices) > 0 || len(c.Table) > 0 {
			title = "**" + title + "**"
		}
		parts = append(parts, title)
	}
	var inner []string
	for _, p := range c.Body {
		if strings.TrimSpace(p) != "" {
			inner = append(inner, escape(p))
		}
	}
	if list := choiceList(c); list != "" {
		inner = append(inner, list)
	}
	text := strings.Join(inner, "\n\n")
	if at.spoiler && text != "" {
		text = "||" + cut(text, maxContent-300) + "||"
	}
	if text != "" {
		parts = append(parts, text)
	}
	var more []string // of a long table: blocks of their own
	if len(c.Table) > 0 {
		blocks := codeBlocks(c.Table)
		parts = append(parts, blocks[0])
		more = blocks[1:]
	}
	if c.See != "" {
		parts = append(parts, escape(at.see)+": "+linkTo(at, c.See))
	}
	if c.Footer != "" {
		parts = append(parts, "-# "+escape(oneLine(c.Footer)))
	}
	b.fill(strings.Join(parts, "\n"))
	b.append(more)
	if strings.Contains(b.Content, "://") && b.Embeds == nil {
		b.Flags = flagNoUnfurl
	}
	if rows := rows(c); len(rows) > 0 {
		b.Components = &rows
	}
	return b
}

func linkTo(at place, m bot.MessageID) string {
	guild := at.guild
	if guild == "" {
		guild = "@me"
	}
	return "https://discord.com/channels/" + guild + "/" + at.channel + "/" + string(m)
}

// fill puts text into the content, and what doesn't fit into embeds.
func (b *body) fill(text string) {
	if text == "" {
		text = "…"
	}
	if utf8.RuneCountInString(text) <= maxContent {
		b.Content = text
		return
	}
	first, rest := splitAt(text, maxContent)
	b.Content = strings.TrimRight(first, "\n ")
	rest = cut(rest, maxEmbeds)
	var embeds []embed
	for rest != "" {
		var part string
		part, rest = splitAt(rest, maxEmbed)
		if strings.TrimSpace(part) != "" {
			embeds = append(embeds, embed{Description: part})
		}
	}
	if len(embeds) > 0 {
		b.Embeds = &embeds
	}
}

// splitAt cuts after at most n characters, at a line break or a space where
// there is one near, and never behind a backslash.
func splitAt(s string, n int) (first, rest string) {
	runes := []rune(s)
	if len(runes) <= n {
		return s, ""
	}
	at := n
	for _, stop := range []rune{'\n', ' '} {
		for i := n; i > n*3/4; i-- {
			if runes[i-1] == stop {
				return string(runes[:i]), string(runes[i:])
			}
		}
	}
	for at > 1 && runes[at-1] == '\\' {
		at--
	}
	return string(runes[:at]), string(runes[at:])
}

// cut shortens escaped text to n characters.
func cut(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	at := n - 1
	for at > 0 && runes[at-1] == '\\' {
		at--
	}
	return string(runes[:at]) + "…"
}

const (
	firstBlock = 1500 // characters of a table that go into the content
	nextBlock  = 2900 // and into an embed
	mostBlocks = 3
)

// codeBlocks keep lines as they are. A fence inside would end one. What doesn't
// fit even into several is cut off with a word.
func codeBlocks(lines []string) []string {
	var blocks []string
	var block strings.Builder
	n, room := 0, firstBlock
	end := func() {
		blocks = append(blocks, "```\n"+strings.TrimRight(block.String(), "\n")+"\n```")
		block.Reset()
		n, room = 0, nextBlock
	}
	for i, line := range lines {
		line = mute(cut(strings.ReplaceAll(line, "```", "'''"), firstBlock/2))
		size := utf8.RuneCountInString(line) + 1
		if n > 0 && n+size > room {
			if len(blocks) == mostBlocks-1 {
				block.WriteString("… " + strconv.Itoa(len(lines)-i) + " more")
				break
			}
			end()
		}
		block.WriteString(line + "\n")
		n += size
	}
	end()
	return blocks
}

// append adds texts as embeds, as far as there is room.
func (b *body) append(texts []string) {
	for _, text := range texts {
		if b.Embeds == nil {
			b.Embeds = &[]embed{}
		}
		total := utf8.RuneCountInString(text)
		for _, e := range *b.Embeds {
			total += utf8.RuneCountInString(e.Description)
		}
		if total > maxEmbeds {
			return
		}
		*b.Embeds = append(*b.Embeds, embed{Description: text})
	}
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

// escape makes text inert: no formatting, no mention, no link with a false
// label. It changes as little as it can, so that the text reads and copies well.
func escape(s string) string {
	runes := []rune(s)
	var b strings.Builder
	lineStart := true
	for i, r := range runes {
		next := func(n int) rune {
			if i+n >= 0 && i+n < len(runes) {
				return runes[i+n]
			}
			return 0
		}
		switch r {
		case '\\', '*', '~', '`', '|':
			b.WriteByte('\\')
		case '_': // inside a_word it is only itself
			if !wordRune(next(-1)) || !wordRune(next(1)) {
				b.WriteByte('\\')
			}
		case '>', '#', '-':
			if lineStart {
				b.WriteByte('\\')
			}
		case '[':
			b.WriteByte('\\')
		case '<':
			switch next(1) {
			case '@', '#', ':', '/', 't', 'i', 'a', 'h':
				b.WriteByte('\\')
			}
		}
		b.WriteRune(r)
		switch {
		case r == '\n':
			lineStart = true
		case r != ' ' && r != '\t' && r != '>':
			lineStart = false
		}
	}
	return mute(b.String())
}

func wordRune(r rune) bool { return r != '_' && (unicode.IsLetter(r) || unicode.IsDigit(r)) }

// mute breaks what Discord would read as a mention even in the midst of text.
func mute(s string) string {
	const gap = "\u200b"
	return strings.NewReplacer(
		"@everyone", "@"+gap+"everyone", "@here", "@"+gap+"here",
		"<@", "<"+gap+"@", "<#", "<"+gap+"#",
	).Replace(s)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// clip shortens s to n characters.
func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}
