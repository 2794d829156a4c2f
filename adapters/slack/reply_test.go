package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"quizbot/bot"
	sandbox "quizbot/sandbox/slack"
)

func TestPrivateReplies(t *testing.T) {
	r := play(t, setup{})
	ask := r.deliver(quizzes, "r1-ask", question())
	r.core.does(func(_ context.Context, in bot.Incoming) (bot.Reply, error) {
		return bot.Reply{Card: card("for " + in.Text + in.Choice)}, nil
	})
	if a := r.slash(quizzes, alice, "command"); !a.OK() || !strings.Contains(string(a.Body), "for command") {
		t.Errorf("a command is answered at once: %+v", a)
	}
	if m := r.ephemeral(quizzes, alice, "for command"); m.Via != "command" {
		t.Errorf("%+v", m)
	}
	r.press(quizzes, string(ask), bob, "q1-a")
	if m := r.ephemeral(quizzes, bob, "for q1-a"); m.Via != sandbox.ResponseURLMethod {
		t.Errorf("%+v", m)
	}
	r.say(quizzes, carol, "line")
	if m := r.ephemeral(quizzes, carol, "for line"); m.ThreadTS != "" {
		t.Errorf("%+v", m)
	}
	r.say(quizzes, carol, "threaded", sandbox.InThread(string(ask)))
	if m := r.ephemeral(quizzes, carol, "for threaded"); m.ThreadTS != string(ask) {
		t.Errorf("%+v", m)
	}
	dm, err := r.slack.DM(carol)
	if err != nil {
		t.Fatal(err)
	}
	r.say(dm, carol, "alone")
	r.public(dm, "for alone")
	r.slash(outside, bob, "stranger") // the bot is not in there
	r.ephemeral(outside, bob, "for stranger")
	m, _ := r.slack.Message(quizzes, string(ask))
	if len(m.History) != 0 || len(m.Buttons()) != 3 {
		t.Errorf("a press has changed the question: %+v", m)
	}
	for _, m := range r.slack.Messages(quizzes) {
		if strings.Contains(m.Shown(), "for ") {
			t.Errorf("everyone reads %q", m.Shown())
		}
	}
}

func TestPublicReplies(t *testing.T) {
	t.Parallel()
	r := play(t, setup{})
	ask := r.deliver(quizzes, "r1-ask", question())
	r.core.does(func(_ context.Context, in bot.Incoming) (bot.Reply, error) {
		return bot.Reply{Card: card("Board for " + in.Text + in.Choice), Public: true}, nil
	})
	if a := r.slash(quizzes, alice, "command"); !a.OK() || len(a.Body) != 0 {
		t.Errorf("%+v", a)
	}
	r.public(quizzes, "Board for command")
	r.press(quizzes, string(ask), bob, "q1-a")
	r.public(quizzes, "Board for q1-a")
	r.say(quizzes, carol, "line")
	r.public(quizzes, "Board for line")
	r.say(quizzes, carol, "threaded", sandbox.InThread(string(ask)))
	if m := r.public(quizzes, "Board for threaded"); m.ThreadTS != string(ask) {
		t.Errorf("%+v", m)
	}
	// Where the bot is not, the command's own way is left.
	r.slash(outside, bob, "stranger")
	if m := r.public(outside, "Board for stranger"); m.Via != sandbox.ResponseURLMethod {
		t.Errorf("%+v", m)
	}
}

// TestPressOnAPrivateMessage: its answer takes its place.
func TestPressOnAPrivateMessage(t *testing.T) {
	r := play(t, setup{})
	own := question()
	r.core.says(bot.Reply{Card: &own})
	r.slash(quizzes, alice, "review")
	m := r.ephemeral(quizzes, alice, "Which method")
	r.core.says(bot.Reply{Card: card("Right")})
	r.press(quizzes, m.TS, alice, "q1-a")
	r.ephemeral(quizzes, alice, "Right")
	if all := r.slack.Ephemerals(quizzes, alice); len(all) != 1 || all[0].TS != m.TS || len(all[0].Buttons()) != 0 {
		t.Errorf("%+v", all)
	}
}

func TestNothingToSay(t *testing.T) {
	r := play(t, setup{})
	ask := r.deliver(quizzes, "r1-ask", question())
	if a := r.slash(quizzes, alice, "x"); !a.OK() || len(a.Body) != 0 {
		t.Errorf("%+v", a)
	}
	if a := r.press(quizzes, string(ask), alice, "q1-a"); !a.OK() || len(a.Body) != 0 {
		t.Errorf("%+v", a)
	}
	r.say(quizzes, alice, "x")
	r.stop()
	if all := r.slack.Ephemerals(quizzes, alice); len(all) != 0 {
		t.Errorf("%+v", all)
	}
}

