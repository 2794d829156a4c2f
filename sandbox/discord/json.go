package discord

import (
	"encoding/json"
	"time"
)

// How things look on the wire. The caller of each holds mu.

func (s *Server) userJSON(id string) obj {
	u := s.users[id]
	if u == nil {
		return obj{"id": id, "username": "deleted", "discriminator": "0", "global_name": nil, "avatar": nil}
	}
	out := obj{"id": u.ID, "username": u.Username, "discriminator": "0", "avatar": nil, "global_name": nil}
	if u.GlobalName != "" {
		out["global_name"] = u.GlobalName
	}
	if u.Bot {
		out["bot"] = true
	}
	return out
}

func (s *Server) memberJSON(g *guild, m *Member, withUser bool) obj {
	roles := m.Roles
	if roles == nil {
		roles = []string{}
	}
	out := obj{"roles": roles, "nick": nil, "joined_at": stamp(g.joined), "deaf": false, "mute": false, "flags": 0}
	if m.Nick != "" {
		out["nick"] = m.Nick
	}
	if withUser {
		out["user"] = s.userJSON(m.UserID)
	}
	return out
}

func (s *Server) channelJSON(c *channel) obj {
	out := obj{"id": c.ID, "type": int(c.Kind), "last_message_id": nil}
	if c.last != "" {
		out["last_message_id"] = c.last
	}
	if c.Kind == DirectChannel {
		out["recipients"] = []obj{s.userJSON(c.Recipient)}
		return out
	}
	out["guild_id"], out["name"], out["position"] = c.GuildID, c.Name, 0
	if c.ParentID != "" {
		out["parent_id"] = c.ParentID
	}
	overwrites := []obj{}
	for _, o := range c.Overwrites {
		kind := 0
		if o.Member {
			kind = 1
		}
		overwrites = append(overwrites, obj{"id": o.ID, "type": kind, "allow": o.Allow.String(), "deny": o.Deny.String()})
	}
	out["permission_overwrites"] = overwrites
	return out
}

func roleJSON(r Role) obj {
	return obj{
		"id": r.ID, "name": r.Name, "permissions": r.Permissions.String(), "position": r.Position,
		"mentionable": r.Mentionable, "color": 0, "hoist": false, "managed": false,
	}
}

// guildJSON is a guild; whole adds what GUILD_CREATE has more.
func (s *Server) guildJSON(g *guild, whole bool) obj {
	roles := []obj{}
	for _, r := range g.Roles {
		roles = append(roles, roleJSON(r))
	}
	out := obj{"id": g.ID, "name": g.Name, "owner_id": g.OwnerID, "roles": roles, "preferred_locale": g.Locale, "emojis": []any{}, "features": []any{}}
	if !whole {
		return out
	}
	channels, threads, members := []obj{}, []obj{}, []obj{}
	for _, id := range s.channelOrder {
		c := s.channels[id]
		switch {
		case c.GuildID != g.ID:
		case c.Kind == PublicThread || c.Kind == PrivateThread:
			threads = append(threads, s.channelJSON(c))
		default:
			channels = append(channels, s.channelJSON(c))
		}
	}
	for i := range g.Members { // without the members intent: the bot and few others
		if g.Members[i].UserID == s.opt.Bot.ID {
			members = append(members, s.memberJSON(g, &g.Members[i], true))
		}
	}
	out["channels"], out["threads"], out["members"] = channels, threads, members
	out["member_count"], out["joined_at"], out["large"], out["unavailable"] = len(g.Members), stamp(g.joined), false, false
	return out
}

// messageJSON is a message as REST and the gateway show it.
func (s *Server) messageJSON(m *Message, event bool) obj {
	mentions := []obj{}
	g := s.guilds[m.GuildID]
	for _, id := range m.Mentioned {
		who := s.userJSON(id)
		if g != nil && event && g.member(id) != nil {
			who["member"] = s.memberJSON(g, g.member(id), false)
		}
		mentions = append(mentions, who)
	}
	out := obj{
		"id": m.ID, "channel_id": m.ChannelID, "type": m.Type, "content": m.Content, "author": s.userJSON(m.AuthorID),
		"embeds": rawList(m.Embeds), "components": rawList(m.Components), "attachments": s.attachmentsJSON(m), "mentions": mentions, "mention_roles": []any{},
		"mention_everyone": false, "pinned": false, "tts": false, "flags": m.Flags, "timestamp": stamp(m.Created), "edited_timestamp": nil,
	}
	if !m.Edited.IsZero() {
		out["edited_timestamp"] = stamp(m.Edited)
	}
	if m.ReplyTo != "" {
		ref := obj{"message_id": m.ReplyTo, "channel_id": m.ChannelID}
		if m.GuildID != "" {
			ref["guild_id"] = m.GuildID
		}
		out["message_reference"] = ref
	}
	if event && m.Nonce != "" {
		out["nonce"] = m.Nonce
	}
	if t := s.channels[m.ID]; t != nil { // the thread that hangs under it has its id
		out["flags"], out["thread"] = m.Flags|FlagHasThread, s.channelJSON(t)
	}
	if m.AuthorID == s.opt.Bot.ID {
		out["application_id"] = s.opt.AppID
	}
	return out
}

func rawList(raw json.RawMessage) json.RawMessage {
	if isNull(raw) {
		return json.RawMessage("[]")
	}
	return raw
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000+00:00") }
