package slack

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"quizbot/bot"
	sandbox "quizbot/sandbox/slack"
)

func TestTwoWorkspacesAreTwo(t *testing.T) {
	for _, way := range []string{"http", "socket"} {
		t.Run(way, func(t *testing.T) {
			m := playMany(t, setup{slack: sandbox.Options{SocketMode: way == "socket"}})
			if way == "http" {
				m.install(team)
				m.install(team2)
			} else { // whose pages are served elsewhere
				for _, id := range []string{team, team2} {
					code, err := m.slack.GrantCode(id)
					if err != nil {
						t.Fatal(err)
					}
					if _, err := m.adapter.install(code); err != nil {
						t.Fatal(err)
					}
				}
			}
			m.core.says(bot.Reply{Card: card("Hello")})
			m.slash(quizzes, alice, "help")
			m.slash(quizzes2, dora, "help")
			m.ephemeral(quizzes, alice, "Hello")
			m.ephemeral(quizzes2, dora, "Hello")
			m.say(quizzes, bob, "<@U0QUIZBOT> start")
			m.say(quizzes2, dora, "<@U2QUIZBOT> start")
			m.say(quizzes2, dora, "<@U0QUIZBOT> is another's name")
			all := m.core.wait(t, "all that was said", func(all []bot.Incoming) bool { return len(all) >= 7 })
			rooms := map[bot.RoomID]int{}
			for _, in := range all {
				rooms[in.Room]++
				if want := "slack:" + teamOf(in.Room); string(in.Team) != want || !strings.HasPrefix(string(in.User), want+"/") {
					t.Errorf("%+v", in)
				}
			}
			if rooms["slack:T0SANDBOX/C0QUIZ"] != 3 || rooms["slack:T2/C2QUIZ"] < 4 {
				t.Errorf("rooms %v", rooms)
			}
			for place, key := range map[string]string{team + "/" + quizzes: "k1", team2 + "/" + quizzes2: "k2"} {
				at, channel, _ := strings.Cut(place, "/")
				id, err := m.adapter.Deliver(ctxFor(t), outgoingTo(at, channel, key))
				if err != nil {
					t.Fatal(err)
				}
				found, ok, err := m.adapter.Find(ctxFor(t), outgoingTo(at, channel, key), time.Time{})
				if err != nil || !ok || found != id {
					t.Errorf("%s: found %q %v %v, want %q", place, found, ok, err, id)
				}
				answer := m.press(channel, string(id), map[string]string{team: alice, team2: dora}[at], "q1-a")
				if !answer.OK() {
					t.Errorf("press: %+v", answer)
				}
			}
			for _, c := range m.slack.Calls("chat.postMessage") {
				if want := map[string]string{quizzes: team, quizzes2: team2}[c.Args["channel"]]; c.Team != want {
					t.Errorf("%s was spoken to as %s", c.Args["channel"], c.Team)
				}
			}
			// Another workspace's channel is not to be reached by this one's token.
			if _, err := m.adapter.Deliver(ctxFor(t), outgoingTo(team, quizzes2, "k3")); !errors.Is(err, bot.ErrUnreachable) {
				t.Errorf("%v", err)
			}
		})
	}
}

