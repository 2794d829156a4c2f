package discord

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// out is a Discord that can't be reached.
type out struct{}

func (out) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("out of reach") }

// FuzzDispatch: whatever event the gateway sends, the session goes on and every
// event that began is over in the end.
func FuzzDispatch(f *testing.F) {
	for _, s := range []string{
		`{"op":0,"s":1,"t":"READY","d":{"session_id":"s","resume_gateway_url":"wss://x","user":{"id":"5"},"application":{"id":"6"}}}`,
		`{"op":0,"s":2,"t":"GUILD_CREATE","d":{"id":"1","owner_id":"2","roles":[{"id":"1","permissions":"8"}],"threads":[{"id":"3","parent_id":"4","type":11}]}}`,
		`{"op":0,"s":3,"t":"MESSAGE_CREATE","d":{"id":"7","channel_id":"3","guild_id":"1","content":"<@5> quiz","author":{"id":"9"}}}`,
		`{"op":0,"s":4,"t":"INTERACTION_CREATE","d":{"id":"8","type":3,"token":"t","channel_id":"2","user":{"id":"9"},"data":{"custom_id":"a:1.x:0"},"message":{"id":"1"}}}`,
		`{"op":0,"s":5,"t":"INTERACTION_CREATE","d":{"id":"9","type":4,"token":"t","channel_id":"2","user":{"id":"9"},"data":{"options":[{"name":"topic","focused":true,"value":"x"}]}}}`,
		`{"op":0,"s":-1,"t":"RESUMED","d":null}`, `{"op":0,"s":9223372036854775807,"t":"X"}`, `{"op":0,"t":"MESSAGE_CREATE","d":{"author":null}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var fr frame
		if json.Unmarshal(data, &fr) != nil {
			return
		}
		a, err := New(Config{Token: "x", APIURL: "http://127.0.0.1:1/api/v9", Transport: out{}}, newListener(), nil)
		if err != nil {
			t.Fatal(err)
		}
		a.cancelLate() // no call waits
		s := newShard(a, 0, 1, "ws://127.0.0.1:1")
		s.seen = newSequence()
		c := &connection{s: s}
		c.dispatch(t.Context(), fr)
		c.dispatch(t.Context(), fr)
		s.load.wait()
		a.work.Wait()
		if fr.Seq > 0 && s.seen.handled() != fr.Seq {
			t.Errorf("event %d is not over: %d", fr.Seq, s.seen.handled())
		}
	})
}

// FuzzRefusal: whatever Discord answers to a call, the wait that follows is one
// that ends.
func FuzzRefusal(f *testing.F) {
	f.Add(429, "1.5", "user", []byte(`{"message":"You are being rate limited.","retry_after":1.5,"global":false}`))
	f.Add(429, "1e308", "", []byte(`{"retry_after":1e308}`))
	f.Add(429, "NaN", "global", []byte(`{"retry_after":-1}`))
	f.Add(429, "Inf", "shared", []byte(`<html>1015</html>`))
	f.Add(401, "", "", []byte(`{"message":"401: Unauthorized","code":0}`))
	f.Add(403, "", "", []byte(`{"code":50013}`))
	f.Add(502, "", "", []byte(``))
	base := &url.URL{Scheme: "http", Host: "127.0.0.1:1"}
	f.Fuzz(func(t *testing.T, status int, after, scope string, body []byte) {
		if status < 300 || status > 599 || strings.ContainsAny(after+scope, "\r\n") {
			return
		}
		now := time.Unix(1_700_000_000, 0)
		g := newGate(base, out{}, func() time.Time { return now })
		h := http.Header{}
		h.Set("Retry-After", after)
		h.Set("X-RateLimit-Reset-After", after)
		h.Set("X-RateLimit-Limit", scope)
		h.Set("X-RateLimit-Remaining", after)
		g.lanes.learn("POST channels/1/messages", h)
		resp := &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(bytes.NewReader(body))}
		err := g.refusal("POST channels/1/messages", resp, seconds(after), scope)
		var e *apiError
		if !errors.As(err, &e) || e.status != status {
			t.Fatalf("%d became %v", status, err)
		}
		if e.retryAfter < 0 || e.retryAfter > mostSeconds*time.Second || status == http.StatusTooManyRequests && e.retryAfter == 0 {
			t.Errorf("%d with %q and %q: again in %s", status, after, body, e.retryAfter)
		}
	})
}
