package bot

import (
	"fmt"
	"strings"

	"quizbot/quiz"
)

// What the bot says of settings and of what it keeps.

// settingText is what a setting is about, in at most 100 characters.
func settingText(name string) string {
	return map[string]string{
		"pace":    "How much longer than others you may take for the same points for speed; yours alone",
		"start":   "Who may start games (admins choose it)",
		"rooms":   "In which rooms I ask (admins choose it)",
		"speed":   "How much being quick adds in games of which nobody says it (admins choose it)",
		"seconds": "How long each question of a game is open, where nobody says it; 0 is auto (admins choose it)",
		"count":   "How many questions a game has, where nobody says it; 0 is auto (admins choose it)",
	}[name]
}

// holds is what a setting is now, in words.
func (c inForce) holds(name string) string {
	switch name {
	case "pace":
		if c.own.Pace <= 100 {
			return "×1, as everybody"
		}
		return paceText(c.own.Pace)
	case "start":
		if c.team.AdminsStart {
			return "admins"
		}
		return "anyone"
	case "rooms":
		return c.rooms()
	case "speed":
		if c.team.Speed == "" {
			if c.speed == "" {
				return string(quiz.SpeedGentle)
			}
			return c.speed
		}
		return string(c.team.Speed)
	case "seconds":
		if c.team.Seconds == 0 {
			return "auto, from the length of each question"
		}
		return fmt.Sprint(c.team.Seconds)
	default:
		if c.team.Count == 0 {
			return fmt.Sprintf("auto, %d", quiz.DefaultCount)
		}
		return fmt.Sprint(c.team.Count)
	}
}

func paceText(p quiz.Pace) string {
	return "×" + strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", float64(p)/100), "0"), ".")
}

// rooms is where the bot asks. Rooms have no names here, so it says how many, and whether this
// is one of them.
func (c inForce) rooms() string {
	r := c.team.Rooms
	this := ""
	if !c.in.Private {
		this = ", not this one"
		if r.Allows(c.in.Room) {
			this = ", this one too"
		}
	}
	switch n := len(r.List); {
	case r.IsZero():
		return "all"
	case n == 0:
		return "none, but direct messages"
	case r.Only && n == 1 && !c.in.Private && r.Allows(c.in.Room):
		return "only this one"
	case r.Only:
		return "only " + plural(n, "room") + this
	case n == 1 && !c.in.Private && !r.Allows(c.in.Room):
		return "all but this one"
	default:
		return "all but " + plural(n, "room") + this
	}
}

func saySettings(c inForce) Card {
	card := Card{Title: "Settings", Footer: "privacy shows what I keep about you."}
	kinds := settingKinds()
	own := []string{"Yours, wherever you play:"}
	for _, name := range settingNames() {
		line, change := name+": "+c.holds(name), " (settings "+settingUsage(name)+")"
		switch {
		case kinds[name].own:
			own = append(own, line+change)
		case mayRule(c.in):
			card.Table = append(card.Table, line+change)
		case hasTeam(c.in):
			card.Table = append(card.Table, line)
		}
	}
	card.Body = []string{strings.Join(own, "\n")}
	switch {
	case mayRule(c.in):
		card.Body = append(card.Body, "The team's, and how to change them:")
	case hasTeam(c.in):
		card.Body = append(card.Body, "The team's, which its admins can change:")
	}
	return card
}

// saySaved says what was chosen, and what follows from it.
func saySaved(c inForce, chosen []Setting) Card {
	card := Card{Title: "Saved"}
	told := map[string]bool{}
	for _, x := range chosen {
		if told[x.Name] {
			continue
		}
		told[x.Name] = true
		text := x.Name + ": " + c.holds(x.Name) + "."
		switch {
		case x.Name == "pace" && c.own.Pace > 100:
			text += " From now on your time counts for less where being quick adds points. Nobody else sees it, and a question still closes for all at its end."
		case x.Name == "rooms" && !c.team.Rooms.IsZero():
			text += " What is open elsewhere is played to its end."
		case x.Name == "speed" || x.Name == "seconds" || x.Name == "count":
			card.Footer = "This holds for games that are started from now on and don't say otherwise."
		}
		card.Body = append(card.Body, text)
	}
	return card
}

