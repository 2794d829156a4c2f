//go:build chaos

package chaos

import (
	"fmt"
	"strings"
	"time"
)

// row is what became of one fault.
type row struct {
	fault          string
	tried          int
	lost, repeated int
	ready          []time.Duration // from start to ready after it
	closed         []time.Duration // from ready to the last overdue result
}

// table keeps its rows in the order in which they came.
type table struct{ rows []*row }

func (t *table) of(fault string) *row {
	for _, r := range t.rows {
		if r.fault == fault {
			return r
		}
	}
	r := &row{fault: fault}
	t.rows = append(t.rows, r)
	return r
}

// Markdown is the table as it stands in docs/reliability.md.
func (t *table) Markdown() string {
	var b strings.Builder
	b.WriteString("| fault | tried | lost | repeated | ready again, s | overdue results, s |\n|---|---|---|---|---|---|\n")
	for _, r := range t.rows {
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %s | %s |\n", r.fault, r.tried, r.lost, r.repeated, worst(r.ready), worst(r.closed))
	}
	return b.String()
}

// worst is the mean and the longest of times: "5.3 (6.1)".
func worst(times []time.Duration) string {
	if len(times) == 0 {
		return "–"
	}
	var sum, most time.Duration
	for _, d := range times {
		sum += d
		most = max(most, d)
	}
	return fmt.Sprintf("%.1f (%.1f)", (sum / time.Duration(len(times))).Seconds(), most.Seconds())
}
