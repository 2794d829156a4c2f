package quiz

import "time"

// Kind says how a question is answered.
type Kind string

// The six kinds of question.
const (
	Choice    Kind = "choice"    // one of several options
	Multi     Kind = "multi"     // every right option and no other
	TrueFalse Kind = "truefalse" // true or false
	Text      Kind = "text"      // a word or a few, typed
	Number    Kind = "number"    // a number, typed
	Order     Kind = "order"     // steps put in order
)

// Difficulty grades a question: 1 easy, 2 medium, 3 hard.
type Difficulty int

// The three grades.
const (
	Easy   Difficulty = 1
	Medium Difficulty = 2
	Hard   Difficulty = 3
)

// Limits of a pack's texts, in characters (Unicode code points), and of its parts.
const (
	MaxAsk      = 3500
	MaxOption   = 200
	MaxWhy      = 1000
	MaxExplain  = 1000
	MaxHint     = 300
	MaxOptions  = 10
	MaxTitle    = 100
	MaxSource   = 300
	MaxPackSize = 1 << 20 // bytes of a pack file

	// MaxTyped is the longest typed answer that is looked at: it bounds the work of comparing.
	MaxTyped = 200

	MinSeconds = 5
	MaxSeconds = 86400
)

// Option is one answer that a choice or multi question offers.
type Option struct {
	Text    string `json:"text"`
	Correct bool   `json:"correct,omitempty"`
	Why     string `json:"why,omitempty"` // why this option is right or wrong
}

// Question is one question of a pack. Which of Options, Steps, Accept, Truth
// and Answer count follows from Kind.
type Question struct {
	ID      string   `json:"id"` // unique in its pack, never reused
	Kind    Kind     `json:"kind"`
	Ask     string   `json:"ask"`
	Options []Option `json:"options,omitempty"` // choice, multi

	Steps []string `json:"steps,omitempty"` // order: in the right order

	Accept []string `json:"accept,omitempty"` // text: the first is the one shown

	Truth bool `json:"truth,omitempty"` // truefalse

	Answer    float64 `json:"answer,omitempty"`    // number
	Tolerance float64 `json:"tolerance,omitempty"` // number: greatest distance that is still right
	Unit      string  `json:"unit,omitempty"`      // number

	Explain    string     `json:"explain,omitempty"`
	Source     string     `json:"source,omitempty"`
	Hint       string     `json:"hint,omitempty"`
	Difficulty Difficulty `json:"difficulty"`
	Tags       []string   `json:"tags,omitempty"`
	Seconds    int        `json:"seconds,omitempty"` // 0: from the length of the text
}

// Pack is a set of questions on one topic. Its ID is the topic's name.
type Pack struct {
	ID        string
	Title     string
	Aliases   []string
	Language  string
	License   string
	Questions []Question
	// Retired are ids of questions that were taken out: history hangs on them, so no
	// question may have them again.
	Retired []string
}

// Points is what a right answer is worth outside the extras of a game:
// 10 easy, 20 medium, 30 hard.
func (d Difficulty) Points() int {
	switch d {
	case Easy:
		return 10
	case Hard:
		return 30
	default:
		return 20
	}
}

// TimeLimit is how long the question stays open: its own Seconds, else a time
// that grows with the text to be read (see readingTime).
func (q Question) TimeLimit() time.Duration {
	if q.Seconds > 0 {
		return time.Duration(q.Seconds) * time.Second
	}
	return readingTime(q)
}
