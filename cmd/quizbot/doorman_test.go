package main

import (
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"quizbot/sandbox/discord"
)

const adminToken = "0123456789abcdef-token"

// servingDiscord is a quizbot with these settings beside a local Discord.
func servingDiscord(t *testing.T, settings map[string]string) *serving {
	t.Helper()
	d := discord.New(discord.Options{})
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	env := map[string]string{
		"QUIZBOT_DB": filepath.Join(t.TempDir(), "q.db"), "QUIZBOT_ADMIN_LISTEN": "127.0.0.1:0",
		"DISCORD_TOKEN": d.Token(), "DISCORD_API_URL": d.APIURL(),
	}
	for k, v := range settings {
		env[k] = v
	}
	return startServing(t, env)
}

// ask makes a request to a port of s.
func (s *serving) ask(t *testing.T, method, port, path string, header map[string]string) (status int, body string, h http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(waitFor(t), method, "http://"+s.addresses[port]+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		if k == "Host" {
			req.Host = v
			continue
		}
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return resp.StatusCode, string(b), resp.Header
}

// Where other machines reach the admin port there is a token, or the program
// doesn't start.
func TestAdminPortOfOthersNeedsAToken(t *testing.T) {
	t.Chdir(t.TempDir())
	for address, refused := range map[string]bool{
		"127.0.0.1:0": false, "[::1]:0": false, "localhost:0": false, "127.8.8.8:0": false,
		":0": true, "0.0.0.0:0": true, "[::]:0": true, "192.0.2.1:0": true, "quizbot.example:0": true, "[::ffff:192.0.2.1]:0": true,
	} {
		env := map[string]string{"DISCORD_TOKEN": "x", "QUIZBOT_ADMIN_LISTEN": address}
		status, _, errs := call(t, env, "", "serve", "--print-config")
		if refused && (status != exitUsage || !strings.Contains(errs, "QUIZBOT_ADMIN_TOKEN") || strings.Count(errs, "\n") != 1) || !refused && status != exitDone {
			t.Errorf("%s: status %d, refused should be %t\n%s", address, status, refused, errs)
		}
		env["QUIZBOT_ADMIN_TOKEN"] = adminToken
		if status, out, errs := call(t, env, "", "serve", "--print-config"); status != exitDone || strings.Contains(out, adminToken) || !strings.Contains(out, "QUIZBOT_ADMIN_TOKEN: set") {
			t.Errorf("%s with a token: status %d\n%s%s", address, status, out, errs)
		}
	}
	status, _, errs := call(t, map[string]string{"QUIZBOT_ADMIN_TOKEN": "short"}, "", "serve", "--print-config")
	if status != exitUsage || !strings.Contains(errs, "can be guessed") || strings.Contains(errs, "short:") {
		t.Errorf("a short token: status %d\n%s", status, errs)
	}
}

// With a token, everything that tells anything needs it.
func TestAdminToken(t *testing.T) {
	t.Parallel()
	s := servingDiscord(t, map[string]string{"QUIZBOT_ADMIN_LISTEN": "0.0.0.0:0", "QUIZBOT_ADMIN_TOKEN": adminToken})
	for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/cmdline", "/", "//metrics", "/healthz/../metrics", "/control/../metrics", "/healthz/", "/readyzz"} {
		for _, header := range []map[string]string{
			nil, {"Authorization": "Bearer"}, {"Authorization": "Bearer "}, {"Authorization": adminToken}, {"Authorization": "Basic " + adminToken},
			{"Authorization": "bearer " + adminToken + "x"}, {"Authorization": "Bearer " + adminToken[:10]}, {"Cookie": "token=" + adminToken},
		} {
			status, body, _ := s.ask(t, http.MethodGet, "admin", path, header)
			if status != http.StatusUnauthorized && status != http.StatusNotFound || strings.Contains(body, "go_goroutines") || strings.Contains(body, "profile") {
				t.Errorf("%s with %v: status %d %.80q", path, header, status, body)
			}
		}
	}
	good := map[string]string{"Authorization": "Bearer " + adminToken, "Host": "metrics.example"}
	if status, body, _ := s.ask(t, http.MethodGet, "admin", "/metrics", good); status != http.StatusOK || !strings.Contains(body, "go_goroutines") {
		t.Errorf("with the token: status %d", status)
	}
	if status, body, _ := s.ask(t, http.MethodGet, "admin", "/healthz", nil); status != http.StatusOK || body != "ok\n" {
		t.Errorf("healthz: status %d %q", status, body)
	}
	if status, _, _ := s.ask(t, http.MethodGet, "admin", "/control/", nil); status != http.StatusUnauthorized {
		t.Errorf("control without its key: status %d", status)
	}
	if status, _, _ := s.ask(t, http.MethodGet, "admin", "/control/", good); status != http.StatusUnauthorized {
		t.Errorf("control with the admin token: status %d", status)
	}
}

// On loopback there is no token, and no web page gets in.
func TestAdminPortIsClosedToBrowsers(t *testing.T) {
	t.Parallel()
	s := servingDiscord(t, nil)
	port := s.addresses["admin"][strings.LastIndex(s.addresses["admin"], ":"):]
	for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/pprof/profile?seconds=1", "/readyz", "/control/"} {
		for _, header := range []map[string]string{
			{"Host": "evil.example"}, {"Host": "evil.example" + port}, {"Host": "127.0.0.1.evil.example" + port}, {"Host": "localhost.evil.example"},
			{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://localhost" + port},
		} {
			if status, body, _ := s.ask(t, http.MethodGet, "admin", path, header); status != http.StatusMisdirectedRequest && status != http.StatusForbidden || body != "" {
				t.Errorf("%s with %v: status %d %.80q", path, header, status, body)
			}
		}
	}
	for _, header := range []map[string]string{
		nil, {"Host": "localhost" + port}, {"Host": "LOCALHOST"}, {"Host": "[::1]" + port}, {"Host": "127.0.0.1"},
		{"Sec-Fetch-Site": "none"}, {"Origin": "http://" + s.addresses["admin"]},
	} {
		status, body, h := s.ask(t, http.MethodGet, "admin", "/metrics", header)
		if status != http.StatusOK || !strings.Contains(body, "go_goroutines") {
			t.Errorf("the operator with %v: status %d", header, status)
		}
		if h.Get("Access-Control-Allow-Origin") != "" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cross-Origin-Resource-Policy") != "same-origin" {
			t.Errorf("headers %v", h)
		}
	}
}
