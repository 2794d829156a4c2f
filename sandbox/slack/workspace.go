package slack

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Team is a workspace in which the app is, or can be, installed.
type Team struct {
	ID, Name, Domain string // T…, a title, the part before .slack.com
	// BotToken, BotUserID and BotID are the app's install: xoxb-…, U…, B….
	BotToken, BotUserID, BotID string
	// BotName is the bot user's name; "quizbot" when empty.
	BotName string
	// Scopes that the token holds; nil means every scope.
	Scopes []string
	// Pending means: not installed yet; the token works only after an OAuth
	// exchange.
	Pending  bool
	Users    []User
	Channels []Channel
}

// grantedScopes is what Slack's answers say that a token holds.
func (t Team) grantedScopes() string {
	if t.Scopes != nil {
		return strings.Join(t.Scopes, ",")
	}
	return "app_mentions:read,channels:history,channels:read,chat:write,chat:write.public,commands,files:write,groups:history,groups:read," +
		"im:history,im:read,im:write,mpim:history,mpim:read,users:read"
}

// User is a member of a workspace.
type User struct {
	ID, Name              string // U…, the handle
	RealName, DisplayName string
	TZ                    string // "Etc/UTC" when empty
	Admin, Owner, Bot     bool
	Deleted               bool
	// Home is another workspace, T…, when this is one of its people who is here as
	// the guest of a shared channel (Slack Connect).
	Home string
}

// home is the workspace that a person belongs to.
func (w *team) home(userID string) string {
	if u := w.users[userID]; u.Home != "" {
		return u.Home
	}
	return w.ID
}

// ChannelKind says what sort of conversation a Channel is. Its text is the
// channel_type of Slack's events.
type ChannelKind string

// The kinds of conversation.
const (
	Public  ChannelKind = "channel"
	Private ChannelKind = "group"
	IM      ChannelKind = "im"
	MPIM    ChannelKind = "mpim"
)

// Channel is a conversation. The app sees its messages when BotMember is true.
type Channel struct {
	ID, Name  string
	Kind      ChannelKind // Public when empty
	Members   []string    // user ids, without the bot
	BotMember bool
	Archived  bool
	ReadOnly  bool // the app may not post: restricted_action
	Team      string
}

// DefaultTeam is the workspace of the zero Options: T0SANDBOX with the public
// channel C0QUIZ (#quiz) and C0GENERAL (#general), both with the bot, the
// private G0SECRET (#secret) with it, C0OUTSIDE (#outside) without it; the
// users U0ALICE (admin), U0BOB, U0CAROL.
func DefaultTeam() Team {
	all := []string{"U0ALICE", "U0BOB", "U0CAROL"}
	return Team{
		ID: "T0SANDBOX", Name: "Sandbox", Domain: "sandbox",
		BotToken: DefaultBotToken, BotUserID: "U0QUIZBOT", BotID: "B0QUIZBOT", BotName: "quizbot",
		Users: []User{
			{ID: "U0ALICE", Name: "alice", RealName: "Alice Ames", DisplayName: "alice", Admin: true, Owner: true},
			{ID: "U0BOB", Name: "bob", RealName: "Bob Byrne", DisplayName: "bob"},
			{ID: "U0CAROL", Name: "carol", RealName: "Carol Cho", DisplayName: "carol"},
		},
		Channels: []Channel{
			{ID: "C0QUIZ", Name: "quiz", Kind: Public, Members: slices.Clone(all), BotMember: true},
			{ID: "C0GENERAL", Name: "general", Kind: Public, Members: slices.Clone(all), BotMember: true},
			{ID: "C0OUTSIDE", Name: "outside", Kind: Public, Members: slices.Clone(all)},
			{ID: "G0SECRET", Name: "secret", Kind: Private, Members: []string{"U0ALICE", "U0BOB"}, BotMember: true},
		},
	}
}

// team is a Team with what happens to it. Guarded by Server.mu.
type team struct {
	Team
	users   map[string]User
	order   []string // user ids in the order they came
	revoked string   // the error its token gets; empty: valid
	gone    bool     // the app was uninstalled
	// generation counts the tokens that followed a revoked one.
	generation int
	homes      map[string]json.RawMessage
	dms        map[string]string // user id → channel id
}

// channel is a Channel with its messages. Guarded by Server.mu.
type channel struct {
	Channel
	team       *team
	messages   []*Message // in order of ts, ephemerals and deleted ones too
	bucketFull float64    // messages that the strict limit still allows
	bucketAt   int64      // unix nanoseconds of the last refill
}

// AddTeam adds a workspace, before or after Start. It fails when an id is
// taken.
func (s *Server) AddTeam(t Team) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addTeam(t)
}

