package discord

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/bwmarrin/discordgo"

	"quizbot/bot"
)

const (
	maxAskers = 10_000
	askerFor  = tokenLife - time.Minute
)

// askers remembers how to reach who last used a command in a room, to say in
// private why nothing came.
type askers struct {
	mu   sync.Mutex
	last map[bot.RoomID]asker
}

type asker struct {
	app, token string
	until      time.Time
}

func (s *askers) init() { s.last = map[bot.RoomID]asker{} }

func (s *askers) put(room bot.RoomID, act *interaction, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.last) >= maxAskers {
		clear(s.last)
	}
	s.last[room] = asker{act.App, act.Token, now.Add(askerFor)}
}

// take returns the room's last asker once.
func (s *askers) take(room bot.RoomID, now time.Time) (asker, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	last, ok := s.last[room]
	delete(s.last, room)
	return last, ok && now.Before(last.until)
}

// tellAsker says to whoever last used a command in the room why nothing came of it.
func (a *Adapter) tellAsker(room bot.RoomID, c bot.Card) {
	to, ok := a.askers.take(room, a.now())
	if !ok || c.Title == "" || a.late.Err() != nil {
		return
	}
	guild, channel, _ := splitRoom(room)
	if to.app == "" {
		_, to.app = a.ids()
	}
	a.work.Go(func() {
		ctx, cancel := context.WithTimeout(a.late, time.Minute)
		defer cancel()
		b := render(c, place{guild: guild, channel: channel})
		b.Flags = flagEphemeral
		if err := a.again(ctx, refused, func() error {
			return a.call(ctx, later, http.MethodPost, discordgo.EndpointWebhookToken(to.app, to.token), b, nil)
		}); err != nil {
			a.log.Warn("asker not told", "room", room, "err", err)
		}
	})
}
