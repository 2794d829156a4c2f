// Package archtest holds the arrows of docs/architecture.md: which room may
// import which, and where the platforms' libraries stay.
package archtest

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "quizbot"

// rule says what the sources of a folder may import, tests aside.
type rule struct {
	folder string
	ours   []string // folders of ours; "*" for all
	banned []string // packages of the standard library
	why    string
}

func rules() []rule {
	pure := []string{"context", "net", "net/http", "os", "log", "log/slog", "math/rand"}
	return []rule{
		{"quiz", []string{"quiz/calendar", "quiz/fsrs"}, pure, "the rules of the game are pure: no I/O, no clock, no other package but those of remembering and of calendars"},
		{"quiz/calendar", nil, pure, "when something recurs is arithmetic: no I/O, no clock; zones are arguments"},
		{"quiz/fsrs", nil, pure, "how people forget is arithmetic: no I/O, no clock, no other package"},
		{"data", nil, nil, "packs are data"},
		{"exchange", []string{"quiz"}, []string{"net", "net/http", "os", "log/slog"}, "what is read and written, whoever opens it"},
		{"bot", []string{"internal/failpoint", "quiz", "quiz/calendar"}, []string{"net/http", "os"}, "the core knows no platform and no disk"},
		{"chart", []string{"bot"}, append([]string{"time"}, pure...), "a picture follows from its chart: no I/O, no clock"},
		{"bot/transcript", []string{"bot", "quiz"}, nil, "conversations know the core alone"},
		{"store", []string{"bot", "quiz", "quiz/fsrs"}, []string{"os", "net/http"}, "what is stored is said once, for every engine"},
		{"store/bolt", []string{"internal/failpoint", "store"}, []string{"net/http"}, "an engine knows keys and values alone"},
		{"store/storetest", []string{"bot", "quiz", "store"}, nil, "the contract of stores"},
		{"adapters/slack", []string{"bot", "internal/checkup", "internal/failpoint"}, []string{"os"}, "an adapter knows the core and its platform"},
		{"adapters/discord", []string{"bot", "internal/checkup", "internal/failpoint"}, []string{"os"}, "an adapter knows the core and its platform"},
		{"adapters/terminal", []string{"bot"}, []string{"os"}, "an adapter knows the core and its platform"},
		{"adapters/adaptertest", []string{"adapters/discord", "adapters/slack", "bot", "bot/transcript", "sandbox/discord", "sandbox/slack", "store", "store/bolt"}, nil, "the contract of adapters plays on a whole core"},
		{"seal", nil, []string{"os", "net", "net/http", "log/slog"}, "it seals bytes, whatever they are"},
		{"sandbox/feed", nil, nil, "it hands changes on, whatever they are"},
		{"sandbox/slack", []string{"sandbox/feed"}, nil, "the local platforms are independent peers"},
		{"sandbox/discord", []string{"sandbox/feed"}, nil, "the local platforms are independent peers"},
		{"sandbox/web", []string{"sandbox/slack", "sandbox/discord"}, nil, "the page plays on the local platforms alone"},
		{"cmd/quizbot", []string{"*"}, nil, "the program puts everything together"},
		{"internal/archtest", nil, nil, "a test"},
		{"internal/chaos", nil, nil, "a test"},
		{"internal/checkup", nil, []string{"os"}, "a finding is the same, whoever found it"},
		{"internal/thirdparty", nil, nil, "a tool of the build"},
		{"internal/failpoint", nil, nil, "moments have names, whatever happens in them"},
	}
}

// homes are the only folders that may import a library.
func homes() map[string][]string {
	return map[string][]string{
		"github.com/slack-go/slack":           {"adapters/slack"},
		"github.com/bwmarrin/discordgo":       {"adapters/discord"},
		"go.etcd.io/bbolt":                    {"store/bolt"},
		"github.com/gorilla/websocket":        {"adapters/slack", "adapters/discord", "sandbox/slack", "sandbox/discord"},
		"github.com/prometheus/client_golang": {"cmd/quizbot"},
		"github.com/alecthomas/kong":          {"cmd/quizbot"},
		"golang.org/x/image":                  {"chart"},
	}
}

