package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"quizbot/store/bolt"
)

// schedule is a schedule of backups that are small files, or fail as long as fails says.
type schedule struct {
	*backups
	log      *lockedBuffer
	fails    error
	registry *prometheus.Registry
}

// metric is what a metric stands at; outcome "" is that of one without.
func (s *schedule) metric(t *testing.T, name, outcome string) float64 {
	t.Helper()
	families, err := s.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name && (outcome == "" || m.GetLabel()[0].GetValue() == outcome) {
				return m.GetGauge().GetValue() + m.GetCounter().GetValue()
			}
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}

func newSchedule(t *testing.T, folder string, every time.Duration, keep int) *schedule {
	t.Helper()
	s := &schedule{log: &lockedBuffer{}, registry: prometheus.NewRegistry()}
	conf := config{values: map[string]string{"QUIZBOT_BACKUPS": folder}, backupEvery: every, backupKeep: keep}
	s.backups = newBackups(conf, func(_ context.Context, path string, _ bolt.Progress, _ bolt.Proof) error {
		if s.fails != nil {
			return s.fails
		}
		return os.WriteFile(path, []byte("backup"), 0o600)
	}, s.registry, slog.New(slog.NewTextHandler(s.log, nil)))
	return s
}

// during runs the schedule for a while; time is the bubble's.
func (s *schedule) during(t *testing.T, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	s.run(ctx)
}

func list(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// Backups are made when the newest is old enough, also across restarts; the oldest
// of them go, and nothing else.
func TestBackupsAreMadeAndKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // it begins on 2000-01-01 at midnight
		folder := t.TempDir()
		others := []string{"notes.txt", "quizbot-19990101T000000Z.db.bak", "quizbot-2000.db", "quizbot.db"}
		for _, name := range others {
			writeFile(t, filepath.Join(folder, name), "not ours")
		}
		if err := os.Mkdir(filepath.Join(folder, "quizbot-19990101T000000Z.db"), 0o700); err != nil {
			t.Fatal(err)
		}
		half := filepath.Join(folder, "quizbot-19990101T000000Z.db.new-123")
		writeFile(t, half, "of a killed process")
		if err := os.Chtimes(half, time.Now().Add(-48*time.Hour), time.Now().Add(-48*time.Hour)); err != nil {
			t.Fatal(err)
		}
		others = append(others, "quizbot-19990101T000000Z.db")
		newSchedule(t, folder, 24*time.Hour, 3).during(t, time.Hour)
		first := "quizbot-20000101T000000Z.db"
		want := append(slices.Clone(others), first)
		slices.Sort(want)
		if got := list(t, folder); !slices.Equal(got, want) {
			t.Fatalf("after an hour: %v, want %v", got, want)
		}
		for range 5 { // restarts make none
			newSchedule(t, folder, 24*time.Hour, 3).during(t, time.Hour)
		}
		if got := list(t, folder); !slices.Equal(got, want) {
			t.Fatalf("after restarts: %v, want %v", got, want)
		}
		s := newSchedule(t, folder, 24*time.Hour, 3)
		s.during(t, 4*24*time.Hour)
		names, err := s.names()
		if err != nil || !slices.Equal(names, []string{"quizbot-20000103T000000Z.db", "quizbot-20000104T000000Z.db", "quizbot-20000105T000000Z.db"}) {
			t.Errorf("after days: %v %v", names, err)
		}
		if got := list(t, folder); len(got) != len(others)+3 {
			t.Errorf("files of others are gone: %v", got)
		}
		if last := s.metric(t, "quizbot_backup_last_success_timestamp_seconds", ""); last != float64(time.Date(2000, 1, 5, 0, 0, 0, 0, time.UTC).Unix()) {
			t.Errorf("the newest is said to be of %f", last)
		}
		if n := s.metric(t, "quizbot_backups_total", "ok"); n != 4 {
			t.Errorf("%f were counted", n)
		}
	})
}

// A failure is one line with the cure, counted, and tried again before long; no old
// backup goes for it.
func TestFailedBackups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		for _, name := range []string{"quizbot-19990101T000000Z.db", "quizbot-19990102T000000Z.db"} {
			writeFile(t, filepath.Join(folder, name), "old")
		}
		s := newSchedule(t, folder, 24*time.Hour, 1)
		s.fails = errors.New("backup x: no space left on device: make room there")
		s.during(t, 35*time.Minute)
		if n := s.metric(t, "quizbot_backups_total", "failed"); n != 4 {
			t.Errorf("%f failures in 35 minutes, want one each ten", n)
		}
		lines := strings.Split(strings.TrimSpace(s.log.String()), "\n")
		if len(lines) != 4 || !strings.Contains(lines[0], "level=ERROR") || !strings.Contains(lines[0], "make room there") {
			t.Errorf("the log says:\n%s", s.log)
		}
		if got := list(t, folder); len(got) != 2 {
			t.Errorf("old backups went: %v", got)
		}
		s.fails = nil
		s.during(t, time.Minute)
		if got := list(t, folder); !slices.Equal(got, []string{"quizbot-20000101T003500Z.db"}) {
			t.Errorf("afterwards: %v", got)
		}
	})
}

// A backup from a clock that was ahead neither holds the next ones up nor pushes
// them out.
func TestBackupsFromTheFuture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		writeFile(t, filepath.Join(folder, "quizbot-20300101T000000Z.db"), "future")
		newSchedule(t, folder, time.Hour, 1).during(t, 90*time.Minute)
		if got := list(t, folder); !slices.Equal(got, []string{"quizbot-20000101T010000Z.db"}) {
			t.Errorf("there are %v", got)
		}
	})
}
