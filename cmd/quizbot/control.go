package main

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"quizbot/store/bolt"
)

// A database file is one process's alone. So a command that needs the database of
// a running quizbot asks that process, on its admin port, under /control/. Where
// the port is, and the key that opens these routes, stands in a file beside the
// database that only its owner can read, for as long as the process runs.
const (
	controlPath   = "/control/"
	controlSuffix = ".serving"
	// maxControlBody bounds what a command can send, in bytes.
	maxControlBody = 1 << 20
	// controlHello is how long a process on this machine may take to say that it is there.
	controlHello = 5 * time.Second
	// controlProof heads each answer to who has the key, and shows that the one who
	// answers has it too: a port may belong to another program by now.
	controlProof = "Quizbot-Control"
)

// whereabouts are what the control file holds.
type whereabouts struct {
	PID     int    `json:"pid"`
	Address string `json:"address"` // of the admin port, on this machine
	Key     string `json:"key"`     // of this run
}

// controlFile is the control file of a database; links lead to the same one.
func controlFile(db string) string {
	if real, err := filepath.EvalSymlinks(db); err == nil {
		db = real
	}
	return db + controlSuffix
}

// control lets commands reach into the running process.
type control struct {
	file string
	key  string
	log  *slog.Logger
	mux  *http.ServeMux

	ctx    context.Context // of all calls; ends with the process
	cancel context.CancelFunc
	mu     sync.Mutex // guards closed, and calls from growing when it is set
	closed bool
	calls  sync.WaitGroup
}

// newControl makes the control of the process that has the database open. stop
// must be called.
func newControl(ctx context.Context, db string, log *slog.Logger) *control {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	c := &control{file: controlFile(db), key: hex.EncodeToString(key), log: log, mux: http.NewServeMux()}
	c.ctx, c.cancel = context.WithCancel(context.WithoutCancel(ctx))
	c.mux.HandleFunc("GET "+controlPath+"{$}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	return c
}

// handle adds a route; its pattern begins with a method and /control/. The
// request's context ends with the process, too. An error of fn is the answer
// where fn has written none; later, it cuts the answer off.
func (c *control) handle(pattern string, fn func(http.ResponseWriter, *http.Request) error) {
	c.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		out := &answered{ResponseWriter: w}
		err := fn(out, r)
		switch {
		case err == nil:
		case out.begun:
			c.log.Warn("a command's answer was cut off", "route", pattern, "err", err)
			panic(http.ErrAbortHandler)
		default:
			answerJSON(w, http.StatusInternalServerError, complaint{Error: err.Error()})
		}
	})
}

// complaint is the answer to a call that failed.
type complaint struct {
	Error string `json:"error"`
}

func answerJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// answered notes whether an answer has begun.
type answered struct {
	http.ResponseWriter
	begun bool
}

func (a *answered) WriteHeader(status int) { a.begun = true; a.ResponseWriter.WriteHeader(status) }

func (a *answered) Write(b []byte) (int, error) { a.begun = true; return a.ResponseWriter.Write(b) }

// Unwrap lets http.ResponseController through.
func (a *answered) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// ServeHTTP serves /control/. Without the key it does nothing.
func (c *control) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !c.knows(r.Header.Get("Authorization")) {
		w.Header().Set("WWW-Authenticate", "Bearer")
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	w.Header().Set(controlProof, proof(c.key))
	if !c.begin() {
		answerJSON(w, http.StatusServiceUnavailable, complaint{Error: "quizbot is stopping: try again when it has ended"})
		return
	}
	defer c.calls.Done()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(c.ctx, cancel)()
	// A command may work for longer than the port lets others talk.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	r.Body = http.MaxBytesReader(w, r.Body, maxControlBody)
	c.mux.ServeHTTP(w, r.WithContext(ctx))
}

func (c *control) knows(authorization string) bool {
	given := sha256.Sum256([]byte(authorization))
	want := sha256.Sum256([]byte("Bearer " + c.key))
	return subtle.ConstantTimeCompare(given[:], want[:]) == 1
}

func (c *control) begin() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.calls.Add(1)
	}
	return !c.closed
}

