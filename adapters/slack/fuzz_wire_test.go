package slack

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	slackgo "github.com/slack-go/slack"

	"quizbot/bot"
)

// FuzzForms: what Slack posts as forms.
func FuzzForms(f *testing.F) {
	f.Add([]byte(command(nil).Encode()))
	f.Add([]byte("payload=%7B%22type%22%3A%22block_actions%22%7D"))
	f.Add([]byte("a=1&a=2&%zz=1"))
	f.Add(bytes.Repeat([]byte("&"), maxFields))
	f.Add([]byte("channel_id=D1&user_id=U1&text=%3C%40U1%7Cx%3E&team_id=%00"))
	f.Fuzz(func(t *testing.T, body []byte) {
		form, err := readForm(body)
		if err != nil {
			return
		}
		if len(form) > maxFields {
			t.Errorf("%d fields", len(form))
		}
		if a, err := decodeCommand(form, self.in); err == nil && (a.in.ID == "" || a.in.User == "" || a.to.channel == "" || a.in.Choice != "" || !a.in.Addressed) {
			t.Errorf("half a command: %+v", a)
		}
		if a, ok, err := decodeInteraction([]byte(form.Get("payload")), self.in); ok && (err != nil || a.in.Choice == "" || a.in.Addressed) {
			t.Errorf("half a press: %+v, %v", a, err)
		}
	})
}

// FuzzEnvelope: what comes over Socket Mode.
func FuzzEnvelope(f *testing.F) {
	f.Add([]byte(`{"type":"hello","num_connections":1}`))
	f.Add([]byte(`{"type":"disconnect","reason":"warning"}`))
	f.Add([]byte(`{"envelope_id":"e-1","type":"slash_commands","payload":{"channel_id":"C2","user_id":"U3","text":"x","command":"/quiz"}}`))
	f.Add([]byte(`{"envelope_id":"e-2","type":"interactive","payload":` + string(press(f, nil)) + `}`))
	f.Add([]byte(`{"envelope_id":"e-3","type":"events_api","retry_attempt":1,"payload":` + string(message(f, nil)) + `}`))
	f.Add([]byte(`{"envelope_id":"e-4","type":"events_api","payload":`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if m := envelopeID.FindSubmatch(data); m != nil && len(m[1]) > 200 {
			t.Errorf("an envelope id of %d bytes", len(m[1]))
		}
		var frame socketFrame
		if json.Unmarshal(data, &frame) != nil {
			return
		}
		if a, err := decodeSocketCommand(frame.Payload, self.in); err == nil && (a.in.ID == "" || a.in.User == "" || a.to.channel == "") {
			t.Errorf("half a command: %+v", a)
		}
		if _, a, ok, err := decodeEvent(frame.Payload, self.in); ok && (err != nil || a.in.ID == "" || a.to.channel == "") {
			t.Errorf("half an event: %+v %v", a, err)
		}
		if a, ok, err := decodeInteraction(frame.Payload, self.in); ok && (err != nil || a.in.ID == "" || a.in.Choice == "") {
			t.Errorf("half a press: %+v %v", a, err)
		}
	})
}

// said is a Slack that answers one thing.
type said struct {
	status int
	after  string
	body   []byte
}

func (s said) RoundTrip(r *http.Request) (*http.Response, error) {
	h := http.Header{"Content-Type": {"application/json"}}
	if s.after != "" {
		h.Set("Retry-After", s.after)
	}
	return &http.Response{StatusCode: s.status, Header: h, Body: io.NopCloser(bytes.NewReader(s.body)), ContentLength: int64(len(s.body)), Request: r, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}, nil
}

// FuzzAnswer: whatever Slack answers to a post, it was made, or there is an error
// that the courier knows how to take.
func FuzzAnswer(f *testing.F) {
	f.Add(200, "", []byte(`{"ok":true,"channel":"C1","ts":"1700000000.000100"}`))
	f.Add(200, "", []byte(`{"ok":false}`))
	f.Add(200, "", []byte(`{"ok":false,"error":"not_in_channel"}`))
	f.Add(200, "", []byte(`{"ok":true}`))
	f.Add(429, "1e9", []byte(`{"ok":false,"error":"ratelimited"}`))
	f.Add(429, "-1", []byte(``))
	f.Add(500, "", []byte(`<html>`))
	f.Fuzz(func(t *testing.T, status int, after string, body []byte) {
		if status < 200 || status > 599 || strings.ContainsAny(after, "\r\n") {
			return
		}
		a, _ := deaf(t, func(c *Config) { c.Transport = said{status, after, body} })
		_, ts, err := a.api.PostMessageContext(t.Context(), "C1", slackgo.MsgOptionText("x", false))
		if err == nil {
			if status >= 300 && ts != "" {
				t.Errorf("status %d with %q made %q", status, body, ts)
			}
			return
		}
		for _, edit := range []bool{false, true} {
			got := classify(err, edit)
			var retry *bot.RetryError
			if got == nil {
				t.Errorf("%v became no error", err)
			}
			if errors.As(got, &retry) && retry.After < 0 {
				t.Errorf("%v: try again in %s", err, retry.After)
			}
		}
	})
}
