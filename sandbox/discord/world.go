package discord

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// User is an account, a player's or the bot's.
type User struct {
	ID         string
	Username   string
	GlobalName string // what is shown; may be empty
	Bot        bool
	RefusesDM  bool // messages to them get 50007
}

// Role is a role of a guild. The one whose id is the guild's is @everyone.
type Role struct {
	ID          string
	Name        string
	Permissions Permission
	Position    int
	Mentionable bool
}

// Member is a user in a guild.
type Member struct {
	UserID string
	Nick   string
	Roles  []string // ids; @everyone is understood
}

// ChannelKind is Discord's channel type.
type ChannelKind int

// The kinds of channels that are simulated.
const (
	TextChannel   ChannelKind = 0
	DirectChannel ChannelKind = 1
	PublicThread  ChannelKind = 11
	PrivateThread ChannelKind = 12
)

// Overwrite changes what a role or a member may do in a channel.
type Overwrite struct {
	ID          string
	Member      bool // else a role
	Allow, Deny Permission
}

// Channel is a text channel, a thread or a direct conversation with the bot.
type Channel struct {
	ID         string
	GuildID    string // empty for a direct conversation
	Name       string
	Kind       ChannelKind
	ParentID   string // of a thread: its channel
	Recipient  string // of a direct conversation: the player
	Overwrites []Overwrite
}

// Guild is a server, as players call it.
type Guild struct {
	ID, Name, OwnerID string
	Locale            string // "en-US" when empty
	Roles             []Role // @everyone is added when missing
	Members           []Member
	Channels          []Channel // GuildID is filled in
	// BotRoles are the roles of the bot, which is a member of each guild.
	BotRoles []string
}

type guild struct {
	Guild
	joined      time.Time
	removed     bool // the bot is not a member any more
	unavailable bool // Discord has an outage there
}

type channel struct {
	Channel
	messages []*Message // private ones and deleted ones too
	last     string     // id of the newest message
}

func (g *guild) member(userID string) *Member {
	for i := range g.Members {
		if g.Members[i].UserID == userID {
			return &g.Members[i]
		}
	}
	return nil
}

func (g *guild) role(id string) *Role {
	for i := range g.Roles {
		if g.Roles[i].ID == id {
			return &g.Roles[i]
		}
	}
	return nil
}

// AddUser adds a player and returns the id; a new one when u.ID is empty.
func (s *Server) AddUser(u User) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addUser(u)
}

func (s *Server) addUser(u User) (string, error) {
	if u.ID == "" {
		u.ID = s.newID()
	}
	if snowflake(u.ID) == 0 {
		return "", fmt.Errorf("user id %q is no snowflake", u.ID)
	}
	if u.Username == "" {
		u.Username = "user" + u.ID[max(0, len(u.ID)-4):]
	}
	s.users[u.ID] = &u
	s.changed(Event{Kind: WorldChanged, UserID: u.ID})
	return u.ID, nil
}

// AddGuild adds a guild with the bot in it and returns its id. Sessions hear
// of it as of the bot being invited.
func (s *Server) AddGuild(in Guild) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addGuild(in)
}

func (s *Server) addGuild(in Guild) (string, error) {
	g := &guild{Guild: in, joined: s.opt.Now()}
	if g.ID == "" {
		g.ID = s.newID()
	}
	if snowflake(g.ID) == 0 {
		return "", fmt.Errorf("guild id %q is no snowflake", g.ID)
	}
	if old := s.guilds[g.ID]; old != nil && !old.removed {
		return "", fmt.Errorf("guild %s exists", g.ID)
	}
	orString(&g.Locale, "en-US")
	g.Roles = slices.Clone(g.Roles)
	if g.role(g.ID) == nil {
		g.Roles = append([]Role{{ID: g.ID, Name: "@everyone", Permissions: EveryonePermissions}}, g.Roles...)
	}
	for i := range g.Roles {
		if g.Roles[i].ID == "" {
			g.Roles[i].ID = s.newID()
		}
	}
	g.Members = slices.Clone(g.Members)
	for _, m := range g.Members {
		if s.users[m.UserID] == nil {
			return "", fmt.Errorf("guild %s: unknown user %q", g.ID, m.UserID)
		}
	}
	if g.member(s.opt.Bot.ID) == nil {
		g.Members = append(g.Members, Member{UserID: s.opt.Bot.ID, Roles: g.BotRoles})
	}
	if g.OwnerID == "" {
		g.OwnerID = g.Members[0].UserID
	}
	if s.guilds[g.ID] == nil {
		s.guildOrder = append(s.guildOrder, g.ID)
	}
	s.guilds[g.ID] = g
	channels := g.Channels
	g.Channels = nil // kept in s.channels
	for _, c := range channels {
		c.GuildID = g.ID
		if _, err := s.addChannel(c, false); err != nil {
			return "", err
		}
	}
	s.dispatch(g.ID, IntentGuilds, "GUILD_CREATE", encode(s.guildJSON(g, true)), nil)
	s.changed(Event{Kind: WorldChanged, GuildID: g.ID})
	return g.ID, nil
}

// AddChannel adds a text channel or a thread to a guild and returns its id.
func (s *Server) AddChannel(c Channel) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addChannel(c, true)
}

