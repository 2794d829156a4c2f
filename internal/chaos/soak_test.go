//go:build chaos

package chaos

import (
	"fmt"
	"os"
	"time"
)

// sample is what a living process uses.
type sample struct {
	at                         time.Duration
	rss, goroutines, fds, file float64
}

// soak lets one process live without kills, in changing weather of none, and looks at
// what it uses: what only ever grows is a leak.
func (c *campaign) soak(d time.Duration) {
	proc := startProcess(c.t, c.env(true, ""))
	if _, ok := proc.ready(readyWithin); !ok {
		c.fail("the soak's process was not ready:\n%s", proc.log())
		return
	}
	every := min(time.Minute, d/20)
	began := time.Now()
	var all []sample
	fmt.Printf("%8s %10s %10s %6s %10s\n", "time", "RSS MB", "goroutines", "fds", "file MB")
	for time.Since(began) < d && !proc.ended() {
		time.Sleep(every)
		s := sample{at: time.Since(began).Round(time.Second)}
		s.rss, _ = proc.metric("process_resident_memory_bytes")
		s.goroutines, _ = proc.metric("go_goroutines")
		s.fds, _ = proc.metric("process_open_fds")
		if info, err := os.Stat(c.db); err == nil {
			s.file = float64(info.Size())
		}
		fmt.Printf("%8s %10.1f %10.0f %6.0f %10.1f\n", s.at, s.rss/1e6, s.goroutines, s.fds, s.file/1e6)
		all = append(all, s)
	}
	if proc.ended() {
		c.fail("the soak's process ended by itself:\n%s", proc.log())
		return
	}
	c.leaks(all)
	if status, err := proc.stop(); err != nil || status != 0 {
		c.fail("after the soak it ended with status %d (%v):\n%s", status, err, proc.log())
	}
}

// leaks compares the last third of the samples with the second: what has grown by
// more than its noise allows is a leak. The first third is the process getting warm.
func (c *campaign) leaks(all []sample) {
	if len(all) < 9 {
		return
	}
	third := len(all) / 3
	least := func(of []sample, what func(sample) float64) float64 {
		n := what(of[0])
		for _, s := range of {
			n = min(n, what(s))
		}
		return n
	}
	for _, m := range []struct {
		name  string
		of    func(sample) float64
		share float64
		plus  float64
	}{
		{"memory", func(s sample) float64 { return s.rss }, 1.25, 16e6},
		{"goroutines", func(s sample) float64 { return s.goroutines }, 1.25, 50},
		{"file descriptors", func(s sample) float64 { return s.fds }, 1.25, 20},
	} {
		before, after := least(all[third:2*third], m.of), least(all[2*third:], m.of)
		if after > before*m.share+m.plus {
			c.fail("LEAK: %s never fell below %.0f in the last third of the soak, and below %.0f in the one before", m.name, after, before)
		}
	}
}
