package transcript

import (
	"strings"
	"testing/synctest"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
)

// alone is an async question that is opened in time, late, twice and never.
func (h *hostile) alone() {
	const room = "test:T/#alone"
	by := func(user string) bot.Incoming {
		in := h.by(room)
		in.User, in.Role = bot.UserID("test:T/"+user), bot.Member
		return in
	}
	wait := func(d time.Duration) {
		time.Sleep(d) // the bubble's clock
		synctest.Wait()
	}
	for _, words := range []string{"ask alone for 8 days", "ask alone for 1 " + h.attack(), h.attack() + " for 2h", "ask last for 1h", "ask alone for 1h"} {
		h.say(by("A1"), words)
	}
	wait(time.Second)
	h.mu.Lock()
	show, message := "", bot.MessageID(h.posts[len(h.posts)-1])
	for _, b := range h.buttons {
		if strings.HasPrefix(b.ID, "s:") {
			show = b.ID
		}
	}
	h.mu.Unlock()
	open := func(user string, again bool) {
		in := by(user)
		in.Choice, in.Again = show, again
		h.submit(in)
	}
	reply := func(user, words string) {
		in := by(user)
		in.Text, in.ReplyTo, in.Aloud = words, message, true
		h.submit(in)
	}
	reply("A2", "true")
	open("A2", true)
	open("A2", false)
	h.say(by("A1"), "hint")
	open("A3", false)
	reply("A2", "true")
	open("A2", false)
	wait(quiz.BlockingLimit / 2)
	open("A3", false)
	reply("A3", "true")
	wait(quiz.BlockingLimit/2 - 10*time.Second)
	open("A4", false)
	wait(time.Minute)
	open("A3", false)
	reply("A4", "true")
}
