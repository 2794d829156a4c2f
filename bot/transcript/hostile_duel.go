package transcript

import (
	"fmt"
	"testing/synctest"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
)

// duels are challenges to people whom the platform calls by attacks, answered in every way.
func (h *hostile) duels() {
	for i := range 24 {
		room := bot.RoomID(fmt.Sprintf("test:T/#duel%d", i%3))
		by := func(user string) bot.Incoming {
			in := h.by(room)
			in.User, in.Role = bot.UserID("test:T/"+user), bot.Member
			return in
		}
		in := by(fmt.Sprintf("D%d", i))
		in.Mentioned = []bot.Mention{{Word: "@1", User: "test:T/rival", Name: h.attack()}, {Word: "@2", User: "test:T/bot", Name: h.attack(), Bot: true}}
		h.say(in, pick(h, []string{"challenge @1 last 1 each 5", "challenge @1 last 1 each 5 sudden death"}))
		synctest.Wait()
		h.mu.Lock()
		buttons := h.buttons[len(h.buttons)-2:]
		h.mu.Unlock()
		for _, user := range []string{"other", string(in.User[len("test:T/"):]), "rival", "rival"} {
			press := by(user)
			press.Choice = buttons[min(i%4, 1)].ID // Accept, or Decline
			if i%5 > 0 || user != "rival" {
				h.submit(press)
			}
		}
		h.say(by("other"), "challenge "+h.attack())
		h.say(by("other"), "challenge @"+h.attack())
		time.Sleep(quiz.FirstGap + time.Second) // the bubble's clock
		synctest.Wait()
		for _, user := range []string{"other", "rival"} {
			line := by(user)
			line.Text = "plain"
			h.submit(line)
		}
		time.Sleep(quiz.ChallengeTime + time.Minute)
		h.say(by("rival"), "stop")
	}
	h.challenges()
	h.teams()
}

// challenges are those that come to nothing, and a duel in which both are right, or nobody is.
func (h *hostile) challenges() {
	say := func(user, words string) {
		in := h.by("test:T/#duels")
		in.User, in.Role = bot.UserID("test:T/"+user), bot.Member
		in.Mentioned = []bot.Mention{
			{Word: "@1", User: "test:T/rival", Name: h.attack()}, {Word: "@2", User: "test:T/bot", Name: h.attack(), Bot: true},
			{Word: "@3", Group: "test:T/group", Name: h.attack()}, {Word: "@4", User: in.User, Name: h.attack()},
		}
		if user == "direct" {
			in.Room, in.Private = "test:T/@direct", true
		}
		h.say(in, words)
		time.Sleep(3 * time.Second) // the bubble's clock
		synctest.Wait()
	}
	press := func(user string) {
		in := h.by("test:T/#duels")
		in.User, in.Role = bot.UserID("test:T/"+user), bot.Member
		h.mu.Lock()
		in.Choice = h.buttons[len(h.buttons)-2].ID // Accept
		h.mu.Unlock()
		h.submit(in)
		time.Sleep(quiz.FirstGap + time.Second)
		synctest.Wait()
	}
	for _, words := range []string{"challenge", "challenge @2", "challenge @3", "challenge @4", "challenge @1 last 1 each 5", "challenge @1", "stop"} {
		say("one", words)
	}
	say("direct", "challenge @1")
	for i := range quiz.MaxChallenges + 1 {
		say(fmt.Sprintf("many%d", i), "challenge @1 last 2 each 5")
	}
	time.Sleep(quiz.ChallengeTime + time.Minute)
	for _, answer := range []string{"plain", "wrong"} {
		say("one", "challenge @1 last 1 each 5")
		press("rival")
		say("other", "plain")
		say("one", answer)
		say("rival", answer)
		time.Sleep(time.Minute)
	}
	say("one", "challenge @1 last 1 each 5 sudden death")
	press("rival")
	for range 2 + quiz.MaxExtra { // both know everything, until they share the win
		say("one", "plain")
		say("rival", "plain")
		time.Sleep(quiz.Gap)
		synctest.Wait()
	}
	say("one", "stop")
}

// teams are games of teams of people whom the platform calls by attacks, joined in every way.
func (h *hostile) teams() {
	room := bot.RoomID("test:T/#teams")
	by := func(user string) bot.Incoming {
		in := h.by(room)
		in.User, in.Role = bot.UserID("test:T/"+user), bot.Member
		return in
	}
	wait := func(d time.Duration) {
		time.Sleep(d) // the bubble's clock
		synctest.Wait()
	}
	for _, words := range []string{"start last teams 99", "start last teams elimination", "start last 2 each 5 teams", "start last 1 each 5 speed off teams 8", "start last 1 each 5 teams"} {
		h.say(by("T0"), words)
		wait(2 * time.Second)
		h.mu.Lock()
		join := h.buttons[len(h.buttons)-1].ID
		h.mu.Unlock()
		if words == "start last teams 99" || words == "start last teams elimination" {
			continue
		}
		players := 3
		switch words {
		case "start last 1 each 5 speed off teams 8":
			players = 30 // more than are named, and several share the win
		case "start last 1 each 5 teams":
			players = 1
		}
		for i := range players {
			for range 2 {
				in := by(fmt.Sprintf("T%d", i))
				in.Choice = join
				h.submit(in)
			}
			wait(100 * time.Millisecond)
		}
		h.say(by("T0"), "skip")
		begun := time.Now()
		for round := range 2 {
			wait(time.Until(begun.Add(time.Second + time.Duration(round)*(5*time.Second+quiz.Settle+quiz.Gap))))
			for i := range players + 3 {
				if words == "start last 1 each 5 teams" {
					break // nobody scores
				}
				in := by(fmt.Sprintf("T%d", i+round))
				in.Text = "plain"
				h.submit(in)
				wait(100 * time.Millisecond)
			}
			late := by("T1")
			late.Choice = join
			h.submit(late)
		}
		h.say(by("T0"), "stop")
		wait(time.Minute)
	}
}
