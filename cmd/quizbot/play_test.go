package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Six questions, one of each kind.
const everyKind = `pack: kinds
questions:
  - {id: choice, ask: "One of them?", options: [{text: yea, correct: true}, {text: nay}]}
  - {id: multi, kind: multi, ask: "Which of them?", options: [{text: yea, correct: true}, {text: nay}]}
  - {id: truefalse, kind: truefalse, ask: "Is it so?", answer: true}
  - {id: text, kind: text, ask: "How is it called?", accept: [cup]}
  - {id: number, kind: number, ask: "How many?", answer: 5, unit: cups}
  - {id: order, kind: order, ask: "In which order?", steps: [first, second]}
`

// A prompt has no buttons and no slash commands, and every answer ends a question.
func TestAPromptSpeaksOfWhatItHas(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "kinds.yaml"), everyKind)
	script := strings.Repeat("what a strange thing to be asked about\nskip\n\n", 6) + "help\ntopics\nquit\n"
	status, out, errs := call(t, map[string]string{"USER": "ada"}, script, "play", "kinds", "--packs", dir)
	if status != exitDone {
		t.Fatalf("status %d: %s", status, errs)
	}
	for _, words := range []string{"(?i)button", "press ", "Ended early", "/quiz", `\(\)`, "one is open"} {
		if at := regexp.MustCompile(words).FindString(out); at != "" {
			t.Errorf("%q is said at a prompt:\n%s", at, out)
		}
	}
	for _, ask := range []string{"One of them?", "Which of them?", "Is it so?", "How is it called?", "How many?", "In which order?"} {
		if !strings.Contains(out, ask) {
			t.Errorf("%q was not asked:\n%s", ask, out)
		}
	}
}

func TestPlayersHaveANameAtAPrompt(t *testing.T) {
	t.Parallel()
	for want, env := range map[string]map[string]string{"ada": {"USER": "ada", "LOGNAME": "bob"}, "bob": {"LOGNAME": "bob"}} {
		if got := playerName(surroundings{getenv: func(k string) (string, bool) { v, ok := env[k]; return v, ok }}); got != want {
			t.Errorf("%v: %s", env, got)
		}
	}
	if got := playerName(surroundings{getenv: func(string) (string, bool) { return "", false }}); got == "" || got == "you" {
		t.Errorf("nobody: %q", got)
	}
}

// A game whose output is gone has failed, whoever typed on.
func TestPlayWithoutOutputFails(t *testing.T) {
	t.Parallel()
	cmd := program(t, nil, "play")
	closed, err := os.Open(os.DevNull) // can be read only
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = closed.Close() }()
	var errs lockedBuffer
	cmd.Stdout, cmd.Stderr, cmd.Stdin = closed, &errs, strings.NewReader("a\nquit\n")
	_ = cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != exitFailed || !strings.Contains(errs.String(), "shown") {
		t.Errorf("exit status %d: %s", code, fmt.Sprint(&errs))
	}
}
