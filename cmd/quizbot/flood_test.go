package main

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// An incident in a thousand rooms leaves some lines, and how many there were.
func TestFlood(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	m := newMeter()
	f := newFlood(slog.NewTextHandler(&out, nil), m.logged, func() time.Time { return now })
	log := slog.New(f).With("platform", "slack")
	count := func(what string) int { return strings.Count(out.String(), what) }

	for i := range 1000 {
		log.Error("message not delivered", "room", i, "err", errors.New("429"))
	}
	log.Warn("something else")
	if count("message not delivered") != floodLines || count("something else") != 1 || count("left out") != 0 {
		t.Fatalf("within the minute:\n%s", out.String())
	}
	if !strings.Contains(out.String(), "platform=slack room=19 err=429") {
		t.Errorf("a line has lost its ids:\n%s", out.String())
	}
	page := httptest.NewRecorder()
	adminHandler(m, nil).ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if want := "\nquizbot_log_lines_total{level=\"error\"} 1000\n"; !strings.Contains(page.Body.String(), want) {
		t.Errorf("%q is not in\n%s", want, page.Body)
	}
	now = now.Add(floodSpan)
	log.Warn("something else")
	if count("left_out=980") != 1 || count(`line="message not delivered"`) != 1 {
		t.Errorf("after the minute:\n%s", out.String())
	}
	out.Reset()
	for range floodLines + 5 {
		log.Error("message not delivered")
	}
	if count(`msg="message not delivered"`) != floodLines {
		t.Errorf("the next minute begins anew:\n%s", out.String())
	}
	f.close()
	if count("left_out=5") != 1 {
		t.Errorf("at the end:\n%s", out.String())
	}
	out.Reset()
	f.close()
	if out.Len() != 0 {
		t.Errorf("told twice:\n%s", out.String())
	}
}
