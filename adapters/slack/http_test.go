package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"quizbot/bot"
	sandbox "quizbot/sandbox/slack"
)

// deaf is an adapter without a Slack behind it, for requests alone.
func deaf(t *testing.T, change func(*Config)) (*Adapter, *fakeCore) {
	t.Helper()
	config := Config{SigningSecrets: []string{"secret"}, BotToken: "xoxb-1", APIURL: "http://127.0.0.1:1/api/", Transport: refused{}}
	if change != nil {
		change(&config)
	}
	core := newCore()
	a, err := New(config, core, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.drain)
	return a, core
}

// refused is a Slack that can't be reached.
type refused struct{}

func (refused) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("refused") }

// request is a signed request.
func request(path, secret string, at time.Time, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("X-Slack-Request-Timestamp", strconv.FormatInt(at.Unix(), 10))
	r.Header.Set("X-Slack-Signature", sandbox.Sign(secret, at.Unix(), []byte(body)))
	return r
}

func serve(a *Adapter, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	return w
}

func TestSignatures(t *testing.T) {
	now := time.Unix(1_700_000_000, 900_000_000) // late in its second
	at := func(s int) time.Time { return time.Unix(1_700_000_000+int64(s), 0) }
	body := command(nil).Encode()
	for _, c := range []struct {
		name   string
		secret string
		at     time.Time
		change func(*http.Request)
		status int
	}{
		{"genuine", "new", now, nil, 200},
		{"the old secret", "old", now, nil, 200},
		{"upper-case digits", "new", now, func(r *http.Request) {
			r.Header.Set("X-Slack-Signature", "v0="+strings.ToUpper(r.Header.Get("X-Slack-Signature")[3:]))
		}, 200},
		{"299 s old", "new", at(-299), nil, 200},
		{"300 s old", "new", at(-300), nil, 200},
		{"301 s old", "new", at(-301), nil, 401},
		{"300 s ahead", "new", at(300), nil, 200},
		{"301 s ahead", "new", at(301), nil, 401},
		{"another secret", "other", now, nil, 401},
		{"no secret", "", now, nil, 401},
		{"half a signature", "new", now, func(r *http.Request) {
			r.Header.Set("X-Slack-Signature", r.Header.Get("X-Slack-Signature")[:35])
		}, 401},
		{"version alone", "new", now, func(r *http.Request) { r.Header.Set("X-Slack-Signature", "v0=") }, 401},
		{"v1", "new", now, func(r *http.Request) {
			r.Header.Set("X-Slack-Signature", "v1"+r.Header.Get("X-Slack-Signature")[2:])
		}, 401},
		{"no version", "new", now, func(r *http.Request) {
			r.Header.Set("X-Slack-Signature", r.Header.Get("X-Slack-Signature")[3:])
		}, 401},
		{"not hex", "new", now, func(r *http.Request) { r.Header.Set("X-Slack-Signature", "v0="+strings.Repeat("zz", 32)) }, 401},
		{"no signature", "new", now, func(r *http.Request) { r.Header.Del("X-Slack-Signature") }, 401},
		{"no time", "new", now, func(r *http.Request) { r.Header.Del("X-Slack-Request-Timestamp") }, 401},
		{"time in words", "new", now, func(r *http.Request) { r.Header.Set("X-Slack-Request-Timestamp", "now") }, 401},
		{"time beyond measure", "new", now, func(r *http.Request) { r.Header.Set("X-Slack-Request-Timestamp", "9223372036854775807") }, 401},
		{"time before measure", "new", now, func(r *http.Request) { r.Header.Set("X-Slack-Request-Timestamp", "-9223372036854775808") }, 401},
		{"another time", "new", now, func(r *http.Request) { r.Header.Set("X-Slack-Request-Timestamp", "1700000001") }, 401},
		{"another body", "new", now, func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(body + " ")) }, 401},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, core := deaf(t, func(c *Config) {
				c.SigningSecrets, c.Now = []string{"", "old", "new"}, func() time.Time { return now }
			})
			r := request("/slack/commands", c.secret, c.at, body)
			if c.change != nil {
				c.change(r)
			}
			w := serve(a, r)
			if w.Code != c.status || c.status != 200 && w.Body.Len() > 0 {
				t.Errorf("status %d, body %q", w.Code, w.Body)
			}
			if n := len(core.submitted()); n != map[int]int{200: 1, 401: 0}[c.status] {
				t.Errorf("%d submitted", n)
			}
		})
	}
}

