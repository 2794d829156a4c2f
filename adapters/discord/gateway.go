package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"time"

	"github.com/gorilla/websocket"
)

// Gateway opcodes.
const (
	opDispatch       = 0
	opHeartbeat      = 1
	opIdentify       = 2
	opResume         = 6
	opReconnect      = 7
	opInvalidSession = 9
	opHello          = 10
	opAck            = 11
)

// Intents: GUILDS, GUILD_MESSAGES, DIRECT_MESSAGES and, if allowed, MESSAGE_CONTENT.
const (
	intentsBase    = 1<<0 | 1<<9 | 1<<12
	intentsContent = 1 << 15
)

// timing of a connection; tests shorten it.
type timing struct {
	dial, hello, ready time.Duration
	quiet              time.Duration // without a frame: send a heartbeat to see whether anybody is there
	silent             time.Duration // without a frame: give the connection up
	ack                time.Duration // that a heartbeat has at least
	write              time.Duration
	check              time.Duration
}

func defaultTiming() timing {
	return timing{
		dial: 10 * time.Second, hello: 10 * time.Second, ready: 20 * time.Second,
		quiet: 15 * time.Second, silent: 25 * time.Second, ack: 5 * time.Second, write: 5 * time.Second, check: time.Second,
	}
}

const (
	maxFrame = 16 << 20
	// closeResumable ends a connection so that its session can be resumed: any
	// code but 1000 and 1001.
	closeResumable = 4900
)

type frame struct {
	Op   int             `json:"op"`
	Data json.RawMessage `json:"d"`
	Seq  int64           `json:"s"`
	Type string          `json:"t"`
}

// after says how to go on after a connection has ended.
type after struct {
	fatal    error // never again
	identify bool  // the session is gone
	reduce   bool  // with fewer intents
	wait     time.Duration
	kind     string // of why, as it is counted
	why      error
}

// shard keeps one gateway connection.
type shard struct {
	a         *Adapter
	id, count int
	gateway   string
	timing    timing
	load      *load

	session, resumeURL string
	seen               *sequence
	failed             int       // connections in a row that came to nothing
	worked             bool      // the latest one did not
	content            bool      // ask for message content
	listened           time.Time // until when; zero: never yet
}

func newShard(a *Adapter, id, count int, gateway string) *shard {
	return &shard{a: a, id: id, count: count, gateway: gateway, timing: defaultTiming(), load: newLoad(maxUnderWay), seen: newSequence(), content: true}
}

// run connects again and again until ctx ends or Discord refuses for good.
func (s *shard) run(ctx context.Context) {
	defer s.load.wait()
	const least, most, stable = time.Second, time.Minute, time.Minute
	wait := least
	for ctx.Err() == nil {
		began := time.Now()
		next := s.connect(ctx)
		if ctx.Err() != nil {
			return
		}
		s.a.setShard(s.id, next.why)
		switch {
		case next.fatal != nil:
			s.a.meter.Reconnecting(platform, "barred")
			s.a.setShard(s.id, barredError{next.fatal})
			s.a.log.Error("discord refuses this bot; it is not tried again until a restart", "shard", s.id, "err", next.fatal)
			return
		case next.reduce:
			s.content = false
			s.session = ""
			s.a.deaf.Store(true)
			s.a.log.Warn(s.a.config.Texts.Reduced)
		case next.identify:
			s.session = ""
		}
		if s.worked || time.Since(began) > stable {
			wait = least
		}
		pause := max(next.wait, wait/2+rand.N(wait/2))
		s.a.meter.Reconnecting(platform, next.kind)
		level := slog.LevelInfo
		if !s.worked { // it never came to READY: nobody is heard
			level = slog.LevelWarn
		}
		s.a.log.Log(ctx, level, "gateway connection ended", "shard", s.id, "why", next.why, "resume", s.session != "", "again_in", pause)
		wait = min(2*wait, most)
		if !sleep(ctx, pause) {
			return
		}
	}
}

