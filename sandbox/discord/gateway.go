package discord

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
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
	closeTime  = time.Second
)

// Connection is one gateway connection, past or present. Ready ends when the
// connection is closed or cut, by whichever side, or silenced.
type Connection struct {
	N          int  // 1, 2, …
	Resuming   bool // opened at the resume address
	Ready      bool // identified or resumed
	Closed     bool
	CloseCode  int // that this server sent; 0: none
	ClientCode int // that the client sent; 0: none
	Heartbeats int
	Seq        int64 // that the latest heartbeat told; 0: null
	Session    string
}

// conn is a live connection. Frames are queued, so that nobody who holds the
// server's lock waits for a client.
type conn struct {
	s     *Server
	ws    *websocket.Conn
	log   *Connection
	mu    sync.Mutex
	queue []outgoing
	ready chan struct{}
	quiet bool // nothing is written any more
	end   chan struct{}

	version int
	session *session
	sends   []time.Time
	beat    time.Time
}

// outgoing is a frame to write; cut has only half of it written, and the
// connection ended.
type outgoing struct {
	frame []byte
	cut   bool
}

func (c *conn) put(frame []byte, cut bool) {
	c.mu.Lock()
	if !c.quiet {
		c.queue = append(c.queue, outgoing{frame, cut})
	}
	c.mu.Unlock()
	select {
	case c.ready <- struct{}{}:
	default:
	}
}

func (c *conn) send(op int, d any) { c.put(encode(obj{"op": op, "d": d, "s": nil, "t": nil}), false) }

// pump writes what is queued.
func (c *conn) pump() {
	for {
		c.mu.Lock()
		batch := c.queue
		c.queue = nil
		c.mu.Unlock()
		for _, f := range batch {
			_ = c.ws.SetWriteDeadline(time.Now().Add(10 * time.Second))
			if f.cut {
				_, _ = c.ws.NetConn().Write(halfFrame(f.frame))
			}
			if f.cut || c.ws.WriteMessage(websocket.TextMessage, f.frame) != nil {
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

// halfFrame is a text frame (RFC 6455, section 5.2) whose header promises all of
// text and which ends in the middle of it.
func halfFrame(text []byte) []byte {
	const final, long = 0x80 | websocket.TextMessage, 127
	head := binary.BigEndian.AppendUint64([]byte{final, long}, uint64(len(text)))
	return append(head, text[:len(text)/2]...)
}

// close ends a connection with a code, once. The caller holds the server's lock,
// so it does not wait for the client, who has a second to answer: closing the
// socket at once could lose the code on its way.
func (c *conn) close(code int, text string) {
	if c.log.CloseCode != 0 {
		return
	}
	c.log.CloseCode = code
	c.leave(ends(code))
	c.s.wg.Go(func() {
		_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, text), time.Now().Add(closeTime))
		_ = c.ws.NetConn().SetReadDeadline(time.Now().Add(closeTime))
	})
}

// leave parts a connection from its session, which can be resumed unless it
// ends too. The caller holds the server's lock.
func (c *conn) leave(end bool) {
	c.log.Ready = false
	x := c.session
	if x == nil || x.conn != nil && x.conn != c {
		return
	}
	if x.conn == c {
		x.conn, x.left = nil, time.Now()
	}
	if end {
		x.end()
	}
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
	c.log = &Connection{N: len(s.connLog) + 1, Resuming: strings.HasPrefix(r.URL.Path, "/resume")}
	s.connLog = append(s.connLog, c.log)
	s.conns = append(s.conns, c)
	s.greet(c, r.URL.Query())
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
	c.log.Closed = true
	// A client that answers a close repeats its code, and means nothing by it.
	c.leave(c.log.CloseCode == 0 && endsByClient(c.log.ClientCode))
	s.changed(Event{Kind: ConnectionChanged, Connection: *c.log})
}

// ends says whether a close by this server ends the session as well. 1000 and 1001
// do not: only an app that closes with them says that it will not come back.
func ends(code int) bool {
	switch code {
	case 4003, 4004, 4007, 4009, 4010, 4011, 4012, 4013, 4014:
		return true
	}
	return false
}

// endsByClient says whether a close by the app ends the session as well.
func endsByClient(code int) bool { return code == 1000 || code == 1001 }

// greet says hello, unless a fault has another plan. The caller holds mu.
func (s *Server) greet(c *conn, query url.Values) {
	c.version, _ = strconv.Atoi(cmp.Or(query.Get("v"), "10"))
	f := &s.faultState
	switch {
	case c.version != 9 && c.version != 10:
		c.close(4012, "Invalid API version")
		return
	case cmp.Or(query.Get("encoding"), "json") != "json":
		c.close(4012, "Only JSON is spoken here")
		return
	case f.silentConns > 0:
		f.silentConns--
		c.hush()
		return
	case f.earlyReconnects > 0:
		f.earlyReconnects--
		c.send(opReconnect, nil)
		return
	}
	c.send(opHello, obj{"heartbeat_interval": s.opt.HeartbeatInterval.Milliseconds()})
	if f.silentHellos > 0 {
		f.silentHellos--
		c.hush()
	}
}

// hush has nothing more written than what is queued. Nor is a silent connection
// ever closed by the server.
func (c *conn) hush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.quiet = true
}

func (c *conn) silent() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.quiet
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
			late := time.Since(c.beat) > c.s.opt.HeartbeatTimeout && !c.silent()
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
		over := c.log.CloseCode != 0 || s.take(c, data)
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
		c.log.Seq = 0
		_ = json.Unmarshal(p.D, &c.log.Seq) // anything else is for the app's own tests
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
