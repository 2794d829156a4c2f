package slack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"quizbot/bot"
	sandbox "quizbot/sandbox/slack"
)

func (r *rig) outgoing(key string, target bot.MessageID, c bot.Card) bot.Outgoing {
	o := bot.Outgoing{Key: key, Room: roomID(team, quizzes), Card: c, Target: target}
	if target != "" {
		o.Edit = "r0-ask"
	}
	return o
}

func TestDeliverPostsAndEdits(t *testing.T) {
	r := play(t, setup{})
	ask := r.deliver(quizzes, "r1-ask", question())
	m, ok := r.slack.Message(quizzes, string(ask))
	if !ok || m.Ephemeral || m.ThreadTS != "" || len(m.Buttons()) != 3 || !strings.HasPrefix(m.Shown(), "WebSocket\n") {
		t.Fatalf("%v %+v", ok, m)
	}
	closed := bot.Card{Title: "WebSocket", Body: []string{"The answer is GET."}, Choices: []bot.Choice{{Letter: "A", Text: "GET", Mark: "✓", Counted: true, Count: 2}}}
	id, err := r.adapter.Deliver(ctxFor(t), r.outgoing("r1-close", ask, closed))
	if err != nil || id != ask {
		t.Fatalf("%v %q", err, id)
	}
	m, _ = r.slack.Message(quizzes, string(ask))
	if len(m.Buttons()) != 0 || len(m.History) != 1 || !strings.Contains(m.Shown(), "✓ A. GET — 2") || !strings.Contains(m.Text, "✓ A. GET — 2") {
		t.Errorf("%+v", m)
	}
	if !strings.Contains(string(m.Blocks), `"k:r1-close:title"`) || strings.Contains(string(m.Blocks), "r1-ask") {
		t.Errorf("an edit keeps block ids: %s", m.Blocks)
	}
	see := bot.Card{Title: "A question is open", See: ask}
	link := r.slack.URL() + "/archives/" + quizzes + "/p" + strings.ReplaceAll(string(ask), ".", "")
	if m, _ = r.slack.Message(quizzes, string(r.deliver(quizzes, "x2", see))); !strings.Contains(m.Shown(), "|Go to it>") || !strings.Contains(m.Shown(), "/archives/"+quizzes+"/p"+strings.ReplaceAll(string(ask), ".", "")) {
		t.Errorf("no link like %s in %q", link, m.Shown())
	}
	for _, c := range r.slack.Calls("chat.postMessage") {
		if c.Args["unfurl_links"] != "false" || c.Args["unfurl_media"] != "false" || c.Args["parse"] == "full" || c.Args["link_names"] != "" {
			t.Errorf("%v", c.Args)
		}
	}
}

// TestSlackTakesEveryCard posts the hardest cards to a server that checks Block Kit.
func TestSlackTakesEveryCard(t *testing.T) {
	t.Parallel()
	channels := 0
	teams := sandbox.DefaultTeam()
	cards := map[string]bot.Card{"nothing": {}, "the largest question": {
		Title: strings.Repeat("t", 150), Body: []string{strings.Repeat("<ask> & ", 437)}, Choices: longChoices(10, 200), Footer: "30 s",
	}, "too much of all": {
		Title: strings.Repeat("t ", 200), Body: []string{strings.Repeat("b ", 9000), "x"}, Choices: longChoices(26, 250),
		Table: strings.Split(strings.Repeat("1. alice — 30\n", 500), "\n"), Footer: strings.Repeat("f", 5000),
	}}
	for i, words := range hostile {
		cards[fmt.Sprintf("hostile %d %q", i, words)] = hostileCard(words)
	}
	for range cards {
		teams.Channels = append(teams.Channels, sandbox.Channel{ID: fmt.Sprint("C0X", channels), Name: fmt.Sprint("x", channels), BotMember: true, Members: []string{alice}})
		channels++
	}
	r := play(t, setup{slack: sandbox.Options{Teams: []sandbox.Team{teams}, NoEcho: true}})
	for name, c := range cards {
		channels--
		channel := fmt.Sprint("C0X", channels)
		m, _ := r.slack.Message(channel, string(r.deliver(channel, "r1-ask", c)))
		if m.Blocks == nil && name != "nothing" {
			t.Errorf("%s: sent without blocks", name)
		}
		if err := r.adapter.sendReply(ctxFor(t), c, false, address{channel: channel, user: alice}); err != nil {
			t.Errorf("%s as a private reply: %v", name, err)
		}
		if strings.HasPrefix(name, "hostile") && c.Title != "" && !strings.Contains(m.Shown(), "— 30\n2. bob — 10") {
			t.Errorf("%s: the table is broken: %q", name, m.Shown())
		}
	}
	if strings.Contains(r.log.String(), "refuses the blocks") {
		t.Error("Slack refused a card")
	}
	for _, method := range []string{"chat.postMessage", "chat.postEphemeral"} {
		calls := r.slack.Calls(method)
		if len(calls) == 0 || slices.ContainsFunc(calls, func(c sandbox.Call) bool { return c.Args["mrkdwn"] != "false" }) {
			t.Errorf("of %d calls of %s some would have their text read as markup", len(calls), method)
		}
	}
}

