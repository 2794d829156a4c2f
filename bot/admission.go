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
	// firstGuess is how many are done a second until it is known.
	firstGuess = 2000
)

// admission bounds how much may be under way at once, so that what is taken in is
// done in good time when more comes than can be done: the rest is refused at once,
// instead of all being answered after the platform has given up. How long it takes
// follows from how many are under way and how many are done a second (Little's law).
// Its owner guards it.
type admission struct {
	under int
	rate  float64   // done a second when many were under way; 0: not known yet
	done  float64   // that is done in
	took  float64   // seconds
	short time.Time // when little was last under way

	since time.Time // begin of what is looked at
	ends  int       // since then
	last  time.Time // of them
	few   bool      // little was under way at some time since then
}

// enter counts one in, or refuses it; so many wait in its room. What must come in
// regardless is not refused below the greatest number that there is memory for. One
// room doesn't take the last places from the others.
func (a *admission) enter(inRoom int, regardless bool, now time.Time) bool {
	full := a.full(now) || inRoom >= a.bound(now)*3/4
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
	rate := a.rate
	if rate == 0 {
		rate = firstGuess
	}
	return max(int(rate*d.Seconds()), fewUnderWay)
}

// leave counts one out.
func (a *admission) leave(now time.Time) {
	if now.After(a.last) {
		a.judge(now)
		a.last = now
	}
	a.under--
	a.ends++
	a.few = a.few || a.under < fewUnderWay/2
	a.feel(now)
}

// judge says how many are done a second. Of those that end at the same moment all
// count, so it does that later.
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
	case rate > max(a.rate, firstGuess/2): // and more could have been done
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
