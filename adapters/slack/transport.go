package slack

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"quizbot/bot"
)

// unsaid is the error of an answer that names none.
const unsaid = "no_error_given"

// outspoken gives the answer {"ok":false} an error: the library would take it for
// a success. It also counts the refusals for the rate of calls.
type outspoken struct {
	http.RoundTripper
	meter bot.LinkMeter
}

// maxBare is how long an answer may be that is looked into, in bytes.
const maxBare = 512

// RoundTrip implements http.RoundTripper.
func (o outspoken) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := o.RoundTripper.RoundTrip(r)
	if err == nil && resp.StatusCode == http.StatusTooManyRequests {
		after, err := time.ParseDuration(resp.Header.Get("Retry-After") + "s")
		if err != nil {
			after = limitedFor
		}
		o.meter.Limited(platform, "method", after)
	}
	if err != nil || resp.StatusCode != http.StatusOK || resp.ContentLength > maxBare {
		return resp, err
	}
	start, err := io.ReadAll(io.LimitReader(resp.Body, maxBare))
	var answer struct {
		OK    *bool  `json:"ok"`
		Error string `json:"error"`
	}
	known := err == nil && json.Unmarshal(start, &answer) == nil
	if known && (answer.Error == "ratelimited" || answer.Error == "rate_limited") {
		o.meter.Limited(platform, "method", limitedFor)
	}
	if known && answer.OK != nil && !*answer.OK && answer.Error == "" {
		start = []byte(`{"ok":false,"error":"` + unsaid + `"}`)
		resp.ContentLength = int64(len(start))
		resp.Header.Del("Content-Length")
	}
	rest := io.Reader(resp.Body)
	if err != nil {
		rest = failing{err}
	}
	resp.Body = rejoined{io.MultiReader(bytes.NewReader(start), rest), resp.Body}
	return resp, nil
}

// CloseIdleConnections lets http.Client reach the transport's own.
func (o outspoken) CloseIdleConnections() {
	if t, ok := o.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// rejoined reads what was read ahead, and the rest.
type rejoined struct {
	io.Reader
	io.Closer
}

// failing ends a body as it ended before.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
