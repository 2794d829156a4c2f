package main

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// floodLines is how many lines with the same message are logged in a floodSpan.
	floodLines = 20
	floodSpan  = time.Minute
)

// flood is a handler of log lines that lets no incident fill the log: of many lines
// that say the same it passes the first few of each minute on, and then says how
// many it left out. It counts all of them.
type flood struct {
	slog.Handler
	shared *floodState
}

type floodState struct {
	lines *prometheus.CounterVec
	now   func() time.Time
	next  slog.Handler // without attributes, for what is said about lines left out

	mu   sync.Mutex
	seen map[string]*floodCount // by level and message
}

type floodCount struct {
	level   slog.Level
	message string
	since   time.Time
	n       int
}

func newFlood(next slog.Handler, lines *prometheus.CounterVec, now func() time.Time) *flood {
	for _, l := range []slog.Level{slog.LevelWarn, slog.LevelError} {
		lines.WithLabelValues(levelName(l))
	}
	return &flood{next, &floodState{lines: lines, now: now, next: next, seen: map[string]*floodCount{}}}
}

func levelName(l slog.Level) string {
	switch {
	case l >= slog.LevelError:
		return "error"
	case l >= slog.LevelWarn:
		return "warn"
	case l >= slog.LevelInfo:
		return "info"
	}
	return "debug"
}

// Handle implements slog.Handler.
func (f *flood) Handle(ctx context.Context, r slog.Record) error {
	f.shared.lines.WithLabelValues(levelName(r.Level)).Inc()
	pass, over := f.shared.take(r)
	f.shared.tell(ctx, over)
	if !pass {
		return nil
	}
	return f.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (f *flood) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &flood{f.Handler.WithAttrs(attrs), f.shared}
}

// WithGroup implements slog.Handler.
func (f *flood) WithGroup(name string) slog.Handler {
	return &flood{f.Handler.WithGroup(name), f.shared}
}

// close says what was left out and not told yet.
func (f *flood) close() {
	f.shared.mu.Lock()
	over := f.shared.left(func(*floodCount) bool { return true })
	f.shared.mu.Unlock()
	f.shared.tell(context.Background(), over)
}

// take counts a line: pass says that it is to be logged; over are the counts whose
// time has ended and which left lines out.
func (s *floodState) take(r slog.Record) (pass bool, over []*floodCount) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	over = s.left(func(c *floodCount) bool { return now.Sub(c.since) >= floodSpan })
	key := r.Level.String() + " " + r.Message
	c := s.seen[key]
	if c == nil {
		c = &floodCount{level: r.Level, message: r.Message, since: now}
		s.seen[key] = c
	}
	c.n++
	return c.n <= floodLines, over
}

// left ends counts, and returns those that left lines out. The caller holds mu.
func (s *floodState) left(ended func(*floodCount) bool) []*floodCount {
	var over []*floodCount
	for key, c := range s.seen {
		if !ended(c) {
			continue
		}
		delete(s.seen, key)
		if c.n > floodLines {
			over = append(over, c)
		}
	}
	return over
}

func (s *floodState) tell(ctx context.Context, over []*floodCount) {
	for _, c := range over {
		r := slog.NewRecord(s.now(), c.level, "more lines like this were left out", 0)
		r.AddAttrs(slog.String("line", strings.TrimSpace(c.message)), slog.Int("left_out", c.n-floodLines), slog.String("since", c.since.UTC().Format(time.RFC3339)))
		_ = s.next.Handle(ctx, r)
	}
}
