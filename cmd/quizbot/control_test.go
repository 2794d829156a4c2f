package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"quizbot/sandbox/discord"
	"quizbot/store/bolt"
)

// startControl serves a control on a port of its own.
func startControl(t *testing.T, db string) *control {
	t.Helper()
	c := newControl(t.Context(), db, slog.New(slog.DiscardHandler))
	srv := httptest.NewServer(c)
	t.Cleanup(srv.Close)
	t.Cleanup(c.stop)
	if err := c.announce(t.Context(), srv.Listener.Addr()); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestControlCallsReachTheProcess(t *testing.T) {
	t.Parallel()
	db := filepath.Join(t.TempDir(), "q.db")
	c := startControl(t, db)
	c.handle("POST /control/echo", func(w http.ResponseWriter, r *http.Request) error {
		_, err := io.Copy(w, r.Body)
		return err
	})
	c.handle("POST /control/no", func(http.ResponseWriter, *http.Request) error {
		return errors.New("no such player:\nsee user list")
	})
	c.handle("POST /control/half", func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "half")
		return errors.New("the disk is gone")
	})
	resp, found, err := callControl(t.Context(), db, http.MethodPost, "/control/echo", strings.NewReader("hello"))
	if err != nil || !found {
		t.Fatalf("found %v: %v", found, err)
	}
	said, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil || string(said) != "hello" {
		t.Errorf("answered %q %v", said, err)
	}
	if _, found, err := callControl(t.Context(), db, http.MethodPost, "/control/no", nil); !found || err == nil || err.Error() != "no such player: see user list" {
		t.Errorf("refused with %v %v", found, err)
	}
	if _, _, err := callControl(t.Context(), db, http.MethodPost, "/control/unknown", nil); err == nil || !strings.Contains(err.Error(), "restart it") {
		t.Errorf("an unknown command: %v", err)
	}
	if resp, _, err := callControl(t.Context(), db, http.MethodPost, "/control/half", nil); err == nil {
		if said, err := io.ReadAll(resp.Body); err == nil {
			t.Errorf("an answer that was cut off reads as whole: %q", said)
		}
		_ = resp.Body.Close()
	}
}

// Whoever has no key, or an old one, gets 401 and nothing else, wherever from.
func TestControlWithoutTheKey(t *testing.T) {
	t.Parallel()
	c := startControl(t, filepath.Join(t.TempDir(), "q.db"))
	called := false
	c.handle("POST /control/x", func(http.ResponseWriter, *http.Request) error { called = true; return nil })
	for _, header := range []string{"", "Bearer ", "Bearer x", c.key, "Bearer " + c.key[1:], "bearer " + c.key, "Bearer " + c.key + " "} {
		for _, path := range []string{"/control/x", "/control/none"} {
			r, w := httptest.NewRequest(http.MethodPost, path, nil), httptest.NewRecorder()
			r.Header["Authorization"] = []string{header}
			c.ServeHTTP(w, r)
			if w.Code != http.StatusUnauthorized || w.Body.Len() > 0 || w.Header().Get(controlProof) != "" || called {
				t.Errorf("%s with %q: %d %q, called %v", path, header, w.Code, w.Body, called)
			}
		}
	}
}

// What a killed process left is as good as nothing, whoever has its port now.
func TestStaleControlFiles(t *testing.T) {
	t.Parallel()
	stranger := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
	defer stranger.Close()
	rude, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			conn, err := rude.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, "220 mail\r\n")
			_ = conn.Close()
		}
	}()
	defer func() { _ = rude.Close() }()
	other := startControl(t, filepath.Join(t.TempDir(), "other.db"))
	var there whereabouts
	text, err := os.ReadFile(other.file)
	if err != nil || json.Unmarshal(text, &there) != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"nobody listens":     `{"pid":1,"address":"` + freePort(t) + `","key":"k"}`,
		"a stranger's port":  `{"pid":1,"address":"` + stranger.Listener.Addr().String() + `","key":"k"}`,
		"another run's port": `{"pid":1,"address":"` + there.Address + `","key":"k"}`,
		"no web server":      `{"pid":1,"address":"` + rude.Addr().String() + `","key":"k"}`,
		"no address":         `{"pid":1,"address":"a b","key":"k"}`,
		"cut off":            `{"pid":1,"addr`,
		"empty":              "",
	} {
		t.Run(name, func(t *testing.T) {
			db := filepath.Join(t.TempDir(), "q.db")
			writeFile(t, db+controlSuffix, content)
			if _, found, err := callControl(t.Context(), db, http.MethodPost, "/control/x", nil); found || err != nil {
				t.Errorf("found %v: %v", found, err)
			}
		})
	}
	if err := unreachable("q.db"); !errors.Is(err, bolt.ErrLocked) || !strings.Contains(err.Error(), "q.db"+controlSuffix) {
		t.Errorf("it is explained by %v", err)
	}
	if _, found, err := callControl(t.Context(), filepath.Join(t.TempDir(), "q.db"), http.MethodPost, "/control/x", nil); found || err != nil {
		t.Errorf("no file: found %v: %v", found, err)
	}
}

