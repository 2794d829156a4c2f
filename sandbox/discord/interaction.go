package discord

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Types of interactions and of their answers.
const (
	InteractCommand      = 2
	InteractComponent    = 3
	InteractAutocomplete = 4
	InteractModal        = 5

	AnswerMessage   = 4
	AnswerDefer     = 5
	AnswerDeferEdit = 6
	AnswerEdit      = 7
	AnswerChoices   = 8
	AnswerModal     = 9
)

// Interaction is a player's command or press, and what the app made of it.
type Interaction struct {
	ID, Token          string
	Type               int
	ChannelID, GuildID string
	UserID             string
	Made               time.Time
	Answer             int           // type of the app's answer; 0: none yet
	Answered           time.Duration // after which time
	Failed             bool          // no answer in time: "The application did not respond"
	// MessageID is the answer as a message: the one that was made or edited.
	MessageID string
	FollowUps []string // ids of messages
	Choices   []Choice // of an autocompletion
	Modal     json.RawMessage
	ModalOpen bool // it is on the player's screen
}

type interaction struct {
	Interaction
	event   []byte       // as it was sent
	source  *Message     // whose button was pressed
	modal   *interaction // whose modal was sent off
	expires time.Time
	done    chan struct{} // closed when it is answered or has failed
}

func (i *interaction) copy() Interaction {
	c := i.Interaction
	c.FollowUps, c.Choices = slices.Clone(c.FollowUps), slices.Clone(c.Choices)
	return c
}

// Ack is an answer that an app tried to give.
type Ack struct {
	InteractionID string
	Type          int
	Accepted      bool
	Code          int
}

// Acks lists what apps answered, oldest first.
func (s *Server) Acks() []Ack {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Ack(nil), s.acks...)
}

// Interactions lists all of them, oldest first.
func (s *Server) Interactions() []Interaction {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Interaction, 0, len(s.interactionOrder))
	for _, id := range s.interactionOrder {
		out = append(out, s.interactions[id].copy())
	}
	return out
}

// interact makes an interaction and sends it to the app. The caller holds mu.
func (s *Server) interact(kind int, c *channel, userID string, source *Message, data obj) *interaction {
	i := &interaction{Interaction: Interaction{
		ID: s.newID(), Type: kind, ChannelID: c.ID, GuildID: c.GuildID, UserID: userID, Made: time.Now(),
	}, source: source, done: make(chan struct{})}
	i.Token = "token-" + i.ID
	i.expires = s.opt.Now().Add(s.opt.AckTimeout + s.opt.TokenLife)
	s.interactions[i.ID], s.tokens[i.Token] = i, i
	s.interactionOrder = append(s.interactionOrder, i.ID)
	d := obj{
		"id": i.ID, "application_id": s.opt.AppID, "type": kind, "token": i.Token, "version": 1, "channel_id": c.ID,
		"channel": s.channelJSON(c), "data": data, "locale": "en-US", "entitlements": []any{},
		"app_permissions": s.permissions(c, s.opt.Bot.ID).String(), "context": 0,
	}
	if g := s.guilds[c.GuildID]; g != nil {
		m := s.memberJSON(g, g.member(userID), true)
		m["permissions"] = s.permissions(c, userID).String()
		d["member"], d["guild_id"], d["guild_locale"] = m, g.ID, g.Locale
	} else {
		d["user"], d["context"] = s.userJSON(userID), 1
	}
	if source != nil {
		d["message"] = s.messageJSON(source, false)
	}
	i.event = encode(d)
	s.dispatch(c.GuildID, 0, "INTERACTION_CREATE", i.event, nil)
	s.changed(Event{Kind: InteractionChanged, GuildID: c.GuildID, ChannelID: c.ID, UserID: userID, Interaction: i.copy()})
	if s.started && s.ctx.Err() == nil {
		s.wg.Go(func() { s.expire(i) })
	}
	return i
}

