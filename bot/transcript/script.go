package transcript

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Script is a transcript that was read.
type Script struct {
	File  string
	Setup Setup
	lines []line
}

// line is a step and where it stands.
type line struct {
	no   int // from 1
	text string
	step step
}

// step is one thing that happens in a transcript.
type step interface {
	play(p *play) error
}

type (
	// where changes the room.
	where struct{ room Room }
	// act is what a person does; target is completed when it is played.
	act struct {
		Act
		press   string   // text or letter of the button
		letters []string // texts of the options whose letters are said
		words   string   // of the message that is replied to; "": the newest question
	}
	// answer is a right or wrong answer to whatever is asked.
	answer struct {
		who   string
		right bool
	}
	// expect is what the bot says.
	expect struct {
		to      string
		private bool // only where an answer to a line is for one person's eyes
		edit    bool
		form    bool
		begins  string
		then    []string // in this order
		has     []string // anywhere
		without []string
	}
	silence struct{}
	pass    struct {
		d    time.Duration
		skip bool
	}
	redeliver struct {
		all   bool
		times int
	}
	restart struct {
		crash bool
		down  time.Duration // until the new one starts
	}
	leave    struct{ crash bool }
	comeBack struct{}
	fault    struct {
		Fault
		words string // of the message that is deleted
	}
)

// Load reads the transcript file and its packs.
func Load(file string) (*Script, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read transcript: %w", err)
	}
	return Parse(file, src, func(pack string) ([]byte, error) {
		return os.ReadFile(filepath.Join(filepath.Dir(file), pack))
	})
}

// Length is how long the transcript waits in all, as its lines say.
func (s *Script) Length() time.Duration {
	sum := time.Duration(0)
	for _, l := range s.lines {
		switch step := l.step.(type) {
		case pass:
			sum += step.d
		case restart:
			sum += step.down
		}
	}
	return sum
}

// matches says why text is not what was expected; "" when it is.
func (e *expect) matches(text string) string {
	text = plain(text)
	rest, ok := strings.CutPrefix(text, e.begins)
	if !ok {
		return fmt.Sprintf("doesn't begin with %q", e.begins)
	}
	for _, words := range e.then {
		_, after, ok := strings.Cut(rest, words)
		if !ok {
			return fmt.Sprintf("lacks %q in its place", words)
		}
		rest = after
	}
	for _, words := range e.has {
		if !strings.Contains(text, words) {
			return fmt.Sprintf("lacks %q", words)
		}
	}
	for _, words := range e.without {
		if strings.Contains(text, words) {
			return fmt.Sprintf("has %q", words)
		}
	}
	return ""
}

// plain makes all white space one space.
func plain(s string) string { return strings.Join(strings.Fields(s), " ") }
