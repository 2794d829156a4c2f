package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ctxFor ends long after any test should.
func ctxFor(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// start runs a server for the test.
func start(t *testing.T, opt Options) *Server {
	t.Helper()
	s := New(opt)
	if err := s.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// api calls a method with the default bot token.
func api(t *testing.T, s *Server, method string, fields map[string]any) map[string]any {
	t.Helper()
	out, _ := apiAs(t, s, DefaultBotToken, method, fields)
	return out
}

func apiAs(t *testing.T, s *Server, token, method string, fields map[string]any) (map[string]any, *http.Response) {
	t.Helper()
	body, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(ctxFor(t), http.MethodPost, s.APIURL()+method, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := testClient(t).Do(req)
	if err != nil {
		t.Fatalf("%s: %v", method, err)
	}
	defer resp.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		t.Fatalf("%s: answer is not JSON: %v", method, err)
	}
	return out, resp
}

// testClient keeps no idle connection behind.
func testClient(t *testing.T) *http.Client {
	t.Helper()
	tr := &http.Transport{DisableKeepAlives: true}
	return &http.Client{Transport: tr}
}

// got is one request that the app under test received.
type got struct {
	Path   string
	Header http.Header
	Body   []byte
	Form   url.Values
}

func (g got) json(t *testing.T) map[string]any {
	t.Helper()
	raw := g.Body
	if p := g.Form.Get("payload"); p != "" {
		raw = []byte(p)
	}
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatalf("body %q: %v", g.Body, err)
	}
	return m
}

// app is a receiver of deliveries whose answers the test decides.
type app struct {
	mu     sync.Mutex
	all    []got
	answer func(n int, g got, w http.ResponseWriter, r *http.Request) // n counts from 0
	srv    *httptest.Server
}

func newApp(t *testing.T, s *Server, answer func(n int, g got, w http.ResponseWriter, r *http.Request)) *app {
	t.Helper()
	a := &app{answer: answer}
	a.srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		g := got{Path: r.URL.Path, Header: r.Header.Clone(), Body: body}
		g.Form, _ = url.ParseQuery(string(body))
		a.mu.Lock()
		n := len(a.all)
		a.all = append(a.all, g)
		a.mu.Unlock()
		if a.answer != nil {
			a.answer(n, g, w, r)
		}
	}))
	t.Cleanup(a.srv.Close)
	s.SetAppURL(a.srv.URL)
	return a
}

func (a *app) received() []got {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]got(nil), a.all...)
}

func button(id, text, value string) map[string]any {
	return map[string]any{
		"type": "button", "action_id": id, "value": value,
		"text": map[string]any{"type": "plain_text", "text": text},
	}
}

func section(kind, text string) map[string]any {
	return map[string]any{"type": "section", "text": map[string]any{"type": kind, "text": text}}
}

func actions(elements ...any) map[string]any {
	return map[string]any{"type": "actions", "elements": elements}
}

// dig walks into nested objects and arrays.
func dig(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				return nil
			}
			v = l[p]
		}
	}
	return v
}