// connect opens one connection and lives on it to its end.
func (s *shard) connect(ctx context.Context) after {
	address := s.gateway
	if s.session != "" && s.resumeURL != "" {
		address = s.resumeURL
	}
	u, err := url.Parse(address)
	if err != nil {
		return after{identify: true, kind: "not-dialled", why: fmt.Errorf("gateway address %q: %w", address, err)}
	}
	if u.Path == "" {
		u.Path = "/"
	}
	u.RawQuery = "v=9&encoding=json"
	conn, err := s.dial(ctx, u.String())
	if err != nil {
		why := fmt.Errorf("dial the gateway: %w", err)
		if s.resumeURL != "" && address == s.resumeURL {
			s.resumeURL = "" // try the main address next; the session may still be known there
		}
		return after{kind: "not-dialled", why: why}
	}
	conn.SetReadLimit(maxFrame)
	// The library would send Discord's own code back, and 1000 or 1001 from our side
	// ends the session. The close below says what we mean.
	conn.SetCloseHandler(func(int, string) error { return nil })
	c := &connection{s: s, conn: conn, frames: make(chan frame), broken: make(chan error, 1), over: make(chan struct{})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.read()
	}()
	next := c.live(ctx)
	code := closeResumable
	if ctx.Err() != nil {
		code = websocket.CloseNormalClosure
	}
	_ = conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(time.Second))
	close(c.over)
	_ = conn.Close()
	<-done
	if c.ready {
		// A gateway that is behind with its events answers heartbeats all the same.
		s.listened = s.a.now().Add(-time.Since(c.last) - behind)
	}
	s.judge(c)
	return next
}

// behind is how far the events of a gateway that answered may have been behind when the
// connection ended: what was said in that time is looked for again, where it can't be resumed.
const behind = 30 * time.Second

// dial opens a WebSocket. The library heeds the end of a context only until the
// handshake begins; a peer that never answers it must not keep the bot from ending.
func (s *shard) dial(ctx context.Context, address string) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timing.dial)
	defer cancel()
	var dialer net.Dialer
	d := websocket.Dialer{HandshakeTimeout: s.timing.dial, Proxy: http.ProxyFromEnvironment}
	shaken := func() bool { return true }
	d.NetDialContext = func(inner context.Context, network, address string) (net.Conn, error) {
		conn, err := dialer.DialContext(inner, network, address)
		if err == nil { // the inner context ends with the handshake
			shaken = context.AfterFunc(ctx, func() { _ = conn.Close() })
		}
		return conn, err
	}
	conn, resp, err := d.DialContext(ctx, address, nil)
	if resp != nil && resp.Body != nil {
		_ = resp.Body.Close()
	}
	if !shaken() && err == nil {
		_ = conn.Close()
		return nil, ctx.Err()
	}
	return conn, err
}

// mostInterval is the longest time between heartbeats that can be meant, in ms.
const mostInterval = 3_600_000

// maxFailed is how many connections in a row may come to nothing before the
// session is given up.
const maxFailed = 3

// judge learns from a connection that has ended. One that came to nothing may have
// been to an address that is no good: the main one is next, and then a new session.
func (s *shard) judge(c *connection) {
	if s.worked = c.ready; c.ready {
		s.failed = 0
		return
	}
	s.resumeURL = ""
	if c.heard {
		return
	}
	if s.failed++; s.failed >= maxFailed {
		s.failed, s.session = 0, ""
	}
}

// connection is one WebSocket. Its reader hands frames over; everything else,
// writing included, happens in live.
type connection struct {
	s      *shard
	conn   *websocket.Conn
	frames chan frame
	broken chan error
	over   chan struct{}

	interval time.Duration // of heartbeats; 0 before HELLO
	acked    bool
	asked    time.Time // when the oldest heartbeat was sent that is not acknowledged
	ready    bool
	sent     bool // IDENTIFY or RESUME
	replay   bool // between RESUME and RESUMED: what comes is said again
	heard    bool // an event
	last     time.Time
}