func TestMemoryForgetsTheOldest(t *testing.T) {
	var m memory
	m.init()
	for i := range 2*remembered + 1 {
		if !m.add(fmt.Sprint(i)) {
			t.Fatalf("%d was known", i)
		}
	}
	for i := remembered; i <= 2*remembered; i++ {
		if m.add(fmt.Sprint(i)) {
			t.Fatalf("%d was forgotten", i)
		}
	}
	if !m.add("0") || len(m.new)+len(m.old) > 2*remembered {
		t.Error("nothing is ever forgotten")
	}
}

func TestWhereAResponseURLMayLead(t *testing.T) {
	real, _ := deaf(t, func(c *Config) { c.APIURL = "" })
	local, _ := deaf(t, func(c *Config) { c.APIURL = "http://127.0.0.1:8123/api/" })
	for _, c := range []struct {
		to          string
		real, local bool
	}{
		{"https://hooks.slack.com/commands/T1/1/x", true, true},
		{"https://slack.com/x", true, true},
		{"https://HOOKS.SLACK.COM/x", true, true},
		{"https://hooks.slack.com:443/x", true, true},
		{"http://hooks.slack.com/x", false, false},
		{"http://127.0.0.1:8123/response/1", false, true},
		{"http://127.0.0.1:8124/response/1", false, false},
		{"http://127.0.0.1/response/1", false, false},
		{"http://user@127.0.0.1:8123/response/1", false, false},
		{"https://hooks.slack.com.evil.example/x", false, false},
		{"https://evilslack.com/x", false, false},
		{"https://evil.example/hooks.slack.com", false, false},
		{"https://evil.example?hooks.slack.com", false, false},
		{"https://hooks.slack.com@evil.example/x", false, false},
		{"https://evil.example#.slack.com", false, false},
		{"https://evil.example\\.slack.com/x", false, false},
		{"https://169.254.169.254/latest", false, false},
		{"file:///etc/passwd", false, false},
		{"gopher://hooks.slack.com/x", false, false},
		{"//hooks.slack.com/x", false, false},
		{"/response/1", false, false},
		{"https:hooks.slack.com", false, false},
		{"", false, false},
		{"::", false, false},
	} {
		if got := real.follows(c.to); got != c.real {
			t.Errorf("towards Slack, %q: %v", c.to, got)
		}
		if got := local.follows(c.to); got != c.local {
			t.Errorf("towards a local Slack, %q: %v", c.to, got)
		}
	}
}

// TestResponseURLElsewhere: a request can be genuine and still lead nowhere good.
func TestResponseURLElsewhere(t *testing.T) {
	var asked atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer elsewhere.Close()
	r := play(t, setup{})
	r.core.says(bot.Reply{Card: card("Right")})
	payload := press(t, func(p map[string]any) {
		p["response_url"] = elsewhere.URL + "/x"
		p["team"], p["user"], p["channel"] = map[string]any{"id": team}, map[string]any{"id": bob}, map[string]any{"id": quizzes}
	})
	if _, err := r.slack.EmitEnvelope(ctxFor(t), sandbox.Interactions, payload); err != nil {
		t.Fatal(err)
	}
	r.ephemeral(quizzes, bob, "Right") // by the Web API instead
	form := command(map[string]string{"team_id": team, "channel_id": outside, "user_id": alice, "response_url": elsewhere.URL + "/y"})
	if _, err := r.slack.Post(ctxFor(t), sandbox.Commands, "application/x-www-form-urlencoded", []byte(form.Encode()), nil); err != nil {
		t.Fatal(err)
	}
	_, err := r.adapter.Deliver(ctxFor(t), bot.Outgoing{Key: "r1-ask", Room: roomID(team, outside), Card: question()})
	if !errors.Is(err, bot.ErrUnreachable) {
		t.Errorf("%v", err)
	}
	r.stop()
	if n := asked.Load(); n != 0 {
		t.Errorf("it was followed %d times", n)
	}
}

// TestRedirectsAreNotFollowed: neither those of a response_url nor of the Web API.
func TestRedirectsAreNotFollowed(t *testing.T) {
	var asked atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer elsewhere.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		here := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, status)
		}))
		transport := &http.Transport{}
		a, _ := deaf(t, func(c *Config) { c.APIURL, c.Transport = here.URL+"/api/", transport })
		if err := a.respond(ctxFor(t), here.URL+"/response", responseMessage{}); err == nil {
			t.Errorf("%d passes for success", status)
		}
		if _, err := a.Deliver(ctxFor(t), bot.Outgoing{Key: "k", Room: "slack:T1/C2", Card: question()}); err == nil {
			t.Errorf("%d passes for a message", status)
		}
		transport.CloseIdleConnections()
		here.Close()
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("followed %d times", n)
	}
}

// TestSpentResponseURL: the Web API can still say it.
func TestSpentResponseURL(t *testing.T) {
	r := play(t, setup{slack: sandbox.Options{ResponseURLLife: time.Nanosecond}})
	ask := r.deliver(quizzes, "r1-ask", question())
	r.core.says(bot.Reply{Card: card("Right")})
	r.press(quizzes, string(ask), bob, "q1-a")
	if m := r.ephemeral(quizzes, bob, "Right"); m.Via != "chat.postEphemeral" {
		t.Errorf("%+v", m)
	}
}

