package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"quizbot/sandbox/slack"
)

// attacked is a quizbot whose public port is attacked.
type attacked struct {
	*serving
	secret string
}

func attack(t *testing.T) attacked {
	t.Helper()
	sl := slack.New(slack.Options{})
	if err := sl.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sl.Close() })
	s := startServing(t, map[string]string{
		"QUIZBOT_DB": filepath.Join(t.TempDir(), "q.db"), "QUIZBOT_ADMIN_LISTEN": "127.0.0.1:0", "QUIZBOT_LISTEN": "127.0.0.1:0",
		"SLACK_SIGNING_SECRET": sl.SigningSecret(), "SLACK_BOT_TOKEN": slack.DefaultBotToken, "SLACK_API_URL": sl.APIURL(),
	})
	s.ready(t)
	return attacked{s, sl.SigningSecret()}
}

// form is a slash command that asks for help.
func form() string {
	return url.Values{
		"command": {"/quiz"}, "text": {"help"}, "team_id": {"T0SANDBOX"}, "channel_id": {"C0GENERAL"}, "user_id": {"U0ALICE"},
		"trigger_id": {strconv.FormatInt(time.Now().UnixNano(), 36)},
	}.Encode()
}

// signed are the headers of a body, signed at a time that many seconds from now.
func (a attacked) signed(body string, seconds int) string {
	at := time.Now().Unix() + int64(seconds)
	return fmt.Sprintf("X-Slack-Request-Timestamp: %d\r\nX-Slack-Signature: %s\r\n", at, slack.Sign(a.secret, at, []byte(body)))
}

// dial opens a connection to the public port.
func (a attacked) dial(t *testing.T) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(waitFor(t), "tcp", a.addresses["public"])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	return conn
}

// raw sends bytes and reads one answer.
func (a attacked) raw(t *testing.T, text string) (status int, body string, h http.Header) {
	t.Helper()
	conn := a.dial(t)
	go func() { _, _ = io.WriteString(conn, text) }() // an answer may come before all is sent
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%.60q: %v", text, err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return resp.StatusCode, string(b), resp.Header
}

