package bot

import (
	"slices"
	"strconv"
	"strings"
)

// NamedAt is a place in a message where a player's name stands, so that it can be
// taken out again when the player wants to be forgotten.
type NamedAt struct {
	Player UserID `json:"player"`
	Part   Part   `json:"part"`
	Line   int    `json:"line"` // of the part, from 0
	From   int    `json:"from"` // bytes of the line: [From, To)
	To     int    `json:"to"`
}

// Part is a part of a card that can hold names.
type Part string

// The parts.
const (
	InBody  Part = "body"
	InAfter Part = "after"
	InTable Part = "table"
	InChart Part = "chart" // the names of its bars
)

func parts() [4]Part { return [...]Part{InBody, InAfter, InTable, InChart} }

func (c *Card) part(p Part) []string {
	switch p {
	case InBody:
		return c.Body
	case InAfter:
		return c.After
	case InChart:
		return c.Chart.names()
	default:
		return c.Table
	}
}

func (c *Card) setPart(p Part, lines []string) {
	switch p {
	case InBody:
		c.Body = lines
	case InAfter:
		c.After = lines
	case InTable:
		c.Table = lines
	case InChart:
		c.Chart = c.Chart.named(lines)
	}
}

// naming puts names into the sentences of a card: call gives what stands for a name
// while they are made, place then puts the names where they belong and says where
// that is. Names and texts of packs hold no control characters, so nothing else
// looks like such a place.
type naming struct {
	players, names []string
	// hidden says who is not to be named to others; nil: nobody.
	hidden func(player string) bool
}

// hides reports that a player is to be left out of what others read.
func (n *naming) hides(player string) bool { return n.hidden != nil && n.hidden(player) }

const nameFrom, nameTo = "\x02", "\x03"

func (n *naming) call(name, player string) string {
	if n.hides(player) {
		return sayForgotten // lists leave them out; this is for a sentence about one
	}
	return n.mention(name, player)
}

// mention is call for a player whom others have just named themselves: who is hidden is named
// too, and who is forgotten is not.
func (n *naming) mention(name, player string) string {
	n.players = append(n.players, player)
	n.names = append(n.names, called(name, player))
	return nameFrom + strconv.Itoa(len(n.names)-1) + nameTo
}

func (n *naming) place(c Card) (Card, []NamedAt) {
	var out []NamedAt
	for _, part := range parts() {
		lines := slices.Clone(c.part(part))
		for i, line := range lines {
			var b strings.Builder
			for {
				before, rest, found := strings.Cut(line, nameFrom)
				number, after, ended := strings.Cut(rest, nameTo)
				which, err := strconv.Atoi(number)
				if !found || !ended || err != nil || which < 0 || which >= len(n.names) {
					b.WriteString(line)
					break
				}
				b.WriteString(before)
				at := NamedAt{Player: UserID(n.players[which]), Part: part, Line: i, From: b.Len()}
				b.WriteString(n.names[which])
				at.To = b.Len()
				out = append(out, at)
				line = after
			}
			lines[i] = b.String()
		}
		c.setPart(part, lines)
	}
	return c, out
}

// Without returns the message as it is to be sent and kept once the player is
// forgotten: nobody's name in the place of the player's. known is what the player
// is called in the store, "" when nothing: an earlier version of the program did not
// note where names stand in its messages, and there every line that a name can
// stand in and that holds this one is changed. changed is false where nothing of the
// player stood in it.
func (o Outgoing) Without(player UserID, known string) (out Outgoing, changed bool) {
	for _, part := range parts() {
		o.Card.setPart(part, slices.Clone(o.Card.part(part)))
	}
	o.Names = slices.Clone(o.Names)
	for i := 0; i < len(o.Names); i++ {
		at := o.Names[i]
		lines := o.Card.part(at.Part)
		if at.Player != player || at.Line < 0 || at.Line >= len(lines) || at.From < 0 || at.From > at.To || at.To > len(lines[at.Line]) {
			continue
		}
		line := lines[at.Line]
		lines[at.Line] = line[:at.From] + sayForgotten + line[at.To:]
		o.Card.setPart(at.Part, lines)
		for j, other := range o.Names {
			if other.Part == at.Part && other.Line == at.Line && other.From >= at.To {
				o.Names[j].From += len(sayForgotten) - (at.To - at.From)
				o.Names[j].To += len(sayForgotten) - (at.To - at.From)
			}
		}
		o.Names = slices.Delete(o.Names, i, i+1)
		i--
		changed = true
	}
	if len(o.Names) == 0 && !changed {
		changed = o.Card.blot(known) || changed
		changed = o.Card.blot(shortID(player)) || changed
	}
	return o, changed
}

// blot takes a name out of the lines that can hold one, in a card of which nobody
// knows where they stand.
func (c *Card) blot(name string) bool {
	if name == "" {
		return false
	}
	var lines []*string
	for i := range c.Table {
		lines = append(lines, &c.Table[i])
	}
	if len(c.Table) > 0 {
		for i := range c.Body {
			lines = append(lines, &c.Body[i])
		}
	}
	if n := len(c.After); n > 0 {
		lines = append(lines, &c.After[n-1])
	}
	changed := false
	for _, line := range lines {
		if strings.Contains(*line, name) {
			*line = strings.ReplaceAll(*line, name, sayForgotten)
			changed = true
		}
	}
	return changed
}
