//go:build chaos

package failpoint

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Reach does what the environment says of this point.
func Reach(p Point) {
	for _, o := range orders()[p] {
		o.follow(p)
	}
}

// order is what happens at a point: a pause, or the end at the kill-th time from after on.
type order struct {
	pause time.Duration
	kill  int
	after time.Time

	mu   sync.Mutex
	seen int
}

func (o *order) follow(p Point) {
	if o.pause > 0 {
		time.Sleep(o.pause)
		return
	}
	if time.Now().Before(o.after) {
		return
	}
	o.mu.Lock()
	o.seen++
	last := o.seen == o.kill
	o.mu.Unlock()
	if !last {
		return
	}
	_, _ = fmt.Fprintf(os.Stderr, "failpoint %s: killed at number %d\n", p, o.kill)
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		_ = self.Kill()
	}
	select {} // the signal may take a moment; nothing more happens here
}

// orders reads the environment once. A point or an order that does not exist ends the
// process: a test that asks for it would test nothing.
var orders = sync.OnceValue(func() map[Point][]*order {
	out, err := parse(os.Getenv(Env))
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	return out
})

func parse(text string) (map[Point][]*order, error) {
	out := map[Point][]*order{}
	known := map[Point]bool{}
	for _, p := range All() {
		known[p] = true
	}
	for one := range strings.SplitSeq(text, ",") {
		if one == "" {
			continue
		}
		name, what, _ := strings.Cut(one, "=")
		o := &order{}
		var err error
		if nth, ok := strings.CutPrefix(what, "kill@"); ok {
			nth, after, delayed := strings.Cut(nth, "+")
			if o.kill, err = strconv.Atoi(nth); err == nil && delayed {
				var d time.Duration
				d, err = time.ParseDuration(after)
				o.after = time.Now().Add(d)
			}
		} else if pause, ok := strings.CutPrefix(what, "sleep:"); ok {
			o.pause, err = time.ParseDuration(pause)
		}
		if err != nil || !known[Point(name)] || o.kill < 1 && o.pause <= 0 {
			return nil, fmt.Errorf("%s: %q is not POINT=kill@N, POINT=kill@N+DURATION or POINT=sleep:DURATION", Env, one)
		}
		out[Point(name)] = append(out[Point(name)], o)
	}
	return out, nil
}
