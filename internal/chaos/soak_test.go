//go:build chaos

package chaos

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// sample is what a living process uses. Its resident memory is the program's own and
// the pages of the database, which grow with the file and are the kernel's to take back.
type sample struct {
	at                                time.Duration
	own, pages, goroutines, fds, file float64
}

// memory is what a process holds, in bytes: of its own, and of mapped files.
func memory(pid int) (own, pages float64) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(status)) {
		var kB float64
		switch name, rest, _ := strings.Cut(line, ":"); name {
		case "RssAnon":
			_, _ = fmt.Sscanf(rest, "%f kB", &kB)
			own = kB * 1024
		case "RssFile":
			_, _ = fmt.Sscanf(rest, "%f kB", &kB)
			pages = kB * 1024
		}
	}
	return own, pages
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
	fmt.Printf("%8s %10s %10s %10s %6s %10s\n", "time", "memory MB", "pages MB", "goroutines", "fds", "file MB")
	for time.Since(began) < d && !proc.ended() {
		time.Sleep(every)
		s := sample{at: time.Since(began).Round(time.Second)}
		s.own, s.pages = memory(proc.cmd.Process.Pid)
		s.goroutines, _ = proc.metric("go_goroutines")
		s.fds, _ = proc.metric("process_open_fds")
		if info, err := os.Stat(c.db); err == nil {
			s.file = float64(info.Size())
		}
		fmt.Printf("%8s %10.1f %10.1f %10.0f %6.0f %10.1f\n", s.at, s.own/1e6, s.pages/1e6, s.goroutines, s.fds, s.file/1e6)
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
		{"memory", func(s sample) float64 { return s.own }, 1.25, 8e6},
		{"goroutines", func(s sample) float64 { return s.goroutines }, 1.25, 50},
		{"file descriptors", func(s sample) float64 { return s.fds }, 1.25, 20},
	} {
		before, after := least(all[third:2*third], m.of), least(all[2*third:], m.of)
		if after > before*m.share+m.plus {
			c.fail("LEAK: %s never fell below %.0f in the last third of the soak, and below %.0f in the one before", m.name, after, before)
		}
	}
}
