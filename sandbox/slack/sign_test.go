package slack

import (
	"net/http"
	"strconv"
	"testing"
	"time"
)

// The vector was computed with openssl:
//
//	printf 'v0:1531420618:token=x&team_id=T1' | openssl dgst -sha256 -hmac 8f742231b10e8888abcd99yyyzzz85a5
func TestSignIsSlacksAlgorithm(t *testing.T) {
	const want = "v0=ee1a198e50481730009ed1fa99d3f2d9cc2ef6ebdfc11672345c4cbcf915c217"
	if got := Sign("8f742231b10e8888abcd99yyyzzz85a5", 1531420618, []byte("token=x&team_id=T1")); got != want {
		t.Errorf("Sign = %s, want %s", got, want)
	}
}

func TestForgeriesDifferFromTheGenuine(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	body := []byte(`{"a":1}`)
	headers := func(f Forgery) (sig, ts string) {
		h := http.Header{}
		signHeaders(h, "secret", now, body, f)
		return h.Get("X-Slack-Signature"), h.Get("X-Slack-Request-Timestamp")
	}
	right := Sign("secret", now.Unix(), body)
	if sig, ts := headers(Genuine); sig != right || ts != "1700000000" {
		t.Fatalf("genuine: %s %s", sig, ts)
	}
	for f, wantTS := range map[Forgery]string{
		BadSignature: "1700000000", ShortSignature: "1700000000", WrongVersion: "1700000000",
		NoSignature: "1700000000", NoTimestamp: "", StaleTimestamp: "1699999670", FutureTimestamp: "1700000330",
	} {
		sig, ts := headers(f)
		if ts != wantTS {
			t.Errorf("%s: timestamp %q, want %q", f, ts, wantTS)
		}
		if f != NoTimestamp && sig == right {
			t.Errorf("%s: the genuine signature", f)
		}
		if n, err := strconv.ParseInt(ts, 10, 64); err == nil && (f == StaleTimestamp || f == FutureTimestamp) && sig != Sign("secret", n, body) {
			t.Errorf("%s: only the timestamp should be wrong", f)
		}
	}
}