func TestForgedDeliveries(t *testing.T) {
	r := play(t, setup{slack: sandbox.Options{RetryDelays: []time.Duration{}}})
	for _, how := range []sandbox.Forgery{
		sandbox.BadSignature, sandbox.ShortSignature, sandbox.WrongVersion, sandbox.NoSignature, sandbox.NoTimestamp,
		sandbox.StaleTimestamp, sandbox.FutureTimestamp, sandbox.ChangedBody,
	} {
		r.slack.Faults().Forge(1, how)
		for _, d := range r.say(quizzes, alice, "hello").Deliveries {
			if a := d.Attempts()[0]; a.Status != 401 || len(a.Body) != 0 {
				t.Errorf("%s: %d %q", how, a.Status, a.Body)
			}
		}
	}
	if all := r.core.submitted(); len(all) != 0 {
		t.Errorf("submitted: %+v", all)
	}
	r.say(quizzes, alice, "hello")
	if got := texts(r.core.submitted()); !slices.Equal(got, []string{"hello"}) {
		t.Errorf("submitted: %q", got)
	}
}

// TestSkewIsLoggedOncePerMinute: a wrong clock refuses everything; it must not do
// so silently, nor fill the disk.
func TestSkewIsLoggedOncePerMinute(t *testing.T) {
	log := &logBook{}
	now := time.Unix(1_700_000_000, 0)
	a, _ := deaf(t, func(c *Config) { c.Now = func() time.Time { return now } })
	a.log = textLog(log)
	for range 5 {
		serve(a, request("/slack/events", "secret", now.Add(-time.Hour), "{}"))
	}
	now = now.Add(time.Minute)
	serve(a, request("/slack/events", "secret", now.Add(-time.Hour), "{}"))
	if n := strings.Count(log.String(), "clock is wrong"); n != 2 || !strings.Contains(log.String(), "behind=1h0m0s") {
		t.Errorf("%d warnings: %s", n, log)
	}
}

func TestPathsAndBodies(t *testing.T) {
	a, core := deaf(t, nil)
	now := time.Now()
	payload := url.Values{"payload": {string(press(t, nil))}}.Encode()
	for _, c := range []struct {
		name string
		r    *http.Request
		want []int
	}{
		{"root", request("/", "secret", now, "{}"), []int{404}},
		{"slack", request("/slack", "secret", now, "{}"), []int{404}},
		{"two slashes", request("//slack/events", "secret", now, "{}"), []int{404}},
		{"by a detour", request("/slack/../slack/events", "secret", now, "{}"), []int{404}},
		{"longer", request("/slack/events/more", "secret", now, "{}"), []int{404}},
		{"options", request("/slack/options", "secret", now, "{}"), []int{404}},
		{"in capitals", request("/slack/Events", "secret", now, "{}"), []int{404}},
		{"get", httptest.NewRequest(http.MethodGet, "/slack/events", nil), []int{404, 405}},
		{"put", httptest.NewRequest(http.MethodPut, "/slack/events", strings.NewReader("{}")), []int{404, 405}},
		{"empty event", request("/slack/events", "secret", now, ""), []int{200}},
		{"empty command", request("/slack/commands", "secret", now, ""), []int{200}},
		{"empty interaction", request("/slack/interactions", "secret", now, ""), []int{400}},
		{"no event", request("/slack/events", "secret", now, "hello"), []int{200}},
		{"no form", request("/slack/commands", "secret", now, "%zz;"), []int{400}},
		{"no payload", request("/slack/interactions", "secret", now, "a=b"), []int{400}},
		{"payload is no JSON", request("/slack/interactions", "secret", now, "payload=x"), []int{200}},
		{"payload in the query", request("/slack/interactions?"+payload, "secret", now, ""), []int{400}},
		{"command in the query", request("/slack/commands?"+command(nil).Encode(), "secret", now, ""), []int{200}},
		{"ssl_check", request("/slack/commands", "secret", now, "ssl_check=1&token=x"), []int{200}},
		{"just small enough", request("/slack/events", "secret", now, strings.Repeat(" ", maxBody-2)+"{}"), []int{200}},
		{"too large", request("/slack/events", "secret", now, strings.Repeat(" ", maxBody-1)+"{}"), []int{413}},
		{"too large and forged", request("/slack/events", "guess", now, strings.Repeat(" ", 3*maxBody)), []int{413}},
		{"too large command", request("/slack/commands", "secret", now, "text="+strings.Repeat("x", maxBody)), []int{413}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if w := serve(a, c.r); !slices.Contains(c.want, w.Code) {
				t.Errorf("status %d, body %q", w.Code, w.Body)
			}
		})
	}
	if all := core.submitted(); len(all) != 0 {
		t.Errorf("submitted: %+v", all)
	}
	// The same payload in the body is a press, whatever the query says.
	if w := serve(a, request("/slack/interactions?payload=x", "secret", now, payload)); w.Code != 200 || len(core.submitted()) != 1 {
		t.Errorf("status %d, submitted %+v", w.Code, core.submitted())
	}
}

