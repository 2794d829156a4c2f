package bot

import (
	"fmt"
	"strings"

	"quizbot/quiz"
)

// What the bot says about how points come about.

// rewards says what counts in a game beside being right.
func rewards(g quiz.Game) string {
	if g.Variant == quiz.Accuracy {
		return "Nothing is added to a question's own points."
	}
	speed := "Speed doesn't count"
	if most := g.Speed.Percent(); most > 0 {
		speed = fmt.Sprintf("Being quick adds up to %d %%, and nobody loses by reading first", most)
	}
	return fmt.Sprintf("%s; right answers in a row add up to %d %%.", speed, quiz.MaxStreak)
}

// extras says what points are made of: "10 for the question, 2 for speed, 1 for right
// answers in a row." It is empty where they are all the question's own.
func extras(points, speed, streak int) string {
	if speed == 0 && streak == 0 {
		return ""
	}
	parts := []string{fmt.Sprintf("%d for the question", points-speed-streak)}
	if speed > 0 {
		parts = append(parts, fmt.Sprintf("%d for speed", speed))
	}
	if streak > 0 {
		parts = append(parts, fmt.Sprintf("%d for right answers in a row", streak))
	}
	return strings.Join(parts, ", ") + "."
}

// withPace adds to what points are made of that a player's own pace was counted in.
func withPace(made string, a quiz.Answer, pace quiz.Pace) string {
	if a.Speed == 0 || pace <= 100 {
		return made
	}
	return made + " Your pace " + paceText(pace) + " is counted in."
}

// sayNewest explains the points of a player's last answer.
func sayNewest(n quiz.Newest) string {
	const last = "Your last answer: "
	switch made := extras(n.Points, n.Speed, n.Streak); {
	case !n.Known:
		return ""
	case !n.Right:
		return last + "not quite, 0 points."
	case made == "":
		return last + plural(n.Points, "point") + ", all for the question."
	default:
		return last + plural(n.Points, "point") + ": " + made
	}
}
