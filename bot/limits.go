package bot

import (
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/time/rate"

	"quizbot/quiz"
)

// How much one person or room may ask for before they are told to slow down: as
// much at once, and so much a second afterwards. A person has two allowances, so
// that whoever has asked for too many boards can still answer.
const (
	// Presses and lines of one person in one room. The longest answer takes eleven presses.
	playBurst, playRate = 40, 5
	// Words said to the bot by one person in one room.
	wordBurst, wordRate = 30, 1
	// everywhere is how many times as much one person may in all rooms together.
	everywhere = 5
	// Words that the bot answers for a whole room to see, by whomever.
	loudBurst, loudRate = 20, 1
	// Pictures of one room, by whomever: each takes time to draw, and a platform's.
	pictureBurst, pictureRate = 3, 0.1
	// How often one person can be forgotten, for that reads all there is.
	forgetBurst, forgetRate = 2, 1.0 / 60
	// How often one person, and the people of one room, are told to slow down.
	// Whoever is refused beyond that is refused in silence.
	toldBurst, toldRate         = 1, 0.2
	toldHereBurst, toldHereRate = 5, 1
)

// maxKeys bounds how many people or rooms one limit knows at a time, and maxKnown
// how many deliveries are known again; twice as many for a moment.
const (
	maxKeys  = 20_000
	maxKnown = 8192
)

// maxHeard is how much of a line is listened to, in bytes: more than any answer has.
const maxHeard = quiz.MaxLine + 64

// limits refuse what one person, or the people of one room, ask for too fast,
// before anything is read or written for it. What they know is bounded: who has
// been quiet for as long as their allowance takes to fill up is forgotten.
type limits struct {
	mu       sync.Mutex
	play     [2]*allowances // in one room, and everywhere
	words    [2]*allowances
	loud     *allowances
	pictures *allowances
	told     *allowances
	toldHere *allowances
	forget   *allowances
	known    verdicts
}

func newLimits() *limits {
	return &limits{
		play:  [2]*allowances{newAllowances(playRate, playBurst), newAllowances(everywhere*playRate, everywhere*playBurst)},
		words: [2]*allowances{newAllowances(wordRate, wordBurst), newAllowances(everywhere*wordRate, everywhere*wordBurst)},
		loud:  newAllowances(loudRate, loudBurst), pictures: newAllowances(pictureRate, pictureBurst), forget: newAllowances(forgetRate, forgetBurst),
		told: newAllowances(toldRate, toldBurst), toldHere: newAllowances(toldHereRate, toldHereBurst),
		known: verdicts{fresh: map[string]bool{}},
	}
}

// all lists them.
func (l *limits) all() [9]*allowances {
	return [...]*allowances{l.play[0], l.play[1], l.words[0], l.words[1], l.loud, l.pictures, l.told, l.toldHere, l.forget}
}

