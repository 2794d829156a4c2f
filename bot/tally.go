package bot

import "time"

// tally is what a plan will have come to once it is on disk.
type tally struct {
	taken, repeated, late int
	due                   []time.Time // when the questions were over that it closes
}

// tell counts it. A plan that is decided anew has a tally of its own.
func (t tally) tell(b *Bot, platform string) {
	for outcome, n := range map[string]int{"taken": t.taken, "repeated": t.repeated, "late": t.late} {
		for range n {
			b.meter.Answered(platform, outcome)
		}
	}
	for _, due := range t.due {
		b.meter.Closed(max(b.now().Sub(due), 0))
	}
}
