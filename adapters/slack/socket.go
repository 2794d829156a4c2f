package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	slackgo "github.com/slack-go/slack"

	"quizbot/internal/failpoint"
)

const (
	helloTime = 10 * time.Second // from dialling to hello
	silence   = 30 * time.Second // Slack pings much more often
	writeTime = 5 * time.Second
	maxFrame  = 4 << 20
	leastGap  = time.Second // between two apps.connections.open
	mostGap   = time.Minute
	longLived = time.Minute // a connection that lived so long was a good one
	fatalGap  = 3 * time.Minute
)

// socketFrame is an envelope of Socket Mode.
type socketFrame struct {
	Type           string          `json:"type"`
	EnvelopeID     string          `json:"envelope_id"`
	Reason         string          `json:"reason"`
	NumConnections int             `json:"num_connections"`
	RetryAttempt   int             `json:"retry_attempt"`
	Payload        json.RawMessage `json:"payload"`
}

// keepSockets keeps one socket open. When Slack announces that it will close
// one, the next is opened first and the old one is read to its end. However fast
// sockets die, they are opened at most once a second, and ever more slowly.
func (a *Adapter) keepSockets(ctx context.Context) {
	var reading sync.WaitGroup
	defer reading.Wait()
	gap := leastGap
	for ctx.Err() == nil {
		s, err := a.openSocket(ctx)
		began := a.now()
		if err != nil {
			if ctx.Err() != nil {
				return
			}
			a.setSocket(fmt.Errorf("socket: %w", err))
			a.meter.Reconnecting(platform, "not-opened")
			wait := gap + rand.N(gap/2)
			var limited *slackgo.RateLimitedError
			switch {
			case fatalAuth(err):
				wait = jittered(fatalGap)
			case errors.As(err, &limited):
				wait = max(asked(limited.RetryAfter), leastGap)
			}
			a.log.Warn("socket not connected", "err", err, "again_in", wait)
			gap = min(2*gap, mostGap)
			if !sleep(ctx, wait) {
				return
			}
			continue
		}
		a.setSocket(nil)
		a.hears()
		leave := make(chan struct{}) // Slack is about to close it, or it is closed
		reading.Go(func() { s.read(ctx, sync.OnceFunc(func() { close(leave) })) })
		select {
		case <-ctx.Done():
			return
		case <-leave:
		}
		lived := a.now().Sub(began)
		if lived >= longLived || s.wasUseful() {
			gap = leastGap
		}
		if wait := gap - lived; wait > 0 {
			a.setSocket(errors.New("socket: reconnecting"))
			if !sleep(ctx, wait+rand.N(gap/4)) {
				return
			}
			gap = min(2*gap, mostGap)
		}
	}
}

type socket struct {
	a     *Adapter
	conn  *websocket.Conn
	write sync.Mutex     // one writer at a time
	taken sync.WaitGroup // envelopes that are not settled yet
	left  bool           // Slack has said that it will close it; the reader's alone

	mu     sync.Mutex
	ending bool      // no more is to be read
	useful bool      // an envelope came
	heard  time.Time // when anything was last heard, by the adapter's clock
}

// wasUseful reports that something was said over the socket: it did not die of
// what kills one socket after the other.
func (s *socket) wasUseful() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.useful
}

// alive says that something was heard, so that silence begins anew.
func (s *socket) alive() {
	s.a.hear()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = s.a.now()
	if !s.ending {
		_ = s.conn.SetReadDeadline(time.Now().Add(s.a.silence))
	}
}

// end makes the read under way the last one, whatever still arrives.
func (s *socket) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ending = true
	_ = s.conn.SetReadDeadline(time.Now())
}

// close says goodbye and closes the connection.
func (s *socket) close() {
	_ = s.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
	_ = s.conn.Close()
}