func (c *connection) read() {
	for {
		_, data, err := c.conn.ReadMessage()
		if err != nil {
			c.broken <- err
			return
		}
		var f frame
		if err := json.Unmarshal(data, &f); err != nil {
			c.s.a.log.Warn("gateway frame not understood", "shard", c.s.id, "bytes", len(data))
			f = frame{Op: -1} // still a sign of life
		}
		select {
		case c.frames <- f:
		case <-c.over:
			return
		}
	}
}

func (c *connection) write(op int, data any) error {
	_ = c.conn.SetWriteDeadline(time.Now().Add(c.s.timing.write))
	return c.conn.WriteJSON(struct {
		Op   int `json:"op"`
		Data any `json:"d"`
	}{op, data})
}

// live reads and answers until the connection is of no more use.
func (c *connection) live(ctx context.Context) after {
	s := c.s
	began := time.Now()
	c.last, c.acked = began, true
	check := time.NewTicker(s.timing.check)
	defer check.Stop()
	heartbeat, hello := time.NewTimer(time.Hour), time.NewTimer(time.Hour)
	defer heartbeat.Stop()
	defer hello.Stop()
	var greeted time.Time
	for {
		select {
		case <-ctx.Done():
			return after{kind: "stopping", why: ctx.Err()}
		case err := <-c.broken:
			return s.closed(err)
		case f := <-c.frames:
			c.last = time.Now()
			s.a.alive()
			if f.Op == opHello {
				var h struct {
					Interval int `json:"heartbeat_interval"`
				}
				_ = json.Unmarshal(f.Data, &h)
				if h.Interval <= 0 || h.Interval > mostInterval {
					h.Interval = 41250
				}
				c.interval = time.Duration(h.Interval) * time.Millisecond
				heartbeat.Reset(rand.N(c.interval)) // jitter, as Discord asks
				greeted = time.Now()
				hello.Reset(0)
				continue
			}
			if next, over := c.take(ctx, f); over {
				return next
			}
		case <-hello.C: // HELLO was read: now say who we are, when it is our turn
			if wait, next, over := c.introduce(ctx); over {
				return next
			} else if wait > 0 {
				hello.Reset(wait)
				greeted = time.Now()
			}
		case <-heartbeat.C:
			if c.dead() {
				return after{kind: "silent", why: errors.New("a heartbeat was not acknowledged")}
			}
			if err := c.beat(); err != nil {
				return after{kind: "broken", why: fmt.Errorf("send a heartbeat: %w", err)}
			}
			heartbeat.Reset(c.interval)
		case <-check.C:
			now := time.Now()
			switch quiet := now.Sub(c.last); {
			case c.interval == 0 && now.Sub(began) > s.timing.hello:
				return after{kind: "no-hello", why: errors.New("no hello from the gateway")}
			case c.sent && !c.ready && now.Sub(greeted) > s.timing.ready:
				return after{kind: "no-ready", why: errors.New("no ready from the gateway")}
			case quiet > s.timing.silent:
				return after{kind: "silent", why: errors.New("the gateway is silent")}
			case quiet > s.timing.quiet && c.interval > 0 && c.acked:
				if err := c.beat(); err != nil {
					return after{kind: "broken", why: fmt.Errorf("send a heartbeat: %w", err)}
				}
			}
		}
	}
}

// ask notes that a heartbeat is sent.
func (c *connection) ask() {
	if c.acked {
		c.acked, c.asked = false, time.Now()
	}
}

// dead: a heartbeat was not acknowledged. One that was just sent, because Discord
// asked for it or was quiet, has some time.
func (c *connection) dead() bool {
	return !c.acked && time.Since(c.asked) >= min(c.interval/2, c.s.timing.ack)
}

func (c *connection) beat() error {
	c.ask()
	var seq any
	if n := c.s.seen.newest(); n > 0 {
		seq = n
	}
	return c.write(opHeartbeat, seq)
}

