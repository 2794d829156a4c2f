package discord

import (
	"encoding/json"
	"slices"
	"strconv"
	"sync"

	"quizbot/bot"
)

// guilds knows, of every server, who may steer the bot: its owner and the roles
// that may manage it. Nothing else of a server is kept.
type guilds struct {
	mu  sync.Mutex
	all map[string]*guild
}

type guild struct {
	owner  string
	admins map[string]bool // role ids
}

func (g *guilds) init() { g.all = map[string]*guild{} }

type role struct {
	ID          string `json:"id"`
	Permissions string `json:"permissions"`
}

func (r role) admin() bool {
	bits, err := strconv.ParseUint(r.Permissions, 10, 64)
	return err == nil && bits&(permAdministrator|permManageGuild) != 0
}

// take follows the events that say who may steer.
func (g *guilds) take(event string, data []byte) {
	var e struct {
		ID          string `json:"id"`
		OwnerID     string `json:"owner_id"`
		Unavailable bool   `json:"unavailable"`
		Roles       []role `json:"roles"`
		GuildID     string `json:"guild_id"`
		Role        role   `json:"role"`
		RoleID      string `json:"role_id"`
	}
	if json.Unmarshal(data, &e) != nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	switch event {
	case "GUILD_CREATE", "GUILD_UPDATE":
		if e.ID == "" || e.Unavailable {
			return
		}
		entry := &guild{owner: e.OwnerID, admins: map[string]bool{}}
		for _, r := range e.Roles {
			if r.admin() {
				entry.admins[r.ID] = true
			}
		}
		g.all[e.ID] = entry
	case "GUILD_DELETE":
		if !e.Unavailable {
			delete(g.all, e.ID)
		}
	case "GUILD_ROLE_CREATE", "GUILD_ROLE_UPDATE":
		if entry := g.all[e.GuildID]; entry != nil {
			delete(entry.admins, e.Role.ID)
			if e.Role.admin() {
				entry.admins[e.Role.ID] = true
			}
		}
	case "GUILD_ROLE_DELETE":
		if entry := g.all[e.GuildID]; entry != nil {
			delete(entry.admins, e.RoleID)
		}
	}
}

func (g *guilds) roleOf(guildID, userID string, roles []string) bot.Role {
	g.mu.Lock()
	defer g.mu.Unlock()
	entry := g.all[guildID]
	if entry == nil {
		return bot.Member
	}
	everyone := guildID // the role that all have is named like the server
	if entry.owner == userID || entry.admins[everyone] || slices.ContainsFunc(roles, func(r string) bool { return entry.admins[r] }) {
		return bot.Admin
	}
	return bot.Member
}
