package discord

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Flags of messages.
const (
	FlagNoEmbeds     = 1 << 2  // embeds are not shown
	FlagHasThread    = 1 << 5  // a thread hangs under it
	FlagEphemeral    = 1 << 6  // only one user sees it
	FlagLoading      = 1 << 7  // "… is thinking": a deferred answer without text yet
	FlagSilent       = 1 << 12 // suppresses the notification
	FlagComponentsV2 = 1 << 15
)

// Types of messages.
const (
	typeDefault = 0
	typeReply   = 19
	typeCommand = 20
)

// Version is what a message said before an edit.
type Version struct {
	Content    string
	Embeds     json.RawMessage
	Components json.RawMessage
	Flags      int
	At         time.Time // when it was said
}

// Message is one message, the bot's or a player's. Copies are handed out; the
// raw JSON must not be changed.
type Message struct {
	ID, ChannelID string
	GuildID       string // empty in a direct conversation
	Type          int    // 0 plain, 19 reply, 20 answer to a slash command
	AuthorID      string
	AuthorName    string // as shown in this place
	Bot           bool   // the author is a bot
	Content       string
	Embeds        json.RawMessage // the array as it was sent; nil when there is none
	Components    json.RawMessage // the array as it was sent; nil when there is none
	Attachments   []Attachment
	Flags         int
	ReplyTo       string // id of the message that it answers
	Created       time.Time
	Edited        time.Time // zero: never
	Deleted       bool
	EphemeralFor  string    // the only user who sees it; empty: everyone
	InteractionID string    // the interaction that it answers
	History       []Version // earlier versions, oldest first

	// Pings is whom the message notified when it was made.
	Pings []Ping
	// EditPings is whom later edits' text would have notified. Discord does
	// not notify on edits; a bot should not rely on it.
	EditPings []Ping
	// Mentioned is what clients show as mentions of users, highlighted or not.
	Mentioned []string

	// ParseNone says that the create carried allowed_mentions with parse [],
	// no users, no roles and no replied_user. EditsParseNone says so of every
	// edit by the bot.
	ParseNone      bool
	EditsParseNone bool
	// Nonce is the create's; NonceEnforced says that enforce_nonce came with
	// it. Both empty for answers to interactions, which know no nonce.
	Nonce         string
	NonceEnforced bool
}

// Ephemeral says whether only one user sees the message.
func (m Message) Ephemeral() bool { return m.EphemeralFor != "" }

// Loading says whether it is a deferred answer without text yet.
func (m Message) Loading() bool { return m.Flags&FlagLoading != 0 }

// Shown are the embeds that a player sees; nil when there are none or a flag
// suppresses them.
func (m Message) Shown() json.RawMessage {
	if m.Flags&FlagNoEmbeds != 0 {
		return nil
	}
	return m.Embeds
}

// Text is all that a player reads: content, the texts of embeds and of
// components, each on a line of its own, in that order.
func (m Message) Text() string {
	lines := []string{}
	if m.Content != "" {
		lines = append(lines, m.Content)
	}
	var embeds []embed
	_ = json.Unmarshal(m.Shown(), &embeds)
	for _, e := range embeds {
		lines = append(lines, e.Author.Name, e.Title, e.Description)
		for _, f := range e.Fields {
			lines = append(lines, f.Name, f.Value)
		}
		lines = append(lines, e.Footer.Text)
	}
	walkComponents(m.Components, func(c component, _ int) {
		lines = append(lines, c.Content, c.Label, c.Placeholder)
		for _, o := range c.Options {
			lines = append(lines, o.Label, o.Description)
		}
	})
	return strings.Join(slices.DeleteFunc(lines, func(l string) bool { return l == "" }), "\n")
}

// Control is a button or a select that a player can use.
type Control struct {
	CustomID string
	Type     int // 2 a button, 3 a select of texts, 5–8 other selects
	Label    string
	Style    int
	Disabled bool
	URL      string
	Values   []string // of a select of texts
}

// Controls lists the buttons and selects of a message, in reading order.
func (m Message) Controls() []Control {
	var out []Control
	walkComponents(m.Components, func(c component, _ int) {
		if c.Type != componentButton && !c.isSelect() {
			return
		}
		k := Control{CustomID: c.CustomID, Type: c.Type, Label: c.Label, Style: c.Style, Disabled: c.Disabled, URL: c.URL}
		if c.isSelect() {
			k.Label = c.Placeholder
		}
		for _, o := range c.Options {
			k.Values = append(k.Values, o.Value)
		}
		out = append(out, k)
	})
	return out
}

func (m *Message) copy() Message {
	c := *m
	c.History = slices.Clone(m.History)
	c.Attachments = slices.Clone(m.Attachments)
	c.Pings = slices.Clone(m.Pings)
	c.EditPings = slices.Clone(m.EditPings)
	c.Mentioned = slices.Clone(m.Mentioned)
	return c
}

