package main

import (
	"encoding/json"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.yaml.in/yaml/v3"

	"quizbot/bot"
)

func readRepo(t *testing.T, path ...string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(append([]string{"..", ".."}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// registered are the names of our metrics, whether or not they have a value yet, and
// their labels.
func registered(t *testing.T) map[string][]string {
	t.Helper()
	m := newMeter()
	m.registry.MustRegister(&state{})
	newBackups(config{}, nil, m.registry, slog.New(slog.DiscardHandler))
	descs := make(chan *prometheus.Desc, 1000)
	m.registry.Describe(descs)
	close(descs)
	form := regexp.MustCompile(`fqName: "([^"]+)".*variableLabels: \{([^}]*)\}`)
	out := map[string][]string{}
	for d := range descs {
		found := form.FindStringSubmatch(d.String())
		if found == nil {
			t.Fatalf("a description that is not understood: %s", d)
		}
		if name := found[1]; strings.HasPrefix(name, "quizbot_") {
			out[name] = []string{}
			if found[2] != "" {
				out[name] = strings.Split(found[2], ",")
			}
		}
	}
	return out
}

var metricName = regexp.MustCompile(`\bquizbot_[a-z0-9_]+`)

// known says whether a query may use that name: a metric, or a series of a histogram.
func known(metrics map[string][]string, name string) bool {
	for _, end := range []string{"", "_bucket", "_sum", "_count"} {
		if base, ok := strings.CutSuffix(name, end); ok && metrics[base] != nil {
			return true
		}
	}
	return false
}

func TestMetricsAreDocumented(t *testing.T) {
	t.Parallel()
	metrics := registered(t)
	if len(metrics) < 30 {
		t.Fatalf("only %d metrics are registered", len(metrics))
	}
	row := regexp.MustCompile("(?m)^\\| `(quizbot_[a-z0-9_]+)` \\| (\\w+) \\|([^|]*)\\| ([^|]+) \\|$")
	documented := map[string]bool{}
	for _, r := range row.FindAllStringSubmatch(readRepo(t, "docs", "operating.md"), -1) {
		name, labels := r[1], strings.FieldsFunc(r[3], func(r rune) bool { return r == ',' || r == ' ' })
		documented[name] = true
		have, ok := metrics[name]
		if !ok {
			t.Errorf("docs/operating.md names %s, which is not registered", name)
			continue
		}
		slices.Sort(labels)
		have = slices.Sorted(slices.Values(have))
		if name != "quizbot_build_info" && !slices.Equal(labels, have) {
			t.Errorf("%s: documented labels %q, registered %q", name, labels, have)
		}
		for _, label := range have {
			if !slices.Contains([]string{"platform", "outcome", "kind", "reason", "scope", "state", "level"}, label) {
				t.Errorf("%s has the label %s: may it have many values?", name, label)
			}
		}
	}
	for name := range metrics {
		if !documented[name] {
			t.Errorf("%s is not in the tables of docs/operating.md", name)
		}
	}
}

type alertFile struct {
	Groups []struct {
		Rules []struct {
			Alert       string            `yaml:"alert"`
			Expr        string            `yaml:"expr"`
			For         string            `yaml:"for"`
			Labels      map[string]string `yaml:"labels"`
			Annotations map[string]string `yaml:"annotations"`
		} `yaml:"rules"`
	} `yaml:"groups"`
}

func TestAlertsUseWhatExists(t *testing.T) {
	t.Parallel()
	metrics, doc := registered(t), readRepo(t, "docs", "operating.md")
	var file alertFile
	if err := yaml.Unmarshal([]byte(readRepo(t, "deploy", "prometheus", "alerts.yaml")), &file); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			names[r.Alert] = true
			for _, name := range metricName.FindAllString(r.Expr, -1) {
				if !known(metrics, name) {
					t.Errorf("%s uses %s, which is not registered", r.Alert, name)
				}
			}
			if s := r.Labels["severity"]; s != "critical" && s != "warning" {
				t.Errorf("%s has the severity %q", r.Alert, s)
			}
			if r.For != "" {
				if _, err := time.ParseDuration(r.For); err != nil {
					t.Errorf("%s: %v", r.Alert, err)
				}
			}
			if r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
				t.Errorf("%s does not say what it is and what to do", r.Alert)
			}
			if !strings.Contains(doc, "\n### "+r.Alert+"\n") || r.Annotations["runbook"] != "docs/operating.md#"+strings.ToLower(r.Alert) {
				t.Errorf("%s has no place in docs/operating.md, or doesn't point to it", r.Alert)
			}
		}
	}
	for _, heading := range regexp.MustCompile(`(?m)^### (Quizbot\w+)$`).FindAllStringSubmatch(doc, -1) {
		if !names[heading[1]] {
			t.Errorf("docs/operating.md tells about %s, which is no alert", heading[1])
		}
	}
	if len(names) < 15 {
		t.Errorf("only %d alerts were read", len(names))
	}
}

