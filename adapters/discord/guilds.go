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
	mu      sync.Mutex
	all     map[string]*guild
	threads map[string]string // thread → the channel that it belongs to
}

// maxThreads bounds how many threads are known; active ones are told anew at
// every connection.
const maxThreads = 50_000

type guild struct {
	owner  string
	admins map[string]bool // role ids
}

func (g *guilds) init() { g.all, g.threads = map[string]*guild{}, map[string]string{} }

// thread is what is used of a channel.
type thread struct {
	ID       string `json:"id"`
	ParentID string `json:"parent_id"`
	Type     int    `json:"type"`
}

// learn notes threads: channels of the types 10 to 12. The caller holds mu.
func (g *guilds) learn(list ...thread) {
	for _, t := range list {
		if t.ID == "" || t.ParentID == "" || t.Type < 10 || t.Type > 12 {
			continue
		}
		if len(g.threads) >= maxThreads {
			clear(g.threads)
		}
		g.threads[t.ID] = t.ParentID
	}
}

// parentOf is the channel that a thread belongs to; "" for one that is no thread.
func (g *guilds) parentOf(channel string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.threads[channel]
}

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

		Threads  []thread `json:"threads"`
		ParentID string   `json:"parent_id"`
		Type     int      `json:"type"`
	}
	if json.Unmarshal(data, &e) != nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	switch event {
	case "THREAD_CREATE", "THREAD_UPDATE":
		g.learn(thread{ID: e.ID, ParentID: e.ParentID, Type: e.Type})
		return
	case "THREAD_LIST_SYNC":
		g.learn(e.Threads...)
		return
	case "THREAD_DELETE":
		delete(g.threads, e.ID)
		return
	}
	g.learn(e.Threads...)
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