// Messages lists what everyone sees in a channel, oldest first, without
// deleted messages.
func (s *Server) Messages(channelID string) []Message {
	return s.filterMessages(channelID, func(m *Message) bool { return !m.Deleted && m.EphemeralFor == "" })
}

// Ephemerals lists what only this user sees in a channel, oldest first.
func (s *Server) Ephemerals(channelID, userID string) []Message {
	return s.filterMessages(channelID, func(m *Message) bool { return !m.Deleted && m.EphemeralFor == userID })
}

// View lists what a user sees in a channel, private messages among the others.
func (s *Server) View(channelID, userID string) []Message {
	return s.filterMessages(channelID, func(m *Message) bool {
		return !m.Deleted && (m.EphemeralFor == "" || m.EphemeralFor == userID)
	})
}

// Deleted lists the deleted messages of a channel.
func (s *Server) Deleted(channelID string) []Message {
	return s.filterMessages(channelID, func(m *Message) bool { return m.Deleted })
}

func (s *Server) filterMessages(channelID string, keep func(*Message) bool) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[channelID]
	if c == nil {
		return nil
	}
	var out []Message
	for _, m := range c.messages {
		if keep(m) {
			out = append(out, m.copy())
		}
	}
	return out
}

// Message gives one message by its id, also a deleted or private one.
func (s *Server) Message(id string) (Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.messages[id]
	if m == nil {
		return Message{}, false
	}
	return m.copy(), true
}

// nameIn is how a user is shown in a guild, or elsewhere.
func (s *Server) nameIn(guildID, userID string) string {
	if g := s.guilds[guildID]; g != nil {
		if m := g.member(userID); m != nil && m.Nick != "" {
			return m.Nick
		}
	}
	u := s.users[userID]
	if u == nil {
		return userID
	}
	if u.GlobalName != "" {
		return u.GlobalName
	}
	return u.Username
}

// post puts a message into its channel and tells everyone who may know. The
// caller holds mu and has filled in what was said.
func (s *Server) post(c *channel, m *Message) {
	m.ID, m.ChannelID, m.GuildID = s.newID(), c.ID, c.GuildID
	m.Created = s.opt.Now()
	m.AuthorName = s.nameIn(c.GuildID, m.AuthorID)
	if u := s.users[m.AuthorID]; u != nil {
		m.Bot = u.Bot
	}
	if m.Type == typeDefault && m.ReplyTo != "" {
		m.Type = typeReply
	}
	m.EditsParseNone = true
	c.messages = append(c.messages, m)
	c.last = m.ID
	s.messages[m.ID] = m
	s.tellPings(m)
	if m.EphemeralFor == "" {
		s.dispatchMessage(c, "MESSAGE_CREATE", m)
	}
	s.changed(Event{Kind: MessagePosted, GuildID: m.GuildID, ChannelID: m.ChannelID, UserID: m.EphemeralFor, Message: m.copy()})
}

func (s *Server) tellPings(m *Message) {
	for i := range m.Pings {
		m.Pings[i].MessageID, m.Pings[i].ChannelID = m.ID, m.ChannelID
		if m.Bot {
			s.pings = append(s.pings, m.Pings[i])
			s.changed(Event{Kind: PingMade, GuildID: m.GuildID, ChannelID: m.ChannelID, Ping: m.Pings[i]})
		}
	}
}

// edited tells of an edit that was done. The caller holds mu.
func (s *Server) edited(m *Message) {
	c := s.channels[m.ChannelID]
	if m.EphemeralFor == "" {
		s.dispatchMessage(c, "MESSAGE_UPDATE", m)
	}
	s.changed(Event{Kind: MessageEdited, GuildID: m.GuildID, ChannelID: m.ChannelID, UserID: m.EphemeralFor, Message: m.copy()})
}

// remove deletes a message. The caller holds mu.
func (s *Server) remove(m *Message) {
	m.Deleted = true
	if m.EphemeralFor == "" {
		d := obj{"id": m.ID, "channel_id": m.ChannelID}
		if m.GuildID != "" {
			d["guild_id"] = m.GuildID
		}
		s.dispatch(m.GuildID, messageIntent(m.GuildID), "MESSAGE_DELETE", encode(d), nil)
	}
	s.changed(Event{Kind: MessageDeleted, GuildID: m.GuildID, ChannelID: m.ChannelID, UserID: m.EphemeralFor, Message: m.copy()})
}

func messageIntent(guildID string) Intent {
	if guildID == "" {
		return IntentDirectMessages
	}
	return IntentGuildMessages
}