// Nothing that an unknown workspace sends does anything, and the log names it once.
func TestUnknownWorkspaces(t *testing.T) {
	for _, way := range []string{"http", "socket"} {
		t.Run(way, func(t *testing.T) {
			m := playMany(t, setup{slack: sandbox.Options{SocketMode: way == "socket"}})
			for range 3 {
				said := m.say(quizzes2, dora, "<@U2QUIZBOT> start")
				a := m.slash(quizzes2, dora, "start")
				if !a.OK() || len(a.Body) > 0 {
					t.Errorf("command: %+v", a)
				}
				for _, d := range said.Deliveries {
					if !d.Acked() {
						t.Errorf("event: %+v", d.Attempts())
					}
				}
			}
			press := []byte(`{"type":"block_actions","trigger_id":"1.2","team":{"id":"T2"},"user":{"id":"U2DORA","team_id":"T2"},"channel":{"id":"C2QUIZ"},"container":{"message_ts":"1.2"},"message":{"ts":"1.2","team":"T2"},"actions":[{"action_id":"a","value":"v"}]}`)
			if d, err := m.slack.EmitEnvelope(ctxFor(t), sandbox.Interactions, press); err != nil || !d.Acked() {
				t.Errorf("press: %v %+v", err, d.Attempts())
			}
			for _, inner := range []string{`{"type":"app_uninstalled"}`, `{"type":"tokens_revoked","tokens":{"bot":["U2QUIZBOT"]}}`} {
				ds, err := m.slack.Emit(ctxFor(t), team2, []byte(inner))
				if err != nil || !ds[0].Acked() {
					t.Errorf("%s: %v", inner, err)
				}
			}
			if all := m.core.submitted(); len(all) > 0 {
				t.Errorf("%+v", all)
			}
			if n := strings.Count(m.log.String(), "unknown workspace"); n != 1 {
				t.Errorf("the log names it %d times", n)
			}
			if _, err := m.adapter.Deliver(ctxFor(t), outgoingTo(team2, quizzes2, "k")); !errors.Is(err, bot.ErrUnreachable) || !errors.Is(err, ErrNotInstalled) {
				t.Errorf("%v", err)
			}
			if err := m.adapter.Ready(); err != nil {
				t.Errorf("not ready before the first installation: %v", err)
			}
		})
	}
}

// A workspace leaves in the middle, in each of the ways that Slack tells it; the
// other one goes on, and it comes back.
func TestAWorkspaceLeavesAndComesBack(t *testing.T) {
	uninstall := func(reversed bool) func(m *many) {
		return func(m *many) {
			if _, err := m.slack.Uninstall(ctxFor(m.t), team2, reversed); err != nil {
				m.t.Fatal(err)
			}
		}
	}
	refuse := func(code string) func(m *many) {
		return func(m *many) {
			m.slack.Faults().RevokeToken(team2, code)
			if _, err := m.adapter.Deliver(ctxFor(m.t), outgoingTo(team2, quizzes2, "k1")); !errors.Is(err, bot.ErrUnreachable) {
				m.t.Errorf("%v", err)
			}
		}
	}
	for name, c := range map[string]struct {
		leave func(m *many)
		why   string
	}{
		"uninstalled":                 {uninstall(false), "tokens_revoked"},
		"uninstalled, told backwards": {uninstall(true), "app_uninstalled"},
		"token_revoked":               {refuse("token_revoked"), "token_revoked"},
		"account_inactive":            {refuse("account_inactive"), "account_inactive"},
	} {
		t.Run(name, func(t *testing.T) {
			m := playMany(t, setup{})
			m.install(team)
			m.install(team2)
			old := m.slack.BotToken(team2)
			c.leave(m)
			m.until("the workspace is gone", func() bool { return strings.Contains(m.log.String(), "workspace has left") })
			if m.kept.has(team2) {
				t.Error("its token is kept")
			}
			if why := m.kept.why(team2); why != c.why {
				t.Errorf("because of %q", why)
			}
			if _, err := m.adapter.Deliver(ctxFor(t), outgoingTo(team2, quizzes2, "k2")); !errors.Is(err, bot.ErrUnreachable) {
				t.Errorf("%v", err)
			}
			if _, err := m.adapter.Deliver(ctxFor(t), outgoingTo(team, quizzes, "k3")); err != nil {
				t.Errorf("the other workspace: %v", err)
			}
			if err := m.adapter.Ready(); err != nil {
				t.Errorf("one of two makes it unready: %v", err)
			}
			if n := strings.Count(m.log.String(), "workspace has left"); n != 1 {
				t.Errorf("the log says it %d times", n)
			}
			m.install(team2)
			if token := m.slack.BotToken(team2); token == old {
				t.Errorf("the token is the same")
			}
			if _, err := m.adapter.Deliver(ctxFor(t), outgoingTo(team2, quizzes2, "k4")); err != nil {
				t.Errorf("back again: %v", err)
			}
			if strings.Contains(m.log.String(), "xoxb-") {
				t.Error("a token is in the log")
			}
		})
	}
}