// proof follows from the key and doesn't give it away.
func proof(key string) string {
	sum := hmac.New(sha256.New, []byte(key))
	_, _ = sum.Write([]byte("quizbot control"))
	return hex.EncodeToString(sum.Sum(nil))
}

// announce writes the control file when the admin port listens on addr. What an
// earlier process left is replaced: this one has the database.
func (c *control) announce(ctx context.Context, addr net.Addr) error {
	text, err := json.Marshal(whereabouts{PID: os.Getpid(), Address: reachable(ctx, addr), Key: c.key})
	if err != nil {
		return err
	}
	half := c.file + ".new"
	if err := os.Remove(half); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(half, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(half, c.file)
	}
	if err != nil {
		_ = os.Remove(half)
	}
	return err
}

// reachable is where a command on this machine reaches a port that listens on addr.
func reachable(ctx context.Context, addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return addr.String()
	}
	v4 := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: tcp.Port}
	if tcp.IP.To4() != nil {
		return v4.String()
	}
	// :: mostly takes both. While it is ours, ::1 is nobody else's, where there is one.
	v6 := &net.TCPAddr{IP: net.IPv6loopback, Port: tcp.Port}
	dialer := net.Dialer{Timeout: controlHello}
	conn, err := dialer.DialContext(ctx, "tcp", v6.String())
	if err != nil {
		return v4.String()
	}
	_ = conn.Close()
	return v6.String()
}

// stop removes the control file, ends the calls under way and waits for them. The
// database must still be open.
func (c *control) stop() {
	c.mu.Lock()
	closed := c.closed
	c.closed = true
	c.mu.Unlock()
	if !closed {
		_ = os.Remove(c.file)
	}
	c.cancel()
	c.calls.Wait()
}

// callControl asks the quizbot that has the database open. found is false where
// none answers to the control file, or there is no such file: then nothing has
// happened, and the caller may open the database itself; unreachable explains it
// where that fails. An answer that is no 2xx is an error with the process's own
// words. The caller closes the answer's body.
func callControl(ctx context.Context, db, method, path string, body io.Reader) (answer *http.Response, found bool, err error) {
	file := controlFile(db)
	text, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, false, nil
	case errors.Is(err, fs.ErrPermission):
		return nil, false, fmt.Errorf("%s: %w: run this as the user that quizbot serve runs as", file, fs.ErrPermission)
	case err != nil:
		return nil, false, err
	}
	var at whereabouts
	if json.Unmarshal(text, &at) != nil || at.Key == "" || !at.alive(ctx) {
		return nil, false, ctx.Err()
	}
	resp, err := at.call(ctx, method, path, body)
	switch {
	case err != nil:
		return nil, true, fmt.Errorf("the running quizbot (process %d) did not answer: %w; see its log", at.PID, err)
	case resp.StatusCode/100 != 2:
		defer func() { _ = resp.Body.Close() }()
		return nil, true, refusal(resp, at.PID)
	}
	return resp, true, nil
}

// alive says whether the process that wrote the control file answers. A port that
// a dead one had may be anybody's now, so nothing is asked of it before.
func (at whereabouts) alive(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, controlHello)
	defer cancel()
	resp, err := at.call(ctx, http.MethodGet, controlPath, nil)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return hmac.Equal([]byte(resp.Header.Get(controlProof)), []byte(proof(at.Key)))
}

func (at whereabouts) call(ctx context.Context, method, path string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+at.Address+path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+at.Key)
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true}, // and no proxy
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return client.Do(req)
}

// refusal is why the running process did not do what it was asked.
func refusal(resp *http.Response, pid int) error {
	var said complaint
	if json.NewDecoder(io.LimitReader(resp.Body, maxControlBody)).Decode(&said) == nil && said.Error != "" {
		return errors.New(strings.ReplaceAll(said.Error, "\n", " "))
	}
	return fmt.Errorf("the running quizbot (process %d) doesn't know this command (%s): it is of another version; restart it", pid, resp.Status)
}

// unreachable says what to do where a database is in use and callControl found
// nobody to ask.
func unreachable(db string) error {
	return fmt.Errorf("database %s: %w, and no running quizbot answers through %s: use the QUIZBOT_DB and the user of the one that runs, or stop it", db, bolt.ErrLocked, controlFile(db))
}