func TestDashboardUsesWhatExists(t *testing.T) {
	t.Parallel()
	metrics := registered(t)
	raw := readRepo(t, "deploy", "grafana", "quizbot.json")
	var board struct {
		Panels []struct {
			ID         int
			Title      string
			Type       string
			Datasource struct{ UID string }
			Targets    []struct{ Expr string }
		}
		Templating struct {
			List []struct{ Name, Type string }
		}
	}
	if err := json.Unmarshal([]byte(raw), &board); err != nil {
		t.Fatal(err)
	}
	ids, queries := map[int]bool{}, 0
	for _, p := range board.Panels {
		if ids[p.ID] {
			t.Errorf("two panels have the id %d", p.ID)
		}
		ids[p.ID] = true
		if p.Type != "row" && (p.Datasource.UID != "${datasource}" || len(p.Targets) == 0) {
			t.Errorf("the panel %s asks nobody or nothing", p.Title)
		}
		for _, target := range p.Targets {
			queries++
			for _, name := range metricName.FindAllString(target.Expr, -1) {
				if !known(metrics, name) {
					t.Errorf("the panel %s uses %s, which is not registered", p.Title, name)
				}
			}
		}
	}
	if !slices.ContainsFunc(board.Templating.List, func(v struct{ Name, Type string }) bool { return v.Name == "datasource" && v.Type == "datasource" }) {
		t.Error("the data source can't be chosen")
	}
	for name := range metrics {
		if !strings.Contains(raw, name) && name != "quizbot_state_errors" && name != "quizbot_packs_loaded_timestamp_seconds" {
			t.Errorf("%s is on no panel", name)
		}
	}
	if queries < 20 {
		t.Errorf("only %d queries were read", queries)
	}
}

// TestLogIsDocumented: every line of the log that is a warning or an error stands in the
// table of docs/operating.md, and the other way round.
func TestLogIsDocumented(t *testing.T) {
	t.Parallel()
	doc := readRepo(t, "docs", "operating.md")
	call := regexp.MustCompile(`[lL]og\.(Warn|Error)\("((?:[^"\\]|\\.)*)"`)
	said := map[string]bool{}
	for _, folder := range []string{"bot", "store", "adapters", filepath.Join("cmd", "quizbot")} {
		err := filepath.WalkDir(filepath.Join("..", "..", folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "adaptertest") {
				return err
			}
			src, err := os.ReadFile(path)
			for _, c := range call.FindAllStringSubmatch(string(src), -1) {
				line := strings.ReplaceAll(c[2], `\"`, `"`)
				said[line] = true
				if line != "packs: " && !strings.Contains(doc, "| `"+line+"` |") {
					t.Errorf("%s logs %q, which docs/operating.md does not explain", path, line)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	elsewhere := []string{"gateway connection ended", "packs: …", "more lines like this were left out"}
	for _, row := range regexp.MustCompile("(?m)^\\| (?:error|warn) \\| `([^`]+)` \\|").FindAllStringSubmatch(doc, -1) {
		if !said[row[1]] && !slices.Contains(elsewhere, row[1]) {
			t.Errorf("docs/operating.md explains %q, which nobody logs", row[1])
		}
	}
	if len(said) < 30 {
		t.Errorf("only %d lines were found", len(said))
	}
}

// TestReadyGrace: what the platforms do every day doesn't make the bot unready.
func TestReadyGrace(t *testing.T) {
	t.Parallel()
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	gone := os.ErrDeadlineExceeded
	for name, c := range map[string]struct {
		link  bot.Link
		ready bool
	}{
		"connected":                 {bot.Link{}, true},
		"never connected":           {bot.Link{Err: gone}, false},
		"lost for a moment":         {bot.Link{Err: gone, Since: now.Add(-5 * time.Second)}, true},
		"lost for a minute":         {bot.Link{Err: gone, Since: now.Add(-grace - time.Second)}, false},
		"refused a moment ago":      {bot.Link{Err: &bot.BarredError{Err: gone}, Since: now}, false},
		"refused from the outset":   {bot.Link{Err: &bot.BarredError{Err: gone}}, false},
		"the clock was turned on":   {bot.Link{Err: gone, Since: now.Add(-time.Hour)}, false},
		"the clock was turned back": {bot.Link{Err: gone, Since: now.Add(time.Hour)}, true},
	} {
		if err := lasting(c.link, now); (err == nil) != c.ready {
			t.Errorf("%s: %v", name, err)
		}
	}
}
