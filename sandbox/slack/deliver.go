package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Endpoint is one of the app's request URLs; its text is the envelope type
// that Socket Mode uses for the same thing.
type Endpoint string

// The kinds of delivery.
const (
	Events       Endpoint = "events_api"
	Commands     Endpoint = "slash_commands"
	Interactions Endpoint = "interactive"
)

type requestURLs struct{ events, commands, interactions string }

func (u requestURLs) of(e Endpoint) string {
	switch e {
	case Events:
		return u.events
	case Commands:
		return u.commands
	default:
		return u.interactions
	}
}

// SetRequestURLs says where the app listens; an empty one turns that kind of
// delivery off.
func (s *Server) SetRequestURLs(events, commands, interactions string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.urls = requestURLs{events, commands, interactions}
}

// SetAppURL sets all three request URLs to /slack/events, /slack/commands and
// /slack/interactions under a base such as "http://127.0.0.1:8080".
func (s *Server) SetAppURL(base string) {
	base = strings.TrimSuffix(base, "/")
	s.SetRequestURLs(base+"/slack/events", base+"/slack/commands", base+"/slack/interactions")
}

// SetSocketMode turns delivery over sockets on or off.
func (s *Server) SetSocketMode(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.socketMode = on
}

// Attempt is one try to hand something to the app.
type Attempt struct {
	N         int    // 0 for the first, then the retry's number
	Transport string // "http", "socket", or "none" when there was no way
	At        time.Time
	Latency   time.Duration
	Status    int // HTTP; 200 for an acknowledged envelope
	Header    http.Header
	Body      []byte // of the answer; an envelope's response payload
	// Reason is empty when the app took it; else as in x-slack-retry-reason:
	// http_timeout, http_error, connection_failed, too_many_redirects,
	// unknown_error; for sockets timeout, connection_failed.
	Reason string
}

// OK says that the app took it.
func (a Attempt) OK() bool { return a.Reason == "" }

// Delivery is an event, command or interaction on its way to the app.
type Delivery struct {
	Kind    Endpoint
	ID      string // event_id; trigger_id for commands and interactions
	Team    string
	Type    string // the event's, interaction's type; the command
	Payload json.RawMessage
	Echo    bool // the app's own doing, told to the app

	s        *Server
	form     url.Values // commands
	retries  bool
	forgery  Forgery
	held     chan struct{} // nil: not held; closed to let go
	after    <-chan struct{}
	finish   func(Attempt)
	acks     chan ack
	attempts []Attempt // guarded by s.mu
	over     bool      // guarded by s.mu
	envelope []string  // ids sent; guarded by s.mu
	first    chan struct{}
	ended    chan struct{}
}

// Attempts lists what was tried so far.
func (d *Delivery) Attempts() []Attempt {
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	return slices.Clone(d.attempts)
}

// Done is closed once the app has taken it, or Slack has given up.
func (d *Delivery) Done() <-chan struct{} { return d.ended }

// Acked says whether the app has taken it.
func (d *Delivery) Acked() bool {
	a := d.Attempts()
	return len(a) > 0 && a[len(a)-1].OK()
}

func (d *Delivery) finished() bool {
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	return d.over
}

// Deliveries lists everything that was on its way so far, oldest first.
func (s *Server) Deliveries() []*Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.deliveries)
}

// launch starts deliveries; each begins when the first attempt of the one
// before it has ended, or all at once. The caller holds mu.
func (s *Server) launch(together bool, ds ...*Delivery) {
	var before <-chan struct{}
	for _, d := range ds {
		d.s = s
		d.acks = make(chan ack, 1)
		d.first, d.ended = make(chan struct{}), make(chan struct{})
		if !d.Echo && d.Kind == Events && s.faultState.hold > 0 {
			s.faultState.hold--
			d.held = make(chan struct{})
			s.faultState.held = append(s.faultState.held, d)
		}
		if !d.Echo && s.faultState.forge > 0 {
			s.faultState.forge--
			d.forgery = s.faultState.forgery
		}
		if d.held == nil {
			if !together {
				d.after = before
			}
			before = d.first
		}
		s.deliveries = append(s.deliveries, d)
		if !s.beginLocked() {
			d.over = true
			close(d.first)
			close(d.ended)
			continue
		}
		go func() {
			defer s.wg.Done()
			d.run(s.ctx)
		}()
	}
}

