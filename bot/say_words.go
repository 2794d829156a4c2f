package bot

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hbollon/go-edlib"

	"quizbot/quiz"
)

// WordHelpText describes one word, for help and for a platform's own list of commands.
type WordHelpText struct {
	Word  Word
	Usage string // what follows the word most of the time
	All   string // all that can follow it; "": no more than Usage
	Text  string // one line, at most 100 characters
}

// usage is the word with all that can follow it.
func (h WordHelpText) usage() string {
	return strings.TrimSpace(string(h.Word) + " " + cmp.Or(h.All, h.Usage))
}

// HelpTexts describes every word, in the order of Words.
func HelpTexts() []WordHelpText {
	return []WordHelpText{
		{WordAsk, "[TOPIC] [for 4h]", "", "One question here, on a topic or on anything; with for 4h, for each to open when it suits"},
		{WordStart, "[TOPIC] [N] [each SECONDS]", "[TOPIC] [N] [each SECONDS] [speed off|gentle|full] [accuracy|elimination|sudden-death] [teams [N]]", "A game of N questions, with a table of points and a podium"},
		{WordChallenge, "@NAME [TOPIC] [N]", "@NAME [TOPIC] [N] [each SECONDS] [speed off|gentle|full] [sudden-death]", "A duel with one other player, who has 5 minutes to accept"},
		{WordStop, "", "", "End the game or the question (who started it, or an admin)"},
		{WordSkip, "", "", "Close this question and go on (who started it, or an admin)"},
		{WordHint, "", "", "Show this question's hint (who started it, or an admin)"},
		{WordPause, "", "", "Let the game wait after this question (who started it, or an admin)"},
		{WordResume, "", "", "Go on with a game that was paused (who started it, or an admin)"},
		{WordLeaderboard, "[today|week|month|season|all] [here]", "[last] [today|week|month|season|all] [here] [TOPIC], or rating, or improved [week|month], or [here] chart", "The team's points, or this room's; who knows much, who has learned most; the week as a picture"},
		{WordMe, "", "", "Your points, what the last are made of, streak, accuracy, mastery by topic, and what is due"},
		{WordReview, "", "", "What you are about to forget, one question after another, for you alone"},
		{WordTopics, "", "", "What you can be asked about"},
		{WordSchedule, "", "[daily 09:30 PLACE [weekdays] [TOPICS] [for 8h] | off]", "This room's daily question: what is set; admins set it"},
		{WordSettings, "", "[NAME VALUE]", "What you can choose for yourself; admins: for the team"},
		{WordPrivacy, "[hide|show|forget]", "", "What I keep about you; be left out of boards; have it all deleted"},
		{WordHelp, "[WORD]", "", "This text; or all that can be said after a word"},
	}
}

// sayHelp lists what can be said; of a word, all that can follow it.
func sayHelp(about string) Card {
	for _, h := range HelpTexts() {
		if strings.EqualFold(about, string(h.Word)) && h.Word != WordHelp {
			return Card{Title: h.usage(), Body: []string{h.Text + "."}}
		}
	}
	card := Card{
		Title:  "How to play",
		Body:   []string{"Say these after /quiz, after !quiz (Discord), after mentioning me, or alone in a direct message:"},
		Footer: "Answer by button, or by typing the letter, the number or the text. Your first answer counts, and everyone can score.",
	}
	for _, h := range HelpTexts() {
		word := strings.TrimSpace(string(h.Word) + " " + h.Usage)
		if h.Word == WordAsk {
			word = "TOPIC (or nothing) [for 4h]"
		}
		if h.All != "" {
			word += " …"
		}
		card.Table = append(card.Table, word+": "+h.Text)
	}
	card.After = []string{"Where more can follow (…), help WORD tells it."}
	return card
}

func sayTopics(packs []quiz.Pack) Card {
	card := Card{Title: "Topics", Footer: "Say one after /quiz, for example: /quiz " + firstTopic(packs)}
	for _, p := range packs {
		line := fmt.Sprintf("%s: %s, %s", p.ID, p.Title, plural(len(p.Questions), "question"))
		if len(p.Aliases) > 0 {
			line += " (also: " + strings.Join(p.Aliases, ", ") + ")"
		}
		card.Table = append(card.Table, line)
	}
	if len(packs) == 0 {
		card.Body, card.Footer = []string{"There are no question packs yet. The operator adds them with QUIZBOT_PACKS."}, ""
	}
	return card
}

