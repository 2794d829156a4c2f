package bot

import (
	"fmt"
	"time"

	"quizbot/quiz"
)

// What the bot says about a picture of points, and in it.

// sayChart is the picture of a week: who has come to their points on which day. nil where
// nobody has any.
func sayChart(players []quiz.DayPoints, now time.Time, here bool, n *naming) *Chart {
	if len(players) == 0 {
		return nil
	}
	c := &Chart{
		Title: "Points this week", About: sayWeek(now) + ", days in UTC",
		Nameless: "(name in the text)", Cut: "Not all names can be drawn as they are; the text has them in full.",
	}
	if here {
		c.Title += " in this room"
	}
	for _, day := range quiz.Days(now.UTC()) {
		c.Parts = append(c.Parts, day.Format(dayName))
	}
	for _, p := range players {
		c.Bars = append(c.Bars, Bar{Rank: p.Rank, Name: n.call(p.Name, p.Player), Points: p.Points, Parts: p.Days})
	}
	return c
}

// How the days of a week are written, from its first to its last.
const (
	fullDate  = "2 January 2006"
	monthDate = "2 January"
	dayDate   = "2"
	dayName   = "Mon"
)

// sayWeek is the week of a time from Monday to Sunday: "23 to 29 November 2026".
func sayWeek(now time.Time) string {
	monday := quiz.Days(now.UTC())[0]
	sunday := monday.AddDate(0, 0, 6)
	from := monday.Format(fullDate)
	switch {
	case monday.Month() == sunday.Month():
		from = monday.Format(dayDate)
	case monday.Year() == sunday.Year():
		from = monday.Format(monthDate)
	}
	return fmt.Sprintf("%s to %s", from, sunday.Format(fullDate))
}

// sayAltHead begins the words that stand for a picture.
func sayAltHead(c Chart) string { return "Bar chart. " + c.Title + ", " + c.About + "." }
