package slack

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Message is a message in a channel, as it is now. Copies are given out; the
// JSON in them is not to be changed.
type Message struct {
	Channel  string
	TS       string // unique in the server, increasing
	ThreadTS string // the thread's first message; empty outside threads
	User     string // author
	BotID    string // set on the app's messages
	Subtype  string
	Text     string
	// Blocks and Attachments are verbatim what was sent; nil when nothing was.
	Blocks      json.RawMessage
	Attachments json.RawMessage
	// Ephemeral messages are seen only by the user To.
	Ephemeral bool
	To        string
	// Notice is the error that Slack itself shows to the user To, such as
	// operation_timeout; on an ephemeral message by USLACKBOT.
	Notice string
	// Via says how it came: "player", an API method, "response_url",
	// "command" (the body of the answer to a slash command) or "slack".
	Via         string
	EditedTS    string    // of the last edit; empty when never edited
	History     []Version // earlier versions, oldest first
	Deleted     bool
	At          time.Time // by the server's clock
	ClientMsgID string    // of players' messages
	Broadcast   bool      // a thread reply that the channel shows too
	Metadata    json.RawMessage

	placed []any // Blocks with the block_ids that Slack fills in
}

// Version is what a message was before an edit.
type Version struct {
	Text   string
	Blocks json.RawMessage
	Until  time.Time // when the edit came
	placed []any
}

// Button is an element of a message that a player can press or choose from.
type Button struct {
	Type     string // "button", "static_select", "checkboxes", …
	ActionID string
	BlockID  string
	Text     string // label; placeholder for menus
	Value    string
	URL      string
	Style    string
	Options  []string // values of a menu, in order
}

// Buttons lists the elements with an action_id, in the order they are shown.
func (m Message) Buttons() []Button {
	var out []Button
	for _, e := range elements(m.placed) {
		b := Button{
			Type: str(e.obj, "type"), ActionID: str(e.obj, "action_id"), BlockID: e.blockID,
			Text: str(obj(e.obj, "text"), "text"), Value: str(e.obj, "value"),
			URL: str(e.obj, "url"), Style: str(e.obj, "style"),
		}
		if b.Text == "" {
			b.Text = str(obj(e.obj, "placeholder"), "text")
		}
		for _, o := range list(e.obj, "options") {
			if om, ok := o.(map[string]any); ok {
				b.Options = append(b.Options, str(om, "value"))
			}
		}
		out = append(out, b)
	}
	return out
}

// Button finds an element by its action_id.
func (m Message) Button(actionID string) (Button, bool) {
	for _, b := range m.Buttons() {
		if b.ActionID == actionID {
			return b, true
		}
	}
	return Button{}, false
}

// BlockText is every text of the blocks, a line each, in the order shown;
// button labels too. Empty when there are no blocks.
func (m Message) BlockText() string {
	var lines []string
	eachText(m.placed, "", func(t blockText) { lines = append(lines, t.text) })
	return strings.Join(lines, "\n")
}

// Shown is what a reader sees: the blocks' text, or Text when there are none.
func (m Message) Shown() string {
	if t := m.BlockText(); t != "" {
		return t
	}
	return m.Text
}

// Messages lists what everyone in a channel can see, thread replies too, in
// order of ts; nil for an unknown channel.
func (s *Server) Messages(channelID string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.messagesOf(channelID)
}

func (s *Server) messagesOf(channelID string) []Message {
	return s.pick(channelID, func(m *Message) bool { return !m.Deleted && !m.Ephemeral })
}

// Thread lists a message and the replies under it.
func (s *Server) Thread(channelID, ts string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pick(channelID, func(m *Message) bool {
		return !m.Deleted && !m.Ephemeral && (m.TS == ts || m.ThreadTS == ts)
	})
}

// Ephemerals lists what only that user sees in that channel now, notices of
// Slack too.
func (s *Server) Ephemerals(channelID, userID string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pick(channelID, func(m *Message) bool { return !m.Deleted && m.Ephemeral && m.To == userID })
}