// outside are all the libraries that the inner folders may import.
func outside() map[string][]string {
	return map[string][]string{
		"quiz":          {"github.com/hbollon/go-edlib", "golang.org/x/text", "go.yaml.in/yaml/v3"},
		"quiz/calendar": {"github.com/hbollon/go-edlib"},
		"quiz/fsrs":     {},
		"bot":           {"github.com/hbollon/go-edlib", "golang.org/x/time/rate"},
		"chart":         {"golang.org/x/image", "golang.org/x/text"},
		"store":         {},
		"data":          {},
		"seal":          {},
	}
}

// TestOutside: what the rules, the core and the store lean on stays small and pure.
func TestOutside(t *testing.T) {
	eachSource(t, filepath.Join("..", ".."), func(folder, file string, imports []string) {
		allowed, inner := outside()[folder]
		if !inner {
			return
		}
		for _, i := range imports {
			first, _, _ := strings.Cut(i, "/")
			if !strings.Contains(first, ".") { // the standard library, or ours
				continue
			}
			if !slices.ContainsFunc(allowed, func(library string) bool { return i == library || strings.HasPrefix(i, library+"/") }) {
				t.Errorf("%s imports %s: %s leans on %v alone", file, i, folder, allowed)
			}
		}
	})
}

// maxLines is how long a source may be; a longer one holds two things.
const maxLines = 500

func TestLength(t *testing.T) {
	root := filepath.Join("..", "..")
	eachSource(t, root, func(_, file string, _ []string) {
		src, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(src), "\n"); n > maxLines {
			t.Errorf("%s has %d lines: it holds more than one thing", file, n)
		}
	})
}

func TestArrows(t *testing.T) {
	root := filepath.Join("..", "..")
	seen := map[string]bool{}
	eachSource(t, root, func(folder, file string, imports []string) {
		r, ok := ruleOf(folder)
		if !ok {
			t.Errorf("%s: the folder %s is in no rule: say in docs/architecture.md and here what it may import", file, folder)
			return
		}
		seen[r.folder] = true
		for _, i := range imports {
			if ours, found := strings.CutPrefix(i, module+"/"); found {
				if ours != folder && !slices.Contains(r.ours, ours) && !slices.Contains(r.ours, "*") {
					t.Errorf("%s imports %s: %s", file, i, r.why)
				}
				continue
			}
			if slices.Contains(r.banned, i) {
				t.Errorf("%s imports %s: %s", file, i, r.why)
			}
			for library, allowed := range homes() {
				if (i == library || strings.HasPrefix(i, library+"/")) && !slices.Contains(allowed, folder) {
					t.Errorf("%s imports %s, which stays in %s", file, i, strings.Join(allowed, ", "))
				}
			}
		}
	})
	for _, folder := range []string{"quiz", "quiz/fsrs", "bot", "chart", "store", "store/bolt", "adapters/slack", "adapters/discord", "adapters/terminal", "cmd/quizbot"} {
		if !seen[folder] {
			t.Errorf("no source of %s was looked at", folder)
		}
	}
}

// TestClock: the rules get their time and chance as arguments.
func TestClock(t *testing.T) {
	root := filepath.Join("..", "..")
	eachSource(t, root, func(folder, file string, _ []string) {
		if folder != "quiz" && folder != "quiz/calendar" && folder != "quiz/fsrs" {
			return
		}
		src, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"time.Now(", "time.Since(", "time.Sleep(", "time.After(", "time.NewTimer(", "time.Until(", "time.LoadLocation(", "rand.IntN(", "rand.N(", "rand.Uint64(", "rand.Shuffle(", "rand.Perm("} {
			if strings.Contains(string(src), word) {
				t.Errorf("%s uses %s: time and chance are arguments", file, word)
			}
		}
	})
}

// TestNoDump: folders that say nothing about what is in them are refused.
func TestNoDump(t *testing.T) {
	refused := []string{"util", "utils", "common", "helpers", "models", "types", "misc"}
	eachSource(t, filepath.Join("..", ".."), func(folder, file string, _ []string) {
		if slices.Contains(refused, path.Base(folder)) {
			t.Errorf("%s: call the folder after what it is for", file)
		}
	})
}

func ruleOf(folder string) (rule, bool) {
	for _, r := range rules() {
		if r.folder == folder {
			return r, true
		}
	}
	return rule{}, false
}

// eachSource reads the imports of every source file that is not a test.
func eachSource(t *testing.T, root string, fn func(folder, file string, imports []string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && p != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		var imports []string
		for _, i := range f.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			imports = append(imports, name)
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		fn(path.Dir(rel), rel, imports)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