func longChoices(n, length int) []bot.Choice {
	var out []bot.Choice
	for i := range n {
		out = append(out, bot.Choice{ID: fmt.Sprint("q1-", i), Letter: string(rune('A' + i)), Text: strings.Repeat("é", length)})
	}
	return out
}

func TestDeliverErrors(t *testing.T) {
	t.Parallel()
	const post, edit = "chat.postMessage", "chat.update"
	type check func(error) bool
	is := func(want error) check { return func(err error) bool { return errors.Is(err, want) } }
	retry := func(after time.Duration) check {
		return func(err error) bool {
			var e *bot.RetryError
			return errors.As(err, &e) && e.After == after
		}
	}
	doubt := func(settles time.Duration) check {
		return func(err error) bool {
			var e *bot.DoubtError
			return errors.As(err, &e) && errors.Is(err, bot.ErrInDoubt) && e.Settles == settles
		}
	}
	type trial struct {
		name       string
		fault      func(f *sandbox.Faults, method string)
		post, edit check
	}
	trials := []trial{
		{"429 with Retry-After", func(f *sandbox.Faults, m string) { f.RateLimit(m, 1, 7*time.Second) }, retry(7 * time.Second), retry(7 * time.Second)},
		{"429 with Retry-After 0", func(f *sandbox.Faults, m string) { f.RateLimit(m, 1, 0) }, retry(0), retry(0)},
		{"429 without", func(f *sandbox.Faults, m string) { f.RateLimitWithoutHeader(m, 1) }, retry(limitedFor), retry(limitedFor)},
		{"ratelimited in the body", func(f *sandbox.Faults, m string) { f.RateLimitInBody(m, 1) }, retry(limitedFor), retry(limitedFor)},
		{"bare not ok", func(f *sandbox.Faults, m string) { f.BareNotOK(m, 1) }, doubt(settlesAnswered), retry(0)},
		{"502", func(f *sandbox.Faults, m string) { f.ServerError(m, 1, 502) }, doubt(settlesAnswered), retry(0)},
		{"500 after it was made", func(f *sandbox.Faults, m string) { f.AcceptThenError(m, 1, 500) }, doubt(settlesAnswered), retry(0)},
		{"garbage", func(f *sandbox.Faults, m string) { f.Garbage(m, 1) }, doubt(settlesBroken), retry(0)},
		{"cut", func(f *sandbox.Faults, m string) { f.Drop(m, 1) }, doubt(settlesBroken), retry(0)},
		{"cut after it was made", func(f *sandbox.Faults, m string) { f.AcceptThenDrop(m, 1) }, doubt(settlesBroken), retry(0)},
	}
	for _, c := range []struct {
		code       string
		post, edit check
	}{
		{"not_in_channel", is(bot.ErrUnreachable), is(bot.ErrUnreachable)},
		{"channel_not_found", is(bot.ErrUnreachable), is(bot.ErrUnreachable)},
		{"is_archived", is(bot.ErrUnreachable), is(bot.ErrUnreachable)},
		{"restricted_action", is(bot.ErrUnreachable), is(bot.ErrUnreachable)},
		{"token_revoked", is(bot.ErrUnreachable), is(bot.ErrUnreachable)},
		{"account_inactive", is(bot.ErrUnreachable), is(bot.ErrUnreachable)},
		{"missing_scope", is(bot.ErrUnreachable), is(bot.ErrUnreachable)},
		{"message_not_found", is(bot.ErrGone), is(bot.ErrGone)},
		{"cant_update_message", is(bot.ErrGone), is(bot.ErrGone)},
		{"edit_window_closed", is(bot.ErrGone), is(bot.ErrGone)},
		{"internal_error", doubt(settlesAnswered), retry(0)},
		{"fatal_error", doubt(settlesAnswered), retry(0)},
		{"service_unavailable", retry(0), retry(0)},
		{"something_new", is(bot.ErrRejected), is(bot.ErrRejected)},
	} {
		trials = append(trials, trial{c.code, func(f *sandbox.Faults, m string) { f.Error(m, 1, c.code) }, c.post, c.edit})
	}
	for _, c := range trials {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := play(t, setup{})
			ask := r.deliver(quizzes, "r0-ask", question())
			c.fault(r.slack.Faults(), post)
			if id, err := r.adapter.Deliver(ctxFor(t), r.outgoing("r1-ask", "", question())); !c.post(err) || id != "" {
				t.Errorf("post: %q, %v", id, err)
			}
			c.fault(r.slack.Faults(), edit)
			if id, err := r.adapter.Deliver(ctxFor(t), r.outgoing("r1-close", ask, question())); !c.edit(err) || id != "" {
				t.Errorf("edit: %q, %v", id, err)
			}
			if n := len(r.slack.Calls(post)); n != 2 {
				t.Errorf("%d posts", n)
			}
			if n := len(r.slack.Calls(edit)); n != 1 {
				t.Errorf("%d edits", n)
			}
		})
	}
}