// Events about a former installation come late, and don't end the present one.
func TestLateNewsOfAFormerInstallation(t *testing.T) {
	m := playMany(t, setup{})
	m.install(team2)
	post := func(inner map[string]any, at time.Time) {
		t.Helper()
		a, err := m.slack.Post(ctxFor(t), sandbox.Events, "application/json", eventOf(t, team2, inner, at), nil)
		if err != nil || a.Status != http.StatusOK {
			t.Fatalf("%v %+v", err, a)
		}
	}
	checks := len(m.slack.Calls("auth.test"))
	post(map[string]any{"type": "app_uninstalled"}, time.Now().Add(-time.Hour))
	m.until("Slack was asked", func() bool { return len(m.slack.Calls("auth.test")) > checks })
	post(map[string]any{"type": "tokens_revoked", "tokens": map[string]any{"oauth": []string{dora}}}, time.Now().Add(time.Second))
	post(map[string]any{"type": "tokens_revoked", "tokens": map[string]any{"bot": []string{"U9OTHER"}}}, time.Now().Add(time.Second))
	if _, err := m.adapter.Deliver(ctxFor(t), outgoingTo(team2, quizzes2, "k")); err != nil || !m.kept.has(team2) {
		t.Errorf("%v, still there: %v", err, m.kept.has(team2))
	}
	post(map[string]any{"type": "app_uninstalled"}, time.Now().Add(time.Second))
	if m.kept.has(team2) {
		t.Error("it is still there after it was uninstalled")
	}
}

// invalid_auth is also said where Slack lets no request of this address in: the
// token is left alone, and good again when Slack says so.
func TestARefusedTokenIsKept(t *testing.T) {
	m := playMany(t, setup{})
	m.install(team)
	m.install(team2)
	m.slack.Faults().RevokeToken(team2, "invalid_auth")
	if _, err := m.adapter.Deliver(ctxFor(t), outgoingTo(team2, quizzes2, "k1")); !errors.Is(err, bot.ErrUnreachable) {
		t.Errorf("%v", err)
	}
	var off *suspendedError
	m.until("it is left alone", func() bool {
		_, err := m.adapter.workspace(t.Context(), team2)
		return errors.As(err, &off)
	})
	posts := len(m.slack.Calls("chat.postMessage"))
	if _, err := m.adapter.Deliver(ctxFor(t), outgoingTo(team2, quizzes2, "k2")); !errors.Is(err, bot.ErrUnreachable) {
		t.Errorf("%v", err)
	}
	if n := len(m.slack.Calls("chat.postMessage")); n != posts {
		t.Error("it was tried all the same")
	}
	if !m.kept.has(team2) || m.adapter.Ready() != nil {
		t.Errorf("kept %v, ready %v", m.kept.has(team2), m.adapter.Ready())
	}
	m.slack.Faults().RestoreToken(team2)
	m.now.add(suspendedFor)
	if _, err := m.adapter.Deliver(ctxFor(t), outgoingTo(team2, quizzes2, "k3")); err != nil {
		t.Errorf("later: %v", err)
	}
}

// The only workspace that is gone leaves nobody to speak to.
func TestTheOnlyWorkspaceIsGone(t *testing.T) {
	m := playMany(t, setup{})
	m.install(team2)
	if err := m.adapter.Ready(); err != nil {
		t.Fatal(err)
	}
	if _, err := m.slack.Uninstall(ctxFor(t), team2, false); err != nil {
		t.Fatal(err)
	}
	err := m.adapter.Ready()
	if err == nil || !strings.Contains(err.Error(), "T2") || !strings.Contains(err.Error(), "/slack/install") {
		t.Errorf("%v", err)
	}
	m.install(team2)
	if err := m.adapter.Ready(); err != nil {
		t.Errorf("back again: %v", err)
	}
	m.slack.Faults().RevokeToken(team2, "invalid_auth")
	_, _ = m.adapter.Deliver(ctxFor(t), outgoingTo(team2, quizzes2, "k"))
	m.until("it says so", func() bool {
		err := m.adapter.Ready()
		return err != nil && strings.Contains(err.Error(), "invalid_auth")
	})
}

