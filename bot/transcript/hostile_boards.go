package transcript

import (
	"fmt"
	"testing/synctest"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
)

// boards has two people answer enough questions in two weeks to be rated and to improve, and
// asks for every board.
func (h *hostile) boards(back *quiz.Pool) {
	many := quiz.Pack{ID: "many", Title: "Many"}
	for i := range quiz.MinRated + 2 {
		many.Questions = append(many.Questions, quiz.Question{ID: fmt.Sprint("q", i), Kind: quiz.Text, Ask: "x", Accept: []string{"plain"}, Difficulty: quiz.Easy})
	}
	pool, err := quiz.NewPool([]quiz.Pack{many})
	if err != nil {
		h.t.Fatal(err)
	}
	h.core.SetPool(pool)
	by := func(user, room string) bot.Incoming {
		in := h.by(bot.RoomID("test:R/" + room))
		in.User, in.Team, in.Private = bot.UserID("test:R/"+user), "test:R", room == "@r"
		return in
	}
	ask := func(words ...string) {
		for _, w := range words {
			h.say(by("R1", "#boards"), w)
			time.Sleep(2 * time.Second) // the bubble's clock
			synctest.Wait()
		}
	}
	ask("leaderboard rating", "leaderboard improved", "leaderboard last week", "leaderboard last")
	for _, words := range []string{"something", "plain"} { // wrong in one week, right in the next
		for range many.Questions {
			ask("many")
			in := by("R1", "#boards")
			in.Text = words
			h.submit(in)
			time.Sleep(time.Minute)
			synctest.Wait()
		}
		time.Sleep(7 * 24 * time.Hour)
		synctest.Wait()
	}
	ask("leaderboard improved", "leaderboard last week improved", "leaderboard rating", "me", "leaderboard season many", "leaderboard wek", "leaderboard "+h.attack())
	ask("privacy hide", "leaderboard")
	h.say(by("R1", "@r"), "leaderboard")
	h.core.SetPool(back)
}