// TestRepliesWaitWhenSlackSaysLater: "later" is not "never".
func TestRepliesWaitWhenSlackSaysLater(t *testing.T) {
	t.Parallel()
	r := play(t, setup{})
	ask := r.deliver(quizzes, "r1-ask", question())
	r.core.says(bot.Reply{Card: card("Right")})
	r.slack.Faults().RateLimit(sandbox.ResponseURLMethod, 1, time.Second)
	r.slack.Faults().RateLimit("chat.postEphemeral", 1, time.Second)
	r.press(quizzes, string(ask), bob, "q1-a")
	r.say(quizzes, carol, "A")
	r.ephemeral(quizzes, bob, "Right")
	r.ephemeral(quizzes, carol, "Right")
}

// TestReplyWhereTheResponseURLFails goes the other way.
func TestReplyWhereTheResponseURLFails(t *testing.T) {
	for name, fault := range map[string]func(f *sandbox.Faults){
		"stumbles": func(f *sandbox.Faults) { f.ServerError(sandbox.ResponseURLMethod, 1, 500) },
		"breaks":   func(f *sandbox.Faults) { f.Drop(sandbox.ResponseURLMethod, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			r := play(t, setup{})
			ask := r.deliver(quizzes, "r1-ask", question())
			r.core.says(bot.Reply{Card: card("Right")})
			fault(r.slack.Faults())
			r.press(quizzes, string(ask), bob, "q1-a")
			if m := r.ephemeral(quizzes, bob, "Right"); m.Via != "chat.postEphemeral" {
				t.Errorf("%+v", m)
			}
		})
	}
}

// TestRepliesInDoubtAreNotRepeated: a private word that may have arrived is left.
func TestRepliesInDoubtAreNotRepeated(t *testing.T) {
	r := play(t, setup{})
	r.core.says(bot.Reply{Card: card("Board"), Public: true})
	for _, fault := range []func(){
		func() { r.slack.Faults().AcceptThenDrop("chat.postMessage", 1) },
		func() { r.slack.Faults().AcceptThenError("chat.postMessage", 1, 502) },
	} {
		fault()
		r.say(quizzes, carol, "leaderboard")
	}
	r.stop()
	if n := len(r.slack.Calls("chat.postMessage")); n != 2 {
		t.Errorf("%d posts", n)
	}
}

// TestTooManyReplies: what can't be sent doesn't grow without bound.
func TestTooManyReplies(t *testing.T) {
	hang := make(hanging)
	a, _ := deaf(t, func(c *Config) { c.Transport = hang })
	a.http.Timeout = 0 // none is given up before the last is there
	for i := range maxReplies + 10 {
		a.answer(arrival{to: address{responseURL: fmt.Sprint("https://hooks.slack.com/x/", i)}}, bot.Reply{Card: card("x")})
	}
	if a.replies.total != maxReplies {
		t.Errorf("%d wait", a.replies.total)
	}
	close(hang)
}

func TestAskersAreForgotten(t *testing.T) {
	var s askers
	s.init()
	now := time.Unix(1_700_000_000, 0)
	s.put("room", "", now)
	if _, ok := s.take("room", now); ok {
		t.Error("nobody asked")
	}
	s.put("room", "u1", now)
	s.put("room", "u2", now)
	if to, ok := s.take("room", now); !ok || to != "u2" {
		t.Errorf("%q, %v", to, ok)
	}
	if _, ok := s.take("room", now); ok {
		t.Error("told twice")
	}
	s.put("room", "u1", now)
	if _, ok := s.take("room", now.Add(askerFor)); ok {
		t.Error("a spent address is used")
	}
	for i := range maxAskers + 10 {
		s.put(bot.RoomID(fmt.Sprint(i)), "u", now)
	}
	if len(s.last) > maxAskers {
		t.Errorf("%d are remembered", len(s.last))
	}
}

// TestFormatOfResponses: what a command's answer and a response_url are sent.
func TestFormatOfResponses(t *testing.T) {
	a, _ := deaf(t, nil)
	for kind, want := range map[string]string{
		"":           `{"mrkdwn":false,"response_type":"ephemeral","text":"Right"}`,
		"ephemeral":  `{"mrkdwn":false,"replace_original":false,"response_type":"ephemeral","text":"Right"}`,
		"in_channel": `{"mrkdwn":false,"replace_original":false,"response_type":"in_channel","text":"Right"}`,
	} {
		b, err := json.Marshal(a.responseMessage(*card("Right"), kind, address{}))
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := json.Unmarshal(b, &m); err != nil || m["blocks"] == nil {
			t.Fatalf("%v %s", err, b)
		}
		delete(m, "blocks")
		if b, _ = json.Marshal(m); string(b) != want {
			t.Errorf("%q: %s", kind, b)
		}
	}
}