// A port on all addresses is reached on this machine's own.
func TestControlOnAllAddresses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{":0", "0.0.0.0:0", "[::]:0", "127.0.0.1:0"} {
		ln, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		at := reachable(t.Context(), ln.Addr())
		host, _, err := net.SplitHostPort(at)
		if err != nil || !net.ParseIP(host).IsLoopback() {
			t.Errorf("%s is reached at %s", address, at)
		}
		if conn, err := net.Dial("tcp", at); err != nil {
			t.Errorf("%s: %v", address, err)
		} else {
			_ = conn.Close()
		}
		_ = ln.Close()
	}
}

// Calls under way end with the process, and it waits for them; later ones are
// turned away.
func TestControlStops(t *testing.T) {
	t.Parallel()
	db := filepath.Join(t.TempDir(), "q.db")
	c := startControl(t, db)
	under := make(chan struct{})
	ended := false
	c.handle("POST /control/long", func(_ http.ResponseWriter, r *http.Request) error {
		close(under)
		<-r.Context().Done()
		ended = true
		return context.Cause(r.Context())
	})
	failed := make(chan error, 1)
	go func() {
		_, _, err := callControl(t.Context(), db, http.MethodPost, "/control/long", nil)
		failed <- err
	}()
	<-under
	text, err := os.ReadFile(c.file)
	if err != nil {
		t.Fatal(err)
	}
	c.stop()
	if !ended {
		t.Error("it did not wait for the call")
	}
	if err := <-failed; err == nil {
		t.Error("the call was answered as if all were well")
	}
	if _, err := os.Stat(c.file); err == nil {
		t.Error("the control file is still there")
	}
	writeFile(t, c.file, string(text))
	if _, found, err := callControl(t.Context(), db, http.MethodPost, "/control/long", nil); !found || err == nil || !strings.Contains(err.Error(), "stopping") {
		t.Errorf("after the end: %v %v", found, err)
	}
}

// serve keeps its control file while it runs, for its owner alone, and a second
// run is not disturbed by what a killed one left.
func TestServeKeepsItsControlFile(t *testing.T) {
	t.Parallel()
	d := discord.New(discord.Options{})
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	db := filepath.Join(t.TempDir(), "q.db")
	env := []string{"QUIZBOT_DB=" + db, "QUIZBOT_ADMIN_LISTEN=:0", "QUIZBOT_ADMIN_TOKEN=" + adminToken, "DISCORD_TOKEN=" + d.Token(), "DISCORD_API_URL=" + d.APIURL()}
	kill, _ := serveProcess(t, env)
	first, err := os.ReadFile(db + controlSuffix)
	if err != nil {
		t.Fatal(err)
	}
	_ = kill(os.Kill)
	if left, err := os.ReadFile(db + controlSuffix); err != nil || !bytes.Equal(left, first) {
		t.Fatalf("after kill -9: %s %v", left, err)
	}
	if _, found, err := callControl(t.Context(), db, http.MethodPost, "/control/none", nil); found || err != nil {
		t.Errorf("a killed process was found: %v", err)
	}
	kill, log := serveProcess(t, env)
	info, err := os.Stat(db + controlSuffix)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v %v, want 0600", info.Mode(), err)
	}
	if _, found, err := callControl(t.Context(), db, http.MethodPost, "/control/none", nil); !found || err == nil || !strings.Contains(err.Error(), "restart it") {
		t.Errorf("the second run: found %v: %v\n%s", found, err, log())
	}
	if err := kill(syscall.SIGTERM); err != nil {
		t.Errorf("SIGTERM: %v\n%s", err, log())
	}
	if left, err := filepath.Glob(db + ".*"); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}
