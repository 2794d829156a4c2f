package discord

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testIntents = IntentGuilds | IntentGuildMessages | IntentDirectMessages | IntentMessageContent

// ctxFor ends long after any test should.
func ctxFor(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// start runs a server for the test, patient with a slow machine where the test
// says nothing else.
func start(t *testing.T, opt Options) *Server {
	t.Helper()
	orDuration(&opt.AckTimeout, time.Minute)
	if opt.IdentifyInterval == 0 {
		opt.IdentifyInterval = -1
	}
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

// clock is a time that the test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// answer is what the API said.
type answer struct {
	status int
	header http.Header
	raw    []byte
	json   any
}

func (a answer) code() int {
	n, _ := dig(a.json, "code").(float64)
	return int(n)
}

func (a answer) id() string {
	id, _ := dig(a.json, "id").(string)
	return id
}

// try calls the API with the bot's token; body is encoded unless it is nil.
func try(ctx context.Context, s *Server, token, method, path string, body any) (answer, error) {
	var in io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return answer{}, err
		}
		in = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.APIURL()+path, in)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Authorization", "Bot "+token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "DiscordBot (https://example.com, 1)")
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, header: resp.Header}
	if a.raw, err = io.ReadAll(resp.Body); err != nil {
		return answer{}, err
	}
	_ = json.Unmarshal(a.raw, &a.json)
	return a, nil
}

// call is try for what must be answered.
func call(t *testing.T, s *Server, method, path string, body any) answer {
	t.Helper()
	a, err := try(ctxFor(t), s, DefaultToken, method, path, body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

// want is call with the status, and Discord's code where it is no success.
func want(t *testing.T, s *Server, status, code int, method, path string, body any) answer {
	t.Helper()
	a := call(t, s, method, path, body)
	if a.status != status || status >= 400 && a.code() != code {
		t.Fatalf("%s %s: got %d, code %d: %s; want %d, %d", method, path, a.status, a.code(), a.raw, status, code)
	}
	return a
}

const quizMessages = "/channels/" + DefaultChannelID + "/messages"

// post has the bot write in #quiz.
func post(t *testing.T, s *Server, body obj) Message {
	t.Helper()
	m, ok := s.Message(want(t, s, 200, 0, "POST", quizMessages, body).id())
	if !ok {
		t.Fatal("the message that was made is not there")
	}
	return m
}

// say has a player write in a channel.
func say(t *testing.T, s *Server, channel, user, text string, opts ...SayOption) Message {
	t.Helper()
	m, err := s.Say(ctxFor(t), channel, user, text, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// packet is one payload of the gateway.
type packet struct {
	Op int             `json:"op"`
	D  json.RawMessage `json:"d"`
	S  *int64          `json:"s"`
	T  string          `json:"t"`
}

func (p packet) get(path ...any) any {
	var v any
	_ = json.Unmarshal(p.D, &v)
	return dig(v, path...)
}

// link is a client's gateway connection.
type link struct {
	t       *testing.T
	ws      *websocket.Conn
	seq     int64
	session string
}

// dial connects to the gateway; query may be empty.
func dial(t *testing.T, address, query string) *link {
	t.Helper()
	ws, resp, err := websocket.DefaultDialer.DialContext(ctxFor(t), address+"/?"+query, nil)
	if err != nil {
		t.Fatalf("dial %s: %v", address, err)
	}
	_ = resp.Body.Close()
	t.Cleanup(func() { _ = ws.Close() })
	return &link{t: t, ws: ws}
}

// greeted is dial and reading of HELLO.
func greeted(t *testing.T, address string) *link {
	t.Helper()
	l := dial(t, address, "v=9&encoding=json")
	l.expect(opHello)
	return l
}

func (l *link) send(op int, d any) {
	l.t.Helper()
	l.sendRaw(encode(obj{"op": op, "d": d}))
}

func (l *link) sendRaw(b []byte) {
	l.t.Helper()
	if err := l.ws.WriteMessage(websocket.TextMessage, b); err != nil {
		l.t.Fatalf("write to the gateway: %v", err)
	}
}

func (l *link) next() (packet, error) {
	_ = l.ws.SetReadDeadline(time.Now().Add(time.Minute))
	_, b, err := l.ws.ReadMessage()
	if err != nil {
		return packet{}, err
	}
	var p packet
	if err := json.Unmarshal(b, &p); err != nil {
		return packet{}, err
	}
	if p.S != nil {
		l.seq = *p.S
	}
	return p, nil
}

// expect reads one payload, which must have this opcode.
func (l *link) expect(op int) packet {
	l.t.Helper()
	p, err := l.next()
	if err != nil {
		l.t.Fatalf("waiting for op %d: %v", op, err)
	}
	if p.Op != op {
		l.t.Fatalf("got op %d %s %s, want op %d", p.Op, p.T, p.D, op)
	}
	return p
}

// event reads one payload, which must be this event.
func (l *link) event(name string) packet {
	l.t.Helper()
	p := l.expect(opDispatch)
	if p.T != name {
		l.t.Fatalf("got event %s %s, want %s", p.T, p.D, name)
	}
	return p
}

// closed reads until the server closes the connection with a code.
func (l *link) closed(code int) {
	l.t.Helper()
	for {
		p, err := l.next()
		var e *websocket.CloseError
		switch {
		case errors.As(err, &e) && e.Code == code:
			return
		case err != nil:
			l.t.Fatalf("connection ended with %v, want code %d", err, code)
		case p.Op == opDispatch && code != 0:
			l.t.Fatalf("event %s, want a close with %d", p.T, code)
		}
	}
}

// broken reads what must be the end without a close frame or any payload.
func (l *link) broken() {
	l.t.Helper()
	p, err := l.next()
	var e *websocket.CloseError
	if err == nil {
		l.t.Fatalf("got op %d %s %s, want a broken connection", p.Op, p.T, p.D)
	}
	if errors.As(err, &e) && e.Code != websocket.CloseAbnormalClosure {
		l.t.Fatalf("closed with %d, want a broken connection", e.Code)
	}
}

func identifyBody(intents Intent, shard ...int) obj {
	d := obj{"token": DefaultToken, "intents": intents, "properties": obj{"os": "linux", "browser": "test", "device": "test"}}
	if len(shard) == 2 {
		d["shard"] = shard
	}
	return d
}

// online is a connection that has identified and read READY and its guilds.
func online(t *testing.T, s *Server, intents Intent, shard ...int) *link {
	t.Helper()
	l := greeted(t, s.GatewayURL())
	l.send(opIdentify, identifyBody(intents, shard...))
	ready := l.event("READY")
	l.session, _ = ready.get("session_id").(string)
	guilds, _ := ready.get("guilds").([]any)
	if intents&IntentGuilds != 0 {
		for range guilds {
			l.event("GUILD_CREATE")
		}
	}
	return l
}

// resume opens a new connection for l's session, which has its HELLO read and
// RESUME sent.
func (l *link) resume(s *Server) *link {
	l.t.Helper()
	n := greeted(l.t, s.ResumeURL())
	n.session, n.seq = l.session, l.seq
	n.send(opResume, obj{"token": DefaultToken, "session_id": l.session, "seq": l.seq})
	return n
}

// hold waits until cond is true.
func hold(t *testing.T, s *Server, what string, cond func() bool) {
	t.Helper()
	if err := s.WaitFor(ctxFor(t), cond); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
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
