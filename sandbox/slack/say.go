package slack

import (
	"context"
	"fmt"
	"maps"
	"strings"
)

// Said is what became of a player's message.
type Said struct {
	TS       string
	ThreadTS string
	// Deliveries are the events that told the app, in the order sent; none
	// when the app is not in the channel. The first attempts have ended,
	// except of those that Faults.HoldEvents keeps.
	Deliveries []*Delivery
}

type saying struct {
	thread    string
	raw       bool
	broadcast bool
	clientID  string
	subtype   string
	change    func(event map[string]any)
}

// SayOption changes how a message is said.
type SayOption func(*saying)

// InThread replies to a message.
func InThread(ts string) SayOption { return func(o *saying) { o.thread = ts } }

// Raw keeps the text as it is: nothing is escaped, no name becomes a mention.
func Raw() SayOption { return func(o *saying) { o.raw = true } }

// Broadcast shows a thread reply in the channel too.
func Broadcast() SayOption { return func(o *saying) { o.broadcast = true } }

// ClientMsgID sets the id that the player's client gave the message; the same
// one twice is a client that sent it again.
func ClientMsgID(id string) SayOption { return func(o *saying) { o.clientID = id } }

// Subtype sets the message's subtype: file_share, me_message, channel_join.
func Subtype(t string) SayOption { return func(o *saying) { o.subtype = t } }

// ChangeEvent alters the inner events just before they are sent.
func ChangeEvent(fn func(event map[string]any)) SayOption {
	return func(o *saying) { o.change = fn }
}

// whoWhere looks a channel and one of its members up. The caller holds mu.
func (s *Server) whoWhere(channelID, userID string) (*channel, User, error) {
	if !s.running() {
		return nil, User{}, errNotRunning
	}
	c, ok := s.channels[channelID]
	if !ok {
		return nil, User{}, fmt.Errorf("no channel %s", channelID)
	}
	u, ok := c.team.users[userID]
	if !ok {
		return nil, User{}, fmt.Errorf("no user %s in workspace %s", userID, c.Team)
	}
	if !c.has(userID) {
		return nil, User{}, fmt.Errorf("user %s is not in channel %s", userID, channelID)
	}
	return c, u, nil
}

// Say posts a player's message. Text is what the player types: & < > are
// escaped as Slack does, @name of a member and <@U…> become mentions (Raw
// prevents it). When the app is in the channel it gets a message event and,
// outside DMs, an app_mention event if it is mentioned; Say returns when the
// first attempt of each has ended. The error tells of a wrong place or of
// ctx, never of the app.
func (s *Server) Say(ctx context.Context, channelID, userID, text string, opts ...SayOption) (Said, error) {
	var o saying
	for _, f := range opts {
		f(&o)
	}
	s.mu.Lock()
	c, u, err := s.whoWhere(channelID, userID)
	if err == nil && c.Archived {
		err = fmt.Errorf("channel %s is archived", channelID)
	}
	thread := ""
	if err == nil && o.thread != "" {
		var code string
		if thread, code = s.threadFor(c, o.thread); code != "" {
			err = fmt.Errorf("no message %s in %s to reply to", o.thread, channelID)
		}
	}
	if err != nil {
		s.mu.Unlock()
		return Said{}, err
	}
	if !o.raw {
		text = c.team.typed(text)
	}
	if o.clientID == "" {
		s.counter++
		o.clientID = fmt.Sprintf("00000000-0000-4000-8000-%012x", s.counter)
	}
	m := s.add(c, &Message{
		User: u.ID, Text: text, Blocks: richText(text), ThreadTS: thread, Via: "player",
		ClientMsgID: o.clientID, Broadcast: o.broadcast, Subtype: o.subtype,
	})
	said := Said{TS: m.TS, ThreadTS: thread}
	if c.BotMember {
		said.Deliveries = s.tell(c, m, o)
	}
	s.mu.Unlock()
	return said, waitFirst(ctx, said.Deliveries)
}

// tell sends the events of a player's new message. The caller holds mu.
func (s *Server) tell(c *channel, m *Message, o saying) []*Delivery {
	inner := s.messageEvent(c, m, "")
	ping := maps.Clone(inner)
	if o.change != nil {
		o.change(inner)
	}
	message := s.outer(c.team, inner)
	if c.Kind == IM || !strings.Contains(m.Text, "<@"+c.team.BotUserID+">") {
		return s.sendEvents(false, message)
	}
	ping["type"] = "app_mention"
	delete(ping, "channel_type")
	if o.change != nil {
		o.change(ping)
	}
	mention := s.outer(c.team, ping)
	switch s.faultState.mentionOrder {
	case MentionFirst:
		return s.sendEvents(false, mention, message)
	case BothAtOnce:
		return s.sendEvents(true, message, mention)
	default:
		return s.sendEvents(false, message, mention)
	}
}

// EditMessage lets a player edit their own message; the app gets
// message_changed.
func (s *Server) EditMessage(ctx context.Context, channelID, ts, userID, text string) (Said, error) {
	return s.change(ctx, channelID, ts, userID, "message_changed", func(c *channel, m *Message) {
		text = c.team.typed(text)
		s.edit(c, m, text, richText(text), m.Attachments)
	})
}

// DeleteMessage lets a player delete their own message; the app gets
// message_deleted.
func (s *Server) DeleteMessage(ctx context.Context, channelID, ts, userID string) (Said, error) {
	return s.change(ctx, channelID, ts, userID, "message_deleted", s.remove)
}

func (s *Server) change(ctx context.Context, channelID, ts, userID, subtype string, fn func(*channel, *Message)) (Said, error) {
	s.mu.Lock()
	c, _, err := s.whoWhere(channelID, userID)
	var m *Message
	if err == nil {
		m = s.find(channelID, ts)
		if m == nil || m.Deleted || m.User != userID {
			err = fmt.Errorf("no message %s of %s in %s", ts, userID, channelID)
		}
	}
	if err != nil {
		s.mu.Unlock()
		return Said{}, err
	}
	fn(c, m)
	said := Said{TS: ts, ThreadTS: m.ThreadTS}
	if c.BotMember {
		said.Deliveries = s.sendEvents(false, s.outer(c.team, s.messageEvent(c, m, subtype)))
	}
	s.mu.Unlock()
	return said, waitFirst(ctx, said.Deliveries)
}