// introduce resumes the session, or identifies when there is none and it is our turn.
func (c *connection) introduce(ctx context.Context) (wait time.Duration, next after, over bool) {
	s := c.s
	if c.sent {
		return 0, after{}, false
	}
	var err error
	if s.session != "" {
		c.replay = true
		err = c.write(opResume, map[string]any{"token": s.a.token(), "session_id": s.session, "seq": s.seen.handled()})
	} else {
		wait, spent, budgetErr := s.a.identifies.take(ctx, s.id, time.Now())
		if spent {
			return 0, after{wait: wait, kind: "no-identifies", why: fmt.Errorf("the identifies of this day are used up; Discord would reset the token. Next try in %s", wait.Round(time.Minute))}, true
		}
		if budgetErr != nil {
			s.a.log.Error("identify budget not saved", "err", budgetErr)
		}
		if wait > 0 {
			return wait, after{}, false
		}
		s.seen = newSequence()
		intents := intentsBase
		if s.content {
			intents |= intentsContent
		}
		identify := map[string]any{
			"token": s.a.token(), "intents": intents, "large_threshold": 50,
			"properties": map[string]string{"os": runtime.GOOS, "browser": "quizbot", "device": "quizbot"},
		}
		if s.count > 1 || s.id > 0 {
			identify["shard"] = [2]int{s.id, s.count}
		}
		err = c.write(opIdentify, identify)
	}
	if err != nil {
		return 0, after{kind: "broken", why: fmt.Errorf("introduce the bot: %w", err)}, true
	}
	c.sent = true
	return 0, after{}, false
}

// take handles one frame; over says that the connection has ended.
func (c *connection) take(ctx context.Context, f frame) (next after, over bool) {
	s := c.s
	switch f.Op {
	case opDispatch:
		c.heard = true
		if s.load.full() {
			// Discord keeps what comes meanwhile; reading no further would keep
			// heartbeats from being seen.
			return after{kind: "too-much", why: errors.New("too much is under way; the rest is fetched later")}, true
		}
		c.dispatch(ctx, f)
	case opHeartbeat:
		if err := c.beat(); err != nil {
			return after{kind: "broken", why: fmt.Errorf("send a heartbeat: %w", err)}, true
		}
	case opAck:
		c.acked = true
	case opReconnect:
		return after{kind: "told", why: errors.New("the gateway asked to reconnect")}, true
	case opInvalidSession:
		var resumable bool
		_ = json.Unmarshal(f.Data, &resumable)
		if resumable && s.session != "" {
			return after{kind: "invalid-session", why: errors.New("the session is to be resumed")}, true
		}
		return after{identify: true, wait: time.Second + rand.N(4*time.Second), kind: "invalid-session", why: errors.New("the session is invalid")}, true
	}
	return after{}, false
}

func (c *connection) dispatch(ctx context.Context, f frame) {
	s := c.s
	switch f.Type {
	case "READY":
		var r struct {
			Session string `json:"session_id"`
			Resume  string `json:"resume_gateway_url"`
			User    user   `json:"user"`
			App     struct {
				ID string `json:"id"`
			} `json:"application"`
		}
		if err := json.Unmarshal(f.Data, &r); err != nil {
			s.a.log.Warn("READY not understood", "err", err)
		}
		s.session, s.resumeURL = r.Session, r.Resume
		s.a.setSelf(r.User.ID, r.App.ID)
		c.ready = true
		s.a.setShard(s.id, nil)
		s.a.log.Info("gateway ready", "shard", s.id, "of", s.count, "user", r.User.ID)
		s.a.registerOnce(ctx)
		s.catchUp()
	case "RESUMED":
		c.ready, c.replay = true, false
		s.a.setShard(s.id, nil)
		s.a.log.Info("gateway resumed", "shard", s.id)
	}
	seen := s.seen
	if !seen.begin(f.Seq) {
		return // replayed, and handled already
	}
	var work func() func()
	s.a.guard(f.Type, func() { work = s.a.receive(f.Type, f.Data, c.replay) })
	if work == nil {
		seen.end(f.Seq)
		return
	}
	s.load.do(func() {
		var speak func()
		s.a.guard(f.Type, func() { speak = work() })
		seen.end(f.Seq)
		if speak != nil {
			s.a.guard(f.Type, speak)
		}
	})
}