// While the database can't say whose something is, Slack is to send it again.
func TestTheDatabaseFails(t *testing.T) {
	m := playMany(t, setup{slack: sandbox.Options{RetryDelays: []time.Duration{}}})
	m.install(team2)
	m.adapter.spaces.mu.Lock()
	m.adapter.spaces.drop(team2)
	m.adapter.spaces.mu.Unlock()
	m.kept.breaks(fmt.Errorf("disk is gone"))
	said := m.say(quizzes2, dora, "<@U2QUIZBOT> start")
	for _, d := range said.Deliveries {
		if a := d.Attempts(); a[0].Status != http.StatusServiceUnavailable {
			t.Errorf("event: %+v", a)
		}
	}
	if a := m.slash(quizzes2, dora, "help"); a.Status != http.StatusServiceUnavailable {
		t.Errorf("command: %+v", a)
	}
	var retry *bot.RetryError
	if _, err := m.adapter.Deliver(ctxFor(t), outgoingTo(team2, quizzes2, "k")); !errors.As(err, &retry) {
		t.Errorf("%v", err)
	}
	ds, err := m.slack.Uninstall(ctxFor(t), team2, false)
	if err != nil || ds[0].Attempts()[0].Status != http.StatusServiceUnavailable {
		t.Errorf("uninstalled: %v", err)
	}
	m.kept.breaks(nil)
	if !m.kept.has(team2) {
		t.Error("it is gone though nothing could be saved")
	}
}

// However many workspaces there are, few clients are kept; who is in them is
// always found.
func TestManyClients(t *testing.T) {
	kept := newRegister()
	s := newWorkspaces(kept, time.Now, func(in Installation) *workspace {
		return &workspace{identity: identity{team: in.Team}, token: in.Token}
	})
	s.most = 50
	const n = 1000
	for i := range n {
		if err := s.keep(t.Context(), Installation{Team: fmt.Sprint("T", i), Token: fmt.Sprint("xoxb-", i)}); err != nil {
			t.Fatal(err)
		}
	}
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := range n {
				at := (i*7 + g*131) % n
				w, err := s.find(t.Context(), fmt.Sprint("T", at))
				if err != nil || w.token != fmt.Sprint("xoxb-", at) {
					t.Errorf("T%d: %+v %v", at, w, err)
				}
			}
		})
	}
	all.Wait()
	if len(s.clients) > s.most || s.order.Len() != len(s.clients) {
		t.Errorf("%d clients, %d in order", len(s.clients), s.order.Len())
	}
	finds := kept.finds
	for range 10 {
		_, _ = s.find(t.Context(), "T1")
	}
	if kept.finds > finds+1 {
		t.Errorf("a workspace in use was read %d times", kept.finds-finds)
	}
}

// A reading that began before a workspace was installed anew is not kept.
func TestNoOldTokenIsKept(t *testing.T) {
	kept := newRegister()
	s := newWorkspaces(kept, time.Now, nil)
	s.make = func(in Installation) *workspace {
		if in.Token == "old" { // meanwhile
			s.make = func(in Installation) *workspace {
				return &workspace{identity: identity{team: in.Team}, token: in.Token}
			}
			if err := s.keep(t.Context(), Installation{Team: "T1", Token: "new"}); err != nil {
				t.Error(err)
			}
		}
		return &workspace{identity: identity{team: in.Team}, token: in.Token}
	}
	_ = kept.Keep(t.Context(), Installation{Team: "T1", Token: "old"})
	_, _ = s.find(t.Context(), "T1")
	if w, err := s.find(t.Context(), "T1"); err != nil || w.token != "new" {
		t.Errorf("%+v %v", w, err)
	}
}