func TestNothingAnswers(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	a, err := New(Config{SigningSecrets: []string{"s"}, BotToken: "xoxb-1", APIURL: gone.URL + "/api"}, newCore(), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.Deliver(ctxFor(t), bot.Outgoing{Key: "r1-ask", Room: "slack:T1/C2", Card: question()})
	var retry *bot.RetryError
	if !errors.As(err, &retry) {
		t.Errorf("a post that never left: %v", err)
	}
	for _, room := range []bot.RoomID{"", "discord:1/2", "slack:T1"} {
		if _, err := a.Deliver(ctxFor(t), bot.Outgoing{Key: "k", Room: room}); !errors.Is(err, bot.ErrRejected) {
			t.Errorf("room %q: %v", room, err)
		}
		if _, _, err := a.Find(ctxFor(t), bot.Outgoing{Key: "k", Room: room}, time.Time{}); err == nil {
			t.Errorf("found something in room %q", room)
		}
	}
}

// TestEditOfADeletedMessage: somebody removed the question; its close is posted anew.
func TestEditOfADeletedMessage(t *testing.T) {
	r := play(t, setup{})
	if _, err := r.adapter.Deliver(ctxFor(t), r.outgoing("r1-close", "1700000000.000100", question())); !errors.Is(err, bot.ErrGone) {
		t.Errorf("%v", err)
	}
}

// TestRefusedBlocksLeaveTheWords: when Slack dislikes the form, the words still come.
func TestRefusedBlocksLeaveTheWords(t *testing.T) {
	r := play(t, setup{})
	r.slack.Faults().Error("chat.postMessage", 1, "invalid_blocks")
	m, _ := r.slack.Message(quizzes, string(r.deliver(quizzes, "r1-ask", question())))
	if m.Blocks != nil || !strings.Contains(m.Text, "B. POST") {
		t.Errorf("%+v", m)
	}
}

// TestRefusalsAreExplained: whoever asked reads why nothing came, and the operator
// finds the code in it.
func TestRefusalsAreExplained(t *testing.T) {
	r := play(t, setup{})
	for _, code := range []string{"restricted_action", "is_archived", "missing_scope", "a_new_error"} {
		r.slash(quizzes, alice, "websocket")
		r.slack.Faults().Error("chat.postMessage", 1, code)
		if _, err := r.adapter.Deliver(ctxFor(t), r.outgoing("r1-ask", "", question())); err == nil {
			t.Fatalf("%s: posted", code)
		}
		r.ephemeral(quizzes, alice, code)
	}
}

func TestInvitation(t *testing.T) {
	r := play(t, setup{})
	r.slash(outside, bob, "websocket")
	r.slash(outside, alice, "websocket") // the last one to ask is told
	_, err := r.adapter.Deliver(ctxFor(t), bot.Outgoing{Key: "r1-ask", Room: roomID(team, outside), Card: question()})
	if !errors.Is(err, bot.ErrUnreachable) {
		t.Fatalf("%v", err)
	}
	if m := r.ephemeral(outside, alice, inviteText); m.Via != sandbox.ResponseURLMethod {
		t.Errorf("%+v", m)
	}
	_, err = r.adapter.Deliver(ctxFor(t), bot.Outgoing{Key: "r2-ask", Room: roomID(team, outside), Card: question()})
	if !errors.Is(err, bot.ErrUnreachable) {
		t.Fatalf("%v", err)
	}
	r.stop()
	if n := len(r.slack.Ephemerals(outside, alice)); n != 1 {
		t.Errorf("alice was told %d times", n)
	}
	if n := len(r.slack.Ephemerals(outside, bob)); n != 0 {
		t.Errorf("others were told %d times", n)
	}
}

// TestRevokedToken: the room can't be reached, /readyz says why, and no token is
// ever written down.
func TestRevokedToken(t *testing.T) {
	r := play(t, setup{})
	r.slack.Faults().RevokeToken(team, "token_revoked")
	_, err := r.adapter.Deliver(ctxFor(t), r.outgoing("r1-ask", "", question()))
	if !errors.Is(err, bot.ErrUnreachable) {
		t.Errorf("%v", err)
	}
	r.until("it is no longer ready", func() bool { return r.adapter.Ready() != nil })
	if ready := r.adapter.Ready().Error(); !strings.Contains(ready, "token_revoked") {
		t.Error(ready)
	}
	for _, s := range []string{r.log.String(), err.Error(), r.adapter.Ready().Error()} {
		if strings.Contains(s, "xoxb-") || strings.Contains(s, "sandbox-signing-secret") {
			t.Errorf("a secret in %q", s)
		}
	}
}

func TestReadiness(t *testing.T) {
	for name, c := range map[string]struct {
		fault func(f *sandbox.Faults)
		want  string
	}{
		"invalid_auth": {func(f *sandbox.Faults) { f.Error("auth.test", 1, "invalid_auth") }, "slack: auth.test: invalid_auth"},
		"bare":         {func(f *sandbox.Faults) { f.BareNotOK("auth.test", 1) }, "slack: auth.test: " + unsaid},
	} {
		t.Run(name, func(t *testing.T) {
			s := sandbox.New(sandbox.Options{})
			if err := s.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			c.fault(s.Faults())
			transport := &http.Transport{}
			defer transport.CloseIdleConnections()
			a, err := New(Config{SigningSecrets: []string{"s"}, BotToken: s.BotToken(team), APIURL: s.APIURL(), Transport: transport}, newCore(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := a.Ready(); err == nil {
				t.Error("ready before it runs")
			}
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- a.Run(ctx) }()
			tick := time.NewTicker(time.Millisecond)
			defer tick.Stop()
			for deadline := time.After(time.Minute); a.Ready() == nil || a.Ready().Error() != c.want; {
				select {
				case <-tick.C:
				case <-deadline:
					t.Fatalf("never %q: %v", c.want, a.Ready())
				}
			}
			// Slack takes a message all the same: so it knows the bot again.
			if _, err := a.Deliver(ctx, bot.Outgoing{Key: "k", Room: roomID(team, quizzes), Card: bot.Card{Title: "Hello"}}); err != nil {
				t.Error(err)
			}
			for deadline := time.After(50 * time.Second); a.Ready() != nil; {
				select {
				case <-tick.C:
				case <-deadline:
					t.Fatalf("not ready again: %v", a.Ready())
				}
			}
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	good := Config{SigningSecrets: []string{"s"}, BotToken: "xoxb-secret"}
	for name, c := range map[string]struct {
		change func(*Config)
		word   string
	}{
		"no token":           {func(c *Config) { c.BotToken = "" }, "SLACK_BOT_TOKEN"},
		"nothing to hear":    {func(c *Config) { c.SigningSecrets = nil }, "SLACK_SIGNING_SECRET"},
		"no address":         {func(c *Config) { c.APIURL = "slack" }, "SLACK_API_URL"},
		"a broken address":   {func(c *Config) { c.APIURL = "http://[::1" }, "SLACK_API_URL"},
		"only empty secrets": {func(c *Config) { c.SigningSecrets = []string{"", " "} }, "SLACK_SIGNING_SECRET"},
	} {
		config := good
		c.change(&config)
		if _, err := New(config, newCore(), nil); err == nil || !strings.Contains(err.Error(), c.word) || strings.Contains(err.Error(), "xoxb-secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	a, err := New(good, newCore(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if a.config.APIURL != defaultAPI || a.Ready() == nil {
		t.Errorf("%q, %v", a.config.APIURL, a.Ready())
	}
}

// TestPace: nothing is held back beyond one message a second.
func TestPace(t *testing.T) {
	t.Parallel()
	r := play(t, setup{slack: sandbox.Options{MessageInterval: time.Second, MessageBurst: 4}})
	for i := range 5 {
		r.deliver(quizzes, fmt.Sprint("x", i), *card(fmt.Sprint("message ", i)))
	}
	ctx, cancel := context.WithTimeout(ctxFor(t), time.Millisecond)
	defer cancel()
	_, err := r.adapter.Deliver(ctx, r.outgoing("x9", "", question()))
	var retry *bot.RetryError
	if !errors.As(err, &retry) {
		t.Errorf("what could not wait its turn was surely not made: %v", err)
	}
	for i, m := range r.slack.Messages(quizzes) {
		if want := fmt.Sprint("message ", i); m.Text != want {
			t.Errorf("%q instead of %q", m.Text, want)
		}
	}
}

func TestBareAnswers(t *testing.T) {
	long := `{"ok":false,"error":"` + strings.Repeat("x", 2*maxBare) + `"}`
	for body, want := range map[string]string{
		`{"ok":false}`: `{"ok":false,"error":"no_error_given"}`, "\t{\"ok\" : false, \"error\":\"\"}\n": `{"ok":false,"error":"no_error_given"}`,
		`{"ok":true}`: `{"ok":true}`, `{"ok":false,"error":"x"}`: `{"ok":false,"error":"x"}`, `{}`: `{}`, ``: ``, `null`: `null`, `{"ok":fal`: `{"ok":fal`,
		`ok`: `ok`, long: long, strings.Repeat(" ", maxBare) + `{"ok":false}`: strings.Repeat(" ", maxBare) + `{"ok":false}`,
	} {
		for _, chunked := range []bool{false, true} {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if chunked {
					w.(http.Flusher).Flush()
				}
				_, _ = w.Write([]byte(body))
			}))
			transport := &http.Transport{}
			resp, err := (&http.Client{Transport: outspoken{RoundTripper: transport, meter: bot.NoMeter{}}}).Get(s.URL)
			if err != nil {
				t.Fatal(err)
			}
			if got := readAll(t, resp); got != want {
				t.Errorf("%.60q became %.60q", body, got)
			}
			transport.CloseIdleConnections()
			s.Close()
		}
	}
}

func readAll(t *testing.T, resp *http.Response) string {
	t.Helper()
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	return string(b)
}

// TestErrorsNameNoSecrets: a response_url is a secret too.
func TestErrorsNameNoSecrets(t *testing.T) {
	a, _ := deaf(t, nil)
	err := a.respond(ctxFor(t), "http://127.0.0.1:1/response/s3cret", responseMessage{})
	if err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("%v", err)
	}
	_, err = a.Deliver(ctxFor(t), bot.Outgoing{Key: "k", Room: "slack:T1/C2", Card: question()})
	if err == nil || strings.Contains(err.Error(), "xoxb-") {
		t.Errorf("%v", err)
	}
}
