package slack

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"time"
)

// Sign is Slack's request signature, version 0: "v0=" and the hex HMAC-SHA256,
// under the signing secret, of "v0:", the timestamp, ":" and the raw body.
func Sign(secret string, timestamp int64, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:" + strconv.FormatInt(timestamp, 10) + ":"))
	mac.Write(body)
	return "v0=" + hex.EncodeToString(mac.Sum(nil))
}

// Forgery is a way in which a delivery is not what Slack would have signed.
type Forgery string

// The forgeries. Timestamps are 330 s off, beyond the 300 s that a receiver
// may allow.
const (
	Genuine         Forgery = ""
	BadSignature    Forgery = "bad_signature"    // right form, another secret
	ShortSignature  Forgery = "short_signature"  // half of the right one
	WrongVersion    Forgery = "wrong_version"    // v1= before the right digits
	NoSignature     Forgery = "no_signature"     // header left out
	NoTimestamp     Forgery = "no_timestamp"     // header left out
	StaleTimestamp  Forgery = "stale_timestamp"  // in the past, rightly signed
	FutureTimestamp Forgery = "future_timestamp" // in the future, rightly signed
	ChangedBody     Forgery = "changed_body"     // one space more than was signed
)

// signHeaders puts the signature's headers on a request.
func signHeaders(h http.Header, secret string, now time.Time, body []byte, f Forgery) {
	ts := now.Unix()
	switch f {
	case StaleTimestamp:
		ts -= 330
	case FutureTimestamp:
		ts += 330
	case BadSignature:
		secret += "?"
	}
	sig := Sign(secret, ts, body)
	switch f {
	case ShortSignature:
		sig = sig[:len(sig)/2]
	case WrongVersion:
		sig = "v1" + sig[2:]
	}
	if f != NoTimestamp {
		h.Set("X-Slack-Request-Timestamp", strconv.FormatInt(ts, 10))
	}
	if f != NoSignature {
		h.Set("X-Slack-Signature", sig)
	}
}