// dispatchMessage sends a message event to the sessions that may see it, with
// and without its content. The caller holds mu.
func (s *Server) dispatchMessage(c *channel, name string, m *Message) {
	if !s.permissions(c, s.opt.Bot.ID).has(ViewChannel) {
		return
	}
	d := s.messageEvent(c, m)
	if s.takeEventFault(faultNoAuthor, name) {
		delete(d, "author")
		delete(d, "member")
	}
	if s.takeEventFault(faultUnknownComponent, name) {
		d["components"] = []obj{{"type": 1, "components": []obj{{"type": 99, "custom_id": "?", "novelty": true}}}}
	}
	full := encode(d)
	var reduced []byte
	if c.GuildID != "" && m.AuthorID != s.opt.Bot.ID && !slices.Contains(m.Mentioned, s.opt.Bot.ID) {
		d["content"] = ""
		d["embeds"], d["components"], d["attachments"] = []any{}, []any{}, []any{}
		reduced = encode(d)
	}
	s.dispatch(c.GuildID, messageIntent(c.GuildID), name, full, reduced)
}

func (s *Server) messageEvent(c *channel, m *Message) obj {
	d := s.messageJSON(m, true)
	if g := s.guilds[c.GuildID]; g != nil {
		d["guild_id"] = g.ID
		if mem := g.member(m.AuthorID); mem != nil {
			d["member"] = s.memberJSON(g, mem, false)
		}
	}
	return d
}

// Say has a player write a message; "@name" becomes a mention, as a client makes
// it. It returns the message; nothing is awaited.
func (s *Server) Say(_ context.Context, channelID, userID, content string, opts ...SayOption) (Message, error) {
	var o sayOptions
	for _, f := range opts {
		f(&o)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.speaker(channelID, userID)
	if err != nil {
		return Message{}, err
	}
	content = strings.TrimSpace(content)
	if content == "" || len([]rune(content)) > maxContent {
		return Message{}, fmt.Errorf("a message has 1 to %d characters, this one %d", maxContent, len([]rune(content)))
	}
	m := &Message{AuthorID: userID, Content: s.mention(c, content)}
	allow := allowedMentions{absent: true}
	if o.replyTo != "" {
		ref := s.messages[o.replyTo]
		if ref == nil || ref.Deleted || ref.ChannelID != channelID || ref.EphemeralFor != "" {
			return Message{}, fmt.Errorf("reply to %q: no such message in channel %s", o.replyTo, channelID)
		}
		m.ReplyTo = ref.ID
		if o.quietReply {
			allow = allowedMentions{Parse: []string{"users", "roles", "everyone"}}
		}
	}
	m.Pings = s.pingsOf(m, allow, false)
	m.Mentioned = s.mentioned(m, allow)
	s.post(c, m)
	return m.copy(), nil
}

// EditSaid has a player change a message of theirs.
func (s *Server) EditSaid(_ context.Context, messageID, content string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.messages[messageID]
	if m == nil || m.Deleted || m.Bot {
		return fmt.Errorf("edit %q: no such message of a player", messageID)
	}
	m.keep()
	m.Content = strings.TrimSpace(content)
	m.Edited = s.opt.Now()
	m.Mentioned = s.mentioned(m, allowedMentions{absent: true})
	s.edited(m)
	return nil
}

// DeleteSaid has a player delete a message of theirs.
func (s *Server) DeleteSaid(_ context.Context, messageID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.messages[messageID]
	if m == nil || m.Deleted || m.Bot {
		return fmt.Errorf("delete %q: no such message of a player", messageID)
	}
	s.remove(m)
	return nil
}

// keep puts the present version into the history.
func (m *Message) keep() {
	at := m.Edited
	if at.IsZero() {
		at = m.Created
	}
	m.History = append(m.History, Version{Content: m.Content, Embeds: m.Embeds, Components: m.Components, Flags: m.Flags, At: at})
}

type sayOptions struct {
	replyTo    string
	quietReply bool
}

// SayOption changes how a player's message is sent.
type SayOption func(*sayOptions)

// ReplyTo makes it a reply to a message, which notifies its author.
func ReplyTo(messageID string) SayOption { return func(o *sayOptions) { o.replyTo = messageID } }

// Quietly makes a reply not notify the author of the message it answers.
func Quietly() SayOption { return func(o *sayOptions) { o.quietReply = true } }

// speaker checks that a user can write in a channel. The caller holds mu.
func (s *Server) speaker(channelID, userID string) (*channel, error) {
	c := s.channels[channelID]
	if c == nil {
		return nil, fmt.Errorf("unknown channel %q", channelID)
	}
	u := s.users[userID]
	if u == nil {
		return nil, fmt.Errorf("unknown user %q", userID)
	}
	if c.Kind == DirectChannel {
		if c.Recipient != userID {
			return nil, fmt.Errorf("user %s is not in the direct conversation %s", userID, channelID)
		}
		return c, nil
	}
	if s.guilds[c.GuildID].member(userID) == nil {
		return nil, fmt.Errorf("user %s is not in guild %s", userID, c.GuildID)
	}
	return c, nil
}