// post is a raw request with a body of known length.
func post(target, headers, body string) string {
	return "POST " + target + " HTTP/1.1\r\nHost: quizbot\r\nContent-Type: application/x-www-form-urlencoded\r\n" + headers +
		"Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}

// served fails the test where a genuine request is not answered.
func (a attacked) served(t *testing.T) {
	t.Helper()
	body := form()
	if status, text, _ := a.raw(t, post("/slack/commands", a.signed(body, 0), body)); status != http.StatusOK || !strings.Contains(text, "How to play") {
		t.Fatalf("a genuine request: status %d %.200q\n%s", status, text, a.log)
	}
}

// chunked is a body of unknown length.
func chunked(target, headers string, size int) string {
	var b strings.Builder
	b.WriteString("POST " + target + " HTTP/1.1\r\nHost: quizbot\r\nTransfer-Encoding: chunked\r\n" + headers + "\r\n")
	for piece := 64 << 10; size > 0; size -= piece {
		fmt.Fprintf(&b, "%x\r\n%s\r\n", piece, strings.Repeat("a", piece))
	}
	b.WriteString("0\r\n\r\n")
	return b.String()
}

// Forged, stale, malformed and oversized requests get their status, and nothing
// worth reading.
func TestForgedRequests(t *testing.T) {
	t.Parallel()
	a := attack(t)
	body := form()
	sign := func(seconds int) string { return a.signed(body, seconds) }
	stamp, sum, _ := strings.Cut(sign(0), "\r\n")
	stamp, sum = stamp+"\r\n", strings.TrimSpace(sum)+"\r\n"
	events := `{"type":"event_callback","event":` + strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000) + "}"
	fields := strings.Repeat("a=1&", 200_000) + body
	var member bytes.Buffer
	pack := gzip.NewWriter(&member)
	_, _ = pack.Write(make([]byte, 1<<20))
	_ = pack.Close()
	bomb := strings.Repeat(member.String(), 64) // members one behind the other are one file
	huge := `{"type":"event_callback","event":{"type":"message","ts":1e999999,"channel":` + strings.Repeat("9", 500_000) + `}}`
	twice := `{"type":"url_verification","challenge":"one","challenge":"two","TYPE":"event_callback"}`
	broken := "{\"type\":\"event_callback\",\"event\":{\"type\":\"message\",\"text\":\"\xff\xfe\xed\xa0\x80\"}}"
	for name, c := range map[string]struct {
		text   string
		status int
	}{
		"genuine":                 {post("/slack/commands", sign(0), body), 200},
		"a day old":               {post("/slack/commands", sign(-86_400), body), 401},
		"no headers":              {post("/slack/commands", "", body), 401},
		"no signature":            {post("/slack/commands", stamp, body), 401},
		"no time":                 {post("/slack/commands", sum, body), 401},
		"another body":            {post("/slack/commands", sign(0), body+"&x=1"), 401},
		"an empty body":           {post("/slack/commands", sign(0), ""), 401},
		"version 1":               {post("/slack/commands", strings.Replace(sign(0), "v0=", "v1=", 1), body), 401},
		"no version":              {post("/slack/commands", strings.Replace(sign(0), "v0=", "", 1), body), 401},
		"half a signature":        {post("/slack/commands", sign(0)[:len(sign(0))-20]+"\r\n", body), 401},
		"two signatures":          {post("/slack/commands", sign(0)+sum, body), 401},
		"a forged one before":     {post("/slack/commands", "X-Slack-Signature: v0="+strings.Repeat("0", 64)+"\r\n"+sign(0), body), 401},
		"a forged one behind":     {post("/slack/commands", sign(0)+"X-Slack-Signature: v0="+strings.Repeat("0", 64)+"\r\n", body), 401},
		"two times":               {post("/slack/commands", stamp+sign(0), body), 401},
		"a time beyond time":      {post("/slack/commands", "X-Slack-Request-Timestamp: 9223372036854775807\r\n"+sum, body), 401},
		"a negative time":         {post("/slack/commands", "X-Slack-Request-Timestamp: -9223372036854775808\r\n"+sum, body), 401},
		"a time in words":         {post("/slack/commands", "X-Slack-Request-Timestamp: now\r\n"+sum, body), 401},
		"too large":               {post("/slack/commands", sign(0), strings.Repeat("a", 1<<20+1)), 413},
		"said to be too large":    {"POST /slack/events HTTP/1.1\r\nHost: q\r\nContent-Length: 999999999999\r\n\r\n", 413},
		"chunked and too large":   {chunked("/slack/events", sign(0), 2<<20), 413},
		"unsigned, too large":     {chunked("/slack/events", "", 2<<20), 413},
		"large enough":            {post("/slack/events", "", strings.Repeat("a", 1<<20)), 401},
		"chunked and signed":      {"POST /slack/commands HTTP/1.1\r\nHost: q\r\nTransfer-Encoding: chunked\r\n" + sign(0) + "\r\n" + strconv.FormatInt(int64(len(body)), 16) + "\r\n" + body + "\r\n0\r\n\r\n", 200},
		"both lengths":            {"POST /slack/commands HTTP/1.1\r\nHost: q\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n" + sign(0) + "\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n", 401},
		"two lengths":             {"POST /slack/commands HTTP/1.1\r\nHost: q\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", 400},
		"a bomb":                  {post("/slack/commands", "Content-Encoding: gzip\r\n"+a.signed(bomb, 0), bomb), 415},
		"a bomb within":           {post("/slack/commands", "Content-Encoding: identity\r\nContent-Encoding: gzip\r\n"+a.signed(bomb, 0), bomb), 415},
		"many fields":             {post("/slack/commands", a.signed(fields, 0), fields), 400},
		"nothing but separators":  {post("/slack/interactions", a.signed(strings.Repeat("&", 1<<19), 0), strings.Repeat("&", 1<<19)), 400},
		"no payload":              {post("/slack/interactions", sign(0), body), 400},
		"deep":                    {post("/slack/events", a.signed(events, 0), events), 200},
		"brackets":                {post("/slack/events", a.signed(strings.Repeat("[", 1<<20), 0), strings.Repeat("[", 1<<20)), 200},
		"deep, in an interaction": {post("/slack/interactions", a.signed("payload="+strings.Repeat("[", 1<<19), 0), "payload="+strings.Repeat("[", 1<<19)), 200},
		"huge numbers":            {post("/slack/events", a.signed(huge, 0), huge), 200},
		"keys twice":              {post("/slack/events", a.signed(twice, 0), twice), 200},
		"no UTF-8":                {post("/slack/events", a.signed(broken, 0), broken), 200},
		"HTTP/1.0":                {"POST /slack/commands HTTP/1.0\r\n" + sign(0) + "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body, 200},
		"HTTP/1.0 without length": {"POST /slack/commands HTTP/1.0\r\n" + sign(0) + "\r\n" + body, 401},
		"an absolute address":     {post("http://evil.example/slack/commands", "", body), 401},
		"GET":                     {"GET /slack/commands HTTP/1.1\r\nHost: q\r\n\r\n", 405},
		"PUT":                     {strings.Replace(post("/slack/commands", sign(0), body), "POST", "PUT", 1), 405},
		"another method":          {strings.Replace(post("/slack/commands", sign(0)+"X-HTTP-Method-Override: POST\r\n", body), "POST", "QUIZ", 1), 405},
		"TRACE":                   {"TRACE /slack/commands HTTP/1.1\r\nHost: q\r\n\r\n", 405},
		"CONNECT":                 {"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n", 404},
		"OPTIONS *":               {"OPTIONS * HTTP/1.1\r\nHost: q\r\nConnection: close\r\n\r\n", 200},
		"large headers":           {post("/slack/commands", "X-Pad: "+strings.Repeat("a", 64<<10)+"\r\n", body), 431},
		"no host":                 {"POST /slack/commands HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 400},
		"no HTTP":                 {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n", 400},
		"HTTP/9":                  {"GET / HTTP/9.9\r\nHost: q\r\n\r\n", 505},
	} {
		t.Run(name, func(t *testing.T) {
			status, text, h := a.raw(t, c.text)
			if status != c.status {
				t.Errorf("status %d, want %d (%.100q)", status, c.status, text)
			}
			if status == http.StatusUnauthorized || status == http.StatusNotFound || status == http.StatusRequestEntityTooLarge {
				if text != "" || h.Get("X-Content-Type-Options") != "nosniff" {
					t.Errorf("%q with %v", text, h)
				}
			}
		})
	}
	for seconds, want := range map[int]int{-299: http.StatusOK, -302: http.StatusUnauthorized, 302: http.StatusUnauthorized} {
		status, began := 0, time.Time{}
		for began.IsZero() || time.Since(began) > time.Second { // else it had another age when it was looked at
			began = time.Now()
			status, _, _ = a.raw(t, post("/slack/commands", sign(seconds), body))
		}
		if status != want {
			t.Errorf("signed %d s from now: status %d, want %d", seconds, status, want)
		}
	}
	for _, path := range []string{
		"/", "/slack", "/slack/", "/slack/commands/", "//slack/commands", "//slack//commands", "/slack//commands", "/slack/commands/..", "/slack/./commands",
		"/slack/../slack/commands", "/slack/%63ommands", "/slack%2Fcommands", "/SLACK/commands", "/slack/commands%00", "/slack/commands;x", "/slack/commands/../events",
		"/metrics", "/debug/pprof/", "/healthz", "/control/", "/.env", "/slack\\commands",
	} {
		if status, text, _ := a.raw(t, post(path, a.signed(body, 0), body)); status != http.StatusNotFound || text != "" {
			t.Errorf("%s: status %d %.100q", path, status, text)
		}
	}
	a.served(t)
}

// The same signed request again has its effect once.
func TestReplayedRequest(t *testing.T) {
	t.Parallel()
	a := attack(t)
	body := strings.Replace(form(), "text=help", "text=start+3", 1)
	text := post("/slack/commands", a.signed(body, 0), body)
	first, _, _ := a.raw(t, text)
	second, again, _ := a.raw(t, text)
	if first != 200 || second != 200 || strings.Contains(again, "open here already") {
		t.Errorf("status %d, then %d %.100q", first, second, again)
	}
}

// Requests one behind the other on one connection are answered in order, a forged
// one among them too.
func TestPipelinedRequests(t *testing.T) {
	t.Parallel()
	a := attack(t)
	conn := a.dial(t)
	body := form()
	var all strings.Builder
	for i := range 30 {
		headers := a.signed(body, 0)
		if i%3 == 2 {
			headers = ""
		}
		all.WriteString(post("/slack/commands", headers, body))
	}
	go func() { _, _ = io.WriteString(conn, all.String()) }()
	in := bufio.NewReader(conn)
	for i := range 30 {
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatalf("answer %d: %v", i, err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if want := []int{200, 200, 401}[i%3]; resp.StatusCode != want {
			t.Errorf("answer %d: status %d, want %d", i, resp.StatusCode, want)
		}
	}
}

// Slow senders are cut off, and meanwhile all others are served: those that send
// headers slowly, bodies slowly, endless chunks, or nothing at all.
func TestSlowSenders(t *testing.T) {
	t.Parallel()
	a := attack(t)
	body := form()
	ended := make(chan string, 64)
	slow := func(what, begin, more string) {
		conn := a.dial(t)
		go func() {
			_, _ = io.WriteString(conn, begin)
			for range time.Tick(100 * time.Millisecond) {
				if _, err := io.WriteString(conn, more); err != nil {
					break
				}
			}
			ended <- what
		}()
	}
	kinds := []string{"headers", "body", "chunks", "signed body"}
	for range 10 {
		slow("headers", "POST /slack/commands HTTP/1.1\r\nHost: q\r\n", "X-A: b\r\n")
		slow("body", "POST /slack/commands HTTP/1.1\r\nHost: q\r\nContent-Length: 100000\r\n\r\n", "a")
		slow("chunks", "POST /slack/commands HTTP/1.1\r\nHost: q\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n")
		slow("signed body", "POST /slack/commands HTTP/1.1\r\nHost: q\r\n"+a.signed(body, 0)+"Content-Length: 100000\r\n\r\n", "a")
	}
	for range 20 {
		a.served(t)
	}
	for range 10 * len(kinds) {
		select {
		case <-ended:
		case <-waitFor(t).Done():
			t.Fatal("a slow sender was not cut off")
		}
	}
	a.served(t)
}

// Two thousand connections that say nothing keep nobody out, and beyond the bound
// the oldest of them give way.
func TestIdleConnections(t *testing.T) {
	a := attack(t)
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	conns := make([]net.Conn, 0, maxPublic+200)
	for range maxPublic + 200 {
		conns = append(conns, a.dial(t))
	}
	for range 5 {
		a.served(t)
	}
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapInuse) - int64(before.HeapInuse); grown > 256<<20 {
		t.Errorf("the heap grew by %d MiB", grown>>20)
	}
	_ = conns[0].SetReadDeadline(time.Now().Add(20 * time.Second))
	if n, err := conns[0].Read(make([]byte, 1)); n > 0 {
		t.Error("the oldest connection was answered without a request")
	} else if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the oldest connection was kept")
	}
	for _, c := range conns {
		_ = c.Close()
	}
	a.served(t)
}
