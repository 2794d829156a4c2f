package bot

import (
	"strings"
	"time"

	"quizbot/quiz"
	"quizbot/quiz/calendar"
)

// What the bot says of what comes by the clock.

// exampleDaily is how a daily question is set.
const exampleDaily = "schedule daily 09:30 Europe/Berlin weekdays"

func sayScheduleForAdmins() Card {
	return Card{Title: "The daily question is for admins to set", Body: []string{"Say schedule alone to read what is set here."}}
}

func sayNoDaily() Card {
	return Card{Title: "No daily question is set here", Body: []string{"An admin sets one, for example: " + exampleDaily}}
}

func sayDailyOff() Card {
	return Card{Title: "The daily question here is off", Body: []string{"One that is open stays open until its end. To have it again: " + exampleDaily}}
}

// sayDaily says what is set in a room, and when the next question comes.
func sayDaily(title string, d quiz.Daily, loc *time.Location, pool *quiz.Pool) Card {
	lines := []string{
		"When: " + sayPlan(d.Plan),
		"Topics: " + sayInTurn(d.Topics, pool),
		"Open for " + span(d.Open),
		"Next: " + momentText(d.Next, loc),
	}
	card := Card{Title: title, Body: []string{strings.Join(lines, "\n")}}
	card.Body = appendText(card.Body, sayTrouble(d))
	card.Footer = "An admin changes it by saying schedule daily anew, and ends it with schedule off."
	return card
}

// sayPlan is "09:30 in Europe/Berlin, mon,tue,wed,thu,fri".
func sayPlan(p calendar.Plan) string {
	days := strings.ReplaceAll(p.Days.String(), ",", ", ")
	switch p.Days {
	case calendar.Weekdays:
		days = "Monday to Friday"
	case calendar.Weekends:
		days = "Saturday and Sunday"
	case calendar.EveryDay:
		days = "every day"
	}
	return p.At.String() + " in " + p.Zone + ", " + days
}

func sayInTurn(ids []string, pool *quiz.Pool) string {
	if len(ids) == 0 {
		return "all of them, in turn"
	}
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = id
		if pack, ok := pool.Topic(id); !ok || pack.ID != id {
			names[i] += " (it is gone)"
		}
	}
	list := strings.Join(names, ", ")
	if len(ids) > 1 {
		list += ", in turn"
	}
	return list
}

// momentText is a time to come as a place and as UTC have it: "Thu 26 Nov 2026 09:30 (08:30 UTC)".
func momentText(at time.Time, loc *time.Location) string {
	const day, clock = "Mon 2 Jan 2006", "15:04"
	there, utc := at.In(loc), at.UTC()
	in := utc.Format(clock)
	if loc.String() == "UTC" {
		return utc.Format(day+" "+clock) + " UTC"
	}
	if there.Format(day) != utc.Format(day) {
		in = utc.Format("Mon " + clock)
	}
	return there.Format(day+" "+clock) + " (" + in + " UTC)"
}

// sayTrouble says why a day had no question.
func sayTrouble(d quiz.Daily) string {
	why := ""
	switch d.Trouble {
	case "":
		return ""
	case quiz.Missed:
		why = "I was away when it was due, and for too long after."
	case quiz.Shut:
		why = "I could not write here. I try again at the next time, and ever more rarely while that lasts."
	case quiz.Unposted:
		why = "the platform would not take it. I try again."
	case quiz.Crowded:
		why = "too many long questions were open here."
	case quiz.Topicless:
		why = "none of its topics is there any more."
	case quiz.Barred:
		why = "the team's settings don't let me ask here."
	}
	return "There was no question on " + d.Without.String() + ": " + why
}

// sayTopicless tells a room that its daily question has nothing to ask.
func sayTopicless(d quiz.Daily) Card {
	card := Card{Title: "There is nothing to ask today", Body: []string{"No question pack is loaded that the daily question could be taken from."}}
	if len(d.Topics) > 0 {
		card.Body = []string{"The daily question here is about " + strings.Join(d.Topics, ", ") + ", and that is gone."}
	}
	card.Footer = "I go on as soon as there is something again, and don't say this every day. Admins: topics lists what there is."
	return card
}

// sayZoneLost is for a zone of the list whose rules this machine lacks.
func sayZoneLost(zone string) Card {
	return Card{Title: "I don't know the clocks of " + quoted(zone), Body: []string{"They are missing where I run. Whoever runs me finds more in the log; try another place with the same time."}}
}

// sayMisfit names the part of somebody's words that doesn't fit, and the cure.
func sayMisfit(f fit, pool *quiz.Pool) Card {
	card := Card{Footer: "For example: " + exampleDaily}
	switch f.kind {
	case noClock:
		card.Title = "At what time?"
		if f.part != "" {
			card.Title = quoted(f.part) + " is not a time of the day"
		}
		card.Body = []string{"Say it like 09:30 or 9:30pm, after the word daily."}
	case noZone:
		card.Title = "In which time zone?"
		card.Body = []string{"Name a place whose clocks are meant, like Europe/Berlin or America/New_York, or UTC."}
	case badZone:
		card.Title = "I don't know the time zone " + quoted(f.part)
		card.Body = []string{"It is named after a place: a part of the world and a city."}
		if near := calendar.Nearest(f.part, 3); len(near) > 0 {
			card.Body = []string{"The nearest ones: " + strings.Join(near, ", ") + "."}
		}
	case apart:
		card.Title = quoted(f.part) + " is not a time zone"
		card.Body = []string{"It would be an hour wrong for a part of the year wherever clocks are set. Name a place, like Europe/Berlin; for a distance that never changes, UTC or the like of Etc/GMT-2, which is two hours ahead of UTC."}
	case abridged:
		card.Title = quoted(f.part) + " is not enough for a time zone"
		card.Body = []string{"It stands for several, or for one half of the year alone. Name a place: " + strings.Join(calendar.Abbreviated(f.part), ", ") + "."}
	case badSpan:
		card.Title = quoted(f.part) + " can't be how long it is open"
		card.Body = []string{"Say for 8h, or for 4 hours 30 minutes: " + span(quiz.MinDaily) + " to " + span(quiz.MaxDaily) + "."}
	case tooMany:
		card.Title = "These are too many topics"
		card.Body = []string{"Name up to " + plural(quiz.MaxDailyTopics, "topic") + ", or none for all of them."}
	default:
		card.Title = "I don't understand " + quoted(f.part)
		card.Body = appendText(card.Body, nearestTopics(f.part, pool))
		if near := calendar.Nearest(f.part, 3); len(near) > 0 {
			card.Body = append(card.Body, "The nearest time zones: "+strings.Join(near, ", ")+".")
		}
	}
	return card
}

func nearestTopics(name string, pool *quiz.Pool) string {
	var near []string
	for _, p := range pool.Nearest(name, 3) {
		near = append(near, p.ID)
	}
	if len(near) == 0 {
		return ""
	}
	return "The nearest topics: " + strings.Join(near, ", ") + "."
}