func firstTopic(packs []quiz.Pack) string {
	if len(packs) == 0 {
		return "TOPIC"
	}
	return packs[0].ID
}

// sayNoTopic names the nearest topics, or the word that was probably meant.
func sayNoTopic(topic string, pool *quiz.Pool) Card {
	card := Card{Title: "I don't know the topic " + quoted(topic)}
	if word := nearestWord(topic); word != "" {
		card.Body = append(card.Body, "Did you mean: "+word+"?")
	}
	var near []string
	for _, p := range pool.Nearest(topic, 3) {
		near = append(near, p.ID)
	}
	if len(near) > 0 {
		card.Body = append(card.Body, "The nearest topics: "+strings.Join(near, ", ")+".")
	}
	card.Footer = "topics lists them all; help shows what else I understand."
	return card
}

func quoted(s string) string { return "“" + cleanName(s) + "”" }

func nearestWord(text string) string {
	first, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(text)), " ")
	if len(first) < 2 || len(first) > 20 {
		return ""
	}
	best, distance := "", 3
	for _, w := range Words() {
		if d := edlib.OSADamerauLevenshteinDistance(first, string(w)); d < distance && d < len(w)/2+1 {
			best, distance = string(w), d
		}
	}
	return best
}

// later names a word that is reserved for what this version can't do.
func later(text string) (string, bool) {
	first, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(text)), " ")
	switch first {
	case "add", "suggestions", "link":
		return first, true
	}
	return "", false
}

func sayNotYet(word string) Card {
	return Card{Title: "I can't do " + quoted(word) + " in this version", Body: []string{"Say help for what I can do."}}
}

func sayOdd(c Command) Card {
	if c.Word == WordSettings {
		return sayOddSetting(c)
	}
	return Card{Title: "I don't understand " + quoted(c.Odd), Body: []string{"It goes like this: " + usageOf(c.Word)}}
}

func sayRefused(r quiz.Refused, c Command, pool *quiz.Pool, now time.Time) Card {
	switch r.Reason {
	case quiz.Occupied:
		left, open := "", r.Round.Limit // its time starts when it can be read
		if !r.Round.Closes.IsZero() {
			open = r.Round.Closes.Sub(now).Round(time.Second)
		}
		if open > 0 {
			left = " It closes in " + span(open) + "."
		}
		return Card{
			Title: "A question is open here already",
			Body:  []string{quoted100(r.Round.Question.Ask), "Answer it first." + left},
		}
	case quiz.BetweenTurns:
		return Card{Title: "A game is on here", Body: []string{"Its next question is about to come."}}
	case quiz.GamePaused:
		return Card{Title: "A game is paused here", Body: []string{howToResume()}}
	case quiz.NotPaused:
		return Card{Title: "The game isn't paused"}
	case quiz.NoGame:
		return Card{Title: "No game is on here", Body: []string{"Say start for one."}}
	case quiz.NoTopic:
		return sayNoTopic(c.Topic, pool)
	case quiz.NoQuestions:
		return Card{Title: "There is nothing to ask", Body: []string{"No question pack is loaded. The operator adds some with QUIZBOT_PACKS."}}
	case quiz.NothingOpen:
		return Card{Title: "No question or game is open here", Body: []string{"Say a topic for one question, or start for a game."}}
	case quiz.NotYours:
		return Card{Title: "That is for who started it, or an admin"}
	case quiz.NoHint:
		return Card{Title: "There is no other hint"}
	case quiz.BadCount:
		return Card{Title: fmt.Sprintf("A game has 1 to %d questions", quiz.MaxCount)}
	case quiz.BadTime:
		return Card{Title: fmt.Sprintf("A question of a game stays open %d to %d seconds", quiz.MinSeconds, quiz.MaxSeconds)}
	case quiz.BadOpen:
		return Card{Title: "A question can be open for " + span(quiz.MinOpen) + " to " + plural(int(quiz.MaxOpen/(24*time.Hour)), "day")}
	case quiz.TooManyLong:
		return Card{Title: "Too many long questions are open here", Body: []string{"One of them has to close first; stop ends the newest of yours."}}
	case quiz.BadTeams:
		return Card{Title: fmt.Sprintf("A game has %d to %d teams", quiz.MinTeams, quiz.MaxTeams)}
	case quiz.TeamVariant:
		return Card{Title: "Teams play for points", Body: []string{"Accuracy, elimination and sudden death are between players: leave out either that or teams."}}
	case quiz.SelfDuel:
		return Card{Title: "You can't challenge yourself", Body: []string{"Mention somebody else: challenge @NAME. To practise alone, say review."}}
	case quiz.Challenging:
		return Card{Title: "Your last challenge is still open here", Body: []string{"Wait for its answer, or say stop to take it back."}}
	case quiz.ManyDuels:
		return Card{Title: "Too many challenges are open here", Body: []string{"One of them has to be answered first, or to run out."}}
	case quiz.NotChallenged:
		return sayNotChallenged(false)
	case quiz.NoChallenge:
		return sayChallengeOver()
	case quiz.DuelOnly:
		return sayDuelOnly()
	default:
		return Card{Title: "That can't be done now"}
	}
}

