package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const someAiken = "Which one?\nA. one\nB. two\nANSWER: B\n\nWithout an answer?\nA. one\nB. two\n"

func TestImport(t *testing.T) {
	dir := t.TempDir()
	file, to := filepath.Join(dir, "My questions.txt"), filepath.Join(dir, "out")
	write(t, file, someAiken)
	if err := os.Mkdir(to, 0o755); err != nil { //nolint:gosec // packs are read by others
		t.Fatal(err)
	}
	status, out, errs := call(t, nil, "", "pack", "import", file)
	if status != exitDone || !strings.Contains(out, "is Aiken: 1 question (1 choice), 1 dropped") || !strings.Contains(out, "Nothing was written") {
		t.Errorf("status %d %q", status, out)
	}
	if !strings.Contains(errs, file+":6: dropped: it has no line ANSWER:") {
		t.Errorf("%q", errs)
	}
	if names, _ := filepath.Glob(filepath.Join(to, "*")); len(names) > 0 {
		t.Errorf("written without --write: %v", names)
	}
	if status, _, errs = call(t, nil, "", "pack", "import", file, to); status != exitUsage || !strings.Contains(errs, "without --write") {
		t.Errorf("status %d %q", status, errs)
	}
	if status, out, errs = call(t, nil, "", "pack", "import", file, to, "--write"); status != exitDone {
		t.Errorf("status %d %q %q", status, out, errs)
	}
	pack := filepath.Join(to, "my-questions.yaml")
	if status, out, errs = call(t, nil, "", "pack", "lint", pack); status != exitDone || !strings.Contains(out, "1 pack with 1 question is fine") {
		t.Errorf("status %d %q %q", status, out, errs)
	}
	if status, _, errs = call(t, nil, "", "pack", "import", file, to, "--write"); status != exitFailed || !strings.Contains(errs, pack+" exists already") {
		t.Errorf("status %d %q", status, errs)
	}
	other := filepath.Join(dir, "websites.yaml")
	if status, out, errs = call(t, nil, someAiken, "pack", "import", "-", other, "--write"); status != exitDone || !strings.Contains(read(t, other), "pack: websites\n") {
		t.Errorf("status %d %q %q", status, out, errs)
	}
	if status, _, errs = call(t, nil, "", "pack", "import", file, "--id", "start"); status != exitUsage || !strings.Contains(errs, "a word that players say") {
		t.Errorf("status %d %q", status, errs)
	}
	if status, _, errs = call(t, nil, "", "pack", "import", file, "--format", "none"); status != exitUsage || !strings.Contains(errs, "use one of yaml") {
		t.Errorf("status %d %q", status, errs)
	}
}

// A file that turns out to be damaged leaves nothing behind, however much of it was fine.
func TestImportDamaged(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "half.json")
	write(t, file, `[{"ask":"Which?","kind":"truefalse","answer":true},{"ask":`)
	status, _, errs := call(t, nil, "", "pack", "import", file, filepath.Join(dir, "half.yaml"), "--write")
	if status != exitFailed || !strings.Contains(errs, "half.json, read as a pack of quizbot as JSON: the file ends too early") {
		t.Errorf("status %d %q", status, errs)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%v %v", entries, err)
	}
}

// A pack of our own keeps its head, unless something else is said.
func TestImportHead(t *testing.T) {
	dir := t.TempDir()
	const head = "title: The Web\naliases: [www]\nlanguage: de\nlicense: CC0-1.0\nretired: [old]\n"
	yaml, jsonFile := filepath.Join(dir, "a.yaml"), filepath.Join(dir, "b.json")
	write(t, yaml, "pack: web\n"+head+"questions:\n  - id: q\n    kind: truefalse\n    ask: So?\n    answer: true\n")
	write(t, jsonFile, `{"pack":"web","questions":[{"id":"q","kind":"truefalse","ask":"So?","answer":true}],"title":"The Web","aliases":["www"],"language":"de","license":"CC0-1.0","retired":["old"]}`)
	for i, file := range []string{yaml, jsonFile} {
		to := filepath.Join(dir, string(rune('x'+i))+".yaml")
		status, out, errs := call(t, nil, "", "pack", "import", file, to, "--write", "--id", "other", "--license", "MIT")
		if status != exitDone {
			t.Errorf("status %d %q %q", status, out, errs)
		}
		got := read(t, to)
		for _, line := range strings.Split(strings.Replace(head, "CC0-1.0", "MIT", 1)+"pack: other", "\n") {
			if !strings.Contains(got, line+"\n") {
				t.Errorf("%s: %q is not in %s", file, line, got)
			}
		}
	}
}

