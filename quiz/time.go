package quiz

import (
	"time"
	"unicode/utf8"
)

// How long a question without a time of its own stays open.
const (
	thinkingTime  = 12 * time.Second
	orderingTime  = 12 * time.Second // more for putting steps in order or picking several
	charsASecond  = 14               // silent reading of a non-native reader, about 170 words a minute
	shortestLimit = 20 * time.Second
	longestLimit  = 150 * time.Second
)

// readsIn is how long reading all of the question takes.
func readsIn(q Question) time.Duration {
	chars := utf8.RuneCountInString(q.Ask)
	for _, o := range q.Options {
		chars += utf8.RuneCountInString(o.Text)
	}
	for _, s := range q.Steps {
		chars += utf8.RuneCountInString(s)
	}
	return time.Duration(chars) * time.Second / charsASecond
}

// readingTime gives everybody time to read all of the question and then think;
// it is rounded up to five seconds.
func readingTime(q Question) time.Duration {
	d := thinkingTime + readsIn(q)
	if q.Kind == Order || q.Kind == Multi {
		d += orderingTime
	}
	const step = 5 * time.Second
	d = (d + step - 1) / step * step
	return min(max(d, shortestLimit), longestLimit)
}
