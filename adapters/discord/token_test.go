package discord

import (
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"
)

// TestTokenIsJudgedByLaterCalls: a call that was let in before the token was refused, and
// is answered after, doesn't make it good.
func TestTokenIsJudgedByLaterCalls(t *testing.T) {
	g := newGate(&url.URL{}, nil, time.Now)
	first, second := g.begin(), g.begin()
	g.judge(second, http.StatusUnauthorized)
	g.judge(first, http.StatusOK)
	if err := g.err(); !errors.Is(err, errUnauthorized) {
		t.Errorf("after a call that had begun before: %v", err)
	}
	g.judge(g.begin(), http.StatusOK)
	if err := g.err(); err != nil {
		t.Errorf("after a call that began later: %v", err)
	}
}
