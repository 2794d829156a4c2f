package terminal

import (
	"fmt"
	"strconv"
	"strings"

	"quizbot/bot"
)

const (
	widestName = 24 // of a bar's name, in characters
	leastBar   = 8  // the longest bar has at least this
)

// drawChart writes a chart as lines of text: for each player a bar, and below it what was
// won on which day.
func drawChart(c bot.Chart, width int) string {
	var b strings.Builder
	b.WriteString("\n" + wrap(clean(c.Title+", "+c.About), "", width) + "\n")
	names, numbers, most := 0, 0, 0
	heads := make([]string, len(c.Bars))
	for i, bar := range c.Bars {
		heads[i] = cut(fmt.Sprintf("%d. %s", bar.Rank, clean(bar.Name)), widestName)
		names = max(names, len([]rune(heads[i])))
		numbers = max(numbers, len(strconv.Itoa(bar.Points)))
		most = max(most, bar.Points)
	}
	longest := max(width-2-names-1-1-numbers, leastBar)
	for i, bar := range c.Bars {
		n := 0
		if most > 0 && bar.Points > 0 {
			n = max(int(float64(bar.Points)/float64(most)*float64(longest)), 1)
		}
		fmt.Fprintf(&b, "  %s%s %s %d\n", heads[i], strings.Repeat(" ", names-len([]rune(heads[i]))), strings.Repeat("█", n), bar.Points)
		var days []string
		for day, points := range bar.Parts {
			if points != 0 && day < len(c.Parts) {
				days = append(days, clean(c.Parts[day])+" "+strconv.Itoa(points))
			}
		}
		if len(days) > 0 {
			indent := strings.Repeat(" ", 2+names+1)
			b.WriteString(indent + wrap(strings.Join(days, ", "), indent, max(width, len(indent)+leastBar)) + "\n")
		}
	}
	return b.String()
}

// cut shortens s to n characters.
func cut(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return string(runes[:n-1]) + "…"
}
