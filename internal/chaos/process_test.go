//go:build chaos

package chaos

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// keptLines of a process's log are shown when something fails.
const keptLines = 60

// process is one life of the program.
type process struct {
	cmd   *exec.Cmd
	admin string
	began time.Time
	over  chan struct{} // closed when it has ended and its log is read

	mu      sync.Mutex
	lines   []string
	inDoubt int // messages that were given up in doubt
	err     error
}

// freeAddress finds a port of this machine. It is none of those that the system
// gives to whoever wants any: while the program that has it is started again, another
// would get it.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(10_000)))
		if err != nil {
			continue // somebody has it
		}
		_ = ln.Close()
		return ln.Addr().String()
	}
	t.Fatal("no port is free")
	return ""
}

// startProcess starts the program; wrap, when not empty, is a command before it.
func startProcess(t *testing.T, env []string, wrap ...string) *process {
	t.Helper()
	return start(t, env, nil, wrap...)
}

// startAs starts the program as another user.
func startAs(t *testing.T, env []string, who *syscall.Credential) *process {
	t.Helper()
	return start(t, env, who)
}

func start(t *testing.T, env []string, who *syscall.Credential, wrap ...string) *process {
	t.Helper()
	args := append(slices.Clone(wrap), binary, "serve")
	p := &process{cmd: exec.Command(args[0], args[1:]...), began: time.Now(), over: make(chan struct{})}
	p.cmd.Env = slices.Concat(env, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.TempDir()})
	p.cmd.Dir = t.TempDir()
	if who != nil {
		p.cmd.SysProcAttr, p.cmd.Dir = &syscall.SysProcAttr{Credential: who}, "/"
	}
	for _, e := range env {
		if address, ok := strings.CutPrefix(e, "QUIZBOT_ADMIN_LISTEN="); ok {
			p.admin = address
		}
	}
	pipe, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	go func() {
		defer close(p.over)
		for s := bufio.NewScanner(pipe); s.Scan(); {
			p.note(s.Text())
		}
		err := p.cmd.Wait()
		p.mu.Lock()
		defer p.mu.Unlock()
		p.err = err
	}()
	return p
}

func (p *process) note(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if strings.Contains(line, `"outcome":"in-doubt"`) {
		p.inDoubt++
	}
	if len(p.lines) >= keptLines {
		p.lines = p.lines[1:]
	}
	p.lines = append(p.lines, line)
}

// log is the end of what the process said.
func (p *process) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines, "\n")
}

func (p *process) doubts() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.inDoubt
}

func (p *process) ended() bool {
	select {
	case <-p.over:
		return true
	default:
		return false
	}
}

// kill ends the process with -9 and waits.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.over
}

// stop asks the process to end, as an operator does, and returns its status.
func (p *process) stop() (int, error) {
	_ = p.cmd.Process.Signal(os.Interrupt)
	select {
	case <-p.over:
		return p.cmd.ProcessState.ExitCode(), nil
	case <-time.After(12 * time.Second):
		p.kill()
		return -1, fmt.Errorf("it had not ended 12 s after SIGINT")
	}
}

// get asks the admin port; the status is 0 when nobody answers.
func (p *process) get(path string) (int, string) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.admin+path, nil)
	if err != nil {
		return 0, err.Error()
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(body)
}

// ready waits until the process is, and returns after how long; false when it ended or
// the time was up before.
func (p *process) ready(within time.Duration) (time.Duration, bool) {
	for limit := time.After(within); ; {
		if status, _ := p.get("/readyz"); status == http.StatusOK {
			return time.Since(p.began), true
		}
		select {
		case <-p.over:
			return 0, false
		case <-limit:
			return 0, false
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// metric is the sum of a metric's series whose labels contain all of labels.
func (p *process) metric(name string, labels ...string) (float64, bool) {
	_, text := p.get("/metrics")
	sum, found := 0.0, false
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(line, name)
		if !ok || rest == "" || rest[0] != ' ' && rest[0] != '{' {
			continue
		}
		if slices.ContainsFunc(labels, func(l string) bool { return !strings.Contains(rest, l) }) {
			continue
		}
		fields := strings.Fields(line)
		if v, err := strconv.ParseFloat(fields[len(fields)-1], 64); err == nil {
			sum, found = sum+v, true
		}
	}
	return sum, found
}