// SeenBy lists what a user sees in a channel: everyone's messages and the
// user's own ephemeral ones, in order of ts.
func (s *Server) SeenBy(channelID, userID string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pick(channelID, func(m *Message) bool { return !m.Deleted && (!m.Ephemeral || m.To == userID) })
}

// Message finds one message by its ts, deleted and ephemeral ones too.
func (s *Server) Message(channelID, ts string) (Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.find(channelID, ts); m != nil {
		return m.copy(), true
	}
	return Message{}, false
}

func (s *Server) pick(channelID string, want func(*Message) bool) []Message {
	c, ok := s.channels[channelID]
	if !ok {
		return nil
	}
	out := []Message{}
	for _, m := range c.messages {
		if want(m) {
			out = append(out, m.copy())
		}
	}
	return out
}

func (s *Server) find(channelID, ts string) *Message {
	c, ok := s.channels[channelID]
	if !ok {
		return nil
	}
	for _, m := range slices.Backward(c.messages) {
		if m.TS == ts {
			return m
		}
	}
	return nil
}

func (m *Message) copy() Message {
	c := *m
	c.History = slices.Clone(m.History)
	return c
}

// add puts a message into its channel with a fresh ts. The caller holds mu.
func (s *Server) add(c *channel, m *Message) *Message {
	m.Channel = c.ID
	m.TS = s.newTS()
	m.At = s.opt.Now()
	m.placed = place(m.Blocks, s)
	c.messages = append(c.messages, m)
	kind := MessagePosted
	s.changed(Event{Kind: kind, Team: c.Team, Channel: c.ID, User: m.To, Message: m.copy()})
	return m
}

// edit replaces what a message says. The caller holds mu.
func (s *Server) edit(c *channel, m *Message, text string, blocks, attachments json.RawMessage) {
	now := s.opt.Now()
	m.History = append(m.History, Version{Text: m.Text, Blocks: m.Blocks, Until: now, placed: m.placed})
	m.Text, m.Blocks, m.Attachments = text, blocks, attachments
	m.placed = place(blocks, s)
	m.EditedTS = s.newTS()
	s.changed(Event{Kind: MessageEdited, Team: c.Team, Channel: c.ID, User: m.To, Message: m.copy()})
}

// remove marks a message deleted. The caller holds mu.
func (s *Server) remove(c *channel, m *Message) {
	m.Deleted = true
	s.changed(Event{Kind: MessageDeleted, Team: c.Team, Channel: c.ID, User: m.To, Message: m.copy()})
}

// wire is the message as the API and events show it. The caller holds mu.
func (m *Message) wire(c *channel) map[string]any {
	out := map[string]any{"type": "message", "user": m.User, "text": m.Text, "ts": m.TS, "team": c.team.home(m.User)}
	if home := c.team.home(m.User); home != c.Team {
		out["user_team"], out["source_team"] = home, home
	}
	if m.Subtype != "" {
		out["subtype"] = m.Subtype
	}
	if m.BotID != "" {
		out["bot_id"] = m.BotID
	}
	if m.ClientMsgID != "" {
		out["client_msg_id"] = m.ClientMsgID
	}
	if m.placed != nil {
		out["blocks"] = m.placed
	}
	if m.Attachments != nil {
		out["attachments"] = m.Attachments
	}
	if m.Metadata != nil {
		out["metadata"] = m.Metadata
	}
	if m.EditedTS != "" {
		out["edited"] = map[string]any{"user": m.User, "ts": m.EditedTS}
	}
	var replies int
	var users []string
	latest := ""
	for _, r := range c.messages {
		if r.ThreadTS == m.TS && r != m && !r.Deleted && !r.Ephemeral {
			replies++
			latest = r.TS
			if !slices.Contains(users, r.User) {
				users = append(users, r.User)
			}
		}
	}
	switch {
	case m.ThreadTS != "":
		out["thread_ts"] = m.ThreadTS
		if m.ThreadTS != m.TS {
			for _, p := range c.messages {
				if p.TS == m.ThreadTS {
					out["parent_user_id"] = p.User
				}
			}
		}
	case replies > 0:
		out["thread_ts"] = m.TS
		out["reply_count"], out["reply_users"], out["reply_users_count"], out["latest_reply"] = replies, users, len(users), latest
	}
	return out
}
