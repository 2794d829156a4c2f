package slack

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	slackgo "github.com/slack-go/slack"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"

	"quizbot/bot"
)

const (
	knownFor   = 10 * time.Minute
	adminFor   = time.Minute // so soon one who is no admin any more loses an admin's words
	trusted    = time.Hour   // so long at most where Slack can't be asked
	unknownFor = 30 * time.Second
	lookupTime = 800 * time.Millisecond // an acknowledgement never waits longer for a name
	maxLookups = 64                     // at once
	maxInQueue = 256                    // of those that wait for their turn: as many as get one in time
	maxPeople  = 20_000                 // that are known at least; twice as many for a while
	maxPaced   = 20_000
	maxAskers  = 5_000
	askerFor   = 30 * time.Minute // life of a response_url
)

type person struct {
	name string
	role bot.Role
	// program: a bot. missing: there is nobody of that name, or not any more.
	program, missing bool
	until            time.Time // looked up again after that
	sure             time.Time // when Slack told
}

// people remembers what people are called and may do.
type people struct {
	mu     sync.Mutex
	known  map[string]person    // those who came of late
	old    map[string]person    // and before
	paused map[string]time.Time // Slack wants no lookups of a workspace's people before
	flight singleflight.Group
	slots  chan struct{}
	queue  atomic.Int64 // lookups that are under way or wait for it
}

func (p *people) init() {
	p.known, p.paused, p.slots = map[string]person{}, map[string]time.Time{}, make(chan struct{}, maxLookups)
}

// get is what is known of somebody; fresh says that looking it up again has time.
func (p *people) get(id string, now time.Time) (who person, fresh bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	who = p.find(id)
	return who, now.Before(who.until) || p.resting(id, now)
}

// resting: Slack wants no lookups of this workspace's people now. The caller holds mu.
func (p *people) resting(id string, now time.Time) bool {
	team, _, _ := strings.Cut(id, "/")
	return now.Before(p.paused[team])
}

// wanted says that looking somebody up would still tell something new. One who is
// made do without a name for a while is still looked up.
func (p *people) wanted(id string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	who := p.find(id)
	return !p.resting(id, now) && (who.name == "" || !now.Before(who.until))
}

func (p *people) put(id string, who person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.store(id, who)
}

// find is what is known of somebody. The caller holds mu.
func (p *people) find(id string) person {
	who, ok := p.known[id]
	if ok {
		return who
	}
	if who, ok = p.old[id]; ok {
		p.store(id, who)
	}
	return who
}

// store remembers somebody, and forgets those who came long ago where there are too
// many. The caller holds mu.
func (p *people) store(id string, who person) {
	if _, ok := p.known[id]; !ok && len(p.known) >= maxPeople {
		p.old, p.known = p.known, make(map[string]person, maxPeople)
	}
	p.known[id] = who
}

// keep makes do for a while with what was known before, be it nothing, and
// returns it. Nobody stays an admin for long on Slack's word of before.
func (p *people) keep(id string, now time.Time) person {
	p.mu.Lock()
	defer p.mu.Unlock()
	who := p.find(id)
	if !now.Before(who.until) {
		who.until = now.Add(unknownFor)
		if now.Sub(who.sure) > trusted {
			who.role = bot.Member
		}
		p.store(id, who)
	}
	return who
}

// pause keeps lookups in a workspace back for as long as Slack asks.
func (p *people) pause(team string, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.paused[team]; !ok && len(p.paused) >= maxPeople {
		clear(p.paused)
	}
	if until.After(p.paused[team]) {
		p.paused[team] = until
	}
}

