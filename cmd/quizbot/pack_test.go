package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const isIt = "questions:\n  - {id: q, kind: truefalse, ask: \"Is it?\", answer: true, explain: It is., source: Me}\n"

func TestNamesThatClashAreToldWithTheirPlaces(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "a.yaml"), "pack: tea\n"+isIt)
	writeFile(t, filepath.Join(dir, "b.yaml"), "pack: tea\n"+isIt)
	writeFile(t, filepath.Join(dir, "c.yaml"), "pack: milk\naliases: [Tea]\ncolour: white\n"+isIt)
	a, b, c := filepath.Join(dir, "a.yaml"), filepath.Join(dir, "b.yaml"), filepath.Join(dir, "c.yaml")
	want := []string{
		c + `:3:1: a pack has no key "colour"`, b + `:1:7: the pack id "tea" is the id of the pack in ` + a + ":1:7",
		c + `:2:11: the alias "Tea" is the id of the pack in ` + a + ":1:7",
	}
	status, _, errs := call(t, nil, "", "pack", "lint", dir)
	if status != exitFailed {
		t.Errorf("lint: status %d", status)
	}
	expect(t, errs, append(want, "quizbot: 3 faults in 3 pack files\n")...)
	status, _, errs = call(t, nil, "", "pack", "list", "--packs", dir)
	if status != exitFailed {
		t.Errorf("list: status %d", status)
	}
	expect(t, errs, want...)
	for line := range strings.SplitSeq(strings.TrimSpace(errs), "\n") {
		if !strings.HasPrefix(line, "quizbot: ") {
			t.Errorf("whose line is this? %s", line)
		}
	}
	if status, _, errs := call(t, nil, "", "pack", "lint", a, dir+"/./a.yaml"); status != exitDone {
		t.Errorf("a file that is named twice clashes with itself: %s", errs)
	}
}

// TestCountlessFaultsAreCounted: a file of the largest size can have more faults than
// anybody reads, or a log should hold.
func TestCountlessFaultsAreCounted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "a.yaml"), "pack: tea\n"+strings.Repeat("k: 1\n", 50_000)+isIt)
	status, _, errs := call(t, nil, "", "pack", "lint", dir)
	if lines := strings.Count(errs, "\n"); status != exitFailed || lines > maxLines+2 || len(errs) > 100_000 {
		t.Errorf("lint: status %d, %d lines, %d bytes", status, lines, len(errs))
	}
	expect(t, errs, "more\n", "faults in 1 pack file")
	status, _, errs = call(t, nil, "", "pack", "list", "--packs", dir)
	if status != exitFailed || len(errs) > 10_000 {
		t.Errorf("list: status %d, %d bytes", status, len(errs))
	}
	expect(t, errs, " more\n")
}

func TestLintCountsInWords(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one := filepath.Join(dir, "one.yaml")
	writeFile(t, one, "pack: tea\n"+isIt)
	if _, out, _ := call(t, nil, "", "pack", "lint", one); out != "1 pack with 1 question is fine\n" {
		t.Errorf("%q", out)
	}
	writeFile(t, one, "pack: tea\nquestions:\n  - {id: q, kind: truefalse, ask: \"Is it?\", answer: true, explain: It is.}\n")
	_, out, errs := call(t, nil, "", "pack", "lint", one)
	if out != "1 pack with 1 question is fine; 1 piece of advice\n" || !strings.HasPrefix(errs, one+":3:5: advice: ") {
		t.Errorf("%q %q", out, errs)
	}
	if status, _, errs := call(t, nil, "", "pack", "lint", "--strict", one); status != exitFailed || !strings.Contains(errs, "quizbot: 1 piece of advice in 1 pack file, which --strict") {
		t.Errorf("status %d %q", status, errs)
	}
}

// A pipe would be waited for until somebody writes into it.
func TestOnlyRegularFilesAreRead(t *testing.T) {
	t.Parallel()
	dir, elsewhere := packFolder(t), t.TempDir()
	pipe := filepath.Join(dir, "pipe.yaml")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(elsewhere, "tea"), "pack: tea\n"+isIt)
	if err := os.Symlink(filepath.Join(elsewhere, "tea"), filepath.Join(dir, "tea.yaml")); err != nil {
		t.Fatal(err)
	}
	if status, out, errs := call(t, nil, "", "pack", "list", "--packs", dir); status != exitDone || !strings.Contains(out, "tea ") {
		t.Errorf("list: status %d\n%s%s", status, out, errs)
	}
	fingerprint(dir)
	if status, _, errs := call(t, nil, "", "pack", "lint", pipe); status != exitUsage || !strings.Contains(errs, "not a regular file") {
		t.Errorf("lint: status %d %s", status, errs)
	}
}

// A file can be replaced by one of the same size and time.
func TestEveryChangeOfAFolderIsSeen(t *testing.T) {
	t.Parallel()
	dir, then := t.TempDir(), time.Unix(1_700_000_000, 0)
	path := filepath.Join(dir, "tea.yaml")
	put := func(text string) string {
		writeFile(t, path, text)
		if err := os.Chtimes(path, then, then); err != nil {
			t.Fatal(err)
		}
		return fingerprint(dir)
	}
	one, again, other := put("pack: tea\n"), put("pack: tea\n"), put("pack: pea\n")
	if one != again || one == other {
		t.Errorf("the same: %v, another: %v", one == again, one != other)
	}
	if err := os.Rename(path, filepath.Join(dir, "pea.yaml")); err != nil || fingerprint(dir) == other {
		t.Errorf("another name is not seen (%v)", err)
	}
}

func TestAFolderIsBounded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range maxFolder>>20 + 1 {
		f, err := os.Create(filepath.Join(dir, string(rune('a'+i%26))+strings.Repeat("x", i/26)+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Truncate(2 << 20); err != nil { // takes no room on the disk
			t.Fatal(err)
		}
		_ = f.Close()
	}
	if status, _, errs := call(t, nil, "", "pack", "list", "--packs", dir); status != exitFailed || !strings.Contains(errs, "64 MiB") || len(errs) > 400 {
		t.Errorf("status %d: %.400s", status, errs)
	}
}
