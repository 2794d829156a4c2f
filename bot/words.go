package bot

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"quizbot/quiz"
)

// Word is the first word of a command.
type Word string

// The words that players say.
const (
	WordAsk         Word = "ask" // also no word at all, or a topic
	WordStart       Word = "start"
	WordChallenge   Word = "challenge"
	WordStop        Word = "stop"
	WordSkip        Word = "skip"
	WordHint        Word = "hint"
	WordPause       Word = "pause"
	WordResume      Word = "resume"
	WordLeaderboard Word = "leaderboard"
	WordMe          Word = "me"
	WordReview      Word = "review"
	WordTopics      Word = "topics"
	WordSchedule    Word = "schedule"
	WordHelp        Word = "help"
)

// Words lists what the bot understands, in the order of its help.
func Words() []Word {
	return []Word{WordAsk, WordStart, WordChallenge, WordStop, WordSkip, WordHint, WordPause, WordResume, WordLeaderboard, WordMe, WordReview, WordTopics, WordSchedule, WordSettings, WordPrivacy, WordHelp}
}

// Command is what a player asks of the bot.
type Command struct {
	Word  Word
	Teams int           // start; how many, 0 when not said, -1 when there can't be so many
	Whom  string        // challenge; the word that names somebody, "" when not said
	Topic string        // ask, start, challenge; as typed
	Open  time.Duration // ask: how long it stays open; 0 when not said, -1 when it can't be
	Count int           // start; 0 when not said
	Each  time.Duration // start; 0 when not said
	Speed quiz.Speed    // start; "" when not said
	// Variant is how a game is won; start.
	Variant quiz.Variant
	// Of a leaderboard, which may have a Topic too:
	Board  BoardKind
	Period quiz.Period
	When   time.Time // the period's span that holds it; zero: the one of now
	Last   bool      // the span before
	Here   bool
	Chart  bool // the week as a picture
	// Named says that Word was typed, rather than following from a topic or from silence.
	Named    bool
	Settings []Setting // settings; none: to read them
	Privacy  Privacy   // privacy
	Args     string    // schedule, help: all that follows, as typed
	// Odd is the first part that could not be understood; "" when all was.
	Odd string
}

// ParseCommand reads the words said to the bot. Case and stray whitespace don't
// matter, and "quiz" may be repeated in front.
func ParseCommand(text string) Command {
	fields := strings.Fields(text)
	for len(fields) > 0 {
		switch strings.ToLower(fields[0]) {
		case "quiz", "!quiz", "/quiz":
			fields = fields[1:]
			continue
		}
		break
	}
	if len(fields) == 0 {
		return Command{Word: WordAsk}
	}
	word, rest := Word(strings.ToLower(fields[0])), fields[1:]
	c := Command{Word: word, Named: true}
	switch word {
	case WordAsk:
		c.ask(rest)
	case WordStart:
		c.start(rest)
	case WordChallenge:
		c.challenge(rest)
	case WordLeaderboard:
		c.leaderboard(rest)
	case WordSettings:
		c.settings(rest)
	case WordPrivacy:
		c.privacy(rest)
	case WordSchedule, WordHelp:
		c.Args = strings.Join(rest, " ")
	case WordStop, WordSkip, WordHint, WordPause, WordResume, WordMe, WordReview, WordTopics:
		if len(rest) > 0 {
			c.Odd = rest[0]
		}
	default:
		return Command{Word: WordAsk, Topic: strings.Join(fields, " ")}
	}
	return c
}

func (c *Command) start(args []string) {
	var topic []string
	for i := 0; i < len(args); i++ {
		arg := strings.ToLower(args[i])
		if arg == "sudden" && i+1 < len(args) && strings.EqualFold(args[i+1], "death") {
			i++
			arg = string(quiz.SuddenDeath)
		}
		if v := quiz.Variant(arg); slices.Contains(quiz.Variants(), v) {
			if c.Variant != quiz.Plain && c.Variant != v {
				c.Odd = args[i]
				return
			}
			c.Variant = v
			continue
		}
		if arg == "teams" && c.Teams == 0 {
			c.Teams = quiz.DefaultTeams
			if i+1 < len(args) {
				if n, err := strconv.Atoi(args[i+1]); err == nil {
					i++
					if c.Teams = n; n < quiz.MinTeams || n > quiz.MaxTeams {
						c.Teams = -1
					}
				}
			}
			continue
		}
		if n, err := strconv.Atoi(arg); err == nil && c.Count == 0 {
			if n < 1 || n > quiz.MaxCount {
				c.Count = -1
			} else {
				c.Count = n
			}
			continue
		}
		if arg == "speed" {
			i++
			if i == len(args) {
				c.Odd = "speed"
				return
			}
			c.Speed = quiz.Speed(strings.ToLower(args[i]))
			if !slices.Contains(quiz.Speeds(), c.Speed) {
				c.Speed, c.Odd = "", args[i]
				return
			}
			continue
		}
		if arg == "each" {
			i++
			if i == len(args) {
				c.Odd = "each"
				return
			}
			n, err := strconv.Atoi(strings.TrimRight(strings.ToLower(args[i]), "second"))
			switch {
			case err != nil:
				c.Odd = args[i]
				return
			case n < quiz.MinSeconds || n > quiz.MaxSeconds:
				c.Each = -1
			default:
				c.Each = time.Duration(n) * time.Second
			}
			if i+1 < len(args) && (strings.EqualFold(args[i+1], "seconds") || strings.EqualFold(args[i+1], "s")) {
				i++
			}
			continue
		}
		topic = append(topic, args[i])
	}
	c.Topic = strings.Join(topic, " ")
}

// NamesOthers reports that the command is about people whom it mentions.
func (c Command) NamesOthers() bool { return c.Word == WordChallenge }

// challenge reads whom to challenge, and what remains as start does.
func (c *Command) challenge(args []string) {
	if len(args) == 0 {
		return
	}
	at := max(slices.IndexFunc(args, isMention), 0)
	c.Whom = args[at]
	c.start(slices.Delete(slices.Clone(args), at, at+1))
	if c.Odd == "" && c.Teams != 0 {
		c.Odd = "teams"
	}
	if c.Odd == "" && c.Variant != quiz.Plain && c.Variant != quiz.SuddenDeath {
		c.Odd = string(c.Variant) // with two, who is out has lost
	}
}
