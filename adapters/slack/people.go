package slack

import (
	"context"
	"sync"
	"time"

	slackgo "github.com/slack-go/slack"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"

	"quizbot/bot"
)

const (
	knownFor   = 10 * time.Minute
	unknownFor = 30 * time.Second
	lookupTime = 800 * time.Millisecond // an acknowledgement never waits longer for a name
	maxPeople  = 20_000
	maxPaced   = 20_000
	maxAskers  = 5_000
	askerFor   = 30 * time.Minute // life of a response_url
)

type person struct {
	name  string
	role  bot.Role
	until time.Time
}

// people remembers what people are called and may do.
type people struct {
	mu     sync.Mutex
	known  map[string]person
	flight singleflight.Group
}

func (p *people) init() { p.known = map[string]person{} }

func (p *people) get(user string, now time.Time) (person, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	who, ok := p.known[user]
	return who, ok && now.Before(who.until)
}

func (p *people) put(user string, who person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.known) >= maxPeople {
		clear(p.known)
	}
	p.known[user] = who
}

// who looks a person up, within a bound. A failure is remembered for a while. The
// caller's own work must be counted, as that of the lookup is.
func (a *Adapter) who(ctx context.Context, team, user string) person {
	id := team + "/" + user
	if who, ok := a.people.get(id, a.now()); ok {
		return who
	}
	result := make(chan person, 1)
	a.work.Go(func() {
		a.guarded("lookup", func() {
			who, _, _ := a.people.flight.Do(id, func() (any, error) { return a.lookup(id, user), nil })
			result <- who.(person)
		})
	})
	timer := time.NewTimer(lookupTime)
	defer timer.Stop()
	select {
	case who := <-result:
		return who
	case <-timer.C:
	case <-ctx.Done():
	}
	return person{}
}

func (a *Adapter) lookup(id, user string) person {
	ctx, cancel := context.WithTimeout(a.late, apiTime)
	defer cancel()
	who := person{until: a.now().Add(unknownFor)}
	if u, err := a.api.GetUserInfoContext(ctx, user); err != nil {
		a.log.Debug("users.info failed", "user", user, "err", err)
	} else {
		who = person{name: displayName(u), until: a.now().Add(knownFor)}
		if u.IsAdmin || u.IsOwner || u.IsPrimaryOwner {
			who.role = bot.Admin
		}
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
	channels map[string]*rate.Limiter
}

func (p *pace) init() { p.channels = map[string]*rate.Limiter{} }

func (p *pace) of(channel string) *rate.Limiter {
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
