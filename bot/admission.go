package bot

import (
	"math"
	"time"
)

const (
	// inGoodTime is how long what waits may take to be done. The platforms wait three
	// seconds, and people less.
	inGoodTime = 600 * time.Millisecond
	// atMost is the same for a moment, so that many at once are not refused who would
	// soon be done with; a queue that stands for longer than standing is no moment.
	atMost   = time.Second
	standing = 500 * time.Millisecond
	// fewUnderWay may be under way however long it takes: below that, how many are
	// done a second says how many come, and not how many could be done.
	fewUnderWay = 256
	// judgeEvery is how long at least is looked at, and judgeAt how many ends, before
	// it is said how many are done a second; what was seen longer than forgetAfter ago
	// has lost most of its weight by then.
	judgeEvery, judgeAt = 50 * time.Millisecond, 32
	forgetAfter         = time.Second
)

// admission bounds how much may be under way at once, so that what is taken in is
// done in good time when more comes than can be done: the rest is refused at once,
// instead of all being answered after the platform has given up. How long it takes
// follows from how many are under way and how many are done a second (Little's law).
// Its owner guards it.
type admission struct {
	under int
	rate  float64   // done a second when many were under way; 0: not known
	done  float64   // that is done in
	took  float64   // seconds
	short time.Time // when little was last under way

	since time.Time // begin of what is looked at
	ends  int       // since then
	few   bool      // little was under way at some time since then
}

// enter counts one in, or refuses it. What must come in regardless is not refused
// below the greatest number that there is memory for.
func (a *admission) enter(regardless bool, now time.Time) bool {
	full := a.full(now)
	if a.under >= maxInAll || !regardless && full {
		return false
	}
	a.feel(now)
	if a.under++; a.under == fewUnderWay/2 || a.under == 1 {
		a.look(now)
	}
	return true
}

// full says that enter would refuse one now.
func (a *admission) full(now time.Time) bool {
	a.judge(now)
	return a.under >= a.bound(now)
}

func (a *admission) bound(now time.Time) int {
	if now.Sub(a.short) < standing {
		return a.within(atMost)
	}
	return a.within(inGoodTime)
}

// within is how many can be done in d.
func (a *admission) within(d time.Duration) int {
	if a.rate == 0 {
		return maxInAll
	}
	return max(int(a.rate*d.Seconds()), fewUnderWay)
}

// leave counts one out.
func (a *admission) leave(now time.Time) {
	a.under--
	a.ends++
	a.few = a.few || a.under < fewUnderWay/2
	a.feel(now)
}

// judge says how many are done a second. It does so when the next one comes, for
// many may end at the same moment, and all of them count.
func (a *admission) judge(now time.Time) {
	past := now.Sub(a.since)
	if past < 0 { // the clock was set back
		a.look(now)
	}
	if a.ends < judgeAt || past < judgeEvery {
		return
	}
	switch rate := float64(a.ends) / past.Seconds(); {
	case !a.few:
		left := math.Exp(-past.Seconds() / forgetAfter.Seconds())
		a.done, a.took = a.done*left+float64(a.ends), a.took*left+past.Seconds()
		a.rate = a.done / a.took
	case rate > a.rate && a.rate > 0: // and more could have been done
		a.done, a.took, a.rate = float64(a.ends), past.Seconds(), rate
	}
	a.look(now)
}

// feel notes that little is under way.
func (a *admission) feel(now time.Time) {
	if float64(a.under) <= a.rate*inGoodTime.Seconds()/2 {
		a.short = now
	}
}

func (a *admission) look(now time.Time) {
	a.since, a.ends, a.few = now, 0, a.under < fewUnderWay/2
}
