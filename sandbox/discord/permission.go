package discord

import "strconv"

// Permission is a set of Discord's permission bits.
type Permission uint64

// The permissions that this server looks at, and some that tests set.
const (
	Administrator         Permission = 1 << 3
	ManageChannels        Permission = 1 << 4
	ManageGuild           Permission = 1 << 5
	AddReactions          Permission = 1 << 6
	ViewChannel           Permission = 1 << 10
	SendMessages          Permission = 1 << 11
	ManageMessages        Permission = 1 << 13
	EmbedLinks            Permission = 1 << 14
	AttachFiles           Permission = 1 << 15
	ReadMessageHistory    Permission = 1 << 16
	MentionEveryone       Permission = 1 << 17
	UseCommands           Permission = 1 << 31
	CreatePublicThreads   Permission = 1 << 35
	CreatePrivateThreads  Permission = 1 << 36
	SendMessagesInThreads Permission = 1 << 38

	// EveryonePermissions is what @everyone may do where nothing else is said.
	EveryonePermissions = AddReactions | ViewChannel | SendMessages | EmbedLinks | AttachFiles |
		ReadMessageHistory | UseCommands | CreatePublicThreads | SendMessagesInThreads

	allPermissions Permission = 1<<51 - 1
	// directPermissions is what both sides may do in a direct conversation.
	directPermissions = EveryonePermissions | MentionEveryone
)

// String is the decimal number that Discord's API shows.
func (p Permission) String() string { return strconv.FormatUint(uint64(p), 10) }

// has says whether all of q are in p.
func (p Permission) has(q Permission) bool { return p&q == q }

// permissions computes what a user may do in a channel. The caller holds mu.
func (s *Server) permissions(c *channel, userID string) Permission {
	g := s.guilds[c.GuildID]
	if g == nil {
		return directPermissions
	}
	m := g.member(userID)
	if m == nil || g.removed {
		return 0
	}
	if g.OwnerID == userID {
		return allPermissions
	}
	p := g.role(g.ID).Permissions
	for _, id := range m.Roles {
		if r := g.role(id); r != nil {
			p |= r.Permissions
		}
	}
	if p.has(Administrator) {
		return allPermissions
	}
	if c.ParentID != "" && s.channels[c.ParentID] != nil {
		c = s.channels[c.ParentID] // a thread has its channel's overwrites
	}
	var allow, deny Permission
	for _, o := range c.Overwrites {
		if !o.Member && o.ID == g.ID {
			p = p&^o.Deny | o.Allow
		}
	}
	for _, o := range c.Overwrites {
		for _, id := range m.Roles {
			if !o.Member && o.ID == id {
				allow |= o.Allow
				deny |= o.Deny
			}
		}
	}
	p = p&^deny | allow
	for _, o := range c.Overwrites {
		if o.Member && o.ID == userID {
			p = p&^o.Deny | o.Allow
		}
	}
	return p
}
