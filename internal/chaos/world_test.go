//go:build chaos

package chaos

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"quizbot/bot"
)

const (
	// questions are in the pack; each names its number, so that every card can be told
	// from the cards of other questions.
	questions = 400
	// open is how long each of them stays open.
	open = 5 * time.Second
	// topic is the pack's name.
	topic = "storm"
)

// writePack makes the folder with the pack that is played.
func writePack(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	var b strings.Builder
	fmt.Fprintf(&b, "pack: %s\ntitle: Storm\nquestions:\n", topic)
	for i := range questions {
		fmt.Fprintf(&b, "  - id: q%d\n    ask: Which stands in the storm of q%d?\n    seconds: %d\n    difficulty: %d\n    options:\n", i, i, int(open/time.Second), i%3+1)
		fmt.Fprintf(&b, "      - {text: oak q%d, correct: true}\n      - {text: reed q%d, why: Not the reed of q%d.}\n      - {text: moss q%d, why: Not the moss of q%d.}\n", i, i, i, i, i)
		fmt.Fprintf(&b, "    explain: The oak of q%d has roots.\n", i)
	}
	if err := os.WriteFile(filepath.Join(dir, topic+".yaml"), []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// platform is one of the local platforms, as its players use it.
type platform interface {
	name() string
	team() bot.TeamID
	room(channel string) bot.RoomID
	user(id string) bot.UserID
	// command has a player use /quiz; the result says whether the program took it.
	command(ctx context.Context, channel, user, words string) outcome
	press(ctx context.Context, channel, message, user, button string) outcome
	// line has a player type a line; heard says whether the platform shows that the
	// program took it.
	line(ctx context.Context, channel, user, text string) (o outcome, heard bool)
	// messages lists what everybody in a channel sees of the program's.
	messages(channel string) []message
}

// outcome is what a player sees of what became of an act.
type outcome struct {
	acked bool
	done  bool   // a command was not only taken, but did what it asks for
	card  string // what the player read at once; "" for nothing
	note  string // how it failed
	took  time.Duration
}

// message is what the program has posted.
type message struct {
	channel, id string
	at          time.Time
	text        string // as it is now
	first       string // as it was made
	key         string // names the message among all of its room, where it was made from the outbox
	buttons     []button
	made        []button // of the first version
	to          string   // the only reader; "": everybody
	replyTo     string
}

type button struct{ id, label string }

var (
	pressID  = regexp.MustCompile(`a:(\d+)\.(\w+):\d`)
	question = regexp.MustCompile(`\bq(\d+)\b`)
)

// round is the number that the buttons of a question tell; 0 for other messages.
func (m message) round() int {
	for _, b := range m.made {
		if f := pressID.FindStringSubmatch(b.id); f != nil {
			no, _ := strconv.Atoi(f[1])
			return no
		}
	}
	return 0
}

func (m message) closed() bool { return strings.HasPrefix(m.text, "Closed ·") }

// about is the number of the question that a text is about; -1 when it names none.
func about(text string) int {
	f := question.FindStringSubmatch(text)
	if f == nil {
		return -1
	}
	no, _ := strconv.Atoi(f[1])
	return no
}

// button finds what has to be pressed for a word.
func (m message) button(word string) string {
	for _, b := range m.made {
		if strings.Contains(b.label, word) {
			return b.id
		}
	}
	return ""
}

// plainText takes the platform's marks out of a text.
func plainText(s string) string {
	return strings.NewReplacer("*", "", "\\", "", "||", "", "`", "").Replace(s)
}

var boardLine = regexp.MustCompile(`(?m)(\d+)\. (\S.*?) — (-?\d+)`)

// points reads the lines of a table: points by name, in order.
func points(text string) (names []string, of map[string]int) {
	of = map[string]int{}
	for _, f := range boardLine.FindAllStringSubmatch(text, -1) {
		n, _ := strconv.Atoi(f[3])
		names = append(names, f[2])
		of[f[2]] = n
	}
	return names, of
}

// pause waits for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// eventually tries until it is so; false when it is not within that time.
func eventually(within time.Duration, so func() bool) bool {
	for end := time.Now().Add(within); ; {
		if so() {
			return true
		}
		if time.Now().After(end) {
			return false
		}
		time.Sleep(20 * time.Millisecond) // asked again and again, on the clock of this test alone
	}
}

func titleOf(card string) string {
	line, _, _ := strings.Cut(card, "\n")
	return line
}

func startsWithAny(s string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}