// who begins to look a person up and returns a function that waits for it, within
// a bound that counts from now. Where Slack doesn't tell in time, what was known
// before still holds. The caller's own work must be counted, as that of the lookup is.
func (a *Adapter) who(team, user string) func() person {
	id := team + "/" + user
	if who, fresh := a.people.get(id, a.now()); fresh {
		return func() person { return who }
	}
	if a.people.queue.Load() >= maxLookups+maxInQueue {
		who := a.people.keep(id, a.now())
		return func() person { return who }
	}
	a.people.queue.Add(1)
	timer := time.NewTimer(a.patience)
	result := make(chan person, 1)
	a.work.Go(func() {
		defer a.people.queue.Add(-1)
		a.guarded("lookup", func() {
			who, _, _ := a.people.flight.Do(id, func() (any, error) { return a.lookup(team, user), nil })
			result <- who.(person)
		})
	})
	return func() person {
		defer timer.Stop()
		select {
		case who := <-result:
			return who
		case <-timer.C:
		case <-a.late.Done():
		}
		return a.people.keep(id, a.now())
	}
}

func (a *Adapter) lookup(team, user string) person {
	id := team + "/" + user
	select {
	case a.people.slots <- struct{}{}:
		defer func() { <-a.people.slots }()
	case <-a.late.Done():
	}
	if !a.people.wanted(id, a.now()) { // any more, since this one waited
		return a.people.keep(id, a.now())
	}
	ctx, cancel := context.WithTimeout(a.late, apiTime)
	defer cancel()
	at, err := a.workspace(ctx, team)
	if err != nil {
		return a.people.keep(id, a.now())
	}
	u, err := at.api.GetUserInfoContext(ctx, user)
	if err != nil {
		a.doubtToken(at, err)
		a.log.Debug("users.info failed", "user", user, "err", err)
		if gone := new(slackgo.SlackErrorResponse); errors.As(err, gone) && gone.Err == "user_not_found" {
			who := person{missing: true, until: a.now().Add(unknownFor)}
			a.people.put(id, who)
			return who
		}
		var limited *bot.RetryError
		if errors.As(classify(err, true), &limited) && limited.After > 0 {
			a.people.pause(team, a.now().Add(limited.After))
		}
		return a.people.keep(id, a.now())
	}
	now := a.now()
	who := person{name: displayName(u), program: u.IsBot, missing: u.Deleted, until: now.Add(knownFor), sure: now}
	if u.IsAdmin || u.IsOwner || u.IsPrimaryOwner {
		who.role, who.until = bot.Admin, now.Add(adminFor)
	}
	a.people.put(id, who)
	return who
}

func displayName(u *slackgo.User) string {
	for _, name := range []string{u.Profile.DisplayName, u.Profile.RealName, u.RealName, u.Name} {
		if name != "" {
			return name
		}
	}
	return ""
}

// pace keeps to one message a second a channel, after a short burst.
type pace struct {
	mu       sync.Mutex
	channels map[string]*rate.Limiter // by workspace and channel
}

func (p *pace) init() { p.channels = map[string]*rate.Limiter{} }

func (p *pace) of(team, channel string) *rate.Limiter {
	channel = team + "/" + channel
	p.mu.Lock()
	defer p.mu.Unlock()
	l, ok := p.channels[channel]
	if !ok {
		if len(p.channels) >= maxPaced {
			clear(p.channels)
		}
		l = rate.NewLimiter(rate.Every(time.Second), 3)
		p.channels[channel] = l
	}
	return l
}

// askers remembers how to reach who last used a command in a room, to tell that
// person that the bot must be invited.
type askers struct {
	mu   sync.Mutex
	last map[bot.RoomID]asker
}

type asker struct {
	url   string
	until time.Time
}

func (s *askers) init() { s.last = map[bot.RoomID]asker{} }

func (s *askers) put(room bot.RoomID, url string, now time.Time) {
	if url == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.last) >= maxAskers {
		clear(s.last)
	}
	s.last[room] = asker{url, now.Add(askerFor)}
}

// take returns the room's last asker once.
func (s *askers) take(room bot.RoomID, now time.Time) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	last, ok := s.last[room]
	delete(s.last, room)
	return last.url, ok && now.Before(last.until)
}
