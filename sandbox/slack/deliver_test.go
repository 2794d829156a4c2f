package slack

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestEventsAreSignedAndSentAgainUntilTaken(t *testing.T) {
	s := start(t, Options{RetryDelays: []time.Duration{0, 0, 0}})
	a := newApp(t, s, func(n int, _ got, w http.ResponseWriter, _ *http.Request) {
		if n < 2 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	said, err := s.Say(ctxFor(t), "C0QUIZ", "U0BOB", "a < b & @alice")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Idle(ctxFor(t)); err != nil {
		t.Fatal(err)
	}
	all := a.received()
	if len(all) != 3 || !said.Deliveries[0].Acked() {
		t.Fatalf("%d attempts, taken %v; want 3, true", len(all), said.Deliveries[0].Acked())
	}
	for i, g := range all {
		if want := []string{"", "1", "2"}[i]; g.Header.Get("X-Slack-Retry-Num") != want {
			t.Errorf("attempt %d has the retry number %q, want %q", i, g.Header.Get("X-Slack-Retry-Num"), want)
		}
		if !strings.HasPrefix(g.Header.Get("X-Slack-Signature"), "v0=") || !bytes.Equal(g.Body, all[0].Body) {
			t.Errorf("attempt %d is not the same signed event", i)
		}
	}
	if text := dig(all[0].json(t), "event", "text"); text != "a &lt; b &amp; <@U0ALICE>" {
		t.Errorf("text %q", text)
	}
}

func TestPressAndItsPrivateAnswer(t *testing.T) {
	s := start(t, Options{})
	a := newApp(t, s, nil)
	out := api(t, s, "chat.postMessage", map[string]any{
		"channel": "C0QUIZ", "text": "?", "blocks": []any{section("plain_text", "?"), actions(button("go", "Go", "1"))},
	})
	ts, _ := out["ts"].(string)
	if _, err := s.Press(ctxFor(t), "C0QUIZ", ts, "U0BOB", "gone"); err == nil {
		t.Error("a button that is not there was pressed")
	}
	if err := s.Idle(ctxFor(t)); err != nil { // the app hears of its own message first
		t.Fatal(err)
	}
	answer, err := s.Press(ctxFor(t), "C0QUIZ", ts, "U0BOB", "go")
	if err != nil || !answer.OK() {
		t.Fatalf("press: %v %+v", err, answer)
	}
	pressed := a.received()[len(a.received())-1].json(t)
	if dig(pressed, "actions", 0, "action_id") != "go" || dig(pressed, "user", "id") != "U0BOB" {
		t.Errorf("pressed: %v", pressed)
	}
	url, _ := pressed["response_url"].(string)
	resp, err := testClient(t).Post(url, "application/json", strings.NewReader(`{"text":"only you","replace_original":false}`))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if seen := s.Ephemerals("C0QUIZ", "U0BOB"); len(seen) != 1 || seen[0].Text != "only you" {
		t.Errorf("bob sees %+v", seen)
	}
	if seen := s.Ephemerals("C0QUIZ", "U0ALICE"); len(seen) != 0 {
		t.Errorf("alice sees %+v", seen)
	}
}

func TestSilentAppIsToldToThePlayer(t *testing.T) {
	s := start(t, Options{AckTimeout: 50 * time.Millisecond})
	newApp(t, s, func(_ int, _ got, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	answer, err := s.Slash(ctxFor(t), "C0QUIZ", "U0BOB", "/quiz", "")
	if err != nil || answer.OK() {
		t.Fatalf("slash: %v %+v", err, answer)
	}
	if seen := s.Ephemerals("C0QUIZ", "U0BOB"); len(seen) != 1 || seen[0].Notice != "operation_timeout" {
		t.Errorf("bob sees %+v", seen)
	}
}

func TestUnknownCommandsAreSlacksOwn(t *testing.T) {
	s := start(t, Options{})
	a := newApp(t, s, nil)
	answer, err := s.Slash(ctxFor(t), "C0QUIZ", "U0BOB", "/quizz", "me")
	if err != nil || answer.Delivery != nil {
		t.Errorf("%v %+v", err, answer)
	}
	if seen := s.Ephemerals("C0QUIZ", "U0BOB"); len(seen) != 1 || seen[0].Notice != "unknown_command" || seen[0].Text != "/quizz is not a valid command." {
		t.Errorf("bob sees %+v", seen)
	}
	if n := len(a.received()); n != 0 {
		t.Errorf("the app was told %d times", n)
	}
	own := start(t, Options{Command: "/trivia"})
	b := newApp(t, own, nil)
	if answer, err := own.Slash(ctxFor(t), "C0QUIZ", "U0BOB", "/trivia", "me"); err != nil || !answer.OK() || len(b.received()) != 1 {
		t.Errorf("%v %+v", err, answer)
	}
}

func TestStalePress(t *testing.T) {
	s := start(t, Options{NoEcho: true})
	a := newApp(t, s, nil)
	out := api(t, s, "chat.postMessage", map[string]any{"channel": "C0QUIZ", "text": "?", "blocks": []any{actions(button("go", "Go", "1"))}})
	ts, _ := out["ts"].(string)
	api(t, s, "chat.update", map[string]any{"channel": "C0QUIZ", "ts": ts, "text": "over"})
	if _, err := s.Press(ctxFor(t), "C0QUIZ", ts, "U0BOB", "go"); !errors.Is(err, ErrNoElement) {
		t.Errorf("%v", err)
	}
	if answer, err := s.PressStale(ctxFor(t), "C0QUIZ", ts, "U0BOB", "go"); err != nil || !answer.OK() || len(a.received()) != 1 {
		t.Errorf("%v %+v", err, answer)
	}
	if _, err := s.PressStale(ctxFor(t), "C0QUIZ", ts, "U0BOB", "never"); !errors.Is(err, ErrNoElement) {
		t.Errorf("%v", err)
	}
}

func TestGuestsComeFromTheirOwnWorkspace(t *testing.T) {
	team := DefaultTeam()
	team.Users = append(team.Users, User{ID: "U0GUEST", Name: "gil", Home: "T0OTHER"})
	team.Channels[0].Members = append(team.Channels[0].Members, "U0GUEST")
	s := start(t, Options{Teams: []Team{team}})
	a := newApp(t, s, nil)
	if _, err := s.Say(ctxFor(t), "C0QUIZ", "U0GUEST", "hello"); err != nil {
		t.Fatal(err)
	}
	m := a.received()[0].json(t)
	if m["team_id"] != "T0OTHER" || m["context_team_id"] != team.ID || m["is_ext_shared_channel"] != true ||
		dig(m, "event", "user_team") != "T0OTHER" || dig(m, "authorizations", 0, "team_id") != team.ID {
		t.Errorf("%v", m)
	}
}
