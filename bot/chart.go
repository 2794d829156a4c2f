package bot

import (
	"fmt"
	"strings"
	"unicode/utf16"
)

// Chart is a picture of points: a bar for each player, the best first, made of a part for
// each day. It is data; whoever shows it draws it (Config.Draw of the adapters), or puts
// Alt in its place.
type Chart struct {
	Title string   `json:"title"` // one line, shown strong
	About string   `json:"about"` // which days these are, shown small
	Parts []string `json:"parts"` // what the parts are called, in order: "Mon" … "Sun"
	Bars  []Bar    `json:"bars,omitempty"`
	// What is written into the picture where something can't be drawn.
	Nameless string `json:"nameless"` // in the place of a name in a script that has no letters there
	Cut      string `json:"cut"`      // below: not all names are drawn as they are
}

// Bar is one player's points.
type Bar struct {
	Rank   int    `json:"rank"`
	Name   string `json:"name"`
	Points int    `json:"points"`          // in all
	Parts  []int  `json:"parts,omitempty"` // of them on each day; as many as Chart.Parts
}

// MaxAlt bounds Alt, in UTF-16 units: Slack takes 1,000 characters, Discord 1,024.
const MaxAlt = 1000

// Alt says in words what the picture shows, for who can't see it. It names every player
// with all points, and the points of each day as far as MaxAlt goes, the best first.
func (c Chart) Alt() string {
	head := sayAltHead(c)
	whole, short := make([]string, len(c.Bars)), make([]string, len(c.Bars))
	for i, b := range c.Bars {
		short[i] = fmt.Sprintf("%d. %s: %d", b.Rank, cut(b.Name, maxAltName), b.Points)
		whole[i] = short[i] + c.altDays(b)
	}
	for n := len(whole); ; n-- { // the last lose their days first
		lines := append([]string{head}, whole[:n]...)
		if text := strings.Join(append(lines, short[n:]...), "\n"); utf16Length(text) <= MaxAlt || n == 0 {
			return cutUTF16(text, MaxAlt)
		}
	}
}

// maxAltName is how much of a name stands in the words, in characters.
const maxAltName = 40

// altDays is " (Mon 30, Tue 90)", without days that brought nothing.
func (c Chart) altDays(b Bar) string {
	var days []string
	for i, points := range b.Parts {
		if points != 0 && i < len(c.Parts) {
			days = append(days, fmt.Sprintf("%s %d", c.Parts[i], points))
		}
	}
	if len(days) == 0 {
		return ""
	}
	return " (" + strings.Join(days, ", ") + ")"
}

func utf16Length(s string) int { return len(utf16.Encode([]rune(s))) }

// cutUTF16 shortens s to n UTF-16 units.
func cutUTF16(s string, n int) string {
	if utf16Length(s) <= n {
		return s
	}
	runes := []rune(s)
	for len(runes) > 0 && utf16Length(string(runes)) > n-1 {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}

// names are the bars' names, a line each.
func (c *Chart) names() []string {
	if c == nil {
		return nil
	}
	out := make([]string, len(c.Bars))
	for i, b := range c.Bars {
		out[i] = b.Name
	}
	return out
}

// named is the chart with other names; those who hold the old one still have its.
func (c *Chart) named(names []string) *Chart {
	if c == nil || len(names) != len(c.Bars) {
		return c
	}
	out := *c
	out.Bars = make([]Bar, len(c.Bars))
	for i, b := range c.Bars {
		b.Name = names[i]
		out.Bars[i] = b
	}
	return &out
}
