package main

import (
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestProbe(t *testing.T) {
	t.Parallel()
	var missing []error
	page := httptest.NewServer(adminHandler(newMeter(), func() []error { return missing }))
	defer page.Close()
	address := strings.TrimPrefix(page.URL, "http://")
	probe := func(args ...string) (status int, out, errOut string) {
		var stdout, stderr strings.Builder
		status = run(t.Context(), surroundings{
			args: append([]string{"probe", "--admin-listen", address}, args...), getenv: func(string) (string, bool) { return "", false },
			in: strings.NewReader(""), out: io.Writer(&stdout), err: &stderr,
		})
		return status, stdout.String(), stderr.String()
	}
	if status, out, _ := probe("--ready"); status != exitDone || out != "ready\n" {
		t.Errorf("ready: %d %q", status, out)
	}
	missing = []error{errors.New("slack: not connected"), errors.New("discord: not connected")}
	if status, out, _ := probe(); status != exitDone || out != "ok\n" {
		t.Errorf("alive: %d %q", status, out)
	}
	if status, _, errOut := probe("--ready"); status != exitFailed || !strings.Contains(errOut, "slack: not connected\n") || !strings.Contains(errOut, "discord: not connected\n") {
		t.Errorf("not ready: %d %q", status, errOut)
	}
	page.Close()
	if status, _, errOut := probe(); status != exitFailed || !strings.Contains(errOut, "no quizbot answers") || strings.Count(errOut, "\n") != 1 {
		t.Errorf("nobody there: %d %q", status, errOut)
	}
	address = "9090"
	if status, _, errOut := probe(); status != exitUsage || !strings.Contains(errOut, "QUIZBOT_ADMIN_LISTEN") {
		t.Errorf("no address: %d %q", status, errOut)
	}
}
