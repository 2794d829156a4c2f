package discord

import (
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Intent is a set of gateway intents.
type Intent uint64

// The intents that this server looks at.
const (
	IntentGuilds         Intent = 1 << 0
	IntentGuildMembers   Intent = 1 << 1
	IntentPresences      Intent = 1 << 8
	IntentGuildMessages  Intent = 1 << 9
	IntentDirectMessages Intent = 1 << 12
	IntentMessageContent Intent = 1 << 15

	allIntents Intent = 1<<26 - 1
)

const (
	opDispatch  = 0
	opHeartbeat = 1
	opIdentify  = 2
	opPresence  = 3
	opVoice     = 4
	opResume    = 6
	opReconnect = 7
	opMembers   = 8
	opInvalid   = 9
	opHello     = 10
	opAck       = 11

	maxPayload = 4096
)

// Connection is one gateway connection, past or present.
type Connection struct {
	N          int  // 1, 2, …
	Resuming   bool // opened at the resume address
	Ready      bool // identified or resumed
	Closed     bool
	CloseCode  int // that this server sent; 0: none
	ClientCode int // that the client sent; 0: none
	Heartbeats int
	Session    string
}

// Identify is one IDENTIFY.
type Identify struct {
	At      time.Time
	Intents Intent
	Shard   [2]int
}

// Resume is one RESUME.
type Resume struct {
	At      time.Time
	Session string
	Seq     int64
	OK      bool
}

// session is what a client identified for and can resume.
type session struct {
	id      string
	intents Intent
	shard   [2]int
	seq     int64
	log     []logged
	conn    *conn // nil while disconnected
	left    time.Time
	dead    bool
}

type logged struct {
	seq   int64
	frame []byte
}

// conn is a live connection. Frames are queued, so that nobody who holds the
// server's lock waits for a client.
type conn struct {
	s     *Server
	ws    *websocket.Conn
	log   *Connection
	mu    sync.Mutex
	queue [][]byte
	ready chan struct{}
	quiet bool // nothing is written any more
	end   chan struct{}

	session *session
	sends   []time.Time
	beat    time.Time
}

func (c *conn) put(frame []byte) {
	c.mu.Lock()
	if !c.quiet {
		c.queue = append(c.queue, frame)
	}
	c.mu.Unlock()
	select {
	case c.ready <- struct{}{}:
	default:
	}
}

func (c *conn) send(op int, d any) { c.put(encode(obj{"op": op, "d": d, "s": nil, "t": nil})) }

// pump writes what is queued.
func (c *conn) pump() {
	for {
		c.mu.Lock()
		batch := c.queue
		c.queue = nil
		c.mu.Unlock()
		for _, f := range batch {
			_ = c.ws.SetWriteDeadline(time.Now().Add(10 * time.Second))
			if c.ws.WriteMessage(websocket.TextMessage, f) != nil {
				_ = c.ws.Close()
				return
			}
		}
		if len(batch) > 0 {
			continue
		}
		select {
		case <-c.ready:
		case <-c.end:
			return
		}
	}
}

// close ends a connection with a code. The caller holds the server's lock, so it
// does not wait for the client.
func (c *conn) close(code int, text string) {
	c.log.CloseCode = code
	c.s.wg.Go(func() {
		_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, text), time.Now().Add(time.Second))
		_ = c.ws.Close()
	})
}

func (s *Server) serveGateway(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = ws.Close() }()
	ws.SetReadLimit(1 << 20)
	c := &conn{s: s, ws: ws, ready: make(chan struct{}, 1), end: make(chan struct{}), beat: time.Now()}
	s.mu.Lock()
	if s.ctx.Err() != nil {
		s.mu.Unlock()
		return
	}
	c.log = &Connection{N: len(s.connLog) + 1, Resuming: len(r.URL.Path) > 7 && r.URL.Path[:7] == "/resume" || r.URL.Path == "/resume"}
	s.connLog = append(s.connLog, c.log)
	s.conns = append(s.conns, c)
	s.greet(c)
	s.changed(Event{Kind: ConnectionChanged, Connection: *c.log})
	s.mu.Unlock()

	var pumping sync.WaitGroup
	pumping.Go(c.pump)
	pumping.Go(c.watch)
	s.listen(c)
	close(c.end)
	_ = ws.Close()
	pumping.Wait()

	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns = slices.DeleteFunc(s.conns, func(o *conn) bool { return o == c })
	c.log.Closed, c.log.Ready = true, false
	if c.session != nil && c.session.conn == c {
		c.session.conn, c.session.left = nil, time.Now()
		if ends(c.log.ClientCode) || ends(c.log.CloseCode) {
			c.session.dead = true
		}
	}
	s.changed(Event{Kind: ConnectionChanged, Connection: *c.log})
}

// ends says whether a close code ends the session as well.
func ends(code int) bool {
	switch code {
	case 1000, 1001, 4003, 4004, 4007, 4009, 4010, 4011, 4012, 4013, 4014:
		return true
	}
	return false
}

