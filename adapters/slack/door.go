package slack

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// maxBody is the largest request that is read, in bytes.
	maxBody = 1 << 20
	// smallBody is what a request may have without waiting for a slot of maxLarge:
	// more than Slack sends. It bounds what unsigned requests can have us hold.
	smallBody = 64 << 10
	maxLarge  = 16
	// maxFields of a form. A slash command has about fifteen.
	maxFields = 64
	// maxSkew is how far Slack's clock and ours may differ.
	maxSkew = 5 * time.Minute
)

// refusal is why a request is not let in: Slack's reads the status, and the reason
// is counted. The zero refusal is none.
type refusal struct {
	status int
	reason string
}

var (
	tooLarge   = refusal{http.StatusRequestEntityTooLarge, "large"}
	unreadable = refusal{http.StatusBadRequest, "unreadable"}
	compressed = refusal{http.StatusUnsupportedMediaType, "compressed"}
	tooMany    = refusal{http.StatusServiceUnavailable, "crowded"}
	unsigned   = refusal{http.StatusUnauthorized, "signature"}
	stale      = refusal{http.StatusUnauthorized, "stale"}
)

// signature is what a request's headers claim.
type signature struct {
	stamp string
	sum   []byte
}

// read reads the body of a request that Slack has signed. Any other is refused, and
// takes no more of our memory than it must.
func (a *Adapter) read(w http.ResponseWriter, r *http.Request) ([]byte, refusal) {
	switch encoding := strings.Join(r.Header.Values("Content-Encoding"), ","); {
	case r.ContentLength > maxBody:
		return nil, tooLarge
	case encoding != "" && !strings.EqualFold(encoding, "identity"): // Slack never does, and a few bytes may unfold to many
		return nil, compressed
	}
	from := http.MaxBytesReader(w, r.Body, maxBody)
	claim, refused := a.claim(r.Header)
	if refused.status != 0 {
		if _, err := io.Copy(io.Discard, from); err != nil {
			return nil, unread(err)
		}
		return nil, refused
	}
	body, err := io.ReadAll(io.LimitReader(from, smallBody))
	if len(body) == smallBody && err == nil {
		select {
		case a.large <- struct{}{}:
			defer func() { <-a.large }()
		default:
			return nil, tooMany
		}
		var rest []byte
		rest, err = io.ReadAll(from)
		body = append(body, rest...)
	}
	if err != nil {
		return nil, unread(err)
	}
	if a.signedBy(claim, body) {
		return body, refusal{}
	}
	if a.strange.again(unsigned.reason, a.now()) {
		a.log.Warn("a request was refused for its signature: somebody else sent it, or SLACK_SIGNING_SECRET is not this app's")
	}
	return nil, unsigned
}

// unread is why a body could not be read to its end.
func unread(err error) refusal {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return tooLarge
	}
	return unreadable
}

// claim reads the headers of a signature. Each stands there once, and the time is
// now, within the skew.
func (a *Adapter) claim(h http.Header) (signature, refusal) {
	stamps, sums := h.Values("X-Slack-Request-Timestamp"), h.Values("X-Slack-Signature")
	if len(stamps) != 1 || len(sums) > 1 {
		return signature{}, unsigned // nothing of Slack's comes without a time
	}
	seconds, err := strconv.ParseInt(stamps[0], 10, 64)
	if err != nil {
		return signature{}, unsigned
	}
	if skew := a.now().Truncate(time.Second).Sub(time.Unix(seconds, 0)); skew.Abs() > maxSkew {
		if a.strange.again(stale.reason, a.now()) {
			a.log.Warn("a request was refused for its time: it is old, or this machine's clock is wrong (set it by NTP)", "behind", skew.Round(time.Second))
		}
		return signature{}, stale
	}
	if len(sums) == 0 {
		return signature{}, unsigned
	}
	digits, versioned := strings.CutPrefix(sums[0], "v0=")
	sum, err := hex.DecodeString(digits)
	if err != nil || !versioned || len(sum) != sha256.Size {
		return signature{}, unsigned
	}
	return signature{stamp: stamps[0], sum: sum}, refusal{}
}

// signedBy checks Slack's signature with each secret: HMAC-SHA256 over
// "v0:TIMESTAMP:BODY" (Slack, Verifying requests from Slack).
func (a *Adapter) signedBy(claim signature, body []byte) bool {
	for _, secret := range a.config.SigningSecrets {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte("v0:" + claim.stamp + ":"))
		mac.Write(body)
		if hmac.Equal(mac.Sum(nil), claim.sum) {
			return true
		}
	}
	return false
}

// readForm reads a form of few fields.
func readForm(body []byte) (url.Values, error) {
	if n := strings.Count(string(body), "&"); n >= maxFields {
		return nil, fmt.Errorf("a form of %d fields", n+1)
	}
	return url.ParseQuery(string(body))
}