// run makes attempts until one is taken or none is left.
func (d *Delivery) run(ctx context.Context) {
	s := d.s
	firstEnded := false
	endFirst := func() {
		if !firstEnded {
			firstEnded = true
			close(d.first)
		}
	}
	defer func() {
		s.mu.Lock()
		d.over = true
		for _, id := range d.envelope {
			delete(s.waitingAcks, id)
		}
		s.changed(Event{Kind: DeliveryChanged, Team: d.Team, Delivery: d})
		s.mu.Unlock()
		endFirst()
		close(d.ended)
	}()
	if !passed(ctx, d.held) {
		return
	}
	s.mu.Lock()
	after := d.after // Release may have set it
	s.mu.Unlock()
	if !passed(ctx, after) {
		return
	}
	reason := ""
	for n := 0; ; n++ {
		a := d.attempt(ctx, n, reason)
		s.mu.Lock()
		d.attempts = append(d.attempts, a)
		s.changed(Event{Kind: DeliveryChanged, Team: d.Team, Delivery: d})
		s.mu.Unlock()
		pause, again := d.pauseAfter(n, a)
		if !again && d.finish != nil && ctx.Err() == nil {
			d.finish(a)
		}
		endFirst()
		if !again {
			return
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case k := <-d.acks: // late, and good enough
			timer.Stop()
			s.mu.Lock()
			d.attempts[len(d.attempts)-1].Reason = ""
			d.attempts[len(d.attempts)-1].Status = http.StatusOK
			d.attempts[len(d.attempts)-1].Body = k.Payload
			s.mu.Unlock()
			return
		case <-ctx.Done():
			timer.Stop()
			return
		}
		reason = a.Reason
	}
}

// passed waits at a gate; nil is no gate.
func passed(ctx context.Context, gate <-chan struct{}) bool {
	if gate == nil {
		return true
	}
	select {
	case <-gate:
		return true
	case <-ctx.Done():
		return false
	}
}

// pauseAfter says whether, and after which pause, another attempt follows.
func (d *Delivery) pauseAfter(n int, a Attempt) (time.Duration, bool) {
	if a.OK() || !d.retries {
		return 0, false
	}
	if a.Header.Get("X-Slack-No-Retry") == "1" {
		return 0, false
	}
	if a.Transport == "socket" {
		return d.s.opt.SocketRetryDelay, n < 3
	}
	if n >= len(d.s.opt.RetryDelays) {
		return 0, false
	}
	return d.s.opt.RetryDelays[n], true
}

// attempt hands the delivery over once, by socket when there is one.
func (d *Delivery) attempt(ctx context.Context, n int, reason string) Attempt {
	s := d.s
	s.mu.Lock()
	target := s.urls.of(d.Kind)
	var k *socket
	if s.socketMode {
		k = s.pickSocket()
	}
	s.mu.Unlock()
	start := time.Now()
	a := Attempt{Transport: "none", Reason: "connection_failed"}
	switch {
	case k != nil:
		a = d.bySocket(ctx, k, n, reason)
	case target != "":
		body, contentType := d.httpBody()
		a = s.post(ctx, target, contentType, body, d.forgery, func(h http.Header) {
			if n > 0 {
				h.Set("X-Slack-Retry-Num", strconv.Itoa(n))
				h.Set("X-Slack-Retry-Reason", reason)
			}
		})
	}
	a.N, a.At, a.Latency = n, start, time.Since(start)
	return a
}

