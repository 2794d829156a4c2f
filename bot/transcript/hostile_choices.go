package transcript

import (
	"fmt"
	"testing/synctest"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
)

// choices are what players and admins choose, understood and not, where all read along and
// where nobody does.
func (h *hostile) choices() {
	by := func(user, room string, role bot.Role) bot.Incoming {
		in := h.by(bot.RoomID("test:T/" + room))
		in.User, in.Role, in.Private = bot.UserID("test:T/"+user), role, room == "@c"
		time.Sleep(2 * time.Second) // the bubble's clock
		synctest.Wait()
		return in
	}
	member := func(words string) { h.say(by("S1", "#choices", bot.Member), words) }
	rule := func(words string) { h.say(by("S2", "#choices", bot.Admin), words) }
	for _, words := range []string{
		"settings", "settings pace 1.5", "settings pace", "settings seconds 3", "settings speed off", "settings " + h.attack(), "settings pace " + h.attack(), "settings rooms not " + h.attack(),
		"privacy", "privacy " + h.attack(), "start accuracy speed full",
	} {
		member(words)
		aloud := by("S1", "#choices", bot.Member)
		aloud.Aloud = true
		h.say(aloud, words)
	}
	for _, words := range []string{"settings", "settings speed full seconds 7 count 2 start admins", "settings rooms not here", "settings"} {
		rule(words)
	}
	member("last")
	rule("settings rooms all")
	member("start")
	rule("settings start anyone speed auto seconds auto count auto")
	for _, words := range []string{"settings rooms here", "settings rooms all", "settings speed gentle"} {
		h.say(by("S2", "@c", bot.Admin), words)
	}
	elsewhere := by("S2", "#choices", bot.Admin)
	elsewhere.Team = bot.TeamID(elsewhere.Room)
	h.say(elsewhere, "settings speed off")
	for i := range bot.MaxRuled + 1 {
		h.say(by("S2", fmt.Sprintf("#rule%d", i), bot.Admin), "settings rooms not here")
	}
	rule("settings rooms all")
	h.hidden(by)
	h.forgotten(by)
}

// hidden is a game of those who are hidden and those who are not.
func (h *hostile) hidden(by func(user, room string, role bot.Role) bot.Incoming) {
	for _, words := range []string{"privacy hide", "privacy", "start last 3 each 5 accuracy"} {
		h.say(by("S1", "#choices", bot.Member), words)
	}
	for _, who := range [][]string{{"S1", "S3"}, {"S1"}, {}} {
		time.Sleep(quiz.Gap)
		for _, user := range who {
			in := by(user, "#choices", bot.Member)
			in.Text = "plain"
			h.submit(in)
		}
		time.Sleep(5 * time.Second)
	}
	h.say(by("S1", "#choices", bot.Member), "privacy show")
}

// forgotten has a player deleted by the button for it, pressed twice, and by somebody else.
func (h *hostile) forgotten(by func(user, room string, role bot.Role) bot.Incoming) {
	h.say(by("S1", "#choices", bot.Member), "privacy forget")
	h.mu.Lock()
	button := h.buttons[len(h.buttons)-1].ID
	h.mu.Unlock()
	for _, user := range []string{"S3", "S1", "S1"} {
		in := by(user, "#choices", bot.Member)
		in.Choice = button
		h.submit(in)
	}
	h.say(by("S1", "#choices", bot.Member), "privacy")
}