func (s *Server) addTeam(t Team) error {
	if t.ID == "" || t.BotUserID == "" || t.BotID == "" || t.BotToken == "" {
		return fmt.Errorf("workspace %q: id, bot user, bot id and bot token are needed", t.ID)
	}
	if _, taken := s.teams[t.ID]; taken {
		return fmt.Errorf("workspace %s exists", t.ID)
	}
	if t.BotName == "" {
		t.BotName = "quizbot"
	}
	if t.Domain == "" {
		t.Domain = "sandbox"
	}
	w := &team{Team: t, users: map[string]User{}, homes: map[string]json.RawMessage{}, dms: map[string]string{}}
	w.Users, w.Channels = nil, nil
	if t.Pending {
		w.revoked = "invalid_auth"
	}
	for _, u := range append([]User{{ID: t.BotUserID, Name: t.BotName, RealName: t.BotName, DisplayName: t.BotName, Bot: true}}, t.Users...) {
		if _, taken := w.users[u.ID]; taken {
			return fmt.Errorf("workspace %s: user %s twice", t.ID, u.ID)
		}
		w.users[u.ID] = u
		w.order = append(w.order, u.ID)
	}
	s.teams[t.ID] = w
	s.teamOrder = append(s.teamOrder, t.ID)
	for _, c := range t.Channels {
		if err := s.addChannel(w, c); err != nil {
			return err
		}
	}
	return nil
}

// AddUser adds a member to a workspace, or replaces the one with that id.
func (s *Server) AddUser(teamID string, u User) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, ok := s.teams[teamID]
	if !ok {
		return fmt.Errorf("no workspace %s", teamID)
	}
	if _, had := w.users[u.ID]; !had {
		w.order = append(w.order, u.ID)
	}
	w.users[u.ID] = u
	s.changed(Event{Kind: WorkspaceChanged, Team: teamID, User: u.ID})
	return nil
}

// AddChannel adds a conversation to a workspace.
func (s *Server) AddChannel(teamID string, c Channel) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, ok := s.teams[teamID]
	if !ok {
		return fmt.Errorf("no workspace %s", teamID)
	}
	return s.addChannel(w, c)
}

func (s *Server) addChannel(w *team, c Channel) error {
	if _, taken := s.channels[c.ID]; taken || c.ID == "" {
		return fmt.Errorf("channel id %q is empty or taken", c.ID)
	}
	if c.Kind == "" {
		c.Kind = Public
	}
	c.Team = w.ID
	if c.Kind == IM && len(c.Members) == 1 && c.BotMember {
		w.dms[c.Members[0]] = c.ID
	}
	s.channels[c.ID] = &channel{Channel: c, team: w, bucketFull: float64(s.opt.MessageBurst)}
	s.channelOrder = append(s.channelOrder, c.ID)
	s.changed(Event{Kind: WorkspaceChanged, Team: w.ID, Channel: c.ID})
	return nil
}

// ChangeUser has fn change a person: what the person is called or may do.
func (s *Server) ChangeUser(id string, fn func(*User)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.teamOf(id)
	if w == nil {
		return fmt.Errorf("there is no user %s", id)
	}
	u := w.users[id]
	fn(&u)
	w.users[id] = u
	return nil
}

// ChangeChannel lets fn change a conversation: archive it, move the bot or
// people in and out. The id, the team and the kind stay.
func (s *Server) ChangeChannel(id string, fn func(*Channel)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.channels[id]
	if !ok {
		return fmt.Errorf("no channel %s", id)
	}
	keep := c.Channel
	c.Members = slices.Clone(c.Members)
	fn(&c.Channel)
	c.ID, c.Team, c.Kind = keep.ID, keep.Team, keep.Kind
	s.changed(Event{Kind: WorkspaceChanged, Team: c.Team, Channel: id})
	return nil
}

// DM returns the id of the direct message channel between a user and the app,
// opening it when there is none.
func (s *Server) DM(userID string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.teamOf(userID)
	if w == nil {
		return "", fmt.Errorf("no user %s", userID)
	}
	return s.dm(w, userID), nil
}

func (s *Server) dm(w *team, userID string) string {
	if id, ok := w.dms[userID]; ok {
		return id
	}
	s.counter++
	id := "D0" + strconv.FormatInt(int64(s.counter), 36) + userID
	// The id is new by construction, so this cannot fail.
	_ = s.addChannel(w, Channel{ID: id, Kind: IM, Members: []string{userID}, BotMember: true})
	return id
}

// teamOf finds the workspace of a user, nil when there is none.
func (s *Server) teamOf(userID string) *team {
	for _, id := range s.teamOrder {
		if _, ok := s.teams[id].users[userID]; ok {
			return s.teams[id]
		}
	}
	return nil
}

// Teams lists the workspaces; Users and Channels of each are filled.
func (s *Server) Teams() []Team {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Team
	for _, id := range s.teamOrder {
		w := s.teams[id]
		t := w.Team
		t.Pending = w.revoked != ""
		for _, u := range w.order {
			t.Users = append(t.Users, w.users[u])
		}
		t.Channels = s.channelsOf(id)
		out = append(out, t)
	}
	return out
}

// Users lists a workspace's members, the bot first.
func (s *Server) Users(teamID string) []User {
	for _, t := range s.Teams() {
		if t.ID == teamID {
			return t.Users
		}
	}
	return nil
}

// Channels lists a workspace's conversations, DMs too, in the order they came.
func (s *Server) Channels(teamID string) []Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.channelsOf(teamID)
}

func (s *Server) channelsOf(teamID string) []Channel {
	var out []Channel
	for _, id := range s.channelOrder {
		if c := s.channels[id]; c.Team == teamID {
			d := c.Channel
			d.Members = slices.Clone(d.Members)
			out = append(out, d)
		}
	}
	return out
}

func (c *channel) has(userID string) bool {
	if userID == c.team.BotUserID {
		return c.BotMember
	}
	return slices.Contains(c.Members, userID)
}
