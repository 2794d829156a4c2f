package slack

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"sync"
	"time"
)

const (
	// ticketLife is how long an installation may take from its first page to its last.
	ticketLife = 10 * time.Minute
	// maxTickets bounds how many are remembered as used.
	maxTickets = 10_000
)

// What can be wrong with the state that comes back from Slack.
var (
	errNoTicket      = errors.New("no state, or one that was not made here")
	errOthersTicket  = errors.New("the state belongs to another browser")
	errOldTicket     = errors.New("the state is too old")
	errUsedTicket    = errors.New("the state was used before")
	errManyTickets   = errors.New("too many installations at once")
	errNoSuchBrowser = errors.New("the browser brings no cookie of an installation")
)

// tickets make and check the state of OAuth: random, signed, bound to one browser by
// its cookie, good for ten minutes and once. The key lives as long as the process,
// so that nothing need be kept to know after a restart what was used before.
type tickets struct {
	key []byte
	now func() time.Time

	mu   sync.Mutex
	used map[string]time.Time // by nonce: until when it would be good
}

const (
	nonceSize  = 16
	ticketSize = nonceSize + 8 + sha256.Size
	cookieSize = 32
)

func newTickets(now func() time.Time) *tickets {
	return &tickets{key: random(32), now: now, used: map[string]time.Time{}}
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // it can't fail
	return b
}

// issue makes a browser's cookie and the state that belongs to it.
func (t *tickets) issue() (cookie, state string) {
	cookie = base64.RawURLEncoding.EncodeToString(random(cookieSize))
	body := binary.BigEndian.AppendUint64(random(nonceSize), uint64(t.now().Add(ticketLife).Unix()))
	return cookie, base64.RawURLEncoding.EncodeToString(append(body, t.sign(body, cookie)...))
}

func (t *tickets) sign(body []byte, cookie string) []byte {
	mac := hmac.New(sha256.New, t.key)
	mac.Write(body)
	mac.Write([]byte(cookie))
	return mac.Sum(nil)
}

// redeem checks a state against the browser's cookie and uses it up.
func (t *tickets) redeem(state, cookie string) error {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(state)
	switch {
	case err != nil || len(raw) != ticketSize:
		return errNoTicket
	case cookie == "":
		return errNoSuchBrowser
	}
	body, sum := raw[:nonceSize+8], raw[nonceSize+8:]
	if !hmac.Equal(sum, t.sign(body, cookie)) {
		return errOthersTicket
	}
	until := time.Unix(int64(binary.BigEndian.Uint64(body[nonceSize:])), 0)
	now := t.now()
	if !now.Before(until) {
		return errOldTicket
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	nonce := string(body[:nonceSize])
	if _, used := t.used[nonce]; used {
		return errUsedTicket
	}
	if len(t.used) >= maxTickets {
		for n, end := range t.used {
			if !now.Before(end) {
				delete(t.used, n)
			}
		}
	}
	if len(t.used) >= maxTickets {
		return errManyTickets
	}
	t.used[nonce] = until
	return nil
}
