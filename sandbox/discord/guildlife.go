package discord

import "fmt"

// RemoveGuild takes the bot out of a guild, as its owner does: GUILD_DELETE
// without "unavailable". AddGuild with the same id invites it again.
func (s *Server) RemoveGuild(guildID string) error {
	return s.changeGuild(guildID, func(g *guild) {
		gone := encode(obj{"id": guildID})
		g.unavailable = false // the removal is told in an outage too
		s.dispatch(guildID, IntentGuilds, "GUILD_DELETE", gone, nil)
		g.removed = true
	})
}

// SetUnavailable begins an outage of a guild, told as GUILD_DELETE with
// "unavailable", or ends it, told as GUILD_CREATE. Between them nothing of the
// guild reaches the app by the gateway; calls still work.
func (s *Server) SetUnavailable(guildID string, unavailable bool) error {
	return s.changeGuild(guildID, func(g *guild) {
		switch {
		case unavailable && !g.unavailable:
			s.dispatch(guildID, IntentGuilds, "GUILD_DELETE", encode(obj{"id": guildID, "unavailable": true}), nil)
			g.unavailable = true
		case !unavailable && g.unavailable:
			g.unavailable = false
			s.dispatch(guildID, IntentGuilds, "GUILD_CREATE", encode(s.guildJSON(g, true)), nil)
		}
	})
}

func (s *Server) changeGuild(guildID string, fn func(*guild)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.guilds[guildID]
	if g == nil || g.removed {
		return fmt.Errorf("the bot is not in guild %q", guildID)
	}
	fn(g)
	s.changed(Event{Kind: WorldChanged, GuildID: guildID})
	return nil
}