// greet says hello, unless a fault has another plan. The caller holds mu.
func (s *Server) greet(c *conn) {
	f := &s.faultState
	switch {
	case f.silentConns > 0:
		f.silentConns--
		c.quiet = true
		return
	case f.earlyReconnects > 0:
		f.earlyReconnects--
		c.send(opReconnect, nil)
		return
	}
	c.send(opHello, obj{"heartbeat_interval": s.opt.HeartbeatInterval.Milliseconds()})
}

// watch closes a connection whose client has stopped its heartbeat.
func (c *conn) watch() {
	t := time.NewTicker(max(c.s.opt.HeartbeatTimeout/4, 10*time.Millisecond))
	defer t.Stop()
	for {
		select {
		case <-c.end:
			return
		case <-t.C:
			c.s.mu.Lock()
			late := time.Since(c.beat) > c.s.opt.HeartbeatTimeout
			if late {
				c.close(4009, "Session timed out")
			}
			c.s.mu.Unlock()
			if late {
				return
			}
		}
	}
}

func (s *Server) listen(c *conn) {
	for {
		_, data, err := c.ws.ReadMessage()
		if err != nil {
			s.mu.Lock()
			if e, ok := err.(*websocket.CloseError); ok { //nolint:errorlint // gorilla gives it unwrapped
				c.log.ClientCode = e.Code
			}
			s.mu.Unlock()
			return
		}
		s.mu.Lock()
		over := s.take(c, data)
		s.mu.Unlock()
		if over {
			// The close frame is on its way; read on until the socket ends.
			for err == nil {
				_, _, err = c.ws.ReadMessage()
			}
			return
		}
	}
}

// take handles one payload; over says that the connection was closed. The
// caller holds mu.
func (s *Server) take(c *conn, data []byte) (over bool) {
	now := time.Now()
	c.sends = slices.DeleteFunc(append(c.sends, now), func(t time.Time) bool { return now.Sub(t) > s.opt.SendWindow })
	if len(c.sends) > s.opt.SendLimit {
		c.close(4008, "Rate limited")
		return true
	}
	var p struct {
		Op int             `json:"op"`
		D  json.RawMessage `json:"d"`
	}
	if len(data) > maxPayload || json.Unmarshal(data, &p) != nil {
		c.close(4002, "Error while decoding payload.")
		return true
	}
	switch p.Op {
	case opHeartbeat:
		c.beat = now
		c.log.Heartbeats++
		if !s.faultState.noAcks {
			c.send(opAck, nil)
		}
		s.changed(Event{Kind: ConnectionChanged, Connection: *c.log})
	case opIdentify:
		return s.identify(c, p.D)
	case opResume:
		return s.resume(c, p.D)
	case opPresence, opVoice, opMembers:
		if c.session == nil {
			c.close(4003, "Not authenticated")
			return true
		}
	default:
		c.close(4001, "Unknown opcode")
		return true
	}
	return false
}

// renewStarts fills the day's identifies up again. The caller holds mu.
func (s *Server) renewStarts() {
	if now := s.opt.Now(); !now.Before(s.startsDay) {
		s.startsDay, s.startsLeft = now.Add(24*time.Hour), s.opt.IdentifyLimit
	}
}

func (s *Server) identify(c *conn, raw json.RawMessage) (over bool) {
	var d struct {
		Token      string          `json:"token"`
		Intents    *Intent         `json:"intents"`
		Shard      *[2]int         `json:"shard"`
		Properties json.RawMessage `json:"properties"`
	}
	if json.Unmarshal(raw, &d) != nil || d.Intents == nil || isNull(d.Properties) {
		c.close(4002, "Error while decoding payload.")
		return true
	}
	shard := [2]int{0, 1}
	if d.Shard != nil {
		shard = *d.Shard
	}
	now := s.opt.Now()
	s.identifies = append(s.identifies, Identify{At: now, Intents: *d.Intents, Shard: shard})
	s.renewStarts()
	s.startsLeft--
	s.changed(Event{Kind: ConnectionChanged, Connection: *c.log})
	fail := func(code int, text string) bool {
		c.close(code, text)
		return true
	}
	switch {
	case c.session != nil:
		return fail(4005, "Already authenticated.")
	case s.startsLeft < 0:
		s.revoke()
		return true
	case s.tokenRevoked || d.Token != s.opt.Token && d.Token != "Bot "+s.opt.Token:
		return fail(4004, "Authentication failed.")
	case shard[1] < 1 || shard[0] < 0 || shard[0] >= shard[1]:
		return fail(4010, "Invalid shard.")
	case *d.Intents&^allIntents != 0:
		return fail(4013, "Invalid intent(s).")
	case *d.Intents&s.faultState.disallowed != 0:
		return fail(4014, "Disallowed intent(s).")
	}
	key := shard[0] % s.opt.MaxConcurrency
	if s.opt.IdentifyInterval > 0 {
		recent := slices.DeleteFunc(s.starts[key], func(t time.Time) bool { return now.Sub(t) >= s.opt.IdentifyInterval })
		s.starts[key] = append(recent, now)
		if len(recent) > 0 {
			c.send(opInvalid, false)
			return false
		}
	}
	if f := &s.faultState; f.refusedIdentifies > 0 {
		f.refusedIdentifies--
		c.send(opInvalid, false)
		return false
	}
	if f := &s.faultState; f.silentIdentifies > 0 {
		f.silentIdentifies--
		return false
	}
	x := &session{id: "session-" + s.newID(), intents: *d.Intents, shard: shard, conn: c}
	s.sessions[x.id] = x
	c.session, c.log.Session, c.log.Ready = x, x.id, true
	var waiting []obj
	for _, id := range s.guildOrder {
		if !s.guilds[id].removed && ShardOf(id, shard[1]) == shard[0] {
			waiting = append(waiting, obj{"id": id, "unavailable": true})
		}
	}
	s.tell(x, "READY", encode(obj{
		"v": 9, "user": s.userJSON(s.opt.Bot.ID), "session_id": x.id, "resume_gateway_url": s.resumeURL(), "shard": shard,
		"guilds": waiting, "application": obj{"id": s.opt.AppID, "flags": 0}, "private_channels": []any{}, "_trace": []string{"sandbox"},
	}))
	if x.intents&IntentGuilds != 0 {
		for _, g := range waiting {
			s.tell(x, "GUILD_CREATE", encode(s.guildJSON(s.guilds[g["id"].(string)], true)))
		}
	}
	s.changed(Event{Kind: ConnectionChanged, Connection: *c.log})
	return false
}