func (a *Adapter) openSocket(ctx context.Context) (*socket, error) {
	ctx, cancel := context.WithTimeout(ctx, helloTime)
	defer cancel()
	_, address, err := a.api.StartSocketModeContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("apps.connections.open: %w", err)
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "wss" && a.config.APIURL == defaultAPI {
		return nil, errors.New("apps.connections.open gave no wss address")
	}
	dialer := websocket.Dialer{HandshakeTimeout: helloTime, Proxy: http.ProxyFromEnvironment}
	conn, resp, err := dialer.DialContext(ctx, address, nil)
	if resp != nil && resp.Body != nil {
		_ = resp.Body.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	conn.SetReadLimit(maxFrame)
	s := &socket{a: a, conn: conn}
	conn.SetPingHandler(func(data string) error {
		s.alive()
		return conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(writeTime))
	})
	stop := context.AfterFunc(ctx, s.end)
	defer stop()
	var hello socketFrame
	if err := conn.ReadJSON(&hello); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("wait for hello: %w", err)
	}
	if hello.Type != "hello" {
		_ = conn.Close()
		return nil, fmt.Errorf("%q instead of hello (%s)", hello.Type, hello.Reason)
	}
	if hello.NumConnections > 2 {
		a.log.Warn("other processes share this app token: each gets only part of what is said", "connections", hello.NumConnections)
	}
	s.alive()
	a.sockets.Add(1)
	return s, nil
}

// fell notes that nothing more is heard over a socket, and since when nothing at all.
func (s *socket) fell() {
	s.mu.Lock()
	heard := s.heard
	s.mu.Unlock()
	if s.a.sockets.Add(-1) == 0 {
		s.a.deafSince(heard)
	}
}

// read takes in envelopes until the socket is closed. leave is called when it is
// about to be. Each envelope is acknowledged when its effect is on disk.
func (s *socket) read(ctx context.Context, leave func()) {
	fell := sync.OnceFunc(s.fell)
	defer leave()
	defer fell()
	defer s.close()
	defer s.taken.Wait() // so that acknowledgements still find the socket open
	defer context.AfterFunc(ctx, s.end)()
	for {
		kind, data, err := s.conn.ReadMessage()
		if err != nil {
			if ctx.Err() == nil && !s.left {
				s.a.meter.Reconnecting(platform, endOf(err))
				s.a.log.Info("socket closed", "err", err)
			}
			fell()
			leave() // the next one need not wait for what this one still works on
			return
		}
		s.alive()
		if kind != websocket.TextMessage {
			continue
		}
		var f socketFrame
		if err := json.Unmarshal(data, &f); err != nil {
			s.a.log.Warn("socket frame not understood", "err", err)
			s.ackBroken(data)
			continue
		}
		switch f.Type {
		case "disconnect":
			s.a.log.Info("slack will close the socket", "reason", f.Reason)
			expected := f.Reason == "warning" || f.Reason == "refresh_requested"
			switch {
			case s.left: // counted when it was first said
			case expected:
				s.a.meter.Reconnecting(platform, "refresh")
			default:
				s.a.meter.Reconnecting(platform, "told")
			}
			s.left = true
			if !expected {
				fell()
				leave()
				return
			}
			leave()
		case "hello":
		default:
			s.mu.Lock()
			s.useful = true
			s.mu.Unlock()
			s.a.guarded("envelope", func() { s.take(f) })
		}
	}
}

// endOf is what the end of a socket is counted as.
func endOf(err error) string {
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return "silent"
	}
	return "closed"
}

var envelopeID = regexp.MustCompile(`"envelope_id"\s*:\s*"([\w.:-]{1,200})"`)

// ackBroken acknowledges an envelope whose inside can't be read: sending it
// again would not mend it.
func (s *socket) ackBroken(data []byte) {
	if m := envelopeID.FindSubmatch(data); m != nil {
		s.ack(string(m[1]), nil)
	}
}

type acknowledgement struct {
	EnvelopeID string `json:"envelope_id"`
	Payload    any    `json:"payload,omitempty"`
}