// refuse says whether a delivery is too much, and then what its sender reads. A
// delivery that comes again is judged as it was before, and counts once. One that
// the platform has kept for us (Again) is never too much: how fast those come says
// nothing about who said them.
func (l *limits) refuse(in Incoming, now time.Time) (Reply, bool) {
	if in.Again {
		return Reply{}, false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if refused, known := l.known.get(in.ID); known {
		return Reply{Seen: true}, refused
	}
	for _, a := range l.all() {
		a.turn(now)
	}
	wait := l.take(in, now)
	l.known.put(in.ID, wait > 0)
	if wait <= 0 {
		return Reply{}, false
	}
	return l.sorry(in, wait, now), true
}

// take uses up a part of each allowance that a delivery needs. It returns how long
// to wait until there is enough of it again; 0 when there is enough now.
func (l *limits) take(in Incoming, now time.Time) time.Duration {
	if in.Choice != "" || !in.Addressed && !in.Private {
		return takeBoth(l.play, in, now)
	}
	wait := takeBoth(l.words, in, now)
	if wait <= 0 && loud(in) {
		wait = l.loud.take(string(in.Room), now)
	}
	if wait <= 0 && ParseCommand(in.Text).pictured() {
		wait = l.pictures.take(string(in.Room), now)
	}
	return wait
}

// untilForgotten is how long a person who wants to be forgotten has to wait; 0: not at all.
func (l *limits) untilForgotten(u UserID, now time.Time) time.Duration {
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.forget.take(string(u), now)
}

// takeBoth is for a person in one room, and everywhere.
func takeBoth(of [2]*allowances, in Incoming, now time.Time) time.Duration {
	if wait := of[0].take(string(in.User)+"\x00"+string(in.Room), now); wait > 0 {
		return wait
	}
	return of[1].take(string(in.User), now)
}

// loud: the room reads what these words bring. Words that are no command may be
// an answer, which everybody in a room may give at once.
func loud(in Incoming) bool {
	if in.Private {
		return false
	}
	c := ParseCommand(in.Text)
	return c.Word == WordLeaderboard || in.Aloud && c.Named
}

// sorry is what somebody reads who was refused. A line in the room was perhaps not
// meant for the bot and gets no word. Who has been told already, or in a room where
// many were, is told once more only where the platform waits for an answer anyway.
func (l *limits) sorry(in Incoming, wait time.Duration, now time.Time) Reply {
	press := in.Choice != ""
	if !press && !in.Addressed && !in.Private {
		return Reply{Seen: true}
	}
	if len(in.Fields) > 0 { // whoever wrote something must know what became of it
		return refusedForm(in, saySlowDown(wait))
	}
	told := l.told.take(string(in.User), now) <= 0 && l.toldHere.take(string(in.Room), now) <= 0
	if press && !told {
		return Reply{Seen: true}
	}
	card := saySlowDown(wait)
	return Reply{Card: &card, Seen: !told}
}

// heard cuts what somebody said to what can matter, so that what waits stays small.
func heard(in Incoming) Incoming {
	in.Name, in.Mentioned = cleanName(in.Name), cleanMentions(in.Mentioned)
	if len(in.Text) > maxHeard { // too long to be an answer, and so must be what is left of it
		in.Text = cutBytes(strings.Join(strings.Fields(in.Text), " "), maxHeard)
	}
	in.Choice = cutBytes(in.Choice, maxPress+1) // still too long to be one
	in.Fields = bounded(in.Fields)
	return in
}

// cutBytes is the beginning of s, of at most n bytes and whole characters, in
// memory of its own.
func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.Clone(s[:n])
}

// allowances are those of many people or rooms, by key.
type allowances struct {
	rate  rate.Limit
	burst int
	// Those used of late, and before; the latter are forgotten when the former were
	// kept for as long as an allowance takes to fill up.
	fresh, old map[string]*rate.Limiter
	turned     time.Time
}

func newAllowances(perSecond float64, burst int) *allowances {
	return &allowances{rate: rate.Limit(perSecond), burst: burst, fresh: map[string]*rate.Limiter{}}
}

// take uses up one of the key's allowance; where none is left, it says when one
// will be.
func (a *allowances) take(key string, now time.Time) time.Duration {
	one, ok := a.fresh[key]
	if !ok {
		if one, ok = a.old[key]; !ok {
			one = rate.NewLimiter(a.rate, a.burst)
		}
		a.fresh[key] = one
	}
	r := one.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// turn forgets who was not seen for long, or somebody at least where there are too many.
func (a *allowances) turn(now time.Time) {
	full := time.Duration(float64(a.burst) / float64(a.rate) * float64(time.Second))
	switch since := now.Sub(a.turned); {
	case since < 0: // the clock was set back
		a.turned = now
	case since >= 2*full:
		a.old, a.fresh, a.turned = nil, map[string]*rate.Limiter{}, now
	case since >= full || len(a.fresh) >= maxKeys:
		a.old, a.fresh, a.turned = a.fresh, map[string]*rate.Limiter{}, now
	}
}

// verdicts remember the newest deliveries, and whether they were refused.
type verdicts struct{ fresh, old map[string]bool }

func (v *verdicts) get(id string) (refused, known bool) {
	if refused, known = v.fresh[id]; !known {
		refused, known = v.old[id]
	}
	return refused, known
}

func (v *verdicts) put(id string, refused bool) {
	if len(v.fresh) >= maxKnown {
		v.old, v.fresh = v.fresh, map[string]bool{}
	}
	v.fresh[id] = refused
}
