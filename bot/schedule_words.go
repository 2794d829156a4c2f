package bot

import (
	"slices"
	"strings"
	"time"

	"quizbot/quiz"
	"quizbot/quiz/calendar"
)

// recurring is what somebody says of something that comes by the clock.
type recurring struct {
	off    bool
	at     calendar.Clock
	zone   string        // "": not said
	days   calendar.Days // all where none is said
	topics []string      // pack IDs
	open   time.Duration
}

// fit is the first part of such words that does not fit, and why.
type fit struct {
	kind misfit
	part string
}

// misfit is why a part does not fit.
type misfit int

const (
	noClock  misfit = iota // the time of the day is missing, or is none
	noZone                 // no zone is said
	badZone                // no zone is called so
	apart                  // a distance from UTC
	abridged               // an abbreviation
	badSpan                // not a length of time, or a wrong one
	badTopic               // neither topic nor anything else
	tooMany                // topics
)

// longestName is how many words a topic or a zone has at most.
const longestName = 4

// readSchedule reads what follows the word: "daily 09:30 Europe/Berlin weekdays http,dns for 8h".
// But for the time, which comes first, the order doesn't matter.
func readSchedule(args string, pool *quiz.Pool) (recurring, *fit) {
	words := strings.Fields(strings.ReplaceAll(args, ",", " , "))
	out := recurring{days: calendar.EveryDay, open: quiz.DefaultDaily}
	if len(words) == 1 && slices.Contains([]string{"off", "none", "never", "stop"}, strings.ToLower(words[0])) {
		return recurring{off: true}, nil
	}
	for len(words) > 0 && slices.Contains([]string{"daily", "at"}, strings.ToLower(words[0])) {
		words = words[1:]
	}
	if len(words) == 0 {
		return out, &fit{kind: noClock}
	}
	clock := words[0]
	if len(words) > 1 && slices.Contains([]string{"am", "pm"}, strings.ToLower(words[1])) {
		clock, words = clock+words[1], words[1:]
	}
	var err error
	if out.at, err = calendar.ParseClock(clock); err != nil {
		return out, &fit{noClock, clock}
	}
	var days calendar.Days
	for words = words[1:]; len(words) > 0; {
		n, fault := out.take(words, &days, pool)
		if fault != nil {
			return out, fault
		}
		words = words[n:]
	}
	if days != 0 {
		out.days = days
	}
	if len(out.topics) > quiz.MaxDailyTopics {
		return out, &fit{kind: tooMany}
	}
	return out, nil
}

// take reads what the words begin with, and says how many of them that is.
func (r *recurring) take(words []string, days *calendar.Days, pool *quiz.Pool) (int, *fit) {
	for n := min(longestName, len(words)); n > 0; n-- {
		name := strings.Join(words[:n], " ")
		if slices.Contains(words[:n], ",") {
			continue
		}
		if pack, ok := pool.Topic(name); ok {
			if !slices.Contains(r.topics, pack.ID) {
				r.topics = append(r.topics, pack.ID)
			}
			return n, nil
		}
		if zone, ok := calendar.Zone(name); ok && (r.zone == "" || r.zone == zone) {
			r.zone = zone
			return n, nil
		}
		if more, err := calendar.ParseDays(strings.ToLower(name)); err == nil {
			*days |= more
			return n, nil
		}
	}
	switch word := words[0]; {
	case strings.EqualFold(word, "for"):
		return r.readOpen(words)
	case slices.Contains([]string{",", "on", "in", "about", "and", "all"}, strings.ToLower(word)):
		return 1, nil
	case calendar.Offset(word):
		return 0, &fit{apart, word}
	case calendar.Abbreviated(word) != nil:
		return 0, &fit{abridged, word}
	case strings.Contains(word, "/"):
		return 0, &fit{badZone, word}
	default:
		return 0, &fit{badTopic, word}
	}
}

// readOpen reads "for 8h" or "for 8 hours 30 minutes".
func (r *recurring) readOpen(words []string) (int, *fit) {
	for n := min(5, len(words)); n > 1; n-- {
		open, ok := readSpan(strings.Join(words[1:n], " "))
		if !ok {
			continue
		}
		if open < quiz.MinDaily || open > quiz.MaxDaily {
			return 0, &fit{badSpan, strings.Join(words[1:n], " ")}
		}
		r.open = open
		return n, nil
	}
	return 0, &fit{badSpan, strings.Join(words[:min(2, len(words))], " ")}
}
