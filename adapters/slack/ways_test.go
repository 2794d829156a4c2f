package slack

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"quizbot/bot"
)

// limited says "later" to all that is posted in one channel.
type limited struct {
	next    http.RoundTripper
	channel string
}

func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.Contains(r.URL.Path, "/chat.post") {
		return l.next.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	if form.Get("channel") == l.channel {
		return &http.Response{
			StatusCode: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"600"}}, Body: http.NoBody, Request: r,
		}, nil
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	return l.next.RoundTrip(r)
}

// TestRepliesDontWaitForEachOther: a channel where Slack wants nothing more holds up
// neither other channels nor what goes by response_url.
func TestRepliesDontWaitForEachOther(t *testing.T) {
	t.Parallel()
	r := play(t, setup{config: func(c *Config) { c.Transport = limited{c.Transport, quizzes} }})
	ask := r.deliver("C0GENERAL", "r1-ask", question())
	r.core.does(func(_ context.Context, in bot.Incoming) (bot.Reply, error) {
		return bot.Reply{Card: card("for " + in.Text + in.Choice), Public: in.Text == "leaderboard"}, nil
	})
	for range 40 {
		r.say(quizzes, alice, "leaderboard")
		r.say(quizzes, carol, "A")
	}
	own := question()
	r.press("C0GENERAL", string(ask), bob, "q1-a")
	r.ephemeral("C0GENERAL", bob, "for q1-a")
	r.say("C0GENERAL", carol, "line")
	r.ephemeral("C0GENERAL", carol, "for line")
	r.say("C0GENERAL", alice, "leaderboard")
	r.public("C0GENERAL", "for leaderboard")
	r.core.says(bot.Reply{Card: &own})
	r.slash(quizzes, bob, "review")
	m := r.ephemeral(quizzes, bob, "Which method")
	r.core.says(bot.Reply{Card: card("Right")})
	r.press(quizzes, m.TS, bob, "q1-a")
	r.ephemeral(quizzes, bob, "Right")
}

// crowded takes all turns to post in a channel for a long time to come.
func crowded(r *rig, channel string) {
	r.adapter.pace.of(team, channel).ReserveN(time.Now(), 3)
	for range 200 {
		r.adapter.pace.of(team, channel).Reserve()
	}
}

// TestEditsAreNotPaced: Slack's one message a second is for new ones.
func TestEditsAreNotPaced(t *testing.T) {
	r := play(t, setup{})
	ask := r.deliver(quizzes, "r1-ask", question())
	crowded(r, quizzes)
	for i := range 12 {
		if _, err := r.adapter.Deliver(ctxFor(t), r.outgoing(fmt.Sprint("x", i), ask, question())); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPublicRepliesArePaced: they take their turn with the questions.
func TestPublicRepliesArePaced(t *testing.T) {
	t.Parallel()
	r := play(t, setup{})
	r.core.says(bot.Reply{Card: card("Board"), Public: true})
	r.say("C0GENERAL", alice, "leaderboard")
	r.public("C0GENERAL", "Board")
	crowded(r, quizzes)
	r.say(quizzes, alice, "leaderboard")
	r.stop()
	if n := len(r.slack.Calls("chat.postMessage")); n != 1 {
		t.Errorf("%d posts", n)
	}
}

// TestStopWithAHalfSentBody: nobody can hold up the end who has not signed.
func TestStopWithAHalfSentBody(t *testing.T) {
	r := play(t, setup{})
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.ears.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// "100 Continue" says that the handler reads the body.
	if _, err := io.WriteString(conn, "POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if err := r.stop(); err != nil {
		t.Error(err)
	}
}
