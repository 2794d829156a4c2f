//go:build chaos

package chaos

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// bareSlack is the least of a Slack that the program can live with: it keeps no
// messages and draws nothing. The local Slack of package sandbox does more work for a
// press than the program, so on the same machine it would measure itself.
type bareSlack struct {
	server *httptest.Server
	client *http.Client
	secret string
	app    string // where the program listens

	mu        sync.Mutex
	questions map[string]barePost // by channel
	changed   chan struct{}
	number    atomic.Int64
	replies   atomic.Int64 // private words
	sorry     atomic.Int64 // of those, that it is busy or to slow down
}

type barePost struct {
	ts      string
	buttons []button
}

func startBareSlack(t *testing.T) *bareSlack {
	b := &bareSlack{
		secret: "load-secret", questions: map[string]barePost{}, changed: make(chan struct{}),
		client: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxConnsPerHost: inFlight, MaxIdleConnsPerHost: inFlight}},
	}
	b.server = httptest.NewServer(b)
	t.Cleanup(b.server.Close)
	return b
}

func (b *bareSlack) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Content-Type", "application/json")
	form, _ := url.ParseQuery(string(body))
	ts := fmt.Sprintf("%d.%06d", time.Now().Unix(), b.number.Add(1)%1_000_000)
	switch strings.TrimPrefix(r.URL.Path, "/api/") {
	case "auth.test":
		_, _ = fmt.Fprint(w, `{"ok":true,"url":"http://slack.invalid/","team":"Load","user":"quizbot","team_id":"T0LOAD","user_id":"U0QUIZBOT","bot_id":"B0QUIZBOT"}`)
	case "users.info":
		id := form.Get("user")
		_, _ = fmt.Fprintf(w, `{"ok":true,"user":{"id":%q,"name":%q,"profile":{"display_name":%q}}}`, id, id, id)
	case "chat.postMessage":
		if made := madeOf(json.RawMessage(form.Get("blocks"))); len(made) > 0 {
			b.mu.Lock()
			b.questions[form.Get("channel")] = barePost{ts: ts, buttons: made}
			close(b.changed)
			b.changed = make(chan struct{})
			b.mu.Unlock()
		}
		_, _ = fmt.Fprintf(w, `{"ok":true,"channel":%q,"ts":%q}`, form.Get("channel"), ts)
	case "chat.update":
		_, _ = fmt.Fprintf(w, `{"ok":true,"channel":%q,"ts":%q}`, form.Get("channel"), form.Get("ts"))
	case "conversations.history":
		_, _ = fmt.Fprint(w, `{"ok":true,"messages":[],"has_more":false}`)
	case "/respond", "chat.postEphemeral":
		b.replies.Add(1)
		if s := string(body); strings.Contains(s, "ry again in") {
			b.sorry.Add(1)
		}
		_, _ = fmt.Fprint(w, `{"ok":true}`)
	default:
		_, _ = fmt.Fprint(w, `{"ok":true}`)
	}
}

// send posts a signed request to the program and returns its status; 0 when there was
// no answer in 3 s, as Slack counts. It keeps the connection for what comes later: new
// ones would take more of this machine than all that the program does.
func (b *bareSlack) send(path, body string) (status int, took time.Duration) {
	began := time.Now()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, b.app+path, strings.NewReader(body))
	if err != nil {
		return 0, 0
	}
	stamp := strconv.FormatInt(began.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(b.secret))
	_, _ = io.WriteString(mac, "v0:"+stamp+":"+body)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Slack-Request-Timestamp", stamp)
	req.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
	resp, err := b.client.Do(req)
	if err != nil {
		return 0, time.Since(began)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	if took = time.Since(began); took > 3*time.Second {
		return 0, took
	}
	return resp.StatusCode, took
}

func (b *bareSlack) ask(channel string) int {
	n := b.number.Add(1)
	form := url.Values{
		"team_id": {"T0LOAD"}, "team_domain": {"load"}, "channel_id": {channel}, "channel_name": {"x"}, "user_id": {"U0ASK" + channel}, "user_name": {"asker"},
		"command": {"/quiz"}, "text": {topic}, "api_app_id": {"A0LOAD"}, "trigger_id": {fmt.Sprintf("t.%d", n)},
		"response_url": {b.server.URL + "/respond"},
	}
	status, _ := b.send("/slack/commands", form.Encode())
	return status
}

func (b *bareSlack) press(channel, user string, post barePost, pick int) (int, time.Duration) {
	n := b.number.Add(1)
	payload, err := json.Marshal(map[string]any{
		"type": "block_actions", "api_app_id": "A0LOAD", "trigger_id": fmt.Sprintf("t.%d", n),
		"team": map[string]any{"id": "T0LOAD", "domain": "load"}, "user": map[string]any{"id": user, "username": user, "name": user, "team_id": "T0LOAD"},
		"channel": map[string]any{"id": channel, "name": "x"}, "container": map[string]any{"type": "message", "message_ts": post.ts, "channel_id": channel, "is_ephemeral": false},
		"message":      map[string]any{"type": "message", "ts": post.ts, "user": "U0QUIZBOT", "bot_id": "B0QUIZBOT"},
		"response_url": b.server.URL + "/respond",
		"actions":      []any{map[string]any{"type": "button", "action_id": post.buttons[pick].id, "block_id": "x", "value": post.buttons[pick].id, "action_ts": fmt.Sprintf("%d.%06d", time.Now().Unix(), n%1_000_000)}},
	})
	if err != nil {
		return 0, 0
	}
	return b.send("/slack/interactions", url.Values{"payload": {string(payload)}}.Encode())
}

// question waits until a channel has one.
func (b *bareSlack) question(channel string, within time.Duration) (barePost, bool) {
	limit := time.After(within)
	for {
		b.mu.Lock()
		post, ok := b.questions[channel]
		changed := b.changed
		b.mu.Unlock()
		if ok {
			return post, true
		}
		select {
		case <-changed:
		case <-limit:
			return post, false
		}
	}
}