func (s *Server) resume(c *conn, raw json.RawMessage) (over bool) {
	var d struct {
		Token   string `json:"token"`
		Session string `json:"session_id"`
		Seq     int64  `json:"seq"`
	}
	if json.Unmarshal(raw, &d) != nil {
		c.close(4002, "Error while decoding payload.")
		return true
	}
	x := s.sessions[d.Session]
	gone := x == nil || x.dead || x.conn == nil && time.Since(x.left) > s.opt.SessionLife
	record := Resume{At: s.opt.Now(), Session: d.Session, Seq: d.Seq}
	defer func() {
		s.resumes = append(s.resumes, record)
		s.changed(Event{Kind: ConnectionChanged, Connection: *c.log})
	}()
	switch {
	case s.tokenRevoked || d.Token != s.opt.Token && d.Token != "Bot "+s.opt.Token:
		c.close(4004, "Authentication failed.")
		return true
	case s.faultState.refusedResumes > 0:
		s.faultState.refusedResumes--
		c.send(opInvalid, s.faultState.resumable)
		return false
	case gone || len(x.log) > 0 && d.Seq < x.log[0].seq-1:
		c.send(opInvalid, false)
		return false
	case d.Seq > x.seq:
		x.dead = true
		c.close(4007, "Invalid seq.")
		return true
	}
	if x.conn != nil && x.conn != c {
		_ = x.conn.ws.Close()
	}
	record.OK = true
	x.conn, c.session, c.log.Session, c.log.Ready = c, x, x.id, true
	for _, l := range x.log {
		if l.seq > d.Seq {
			c.put(l.frame)
		}
	}
	s.tell(x, "RESUMED", encode(obj{"_trace": []string{"sandbox"}}))
	return false
}

// tell sends an event to one session and keeps it for a resume. The caller holds mu.
func (s *Server) tell(x *session, name string, d []byte) {
	x.seq++
	frame := encode(obj{"op": opDispatch, "t": name, "s": x.seq, "d": json.RawMessage(d)})
	x.log = append(x.log, logged{x.seq, frame})
	if len(x.log) > s.opt.SessionLog {
		x.log = x.log[1:]
	}
	if x.conn != nil {
		x.conn.put(frame)
	}
}

// dispatch sends an event to the sessions that it concerns; those without the
// intent for content get reduced, where there is one. The caller holds mu.
func (s *Server) dispatch(guildID string, needs Intent, name string, full, reduced []byte) {
	for _, x := range s.sessions {
		if x.dead || ShardOf(guildID, x.shard[1]) != x.shard[0] || x.intents&needs != needs {
			continue
		}
		d := full
		if reduced != nil && x.intents&IntentMessageContent == 0 {
			d = reduced
		}
		for range 1 + s.faultState.repeats {
			s.tell(x, name, d)
		}
	}
}

// Connections, Identifies and Resumes list what happened, oldest first.
func (s *Server) Connections() []Connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Connection, 0, len(s.connLog))
	for _, c := range s.connLog {
		out = append(out, *c)
	}
	return out
}

// Identifies lists every IDENTIFY, oldest first.
func (s *Server) Identifies() []Identify {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.identifies)
}

// Resumes lists every RESUME, oldest first.
func (s *Server) Resumes() []Resume {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.resumes)
}
