package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"quizbot/bot"
)

const (
	helloTime   = 10 * time.Second // from dialling to hello
	silence     = 40 * time.Second // Slack pings much more often
	writeTime   = 5 * time.Second
	maxFrame    = 4 << 20
	leastGap    = time.Second // between two apps.connections.open
	mostGap     = time.Minute
	longLived   = time.Minute // a connection that lived so long was a good one
	fatalGap    = 3 * time.Minute
	maxInFlight = 512
)

// socketFrame is an envelope of Socket Mode.
type socketFrame struct {
	Type           string          `json:"type"`
	EnvelopeID     string          `json:"envelope_id"`
	Reason         string          `json:"reason"`
	NumConnections int             `json:"num_connections"`
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
		began := a.now()
		s, err := a.openSocket(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return
			}
			a.setSocket(fmt.Errorf("socket: %w", err))
			a.log.Warn("socket not connected", "err", err, "again_in", gap)
			wait := gap + rand.N(gap/2)
			if fatalAuth(err) {
				wait = fatalGap
			}
			gap = min(2*gap, mostGap)
			if !sleep(ctx, wait) {
				return
			}
			continue
		}
		a.setSocket(nil)
		leave := make(chan struct{}) // Slack is about to close it, or it is closed
		reading.Go(func() { s.read(ctx, sync.OnceFunc(func() { close(leave) })) })
		select {
		case <-ctx.Done():
			return
		case <-leave:
		}
		lived := a.now().Sub(began)
		if lived >= longLived {
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
	a    *Adapter
	conn *websocket.Conn
	mu   sync.Mutex // one writer at a time
}

func (a *Adapter) openSocket(ctx context.Context) (*socket, error) {
	ctx, cancel := context.WithTimeout(ctx, helloTime)
	defer cancel()
	_, address, err := a.api.StartSocketModeContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("apps.connections.open: %w", err)
	}
	if u, err := url.Parse(address); err != nil || u.Scheme != "wss" && u.Host != "" && a.config.APIURL == defaultAPI {
		return nil, errors.New("apps.connections.open gave no wss address")
	}
	dialer := websocket.Dialer{HandshakeTimeout: helloTime}
	conn, resp, err := dialer.DialContext(ctx, address, nil)
	if resp != nil && resp.Body != nil {
		_ = resp.Body.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	conn.SetReadLimit(maxFrame)
	s := &socket{a: a, conn: conn}
	alive := func() { _ = conn.SetReadDeadline(time.Now().Add(silence)) }
	conn.SetPingHandler(func(data string) error {
		alive()
		return conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(writeTime))
	})
	_ = conn.SetReadDeadline(time.Now().Add(helloTime))
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
	alive()
	return s, nil
}

// read takes in envelopes until the socket is closed. leave is called when it is
// about to be. Envelopes of one channel are worked on in order, channels side by
// side, and each is acknowledged when its effect is on disk.
func (s *socket) read(ctx context.Context, leave func()) {
	defer leave()
	lanes := newLanes()
	defer lanes.wait()
	stop := context.AfterFunc(ctx, func() {
		_ = s.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(writeTime))
		_ = s.conn.SetReadDeadline(time.Now())
	})
	defer stop()
	defer func() {
		lanes.wait() // so that acknowledgements still find the socket open
		_ = s.conn.Close()
	}()
	for {
		kind, data, err := s.conn.ReadMessage()
		if err != nil {
			if ctx.Err() == nil {
				s.a.log.Info("socket closed", "err", err)
			}
			return
		}
		_ = s.conn.SetReadDeadline(time.Now().Add(silence))
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
			leave()
			if f.Reason != "warning" && f.Reason != "refresh_requested" {
				return
			}
		case "hello", "":
		default:
			s.take(ctx, lanes, f)
		}
	}
}

// ackBroken acknowledges an envelope whose inside can't be read: sending it
// again would not mend it.
func (s *socket) ackBroken(data []byte) {
	var f struct {
		EnvelopeID string `json:"envelope_id"`
	}
	if json.Unmarshal(data, &f) == nil && f.EnvelopeID != "" {
		s.ack(f.EnvelopeID)
	}
}

func (s *socket) take(ctx context.Context, lanes *lanes, f socketFrame) {
	var arrived arrival
	var ok bool
	var err error
	event := false
	switch f.Type {
	case "events_api":
		event = true
		_, arrived, ok, err = decodeEvent(f.Payload, s.a.me())
	case "slash_commands":
		arrived, err = decodeSocketCommand(f.Payload)
		ok = err == nil
	case "interactive":
		arrived, ok, err = decodeInteraction(f.Payload)
	}
	if err != nil {
		s.a.log.Warn("envelope not understood", "envelope", f.EnvelopeID, "type", f.Type, "err", err)
	}
	if !ok {
		s.ack(f.EnvelopeID)
		return
	}
	lanes.do(string(arrived.in.Room), func() {
		reply, done := s.a.submit(context.WithoutCancel(ctx), arrived)
		switch {
		case event && (!done || reply.err != nil):
			return // not acknowledged: Slack sends it again
		case reply.err != nil:
			card := s.a.config.Sorry(reply.err)
			s.a.answer(arrived, bot.Reply{Card: &card})
		}
		s.ack(f.EnvelopeID)
		if done && reply.err == nil && !reply.Seen {
			s.a.answer(arrived, reply.Reply)
		}
	})
}

// decodeSocketCommand reads a slash command, which over the socket is JSON.
func decodeSocketCommand(payload []byte) (arrival, error) {
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
	return decodeCommand(form)
}

func (s *socket) ack(envelope string) {
	if envelope == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.conn.SetWriteDeadline(time.Now().Add(writeTime))
	if err := s.conn.WriteJSON(map[string]string{"envelope_id": envelope}); err != nil {
		s.a.log.Info("acknowledgement not sent; slack will send the envelope again", "envelope", envelope, "err", err)
	}
}

// lanes run functions: those of one name in order, names side by side.
type lanes struct {
	mu    sync.Mutex
	queue map[string][]func()
	work  sync.WaitGroup
	room  chan struct{} // bounds what is under way in all
}

func newLanes() *lanes {
	return &lanes{queue: map[string][]func(){}, room: make(chan struct{}, maxInFlight)}
}

// do queues fn. It waits while too much is under way, which slows the sender down.
func (l *lanes) do(name string, fn func()) {
	l.room <- struct{}{}
	l.mu.Lock()
	defer l.mu.Unlock()
	waiting, running := l.queue[name]
	l.queue[name] = append(waiting, fn)
	if !running {
		l.work.Go(func() { l.run(name) })
	}
}

func (l *lanes) run(name string) {
	for {
		l.mu.Lock()
		waiting := l.queue[name]
		if len(waiting) == 0 {
			delete(l.queue, name)
			l.mu.Unlock()
			return
		}
		l.queue[name] = waiting[1:]
		l.mu.Unlock()
		waiting[0]()
		<-l.room
	}
}

func (l *lanes) wait() { l.work.Wait() }