// Nothing of a file gets to a terminal that the terminal would obey.
func TestImportShows(t *testing.T) {
	file := filepath.Join(t.TempDir(), "t.csv")
	write(t, file, "id,question,kind,answer,\"\x1b[2Jx\"\n\x1b[3J,Which\x1b[31m one\u202e?,text,a\x1b[0m,z\n,Many\x1b[1m?,number,\x1b[5m,\n")
	status, out, errs := call(t, nil, "", "pack", "import", file)
	if status != exitDone || strings.ContainsAny(out+errs, "\x1b\u202e") || !strings.Contains(errs, "dropped") {
		t.Errorf("status %d %q %q", status, out, errs)
	}
	write(t, file, "\x1b[2Jcolour,size\nred,5\n")
	if status, out, errs = call(t, nil, "", "pack", "import", file, "--format", "csv"); status != exitFailed || strings.Contains(out+errs, "\x1b") {
		t.Errorf("status %d %q %q", status, out, errs)
	}
}

// stopsAt is a writer that a signal follows.
type stopsAt struct{ stop func() }

func (s stopsAt) Write(b []byte) (int, error) {
	s.stop()
	return len(b), nil
}

// A signal ends an import at the next question, and leaves nothing behind.
func TestImportStopped(t *testing.T) {
	dir := t.TempDir()
	file, to := filepath.Join(dir, "q.txt"), t.TempDir()
	write(t, file, strings.Repeat("Which one?\nA. one\nB. two\nANSWER: B\n\n", 50))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var errs strings.Builder
	status := run(ctx, surroundings{
		args: []string{"pack", "import", file, to, "--write"}, getenv: func(string) (string, bool) { return "", false },
		in: strings.NewReader(""), out: stopsAt{cancel}, err: &errs,
	})
	if status != exitFailed || errs.String() != "quizbot: "+file+": stopped by a signal; nothing was written\n" {
		t.Errorf("status %d %q", status, errs.String())
	}
	if entries, err := os.ReadDir(to); err != nil || len(entries) > 0 {
		t.Errorf("%v %v", entries, err)
	}
}

// What is more than a pack may hold goes on in the next.
func TestImportSplits(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "big.txt")
	var b strings.Builder
	for range 1500 {
		b.WriteString("Which one, of all that were " + strings.Repeat("ever ", 150) + "asked?\nA. one\nB. two\nANSWER: B\n\n")
	}
	write(t, file, b.String())
	if status, out, errs := call(t, nil, "", "pack", "import", file, dir, "--write"); status != exitDone || !strings.Contains(out, "1500 questions") {
		t.Fatalf("status %d %q %q", status, out, errs)
	}
	if _, out, _ := call(t, nil, "", "pack", "lint", filepath.Join(dir, "big.yaml"), filepath.Join(dir, "big-2.yaml")); !strings.Contains(out, "2 packs with 1500 questions") {
		t.Errorf("%q", out)
	}
}

func TestExport(t *testing.T) {
	dir := t.TempDir()
	to := filepath.Join(dir, "ws.gift")
	status, out, errs := call(t, nil, "", "pack", "export", "ws", to, "--format", "gift")
	if status != exitDone || out != "" || !strings.Contains(errs, "websocket/workflow-order: the format has no order questions: left out") {
		t.Errorf("status %d %q %q", status, out, errs)
	}
	if status, _, errs := call(t, nil, "", "pack", "export", "ws", to, "--format", "gift"); status != exitUsage || !strings.Contains(errs, "exists already") {
		t.Errorf("status %d %q", status, errs)
	}
	if status, out, _ := call(t, nil, "", "pack", "import", to); status != exitDone || !strings.Contains(out, "is Moodle GIFT") {
		t.Errorf("status %d %q", status, out)
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil { //nolint:gosec // a pack
		t.Fatal(err)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	src, err := os.ReadFile(file) //nolint:gosec // of this test
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}
