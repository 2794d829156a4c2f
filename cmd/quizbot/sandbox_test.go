package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// openSandbox runs the sandbox inside the test and returns the page's address.
func openSandbox(t *testing.T, env map[string]string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	up, status := make(chan map[string]string, 1), make(chan int, 1)
	var errs lockedBuffer
	go func() {
		status <- run(ctx, surroundings{
			args: []string{"sandbox", "--listen", "127.0.0.1:0"}, getenv: func(k string) (string, bool) { v, ok := env[k]; return v, ok },
			in: strings.NewReader(""), out: io.Discard, err: &errs, serving: func(a map[string]string) { up <- a },
		})
	}()
	t.Cleanup(func() {
		cancel()
		if code := <-status; code != exitDone {
			t.Errorf("exit status %d: %s", code, &errs)
		}
	})
	select {
	case at := <-up:
		return at["page"]
	case <-waitFor(t).Done():
		t.Fatalf("the sandbox did not open: %s", &errs)
	}
	return ""
}

func ask(t *testing.T, method, url, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(waitFor(t), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text)
}

// A player whose page is a moment behind presses a button of a question that has
// just closed. The bot says so, not the page.
func TestALatePressReachesTheBot(t *testing.T) {
	t.Parallel()
	page := "http://" + openSandbox(t, map[string]string{"QUIZBOT_PACKS": packFolder(t)})
	control := map[string]*regexp.Regexp{"slack": regexp.MustCompile(`"action_id":"([^"]+)"`), "discord": regexp.MustCompile(`"custom_id":"([^"]+)"`)}
	type message struct {
		ID      string
		Private bool
	}
	for _, pane := range []string{"slack", "discord"} {
		t.Run(pane, func(t *testing.T) {
			t.Parallel()
			var state struct {
				People, Rooms []struct{ ID string }
				Messages      []json.RawMessage
			}
			look := func(words string) (found json.RawMessage) {
				t.Helper()
				for ctx := waitFor(t); found == nil; pause(ctx, 20*time.Millisecond) {
					_, text := ask(t, http.MethodGet, page+"/state?pane="+pane, "")
					if err := json.Unmarshal([]byte(text), &state); err != nil {
						t.Fatal(err)
					}
					for _, m := range state.Messages {
						if strings.Contains(string(m), words) {
							found = m
						}
					}
					if ctx.Err() != nil {
						t.Fatalf("%s does not show %q: %s", pane, words, text)
					}
					if words == "" {
						break
					}
				}
				return found
			}
			look("")
			act := func(what string) (int, string) {
				return ask(t, http.MethodPost, page+"/act", fmt.Sprintf(`{"pane":%q,"player":%q,"room":%q,%s}`, pane, state.People[0].ID, state.Rooms[0].ID, what))
			}
			for ctx := waitFor(t); ; pause(ctx, 50*time.Millisecond) { // Discord's command may not be registered yet
				code, text := act(`"text":"/quiz wires"`)
				if code == http.StatusNoContent {
					break
				}
				if ctx.Err() != nil {
					t.Fatalf("%d %s", code, text)
				}
			}
			raw := look("Which method opens")
			var question message
			if err := json.Unmarshal(raw, &question); err != nil {
				t.Fatal(err)
			}
			button := control[pane].FindStringSubmatch(string(raw))
			if button == nil {
				t.Fatalf("no button: %s", raw)
			}
			look("It is an upgraded GET.")
			if code, text := act(fmt.Sprintf(`"message":%q,"control":%q`, question.ID, button[1])); code != http.StatusNoContent {
				t.Fatalf("the late press: %d %s", code, text)
			}
			var said message
			if err := json.Unmarshal(look("nothing has changed"), &said); err != nil || !said.Private {
				t.Errorf("not in private: %+v %v", said, err)
			}
		})
	}
}