// sayOddSetting names what is wrong with a setting, and what it can be.
func sayOddSetting(c Command) Card {
	if n := len(c.Settings); n > 0 && c.Settings[n-1].Value == "" {
		name := c.Settings[n-1].Name
		title := "I don't understand " + quoted(c.Odd)
		if strings.EqualFold(c.Odd, name) {
			title = "What should " + name + " be?"
		}
		body := "It goes like this: settings " + settingUsage(name)
		if k := settingKinds()[name]; k.most > 0 {
			body += fmt.Sprintf(", N being %d to %d", k.least, k.most)
		}
		return Card{Title: title, Body: []string{body + "."}}
	}
	return Card{Title: "There is no setting " + quoted(c.Odd), Body: []string{"There are: " + strings.Join(settingNames(), ", ") + ". Say settings to see them all."}}
}

// sayOwnElsewhere is for who asks for what is theirs where everybody would read along.
func sayOwnElsewhere(word string) Card {
	return Card{Title: "That is for you alone", Body: []string{"Say /quiz " + word + " here, or " + word + " to me in a direct message."}}
}

func sayForAdmins(name string) Card {
	return Card{Title: "The setting " + name + " is for admins", Body: []string{"Ask one of them to change it. Nothing has changed; settings shows what is yours to choose."}}
}

func sayNoTeamHere(name string) Card {
	return Card{Title: "There is no team in these direct messages", Body: []string{"The setting " + name + " is a server's: one of its admins says it there."}}
}

func sayNoRoomHere(value string) Card {
	return Card{Title: "Which room?", Body: []string{"Say settings rooms " + value + " in the room that is meant. Direct messages are always allowed."}}
}

func sayTooManyRooms() Card {
	return Card{Title: "Too many rooms", Body: []string{fmt.Sprintf("I remember %d at most. Say settings rooms all, and then where I may or may not ask.", MaxRuled)}}
}

// sayNotInThisRoom is for who asks for a question where the bot may not ask.
func sayNotInThisRoom() Card {
	return Card{Title: "I don't ask in this room", Body: []string{"The admins have chosen so. Say it in a room that is for quizzes, or to me in a direct message."}}
}

func sayAdminsStart() Card {
	return Card{Title: "Games are started by admins here", Body: []string{"Ask one of them, or say a topic for one question. In a direct message you can start games of your own."}}
}

func sayHidden(hidden bool) Card {
	if hidden {
		return Card{Title: "You are hidden", Body: []string{
			"From now on you are left out of boards, tables and results; places are counted without you. What I tell you alone stays, and your points go on.",
			"What stands in rooms already stays as it is. Say privacy show to be seen again.",
		}}
	}
	return Card{Title: "You are shown", Body: []string{"You are on boards, in tables and in results again, with all your points."}}
}

// dayLayout is how days are written, in UTC.
const dayLayout = "2 January 2006"

// sayKept counts what is kept of a player.
func sayKept(k Kept) string {
	if k.Answers == 0 {
		return "No answers of yours."
	}
	text := plural(k.Answers, "answer") + " of yours"
	if k.Teams > 1 {
		text += " in " + plural(k.Teams, "team")
	}
	return text + ", since " + k.Since.UTC().Format(dayLayout) + ". From them follow your points, your places on boards and what review repeats."
}

func sayPrivacy(k Kept, own PlayerSettings) Card {
	shown := "You are shown to others: on boards, in tables and in results."
	change := "privacy hide: leave me out of boards, tables and results"
	if own.Hidden {
		shown, change = "You are hidden: others don't find you on boards, in tables and in results.", "privacy show: name me there again"
	}
	card := Card{
		Title: "What I keep about you", Body: []string{sayKept(k), "Beside that: what you are called, your settings, and what is open in rooms at the moment.", shown},
		Table:  []string{change, "privacy forget: delete all of it, everywhere"},
		Footer: "Whoever runs this bot can give you a copy of it.",
	}
	return card
}

func sayForget(k Kept, button string) Card {
	return Card{
		Title: "Delete all that I keep about you?",
		Body: []string{
			sayKept(k),
			"All of that goes, everywhere at once; and what you are called, your settings, and what is open in your direct messages. It can't be undone. What stands in rooms already is the platform's.",
		},
		Choices: []Choice{{ID: button, Text: "Delete it all"}},
		Footer:  "The button works for " + span(confirmTime) + ". To keep everything, do nothing.",
	}
}

func sayGone(unknown bool) Card {
	if unknown {
		return Card{Title: "Nothing is kept about you"}
	}
	return Card{Title: "All about you is deleted", Body: []string{"If you play again, you begin anew."}}
}

func sayOldConfirmation() Card {
	return Card{Title: titleLate, Body: []string{"This button is too old, or not yours; nothing has changed. Say privacy forget for a new one."}}
}
