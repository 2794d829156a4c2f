package bot

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hbollon/go-edlib"

	"quizbot/quiz"
)

// What the bot says of leaderboards and ratings.

// boardLines is how many players a leaderboard lists.
const boardLines = 10

// boardLine is one line of a table; its form is a promise.
func boardLine(rank int, name string, points int) string {
	return standLine(rank, name, strconv.Itoa(points))
}

// standLine is boardLine for other ways to stand.
func standLine(rank int, name, stand string) string {
	return fmt.Sprintf("%d. %s — %s", rank, name, stand)
}

func boardTitle(c Command, q BoardQuery, now time.Time) string {
	title := "Leaderboard"
	switch q.Kind {
	case ByRating:
		return title + " · rating"
	case ByImprovement:
		title = "Most improved"
	}
	span := q.Period.At(q.Now)
	switch {
	case span == q.Period.At(now.UTC()):
		title += " · " + periodText(q.Period)
	case span == q.Period.At(q.Period.Before(now.UTC())):
		title += " · " + lastText(q.Period)
	}
	if q.Period == quiz.Season || !c.When.IsZero() {
		title += " · " + span
	}
	if c.Here {
		title += " · this room"
	}
	return title
}

// sayBoard is a board, as somebody reads it alone or all do. called says what a player is
// called: the function of that name, or one that notes where names stand.
func sayBoard(title string, b Board, c Command, alone bool, called func(name, player string) string) Card {
	card := Card{Title: title}
	own := b.Own.Rank > 0 && (!b.Hidden || alone)
	for _, s := range b.Top {
		card.Table = append(card.Table, boardLine(s.Rank, called(s.Name, s.Player), s.Points))
		if s.Player == b.Own.Player {
			own = false
		}
	}
	if own {
		card.Table = append(card.Table, boardLine(b.Own.Rank, called(b.Own.Name, b.Own.Player), b.Own.Points))
	}
	if len(card.Table) == 0 {
		card.Body = []string{sayEmptyBoard(c)}
		return card
	}
	var footer []string
	if b.Players > len(b.Top) {
		footer = append(footer, plural(b.Players, "player")+" in all")
	}
	switch c.Board {
	case ByRating:
		footer = append(footer, fmt.Sprintf("From %d different questions on: what the first answer to each says, by how hard it was for all", quiz.MinRated))
	case ByImprovement:
		footer = append(footer, fmt.Sprintf("How many more of 100 questions as hard were right than in the %s before; %d different ones in both", c.Period, quiz.MinImproved))
	}
	card.Footer = strings.Join(footer, " · ")
	if b.Hidden && alone && b.Own.Rank > 0 {
		card.Body = []string{"You are hidden from boards: nobody else sees your line."}
	}
	return card
}

func sayEmptyBoard(c Command) string {
	switch {
	case c.Board == ByRating:
		return fmt.Sprintf("Nobody has answered %d different questions yet.", quiz.MinRated)
	case c.Board == ByImprovement:
		return fmt.Sprintf("Nobody has improved on the %s before, as far as can be said: it takes %d different questions in both.", c.Period, quiz.MinImproved)
	case c.Last || !c.When.IsZero():
		return "Nobody answered then, or it is too long ago to say."
	default:
		return "Nobody has answered yet. Say a topic for a question, or start for a game."
	}
}

// sayNoBoard names what was probably meant by a word that is no topic.
func sayNoBoard(topic string, pool *quiz.Pool) Card {
	card := sayNoTopic(topic, pool)
	words := []string{"last", "here", string(ByRating), string(ByImprovement)}
	for _, p := range quiz.Periods() {
		words = append(words, string(p))
	}
	near := slices.DeleteFunc(words, func(w string) bool {
		return len(topic) > 20 || edlib.OSADamerauLevenshteinDistance(strings.ToLower(topic), w) > 1+len(w)/6
	})
	if len(near) > 0 {
		card.Body = append([]string{"Did you mean: " + strings.Join(near, ", ") + "?"}, card.Body...)
	}
	card.Body = append(card.Body, "It goes like this: "+usageOf(WordLeaderboard))
	return card
}

func usageOf(w Word) string {
	for _, h := range HelpTexts() {
		if h.Word == w {
			return h.usage()
		}
	}
	return string(w)
}

func periodText(p quiz.Period) string {
	switch p {
	case quiz.Today:
		return "today"
	case quiz.Week:
		return "this week"
	case quiz.Month:
		return "this month"
	case quiz.Season:
		return "this season"
	default:
		return "all time"
	}
}

// lastText is the span before that of periodText.
func lastText(p quiz.Period) string {
	switch p {
	case quiz.Today:
		return "yesterday"
	default:
		return "last " + string(p)
	}
}

// sayRating is what a player's own rating is, in one sentence.
func sayRating(s quiz.Strength) string {
	switch {
	case s.N == 0:
		return ""
	case s.N < quiz.MinRated:
		return fmt.Sprintf("Rating: told from %d different questions on; %d so far.", quiz.MinRated, s.N)
	default:
		return fmt.Sprintf("Rating %d, from %d different questions.", s.Logit.Rating(), s.N)
	}
}