// Redeliver sends the event of a player's message or of an interaction once
// more, as two connections of one shard do.
func (s *Server) Redeliver(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.messages[id]; m != nil {
		s.dispatchMessage(s.channels[m.ChannelID], "MESSAGE_CREATE", m)
		return nil
	}
	if i := s.interactions[id]; i != nil {
		s.dispatch(i.GuildID, 0, "INTERACTION_CREATE", i.event, nil)
		return nil
	}
	return fmt.Errorf("redeliver %q: nothing has that id", id)
}

// expire fails an interaction that nobody answers.
func (s *Server) expire(i *interaction) {
	t := time.NewTimer(s.opt.AckTimeout)
	defer t.Stop()
	select {
	case <-i.done:
		return
	case <-s.ctx.Done():
	case <-t.C:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if i.Answer == 0 {
		i.Failed = true
		close(i.done)
		s.changed(Event{Kind: InteractionChanged, GuildID: i.GuildID, ChannelID: i.ChannelID, UserID: i.UserID, Interaction: i.copy()})
	}
}

// settled waits until an interaction is answered or has failed.
func (s *Server) settled(ctx context.Context, i *interaction) (Interaction, error) {
	select {
	case <-i.done:
	case <-ctx.Done():
		return Interaction{}, fmt.Errorf("interaction %s: %w", i.ID, ctx.Err())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return i.copy(), nil
}

type callbackBody struct {
	Type int             `json:"type"`
	Data json.RawMessage `json:"data"`
}

func (s *Server) callback(r request) reply {
	var in callbackBody
	f := &form{}
	if out, ok := f.decode(r.body, &in); !ok {
		return out
	}
	out := s.acknowledge(r.ids[0], r.ids[1], in)
	s.acks = append(s.acks, Ack{InteractionID: r.ids[0], Type: in.Type, Accepted: out.status < 300, Code: out.code})
	return out
}

func (s *Server) acknowledge(id, token string, in callbackBody) reply {
	i := s.interactions[id]
	switch {
	case i == nil || i.Token != token || i.Failed:
		return unknownAct
	case i.Answer != 0:
		return alreadyAcked
	}
	f := &form{}
	var err *reply
	switch {
	case (in.Type == AnswerDeferEdit || in.Type == AnswerEdit) && (i.source == nil || i.Type != InteractComponent && i.Type != InteractModal),
		in.Type == AnswerModal && i.Type == InteractModal,
		in.Type == AnswerChoices && i.Type != InteractAutocomplete,
		in.Type != AnswerChoices && i.Type == InteractAutocomplete:
		f.add("type", "INTERACTION_RESPONSE_TYPE_INVALID", "This type does not answer this interaction")
	case in.Type == AnswerMessage:
		err = s.answerWithMessage(i, in.Data)
	case in.Type == AnswerDefer:
		var d struct {
			Flags int `json:"flags"`
		}
		_ = json.Unmarshal(in.Data, &d)
		s.postAnswer(i, &Message{AuthorID: s.opt.Bot.ID, Flags: d.Flags&FlagEphemeral | FlagLoading})
	case in.Type == AnswerDeferEdit:
		i.MessageID = i.source.ID
	case in.Type == AnswerEdit && i.source.Deleted:
		return unknownMessage
	case in.Type == AnswerEdit:
		body, allow, bad := readMessage(in.Data, i.source)
		if err = bad; err == nil {
			i.MessageID = i.source.ID
			s.change(i.source, body, allow)
		}
	case in.Type == AnswerChoices:
		err = i.choose(f, in.Data)
	case in.Type == AnswerModal:
		checkModal(f, in.Data)
		i.Modal, i.ModalOpen = in.Data, f.count == 0
	default:
		f.choice("type", "4, 5, 6, 7, 8, 9")
	}
	if err != nil {
		return *err
	}
	if out, bad := f.reply(); bad {
		return out
	}
	i.Answer, i.Answered = in.Type, time.Since(i.Made)
	close(i.done)
	if i.modal != nil && i.modal.ModalOpen {
		s.closeModal(i.modal)
	}
	s.changed(Event{Kind: InteractionChanged, GuildID: i.GuildID, ChannelID: i.ChannelID, UserID: i.UserID, Interaction: i.copy()})
	return reply{status: 204}
}

func (i *interaction) choose(f *form, raw json.RawMessage) *reply {
	var d struct {
		Choices []Choice `json:"choices"`
	}
	if out, ok := f.decode(raw, &d); !ok {
		return &out
	}
	f.size("data.choices", len(d.Choices), 0, 25)
	for n, c := range d.Choices {
		f.length(at("data.choices", n)+".name", c.Name, 1, 100)
		if v, ok := c.Value.(string); ok {
			f.length(at("data.choices", n)+".value", v, 1, 100)
		}
	}
	i.Choices = d.Choices
	return nil
}

func (s *Server) answerWithMessage(i *interaction, raw json.RawMessage) *reply {
	in, allow, bad := readMessage(raw, nil)
	if bad != nil {
		return bad
	}
	s.postAnswer(i, s.appMessage(in, allow))
	return nil
}

func (s *Server) appMessage(in messageBody, allow allowedMentions) *Message {
	m := &Message{AuthorID: s.opt.Bot.ID, Embeds: in.Embeds, Components: in.Components, Flags: in.flags(), ParseNone: allow.silent()}
	if in.Content != nil {
		m.Content = *in.Content
	}
	m.Pings, m.Mentioned = s.pingsOf(m, allow, true), s.mentioned(m, allow)
	return m
}

// postAnswer shows a message as an interaction's answer or follow-up.
func (s *Server) postAnswer(i *interaction, m *Message) {
	m.InteractionID = i.ID
	if i.Type == InteractCommand {
		m.Type = typeCommand
	}
	if m.Flags&FlagEphemeral != 0 {
		m.EphemeralFor = i.UserID
	}
	s.post(s.channels[i.ChannelID], m)
	if i.MessageID == "" {
		i.MessageID = m.ID
	} else {
		i.FollowUps = append(i.FollowUps, m.ID)
	}
}

// original finds the message that a webhook's path names: the answer, or a
// follow-up by its id.
func (s *Server) original(r request) (*interaction, *Message, *reply) {
	i := s.tokens[r.ids[1]]
	switch {
	case i == nil || r.ids[0] != s.opt.AppID || i.Failed || s.opt.Now().After(i.expires):
		out := apiError(401, 50027, "Invalid Webhook Token")
		return nil, nil, &out
	case i.Answer == 0:
		return nil, nil, &unknownWebhook
	}
	id := i.MessageID
	if len(r.ids) > 2 {
		if id = r.ids[2]; id != i.MessageID && !slices.Contains(i.FollowUps, id) {
			return i, nil, &unknownMessage
		}
	}
	m := s.messages[id]
	if m == nil || m.Deleted {
		return i, nil, &unknownMessage
	}
	return i, m, nil
}

func (s *Server) followUp(r request) reply {
	i, _, bad := s.original(r)
	if i == nil {
		return *bad
	}
	in, allow, wrong := readMessage(r.body, nil)
	if wrong != nil {
		return *wrong
	}
	m := s.appMessage(in, allow)
	s.postAnswer(i, m)
	return reply{status: 200, body: s.messageJSON(m, false)}
}

func (s *Server) getOriginal(r request) reply {
	_, m, bad := s.original(r)
	if bad != nil {
		return *bad
	}
	return reply{status: 200, body: s.messageJSON(m, false)}
}

func (s *Server) editOriginal(r request) reply {
	_, m, bad := s.original(r)
	if bad != nil {
		return *bad
	}
	in, allow, wrong := readMessage(r.body, m)
	if wrong != nil {
		return *wrong
	}
	s.change(m, in, allow)
	return reply{status: 200, body: s.messageJSON(m, false)}
}

func (s *Server) deleteOriginal(r request) reply {
	_, m, bad := s.original(r)
	if bad != nil {
		return *bad
	}
	s.remove(m)
	return reply{status: 204}
}