// A guest of a shared channel names a workspace of their own; the bot is in that of
// the channel.
func TestGuestsOfOneOfManyWorkspaces(t *testing.T) {
	m := playMany(t, setup{})
	m.install(team2)
	if err := m.slack.AddUser(team2, sandbox.User{ID: "U9GUEST", Name: "guest", Home: "T9"}); err != nil {
		t.Fatal(err)
	}
	if err := m.slack.ChangeChannel(quizzes2, func(c *sandbox.Channel) { c.Members = append(c.Members, "U9GUEST") }); err != nil {
		t.Fatal(err)
	}
	id, err := m.adapter.Deliver(ctxFor(t), outgoingTo(team2, quizzes2, "k"))
	if err != nil {
		t.Fatal(err)
	}
	m.say(quizzes2, "U9GUEST", "get")
	m.press(quizzes2, string(id), "U9GUEST", "q1-a")
	all := m.core.wait(t, "both", func(all []bot.Incoming) bool { return len(all) == 2 })
	for _, in := range all {
		if in.Room != "slack:T2/C2QUIZ" || in.Team != "slack:T2" {
			t.Errorf("%+v", in)
		}
	}
}

// A response_url leads to Slack, or nowhere, whosever it is: not even a workspace that
// has installed the app can have the bot call others.
func TestResponseURLsOfManyWorkspaces(t *testing.T) {
	m := playMany(t, setup{})
	m.install(team)
	m.install(team2)
	called := make(chan string, 10)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { called <- r.URL.Path }))
	defer elsewhere.Close()
	m.core.says(bot.Reply{Card: card("Hello")})
	for _, to := range []string{elsewhere.URL + "/a", "https://slack.com.evil.example/a", "https://slack.com@127.0.0.1:1/a", "file:///etc/passwd"} {
		payload, _ := json.Marshal(map[string]any{
			"type": "block_actions", "trigger_id": to, "response_url": to, "team": map[string]any{"id": team2}, "user": map[string]any{"id": dora, "team_id": team2},
			"channel": map[string]any{"id": quizzes2}, "container": map[string]any{"message_ts": "1.2"}, "actions": []any{map[string]any{"action_id": "a", "value": "v"}},
		})
		before := len(m.slack.Calls("chat.postEphemeral"))
		if d, err := m.slack.EmitEnvelope(ctxFor(t), sandbox.Interactions, payload); err != nil || !d.Acked() {
			t.Fatalf("%v %+v", err, d.Attempts())
		}
		m.until("the answer went through the Web API", func() bool { return len(m.slack.Calls("chat.postEphemeral")) > before })
	}
	for _, c := range m.slack.Calls("chat.postEphemeral") {
		if c.Args["channel"] != quizzes2 || c.Args["user"] != dora {
			t.Errorf("%+v", c)
		}
	}
	select {
	case path := <-called:
		t.Errorf("%s was called", path)
	default:
	}
}

// What one workspace is kept waiting for holds up no other: the limits are each
// workspace's own.
func TestLimitsAreAWorkspacesOwn(t *testing.T) {
	m := playMany(t, setup{})
	m.install(team)
	m.install(team2)
	m.adapter.people.pause(team, time.Now().Add(time.Hour))
	if _, fresh := m.adapter.people.get(team+"/"+alice, time.Now()); !fresh {
		t.Error("lookups are not kept back where Slack wants none")
	}
	if _, fresh := m.adapter.people.get(team2+"/"+dora, time.Now()); fresh {
		t.Error("another workspace's lookups are kept back")
	}
	if m.adapter.pace.of(team, "C1") == m.adapter.pace.of(team2, "C1") {
		t.Error("a channel of a shared name has one pace for both workspaces")
	}
	a, b := address{team: team, channel: "C1", user: "U1"}, address{team: team2, channel: "C1", user: "U1"}
	for _, public := range []bool{true, false} {
		one, _ := m.adapter.way(a, public)
		two, _ := m.adapter.way(b, public)
		if one == two {
			t.Errorf("replies of both go the way %q", one)
		}
	}
}
