package slack

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// maxAck is the size from which Slack silently drops an acknowledgement.
const maxAck = 20 * 1024

// socket is one Socket Mode connection.
type socket struct {
	id      string
	conn    *websocket.Conn
	writing sync.Mutex
	gone    chan struct{}
	once    sync.Once
	leaving bool // told to disconnect; gets no more. Guarded by Server.mu
}

// ack is what the app says to an envelope.
type ack struct {
	EnvelopeID string          `json:"envelope_id"`
	Payload    json.RawMessage `json:"payload"`
}

type pendingAck struct{ d *Delivery }

func (k *socket) kill() {
	k.once.Do(func() {
		close(k.gone)
		_ = k.conn.Close()
	})
}

func (k *socket) send(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return k.sendText(b)
}

func (k *socket) sendText(b []byte) error {
	k.writing.Lock()
	defer k.writing.Unlock()
	_ = k.conn.SetWriteDeadline(time.Now().Add(5 * time.Second))
	return k.conn.WriteMessage(websocket.TextMessage, b)
}

func (k *socket) closeNicely() {
	k.writing.Lock()
	_ = k.conn.WriteControl(websocket.CloseMessage,
		websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
	k.writing.Unlock()
	k.kill()
}

func (s *Server) connectionsOpen(*request) reply {
	ticket := s.newID("ticket-")
	s.tickets[ticket] = true
	return done(map[string]any{
		"url": "ws://" + s.ln.Addr().String() + "/link?" +
			url.Values{"ticket": {ticket}, "app_id": {s.opt.AppID}}.Encode(),
	})
}

func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	ticket := r.URL.Query().Get("ticket")
	valid := s.tickets[ticket]
	delete(s.tickets, ticket)
	s.mu.Unlock()
	if !valid {
		http.Error(w, "ticket unknown or used", http.StatusForbidden)
		return
	}
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		s.opt.Logger.Warn("socket upgrade", "err", err)
		return
	}
	k := &socket{conn: conn, gone: make(chan struct{})}
	defer k.kill()

	s.mu.Lock()
	if s.ctx.Err() != nil {
		s.mu.Unlock()
		return
	}
	k.id = s.newID("socket-")
	reason := ""
	switch {
	case s.faultState.linkDisabled > 0:
		s.faultState.linkDisabled--
		reason = "link_disabled"
	case len(s.sockets) >= s.opt.MaxSockets:
		reason = "too_many_websockets"
	}
	k.leaving = reason != ""
	s.sockets = append(s.sockets, k)
	n := len(s.sockets)
	noHello := s.faultState.noHello
	s.changed(Event{Kind: SocketsChanged})
	s.mu.Unlock()
	defer s.forget(k)

	if !noHello {
		err = k.send(map[string]any{
			"type": "hello", "num_connections": n,
			"connection_info": map[string]any{"app_id": s.opt.AppID},
			"debug_info": map[string]any{
				"host": "applink-sandbox", "build_number": 1, "approximate_connection_time": 18060,
			},
		})
		if err != nil {
			return
		}
	}
	if reason != "" {
		_ = k.send(disconnectFrame(reason))
		k.closeNicely()
		return
	}
	pings := make(chan struct{})
	go func() {
		defer close(pings)
		s.pingLoop(k)
	}()
	s.readLoop(k)
	k.kill()
	<-pings
}

func (s *Server) forget(k *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sockets = slices.DeleteFunc(slices.Clone(s.sockets), func(o *socket) bool { return o == k })
	s.changed(Event{Kind: SocketsChanged})
}

func (s *Server) pingLoop(k *socket) {
	tick := time.NewTicker(s.opt.SocketPing)
	defer tick.Stop()
	for {
		select {
		case <-k.gone:
			return
		case <-tick.C:
			s.mu.Lock()
			quiet := s.faultState.noPings
			s.mu.Unlock()
			if quiet {
				continue
			}
			k.writing.Lock()
			err := k.conn.WriteControl(websocket.PingMessage, []byte("Ping from sandbox"), time.Now().Add(5*time.Second))
			k.writing.Unlock()
			if err != nil {
				k.kill()
				return
			}
		}
	}
}

func (s *Server) readLoop(k *socket) {
	for {
		_, b, err := k.conn.ReadMessage()
		if err != nil {
			return
		}
		if len(b) >= maxAck {
			s.mu.Lock()
			s.oversized++
			s.mu.Unlock()
			continue
		}
		var a ack
		if json.Unmarshal(b, &a) != nil || a.EnvelopeID == "" {
			s.opt.Logger.Warn("frame from the app is no acknowledgement", "socket", k.id, "bytes", len(b))
			continue
		}
		s.mu.Lock()
		p := s.waitingAcks[a.EnvelopeID]
		delete(s.waitingAcks, a.EnvelopeID)
		s.acked[a.EnvelopeID]++
		s.changed(Event{Kind: SocketsChanged})
		s.mu.Unlock()
		if p != nil {
			select {
			case p.d.acks <- a:
			default: // acknowledged before, by another of its envelopes
			}
		}
	}
}

// pickSocket chooses who gets the next payload, in turn; nil when none is
// there. The caller holds mu.
func (s *Server) pickSocket() *socket {
	for range s.sockets {
		s.nextSocket++
		if k := s.sockets[s.nextSocket%len(s.sockets)]; !k.leaving {
			return k
		}
	}
	return nil
}

// bySocket sends an envelope and waits for its acknowledgement.
func (d *Delivery) bySocket(ctx context.Context, k *socket, n int, reason string) Attempt {
	a := Attempt{Transport: "socket"}
	s := d.s
	s.mu.Lock()
	id := s.newID("envelope-")
	s.waitingAcks[id] = &pendingAck{d}
	d.envelope = append(d.envelope, id)
	s.mu.Unlock()
	env := map[string]any{
		"envelope_id": id, "type": string(d.Kind), "payload": d.Payload,
		"accepts_response_payload": d.Kind != Events,
	}
	if d.Kind == Events {
		env["retry_attempt"], env["retry_reason"] = n, reason
	}
	if err := k.send(env); err != nil {
		k.kill()
		a.Reason = "connection_failed"
		return a
	}
	timer := time.NewTimer(s.opt.AckTimeout)
	defer timer.Stop()
	select {
	case got := <-d.acks:
		a.Status, a.Body = http.StatusOK, got.Payload
	case <-timer.C:
		a.Reason = "timeout"
	case <-k.gone:
		a.Reason = "connection_failed"
	case <-ctx.Done():
		a.Reason = "connection_failed"
	}
	return a
}

// Sockets says how many Socket Mode connections are open.
func (s *Server) Sockets() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sockets)
}

// AckCount says how often an envelope was acknowledged, those of
// Faults.SendRaw too.
func (s *Server) AckCount(envelopeID string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.acked[envelopeID]
}

// OversizedAcks counts the acknowledgements of 20 KB and more, which Slack
// drops without a word.
func (s *Server) OversizedAcks() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.oversized
}

func disconnectFrame(reason string) map[string]any {
	return map[string]any{
		"type": "disconnect", "reason": reason,
		"debug_info": map[string]any{"host": "applink-sandbox"},
	}
}
