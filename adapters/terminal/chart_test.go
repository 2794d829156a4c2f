package terminal

import (
	"math"
	"strings"
	"testing"

	"quizbot/bot"
)

func TestChartAsText(t *testing.T) {
	c := bot.Chart{Title: "Points this week", About: "23 to 29 November 2026, days in UTC", Parts: []string{"Mon", "Tue"}, Bars: []bot.Bar{
		{Rank: 1, Name: "alice", Points: 40, Parts: []int{30, 10}}, {Rank: 2, Name: "bob\x1b[31m", Points: 20, Parts: []int{0, 20}}, {Rank: 3, Name: "carol", Points: 0, Parts: []int{0, 0}},
	}}
	want := `
Points this week, 23 to 29
November 2026, days in UTC
  1. alice   ██████████████████ 40
             Mon 30, Tue 10
  2. bob[31m █████████ 20
             Tue 20
  3. carol    0
`
	got := drawChart(c, 34)
	if got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// No chart breaks the screen.
func TestChartAsTextFits(t *testing.T) {
	for _, width := range []int{20, 40, 78} {
		for _, name := range []string{"", strings.Repeat("W", 500), "漢字\n漢字", "\u202ex"} {
			c := bot.Chart{Title: name, Parts: []string{"Mon"}}
			for _, p := range []int{math.MaxInt, math.MinInt, 0, 7} {
				c.Bars = append(c.Bars, bot.Bar{Rank: 1, Name: name, Points: p, Parts: []int{p, p, p}})
			}
			for line := range strings.SplitSeq(drawChart(c, width), "\n") {
				if n := len([]rune(line)); n > max(width, widestName+2+1+20+leastBar+1) && !strings.Contains(line, "WWWW") {
					t.Errorf("%d characters at %d: %q", n, width, line)
				}
			}
		}
	}
}
