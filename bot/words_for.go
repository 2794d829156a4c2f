package bot

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"quizbot/quiz"
)

// ask reads a topic, and how long the question is to stay open: "websocket for 2 hours".
func (c *Command) ask(args []string) {
	for i := len(args) - 1; i >= 0; i-- {
		if !strings.EqualFold(args[i], "for") || i+1 == len(args) || !aboutTime(args[i+1]) {
			continue // a topic may have the word
		}
		said := args[i+1:]
		open, ok := readSpan(strings.Join(said, " "))
		if !ok {
			c.Odd = said[0]
			return
		}
		if c.Open = open; open < quiz.MinOpen || open > quiz.MaxOpen {
			c.Open = -1
		}
		args = args[:i]
		break
	}
	c.Topic = strings.Join(args, " ")
}

// timed is a command without its word, "websocket for 4h", as it is when that is no topic
// as a whole. What says no time stays as it is.
func (c Command) timed(pool *quiz.Pool) Command {
	t := c
	t.ask(strings.Fields(c.Topic))
	_, known := pool.Topic(t.Topic)
	if t.Open == 0 || t.Topic != "" && !known {
		return c
	}
	return t
}

// aboutTime reports that a word after "for" can only begin a length of time.
func aboutTime(word string) bool {
	return unicode.IsDigit([]rune(word)[0])
}

// units of time, by the words for them.
var units = map[string]time.Duration{
	"m": time.Minute, "min": time.Minute, "mins": time.Minute, "minute": time.Minute, "minutes": time.Minute,
	"h": time.Hour, "hr": time.Hour, "hrs": time.Hour, "hour": time.Hour, "hours": time.Hour,
	"d": 24 * time.Hour, "day": 24 * time.Hour, "days": 24 * time.Hour,
	"w": 7 * 24 * time.Hour, "week": 7 * 24 * time.Hour, "weeks": 7 * 24 * time.Hour,
	"s": time.Second, "sec": time.Second, "secs": time.Second, "second": time.Second, "seconds": time.Second,
}

// longestSpan bounds what is read, beyond all that anything stays open.
const longestSpan = 1000 * 24 * time.Hour

// readSpan reads a length of time: "4h", "90 minutes", "1 day 12 hours", "1h30m".
func readSpan(text string) (time.Duration, bool) {
	sum, rest := time.Duration(0), strings.ToLower(strings.TrimSpace(text))
	for rest != "" && sum < longestSpan {
		number := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
		rest = strings.TrimLeft(rest[len(number):], " ")
		word := rest[:len(rest)-len(strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyz"))]
		unit, known := units[word]
		if number == "" || !known {
			return 0, false
		}
		n, _ := strconv.ParseFloat(number, 64) // more digits than it holds are infinite
		sum += time.Duration(min(n*float64(unit), float64(longestSpan)))
		rest = strings.TrimLeft(rest[len(word):], " ,")
	}
	return sum, sum > 0
}