func quoted100(s string) string {
	return "“" + cut(strings.Join(strings.Fields(s), " "), 100) + "”"
}

// sayForgotten stands where the name of a player stood who wanted to be forgotten.
const sayForgotten = "someone"

// called is what a player is called where no name is known.
func called(name, player string) string {
	if name == "" {
		return shortID(UserID(player))
	}
	return name
}

// sayMe sums a player up. Points and answers are those of one team; what is remembered
// follows from the answers in all.
func sayMe(r quiz.Record, b Board, strength quiz.Strength, memories []quiz.Memory, pool *quiz.Pool, now time.Time) Card {
	if r.Answered == 0 && len(memories) == 0 {
		return Card{Title: "You haven't answered yet", Body: []string{"Say a topic for a question, or start for a game."}}
	}
	card := Card{Title: plural(r.Points, "point")}
	if b.Own.Rank > 0 {
		card.Title += fmt.Sprintf(" · rank %d of %d", b.Own.Rank, max(b.Players, b.Own.Rank))
	}
	if r.Answered == 0 {
		card.Body = []string{"You haven't answered here yet."}
	} else {
		card.Body = []string{fmt.Sprintf("%d of %d right (%d %%). Streak: %d in a row, best %d.",
			r.Right, r.Answered, percent(r.Right, r.Answered), r.Streak, r.Best)}
	}
	card.Body = appendText(card.Body, sayRating(strength), sayNewest(r.Newest), sayDue(memories, now))
	card.Table = sayTopicsOf(r, quiz.Masteries(memories, pool, now), pool)
	return card
}

// sayTopicsOf is a line for each topic that a player has answered to, or knows from
// elsewhere.
func sayTopicsOf(r quiz.Record, masteries map[string]quiz.Mastery, pool *quiz.Pool) []string {
	all := map[string]bool{}
	for id := range r.Topics {
		all[id] = true
	}
	for id := range masteries {
		all[id] = true
	}
	var out []string
	for _, id := range slices.SortedFunc(maps.Keys(all), func(a, b string) int {
		return cmp.Or(cmp.Compare(r.Topics[b].Answered, r.Topics[a].Answered), cmp.Compare(a, b))
	}) {
		name := id
		if p, ok := pool.Topic(id); ok {
			name = p.Title
		}
		var parts []string
		if t := r.Topics[id]; t.Answered > 0 {
			parts = append(parts, fmt.Sprintf("%d of %d right (%d %%)", t.Right, t.Answered, percent(t.Right, t.Answered)))
		}
		if m, known := masteries[id]; known {
			parts = append(parts, sayMastery(m))
		}
		out = append(out, name+": "+strings.Join(parts, ", "))
	}
	return out
}

func percent(part, whole int) int { return (100*part + whole/2) / whole }

// saySlowDown is for whoever asks or presses faster than anybody can play.
func saySlowDown(wait time.Duration) Card {
	wait = max((wait + time.Second - 1).Truncate(time.Second), time.Second)
	return Card{Title: "Slow down a little", Body: []string{"That was a lot at once, so this one wasn't taken. Try again in " + span(wait) + "."}}
}

// Sorry is what a person reads when their words could not be taken in.
func Sorry(err error) Card {
	switch {
	case errors.Is(err, ErrBusy):
		return Card{Title: "Busy", Body: []string{"A lot is going on here; please try again in a moment."}}
	case errors.Is(err, ErrStopped):
		return Card{Title: "Restarting", Body: []string{"I'm being restarted; please try again in a moment. Nothing was lost."}}
	default:
		return Card{Title: "That could not be saved", Body: []string{"Please try again."}}
	}
}