func (d *Delivery) httpBody() (body []byte, contentType string) {
	switch d.Kind {
	case Commands:
		return []byte(d.form.Encode()), "application/x-www-form-urlencoded"
	case Interactions:
		return []byte(url.Values{"payload": {string(d.Payload)}}.Encode()), "application/x-www-form-urlencoded"
	default:
		return d.Payload, "application/json"
	}
}

var errTooManyRedirects = errors.New("too many redirects")

// post sends a signed request and waits for the answer as long as Slack does.
func (s *Server) post(ctx context.Context, target, contentType string, body []byte, f Forgery, change func(http.Header)) Attempt {
	a := Attempt{Transport: "http"}
	ctx, cancel := context.WithTimeout(ctx, s.opt.AckTimeout)
	defer cancel()
	sent := body
	if f == ChangedBody {
		sent = append(slices.Clone(body), ' ')
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(sent))
	if err != nil {
		a.Reason = "unknown_error"
		return a
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("User-Agent", "Slackbot 1.0 (+https://api.slack.com/robots)")
	signHeaders(req.Header, s.opt.SigningSecret, s.opt.Now(), body, f)
	if change != nil {
		change(req.Header)
	}
	resp, err := s.client.Do(req)
	if err == nil {
		defer func() { _ = resp.Body.Close() }()
		a.Status, a.Header = resp.StatusCode, resp.Header
		a.Body, err = io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	}
	switch {
	case err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		a.Reason = "http_timeout"
	case errors.Is(err, errTooManyRedirects):
		a.Reason = "too_many_redirects"
	case err != nil:
		a.Reason = "connection_failed"
	case a.Status < 200 || a.Status > 299:
		a.Reason = "http_error"
	}
	return a
}

// Post sends any body, signed as genuine, to one of the app's request URLs,
// once and outside Socket Mode. change, when not nil, may alter the headers
// after they were signed. It is for bodies that Slack would not send.
func (s *Server) Post(ctx context.Context, e Endpoint, contentType string, body []byte, change func(http.Header)) (Attempt, error) {
	s.mu.Lock()
	target := s.urls.of(e)
	ok := s.beginLocked()
	s.mu.Unlock()
	if !ok {
		return Attempt{}, errNotRunning
	}
	defer s.wg.Done()
	if target == "" {
		return Attempt{}, fmt.Errorf("no request URL for %s", e)
	}
	start := time.Now()
	a := s.post(ctx, target, contentType, body, Genuine, change)
	a.At, a.Latency = start, time.Since(start)
	return a, ctx.Err()
}

var errNotRunning = errors.New("slack sandbox: not running")

// VerifyURL makes the url_verification handshake with the events URL, as
// Slack does when that URL is entered. The error says what was wrong.
func (s *Server) VerifyURL(ctx context.Context) error {
	s.mu.Lock()
	challenge := s.newID("challenge-")
	s.mu.Unlock()
	body, err := json.Marshal(map[string]string{"token": verificationToken, "challenge": challenge, "type": "url_verification"})
	if err != nil {
		return err
	}
	a, err := s.Post(ctx, Events, "application/json", body, nil)
	if err != nil {
		return err
	}
	if !a.OK() {
		return fmt.Errorf("url_verification: %s (HTTP %d)", a.Reason, a.Status)
	}
	var answer struct{ Challenge string }
	got := strings.TrimSpace(string(a.Body))
	if json.Unmarshal(a.Body, &answer) == nil && answer.Challenge != "" {
		got = answer.Challenge
	} else if form, err := url.ParseQuery(got); err == nil && form.Get("challenge") != "" {
		got = form.Get("challenge")
	}
	if got != challenge {
		return errors.New("url_verification: the answer is not the challenge")
	}
	return nil
}

// verificationToken is the legacy token that Slack still puts in payloads.
const verificationToken = "sandbox-verification-token"