// TestTooLargeOverTheWire: the client gets its 413 although it is still sending.
func TestTooLargeOverTheWire(t *testing.T) {
	r := play(t, setup{})
	a, err := r.slack.Post(ctxFor(t), sandbox.Events, "application/json", make([]byte, 2<<20), nil)
	if err != nil || a.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("%v %+v", err, a)
	}
}

func TestURLVerification(t *testing.T) {
	r := play(t, setup{})
	if err := r.slack.VerifyURL(ctxFor(t)); err != nil {
		t.Error(err)
	}
	a, _ := deaf(t, nil) // an installation begins with it, before any token works
	w := serve(a, request("/slack/events", "secret", time.Now(), `{"type":"url_verification","challenge":"<&\"é"}`))
	var got struct{ Challenge string }
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 || got.Challenge != `<&"é` {
		t.Errorf("%v %d %s", err, w.Code, w.Body)
	}
}

func TestRedeliveriesHaveOneEffect(t *testing.T) {
	r := play(t, setup{})
	r.core.says(bot.Reply{Card: card("Noted")})
	r.slack.Faults().RepeatEvents(2, false)
	r.say(quizzes, alice, "B")
	r.slack.Faults().RepeatEvents(3, true)
	r.say(quizzes, alice, "C")
	if err := r.slack.Idle(ctxFor(t)); err != nil {
		t.Fatal(err)
	}
	all := r.core.wait(t, "each delivery", func(all []bot.Incoming) bool { return len(all) == 3+4 })
	if n := r.core.effects(); n != 2 {
		t.Errorf("%d effects of %+v", n, all)
	}
	r.stop()
	if said := r.slack.Ephemerals(quizzes, alice); len(said) != 2 {
		t.Errorf("alice reads %d replies", len(said))
	}
}

// TestRetriesAreTakenIn: the retry may be all that ever arrives.
func TestRetriesAreTakenIn(t *testing.T) {
	r := play(t, setup{})
	for n := 1; n <= 3; n++ {
		body := message(t, map[string]any{"text": "B", "ts": fmt.Sprintf("170000000%d.000100", n)})
		a, err := r.slack.Post(ctxFor(t), sandbox.Events, "application/json", body, func(h http.Header) {
			h.Set("X-Slack-Retry-Num", strconv.Itoa(n))
			h.Set("X-Slack-Retry-Reason", "http_timeout")
		})
		if err != nil || a.Status != 200 {
			t.Errorf("retry %d: %v %+v", n, err, a)
		}
	}
	r.say(quizzes, bob, "C")
	for i, in := range r.core.submitted() {
		if again := i < 3; in.Again != again {
			t.Errorf("%d: %+v", i, in)
		}
	}
	if n := r.core.effects(); n != 4 {
		t.Errorf("%d effects", n)
	}
}

func TestMentionAndMessageHaveOneEffect(t *testing.T) {
	for name, order := range map[string]sandbox.MentionOrder{"message first": sandbox.MessageFirst, "mention first": sandbox.MentionFirst, "at once": sandbox.BothAtOnce} {
		t.Run(name, func(t *testing.T) {
			r := play(t, setup{})
			r.slack.Faults().SetMentionOrder(order)
			if said := r.say(quizzes, alice, "@quizbot websocket"); len(said.Deliveries) != 2 {
				t.Fatalf("%d deliveries", len(said.Deliveries))
			}
			all := r.core.submitted()
			if r.core.effects() != 1 || len(all) != 2 {
				t.Errorf("%d effects of %+v", r.core.effects(), all)
			}
			for _, in := range all {
				if !in.Addressed || in.Text != "websocket" || in.User != "slack:T0SANDBOX/U0ALICE" || in.Room != "slack:T0SANDBOX/C0QUIZ" {
					t.Errorf("%+v", in)
				}
			}
		})
	}
}

