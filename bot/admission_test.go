package bot

import (
	"slices"
	"testing"
	"time"
)

// offered is what came to a server that does rate things a second, in their order.
type offered struct {
	rate    int
	doing   admission
	now     time.Time
	waiting []time.Time
	owed    float64 // of work, in things
}

// offer lets n a second come for a while. It returns how long those took that were
// let in, and how many were refused.
func (o *offered) offer(n int, d time.Duration) (took []time.Duration, refused int) {
	const step = time.Millisecond
	came := 0.0
	for end := o.now.Add(d); o.now.Before(end); o.now = o.now.Add(step) {
		for came += float64(n) * step.Seconds(); came >= 1; came-- {
			if o.doing.enter(0, false, o.now) {
				o.waiting = append(o.waiting, o.now)
			} else {
				refused++
			}
		}
		for o.owed += float64(o.rate) * step.Seconds(); o.owed >= 1; o.owed-- {
			if len(o.waiting) == 0 {
				o.owed = 0
				break
			}
			o.doing.leave(o.now)
			took = append(took, o.now.Sub(o.waiting[0]))
			o.waiting = o.waiting[1:]
		}
	}
	slices.Sort(took)
	return took, refused
}

// TestAdmission: ten times what can be done is refused but for what can be done in
// good time, and none of that is given away; nobody is refused before and after.
func TestAdmission(t *testing.T) {
	t.Parallel()
	for _, rate := range []int{300, 700, 3000, 20_000} {
		o := &offered{rate: rate, now: time.Unix(1_800_000_000, 0)}
		if _, refused := o.offer(rate*8/10, 20*time.Second); refused > 0 {
			t.Errorf("%d/s: %d refused of what can be done", rate, refused)
		}
		long := time.Minute
		if rate > 5000 { // so many are there sooner
			long /= 6
		}
		took, refused := o.offer(10*rate, long)
		done, p99, most := float64(len(took))/long.Seconds()/float64(rate), took[len(took)*99/100], took[len(took)-1]
		t.Logf("%d/s: %.0f %% done, %d refused, half within %v, 99 %% within %v, all within %v", rate, 100*done, refused, took[len(took)/2], p99, most)
		if done < 0.95 || refused == 0 {
			t.Errorf("%d/s: only %.0f %% of what could be done was, %d were refused", rate, 100*done, refused)
		}
		if p99 > time.Second || most > 3*time.Second {
			t.Errorf("%d/s: 99 %% took up to %v, the longest %v", rate, p99, most)
		}
		o.offer(rate/2, 2*time.Second)
		if _, refused := o.offer(rate*8/10, 20*time.Second); refused > 0 {
			t.Errorf("%d/s: %d refused when it was over", rate, refused)
		}
	}
}

// TestAdmissionLetsABurstIn: many at once are no overload when they are soon done.
func TestAdmissionLetsABurstIn(t *testing.T) {
	t.Parallel()
	o := &offered{rate: 5000, now: time.Unix(1_800_000_000, 0)}
	for n := range 10 {
		for range min(4, n+1) * 1000 {
			if !o.doing.enter(0, false, o.now) {
				t.Fatal("one of a burst was refused")
			}
			o.waiting = append(o.waiting, o.now)
		}
		o.offer(0, time.Second)
	}
}

// TestAdmissionOnASlowDisk: where everything that waits is done together, and that
// takes a while, many under way are no overload: refusing them would win nothing.
func TestAdmissionOnASlowDisk(t *testing.T) {
	t.Parallel()
	var doing admission
	now := time.Unix(1_800_000_000, 0)
	var waiting, syncing, refused int
	for ms := range 60_000 {
		now = now.Add(time.Millisecond)
		for range 5 {
			if doing.enter(0, false, now) {
				waiting++
			} else if ms > 2000 { // before that it isn't known how many are done
				refused++
			}
		}
		if ms%200 == 0 {
			for range syncing {
				doing.leave(now)
			}
			waiting, syncing = 0, waiting
		}
	}
	if refused > 0 {
		t.Errorf("%d of 290,000 were refused", refused)
	}
}
