package discord

import (
	"errors"
	"net/http"
	"testing"
	"time"

	sandbox "quizbot/sandbox/discord"
)

// Refusals are counted as Discord counts them; when there were too many, presses
// are answered all the same.
func TestRefusalsAreCounted(t *testing.T) {
	s := sandbox.New(sandbox.Options{})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	a, err := New(Config{Token: s.Token(), APIURL: s.APIURL(), Transport: transport}, newListener(), nil)
	if err != nil {
		t.Fatal(err)
	}
	call := func(endpoint string) int {
		err := a.call(t.Context(), urgent, http.MethodPost, "https://discord.com/api/v9/"+endpoint, struct{}{}, nil)
		return statusOf(err)
	}
	for scope, counted := range map[sandbox.Scope]int{sandbox.ScopeShared: 0, sandbox.ScopeUser: 1} {
		before := a.gate.invalid
		s.Faults().RateLimit(sandbox.RouteCreateMessage, 1, 10*time.Millisecond, scope)
		if status := call("channels/" + sandbox.DefaultChannelID + "/messages"); status != http.StatusTooManyRequests || a.gate.invalid-before != counted {
			t.Errorf("scope %s: %d, counted %d times", scope, status, a.gate.invalid-before)
		}
	}
	a.gate.invalid, a.gate.since = maxInvalid+1, time.Now()
	n := len(s.Calls(""))
	var e *apiError
	err = a.call(t.Context(), urgent, http.MethodGet, "https://discord.com/api/v9/users/@me", nil, nil)
	if !errors.As(err, &e) || e.retryAfter <= 0 || len(s.Calls("")) != n {
		t.Errorf("after too many refusals: %v", err)
	}
	if status := call("interactions/1/token/callback"); status != http.StatusNotFound {
		t.Errorf("an interaction's answer was not sent: %d", status)
	}
}