func (s *Server) addChannel(in Channel, tell bool) (string, error) {
	g := s.guilds[in.GuildID]
	if g == nil {
		return "", fmt.Errorf("channel %q: unknown guild %q", in.Name, in.GuildID)
	}
	if in.ID == "" {
		in.ID = s.newID()
	}
	if snowflake(in.ID) == 0 {
		return "", fmt.Errorf("channel id %q is no snowflake", in.ID)
	}
	if old := s.channels[in.ID]; old != nil {
		if old.GuildID != in.GuildID {
			return "", fmt.Errorf("channel %s exists", in.ID)
		}
		old.Channel = in
		return in.ID, nil
	}
	name := "CHANNEL_CREATE"
	if in.Kind == PublicThread || in.Kind == PrivateThread {
		if p := s.channels[in.ParentID]; p == nil || p.GuildID != in.GuildID {
			return "", fmt.Errorf("thread %q: unknown parent %q", in.Name, in.ParentID)
		}
		name = "THREAD_CREATE"
	}
	c := &channel{Channel: in}
	s.channels[c.ID] = c
	s.channelOrder = append(s.channelOrder, c.ID)
	if tell {
		s.dispatch(g.ID, IntentGuilds, name, encode(s.channelJSON(c)), nil)
	}
	s.changed(Event{Kind: WorldChanged, GuildID: g.ID, ChannelID: c.ID})
	return c.ID, nil
}

// OpenDM gives the id of the direct conversation between a player and the bot.
func (s *Server) OpenDM(userID string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.openDM(userID)
	if err != nil {
		return "", err
	}
	return c.ID, nil
}

var errUnknownUser = errors.New("unknown user")

func (s *Server) openDM(userID string) (*channel, error) {
	if u := s.users[userID]; u == nil || u.Bot {
		return nil, fmt.Errorf("user %q: %w", userID, errUnknownUser)
	}
	if id, ok := s.dms[userID]; ok {
		return s.channels[id], nil
	}
	c := &channel{Channel: Channel{ID: s.newID(), Kind: DirectChannel, Recipient: userID}}
	s.channels[c.ID] = c
	s.channelOrder = append(s.channelOrder, c.ID)
	s.dms[userID] = c.ID
	s.changed(Event{Kind: WorldChanged, ChannelID: c.ID, UserID: userID})
	return c, nil
}

// AddMember puts a user into a guild, or changes their nick and roles there.
func (s *Server) AddMember(guildID string, m Member) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.guilds[guildID]
	if g == nil || s.users[m.UserID] == nil {
		return fmt.Errorf("add member %q to guild %q: unknown", m.UserID, guildID)
	}
	m.Roles = slices.Clone(m.Roles)
	if old := g.member(m.UserID); old != nil {
		*old = m
	} else {
		g.Members = append(g.Members, m)
	}
	s.changed(Event{Kind: WorldChanged, GuildID: guildID, UserID: m.UserID})
	return nil
}

// SetOverwrites replaces the permission overwrites of a channel.
func (s *Server) SetOverwrites(channelID string, o ...Overwrite) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[channelID]
	if c == nil {
		return fmt.Errorf("unknown channel %q", channelID)
	}
	c.Overwrites = slices.Clone(o)
	s.dispatch(c.GuildID, IntentGuilds, "CHANNEL_UPDATE", encode(s.channelJSON(c)), nil)
	s.changed(Event{Kind: WorldChanged, GuildID: c.GuildID, ChannelID: channelID})
	return nil
}

// SetRole adds a role to a guild or replaces it.
func (s *Server) SetRole(guildID string, r Role) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.guilds[guildID]
	if g == nil {
		return fmt.Errorf("unknown guild %q", guildID)
	}
	if snowflake(r.ID) == 0 {
		return fmt.Errorf("role id %q is no snowflake", r.ID)
	}
	name := "GUILD_ROLE_UPDATE"
	if old := g.role(r.ID); old != nil {
		*old = r
	} else {
		g.Roles = append(g.Roles, r)
		name = "GUILD_ROLE_CREATE"
	}
	s.dispatch(guildID, IntentGuilds, name, encode(obj{"guild_id": guildID, "role": roleJSON(r)}), nil)
	s.changed(Event{Kind: WorldChanged, GuildID: guildID})
	return nil
}

// Users lists the accounts, the bot among them, in the order of their ids.
func (s *Server) Users() []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]User, 0, len(s.users))
	for _, u := range s.users {
		out = append(out, *u)
	}
	slices.SortFunc(out, func(a, b User) int { return compareIDs(a.ID, b.ID) })
	return out
}

// Guilds lists the guilds that the bot is in, in the order they were added.
func (s *Server) Guilds() []Guild {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Guild
	for _, id := range s.guildOrder {
		g := s.guilds[id]
		if g.removed {
			continue
		}
		c := g.Guild
		c.Roles, c.Members = slices.Clone(g.Roles), slices.Clone(g.Members)
		for _, ch := range s.channelOrder {
			if s.channels[ch].GuildID == id {
				c.Channels = append(c.Channels, s.channels[ch].Channel)
			}
		}
		out = append(out, c)
	}
	return out
}

// Channels lists all channels, threads and direct conversations, in the order
// they were added.
func (s *Server) Channels() []Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Channel, 0, len(s.channelOrder))
	for _, id := range s.channelOrder {
		out = append(out, s.channels[id].Channel)
	}
	return out
}