// TestWhatIsNotForTheBot: edits, deletions, other bots and the bot itself.
func TestWhatIsNotForTheBot(t *testing.T) {
	r := play(t, setup{})
	said := r.say(quizzes, alice, "B")
	if _, err := r.slack.EditMessage(ctxFor(t), quizzes, said.TS, alice, "@quizbot C"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.slack.DeleteMessage(ctxFor(t), quizzes, said.TS, alice); err != nil {
		t.Fatal(err)
	}
	r.deliver(quizzes, "r1-ask", question()) // comes back as an event
	for _, s := range []string{"me_message", "channel_join", "channel_topic", "bot_message"} {
		r.say(quizzes, bob, "D", sandbox.Subtype(s))
	}
	for _, inner := range []string{
		`{"type":"message","channel":"C0QUIZ","user":"U0BOB","bot_id":"B0OTHER","text":"<@U0QUIZBOT> start","ts":"1700000000.000100"}`,
		`{"type":"reaction_added","user":"U0BOB"}`, `{"type":"app_uninstalled"}`, `{"type":"message"}`, `{}`, `{"type":[]}`, `{"type":"brand_new_event","x":[{}]}`,
	} {
		if _, err := r.slack.Emit(ctxFor(t), team, json.RawMessage(inner)); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.slack.Idle(ctxFor(t)); err != nil {
		t.Fatal(err)
	}
	if got := texts(r.core.submitted()); !slices.Equal(got, []string{"B"}) {
		t.Errorf("submitted: %q", got)
	}
	for _, d := range r.slack.Deliveries() {
		if a := d.Attempts(); len(a) != 1 || a[0].Status != 200 {
			t.Errorf("%s: %+v", d.Type, a)
		}
	}
}

func TestWhoSaysWhatWhere(t *testing.T) {
	r := play(t, setup{})
	ask := r.deliver(quizzes, "r1-ask", question())
	r.say(quizzes, alice, "a <b> & <!channel>")
	r.say(quizzes, bob, "in the thread", sandbox.InThread(string(ask)))
	dm, err := r.slack.DM(carol)
	if err != nil {
		t.Fatal(err)
	}
	r.say(dm, carol, "me")
	r.slash(outside, alice, "start 5")
	r.press(quizzes, string(ask), bob, "q1-b")
	all := r.core.submitted()
	if len(all) != 5 {
		t.Fatalf("%+v", all)
	}
	for i := range all {
		if all[i].ID == "" || all[i].Team != "slack:T0SANDBOX" {
			t.Errorf("%+v", all[i])
		}
		if at := all[i].At; i != 3 && (at.IsZero() || time.Since(at).Abs() > time.Hour) {
			t.Errorf("said at %v", at)
		}
		all[i].ID, all[i].Team, all[i].At = "", "", time.Time{}
	}
	want := []bot.Incoming{
		{Room: "slack:T0SANDBOX/C0QUIZ", User: "slack:T0SANDBOX/U0ALICE", Text: "a <b> & <!channel>", Role: bot.Admin},
		{Room: "slack:T0SANDBOX/C0QUIZ", User: "slack:T0SANDBOX/U0BOB", Text: "in the thread", ReplyTo: ask},
		{Room: bot.RoomID("slack:T0SANDBOX/" + dm), User: "slack:T0SANDBOX/U0CAROL", Text: "me", Private: true},
		{Room: "slack:T0SANDBOX/C0OUTSIDE", User: "slack:T0SANDBOX/U0ALICE", Text: "start 5", Addressed: true, Role: bot.Admin},
		{Room: "slack:T0SANDBOX/C0QUIZ", User: "slack:T0SANDBOX/U0BOB", Choice: "q1-b", Pressed: ask},
	}
	names := map[bot.UserID]string{}
	for _, u := range r.slack.Users(team) {
		names[userID(team, u.ID)] = u.DisplayName
	}
	for i, w := range want {
		if w.Name = names[w.User]; w.Name == "" || !reflect.DeepEqual(all[i], w) {
			t.Errorf("got  %+v\nwant %+v", all[i], w)
		}
	}
}

// TestGuestsAreInTheSameRoom: in a channel that is shared with another workspace,
// what its people type, press and command comes from one room and one person.
func TestGuestsAreInTheSameRoom(t *testing.T) {
	r := play(t, setup{})
	const guest = "U0GUEST"
	if err := r.slack.AddUser(team, sandbox.User{ID: guest, Name: "gil", DisplayName: "Gil", Home: "T0OTHER"}); err != nil {
		t.Fatal(err)
	}
	if err := r.slack.ChangeChannel(quizzes, func(c *sandbox.Channel) { c.Members = append(c.Members, guest) }); err != nil {
		t.Fatal(err)
	}
	ask := r.deliver(quizzes, "r1-ask", question())
	said := r.say(quizzes, guest, "GET")
	r.press(quizzes, string(ask), guest, "q1-a")
	r.slash(quizzes, guest, "me")
	var outer struct {
		Team    string `json:"team_id"`
		Context string `json:"context_team_id"`
	}
	if err := json.Unmarshal(said.Deliveries[0].Payload, &outer); err != nil || outer.Team != "T0OTHER" || outer.Context != team {
		t.Fatalf("not as Slack sends it: %v %+v", err, outer)
	}
	all := r.core.submitted()
	if len(all) != 3 {
		t.Fatalf("%+v", all)
	}
	for _, in := range all {
		if in.Team != "slack:T0SANDBOX" || in.Room != "slack:T0SANDBOX/C0QUIZ" || in.User != "slack:T0SANDBOX/U0GUEST" || in.Name != "Gil" {
			t.Errorf("%+v", in)
		}
	}
}

// TestNamesAreNotWaitedFor: without users.info there is the name of the payload,
// and an answer in time.
func TestNamesAreNotWaitedFor(t *testing.T) {
	t.Parallel()
	r := play(t, setup{})
	r.slack.Faults().Error("users.info", 1, "user_not_found")
	r.slash(quizzes, alice, "me")
	r.slack.Faults().Slow("users.info", 1, 3*time.Second)
	r.slash(quizzes, bob, "me")
	for _, in := range r.core.wait(t, "both", func(all []bot.Incoming) bool { return len(all) == 2 }) {
		if in.Name == "" || in.Role != bot.Member {
			t.Errorf("%+v", in)
		}
	}
	r.slash(quizzes, alice, "topics") // remembered as unknown for a while
	if n := len(r.slack.Calls("users.info")); n != 2 {
		t.Errorf("%d lookups", n)
	}
}

// TestEventBeforeTheBotIsKnown: without auth.test nobody can tell who is meant, so
// Slack is to send it again.
func TestEventBeforeTheBotIsKnown(t *testing.T) {
	a, core := deaf(t, nil)
	var outer map[string]any
	if err := json.Unmarshal(message(t, map[string]any{"text": "<@U0BOT> start"}), &outer); err != nil {
		t.Fatal(err)
	}
	with, _ := json.Marshal(outer)
	delete(outer, "authorizations")
	without, _ := json.Marshal(outer)
	if w := serve(a, request("/slack/events", "secret", time.Now(), string(without))); w.Code != 503 || len(core.submitted()) != 0 {
		t.Errorf("status %d, submitted %+v", w.Code, core.submitted())
	}
	if w := serve(a, request("/slack/events", "secret", time.Now(), string(with))); w.Code != 200 || core.effects() != 1 {
		t.Errorf("status %d, %d effects", w.Code, core.effects())
	}
	// A Slack that names nobody in auth.test is believed all the same.
	a.self = identity{known: true}
	w := serve(a, request("/slack/events", "secret", time.Now(), strings.Replace(string(without), `"message"`, `"app_mention"`, 1)))
	if all := core.submitted(); w.Code != 200 || len(all) != 2 || all[1].Text != "start" {
		t.Errorf("status %d, submitted %+v", w.Code, all)
	}
}

func TestPanicsStayInside(t *testing.T) {
	log := &logBook{}
	a, core := deaf(t, func(c *Config) { c.Sorry = func(error) bot.Card { panic("sorry") } })
	a.log = textLog(log)
	core.does(func(context.Context, bot.Incoming) (bot.Reply, error) { panic("core") })
	if w := serve(a, request("/slack/events", "secret", time.Now(), string(message(t, nil)))); w.Code != 503 {
		t.Errorf("event: %d", w.Code)
	}
	if w := serve(a, request("/slack/commands", "secret", time.Now(), command(nil).Encode())); w.Code != 500 {
		t.Errorf("command: %d", w.Code)
	}
	if !strings.Contains(log.String(), "slack:msg:T1/C2:1700000000.000100") || strings.Count(log.String(), "panicked") != 3 {
		t.Errorf("log: %s", log)
	}
}

// TestSlowLookupsAreBounded checks the clock's part of a slow name in a bubble.
func TestSlowLookupsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		a, core := deaf(t, func(c *Config) { c.Transport = hanging(hang) })
		began := time.Now()
		w := serve(a, request("/slack/commands", "secret", time.Now(), command(nil).Encode()))
		if waited := time.Since(began); w.Code != 200 || waited != lookupTime || len(core.submitted()) != 1 {
			t.Errorf("status %d after %v, submitted %+v", w.Code, waited, core.submitted())
		}
		close(hang)
	})
}

// hanging is a Slack that says nothing until it is closed.
type hanging chan struct{}

func (h hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-h:
	case <-r.Context().Done():
	}
	return nil, errors.New("hung up")
}
