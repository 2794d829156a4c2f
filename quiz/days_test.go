package quiz_test

import (
	"testing"
	"time"

	"quizbot/quiz"
)

// Days begin on Monday and are all of one week, also where the clocks are set.
func TestDays(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for at := time.Date(2026, 3, 20, 23, 30, 0, 0, berlin); at.Month() < 5; at = at.Add(5 * time.Hour) {
		days := quiz.Days(at)
		if days[0].Weekday() != time.Monday || quiz.Today.At(days[len(days)-1]) != quiz.Today.At(at) {
			t.Errorf("days of %s: %v", at, days)
		}
		for i, day := range days {
			if quiz.Week.At(day) != quiz.Week.At(at) || day.Hour() != 0 || i > 0 && quiz.Today.At(day) == quiz.Today.At(days[i-1]) {
				t.Errorf("days of %s: %v", at, days)
			}
		}
	}
}
