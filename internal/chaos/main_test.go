//go:build chaos

package chaos

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

var (
	playFor    = flag.Duration("chaos.for", 2*time.Minute, "how long to play")
	seedFlag   = flag.Uint64("chaos.seed", 0, "seed of all choices; 0: a new one")
	reportFile = flag.String("chaos.report", "", "file for the table of results, in Markdown")
	loadMode   = flag.Bool("chaos.load", false, "offer ten times the load for a minute, not in passing")
)

// binary is the program, built with the failpoints.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "quizbot-chaos")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.Chmod(dir, 0o755); err != nil { // other users start it too
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	binary = filepath.Join(dir, "quizbot")
	build := exec.Command("go", "build", "-tags", "chaos", "-o", binary, "quizbot/cmd/quizbot")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// newSeed is the run's seed; it is printed, so that a run can be repeated.
func newSeed(t *testing.T) uint64 {
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64()
	}
	fmt.Printf("chaos: %s, seed %d\n", t.Name(), seed)
	t.Logf("repeat with -chaos.seed %d", seed)
	return seed
}

// chance gives a source of choices for one actor of a run.
func chance(seed uint64, actor ...int) *rand.Rand {
	mix := uint64(14695981039346656037)
	for _, a := range actor {
		mix = (mix ^ uint64(a)) * 1099511628211
	}
	return rand.New(rand.NewPCG(seed, mix))
}
