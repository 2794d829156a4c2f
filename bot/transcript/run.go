package transcript

import (
	"context"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// Files lists the transcripts of a folder: its *.txt files, by name.
func Files(t testing.TB, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts in %s (%v)", folder, err)
	}
	slices.Sort(files)
	return files
}

// Run plays one file on the stage that open makes for it, and fails t where the
// bot doesn't keep to it. open registers its own cleanup with t. grace is how
// long the bot may take for each thing that it is expected to say.
func Run(t testing.TB, file string, grace time.Duration, open func(Setup) Stage) {
	t.Helper()
	script, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if err := script.Play(ctx, open(script.Setup), grace); err != nil {
		t.Fatal(err)
	}
}