func (s *socket) take(f socketFrame) {
	var arrived arrival
	var ok bool
	var err error
	if d, left := departureOf(f.Payload); left && f.Type == "events_api" {
		s.taken.Go(func() { s.a.guarded("departure", func() { s.depart(d, f.EnvelopeID) }) })
		return
	}
	who := s.a.where(s.a.late)
	switch f.Type {
	case "events_api":
		var env envelope
		env, arrived, ok, err = decodeEvent(f.Payload, who)
		if ok && s.a.spaces == nil && !s.a.me().known && len(env.Authorizations) == 0 {
			return // can't tell yet who is meant; Slack sends it again
		}
		arrived.in.Again = f.RetryAttempt > 0
	case "slash_commands":
		arrived, err = decodeSocketCommand(f.Payload, who)
		ok = err == nil
	case "interactive":
		arrived, ok, err = decodeInteraction(f.Payload, who)
	}
	var broken *unreadError
	switch {
	case err == nil, s.a.estranged(err):
	case errors.As(err, &broken):
		s.a.log.Error("workspace not looked up", "err", err)
		return // not acknowledged: Slack sends it again
	default:
		s.a.log.Warn("envelope not understood", "envelope", f.EnvelopeID, "type", f.Type, "err", err)
	}
	if !ok {
		s.ack(f.EnvelopeID, nil)
		return
	}
	soon := !arrived.event && readsOnly(arrived.in)
	began := s.a.now()
	p := s.a.take(arrived)
	acked := func() { s.a.meter.Acknowledged(platform, kindOf(f.Type), s.a.now().Sub(began)) }
	s.taken.Go(func() { s.a.guarded("envelope", func() { s.follow(p, f.EnvelopeID, soon, acked) }) })
}

// depart acknowledges an event about a workspace that has left when that is noted.
func (s *socket) depart(d departure, envelope string) {
	if err := s.a.depart(s.a.late, d); err != nil {
		s.a.log.Error("departure not saved", "team", d.team, "err", err)
		return
	}
	s.ack(envelope, nil)
}

// follow acknowledges an envelope when its effect is on disk, however late, and
// says what it came to. An event that is not acknowledged is sent again. soon says
// that it may be acknowledged before. acked is called when it was.
func (s *socket) follow(p *pending, envelope string, soon bool, acked func()) {
	ack := sync.OnceFunc(func() {
		s.ack(envelope, nil)
		acked()
	})
	if soon {
		timer := time.AfterFunc(s.a.ackTime, ack)
		defer timer.Stop()
	}
	<-p.done
	if p.form && s.a.now().Sub(p.began) < s.a.ackTime { // else Slack has given it up, and leaves it open
		if refused, ok := s.a.refusal(p); ok {
			s.ack(envelope, refused)
			acked()
			return
		}
	}
	if command := !p.event && p.in.Choice == ""; p.err == nil || command {
		ack()
	}
	s.a.settle(p)
}

// kindOf is what an envelope is counted as.
func kindOf(envelopeType string) string {
	switch envelopeType {
	case "slash_commands":
		return "command"
	case "interactive":
		return "interaction"
	}
	return "event"
}

// decodeSocketCommand reads a slash command, which over the socket is JSON.
func decodeSocketCommand(payload []byte, who locate) (arrival, error) {
	var fields map[string]any
	if err := json.Unmarshal(payload, &fields); err != nil {
		return arrival{}, fmt.Errorf("decode slash command: %w", err)
	}
	form := url.Values{}
	for k, v := range fields {
		if s, ok := v.(string); ok {
			form.Set(k, s)
		}
	}
	return decodeCommand(form, who)
}

// ack acknowledges an envelope; payload is what is answered to it, nil for nothing.
func (s *socket) ack(envelope string, payload any) {
	if envelope == "" {
		return
	}
	failpoint.Reach(failpoint.SlackAcking)
	defer failpoint.Reach(failpoint.SlackAcked)
	s.write.Lock()
	defer s.write.Unlock()
	_ = s.conn.SetWriteDeadline(time.Now().Add(writeTime))
	if err := s.conn.WriteJSON(acknowledgement{envelope, payload}); err != nil {
		s.a.log.Info("acknowledgement not sent; slack will send the envelope again", "envelope", envelope, "err", err)
	}
}
