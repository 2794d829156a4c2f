package discord

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

const maxNonce = 25

// nonceEntry remembers which message a nonce made.
type nonceEntry struct {
	message string
	until   time.Time
}

// messageBody is what an app sends to make or change a message.
type messageBody struct {
	Content    *string         `json:"content"`
	Embeds     json.RawMessage `json:"embeds"`
	Components json.RawMessage `json:"components"`
	Flags      *int            `json:"flags"`
	Files      json.RawMessage `json:"attachments"`
	Nonce      any             `json:"nonce"`
	Enforce    bool            `json:"enforce_nonce"`
	Mentions   json.RawMessage `json:"allowed_mentions"`
	Reference  *struct {
		MessageID string `json:"message_id"`
		Fail      *bool  `json:"fail_if_not_exists"`
	} `json:"message_reference"`
}

func (b messageBody) flags() int {
	if b.Flags == nil {
		return 0
	}
	return *b.Flags
}

// readMessage checks a message's body. have is the message that is edited, nil for a new one.
func readMessage(raw []byte, have *Message) (messageBody, allowedMentions, *reply) {
	in, _, allow, bad := readMessageWith(raw, nil, have)
	return in, allow, bad
}

// readMessageWith is readMessage for one that comes with files.
func readMessageWith(raw []byte, files map[int]file, have *Message) (messageBody, []Attachment, allowedMentions, *reply) {
	var in messageBody
	if isNull(raw) {
		raw = []byte("{}")
	}
	f := &form{}
	if out, ok := f.decode(raw, &in); !ok {
		return in, nil, allowedMentions{}, &out
	}
	if in.Content != nil {
		f.length("content", *in.Content, 0, maxContent)
	}
	v2 := in.flags()&FlagComponentsV2 != 0 || have != nil && have.Flags&FlagComponentsV2 != 0
	embeds, components := checkEmbeds(f, in.Embeds), checkComponents(f, in.Components, v2)
	if v2 && (in.Content != nil && *in.Content != "" || embeds > 0) {
		f.add("flags", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", "With version 2 there is no content and no embed")
	}
	allow := parseAllowedMentions(in.Mentions, f)
	var attached []Attachment
	if have == nil {
		attached = checkAttachments(f, in.Files, files)
	}
	if n, ok := in.Nonce.(float64); ok {
		in.Nonce = strconv.FormatFloat(n, 'f', -1, 64)
	}
	if nonce, ok := in.Nonce.(string); ok && len(nonce) > maxNonce {
		f.add("nonce", "NONCE_TYPE_TOO_LONG", "Nonce must be 25 characters or fewer.")
	}
	if out, bad := f.reply(); bad {
		return in, nil, allow, &out
	}
	content := ""
	switch {
	case in.Content != nil:
		content = *in.Content
	case have != nil:
		content = have.Content
	}
	if have != nil && in.Embeds == nil {
		embeds = count(have.Embeds)
	}
	if have != nil && in.Components == nil {
		components = count(have.Components)
	}
	if strings.TrimSpace(content) == "" && embeds == 0 && components == 0 && len(attached) == 0 {
		return in, nil, allow, &emptyMessage
	}
	return in, attached, allow, nil
}

// count says how many members a JSON array has; 0 when it is none.
func count(raw json.RawMessage) int {
	var list []json.RawMessage
	_ = json.Unmarshal(raw, &list)
	return len(list)
}

func (s *Server) mayPost(c *channel) *reply {
	if c == nil {
		return &unknownChannel
	}
	if code := s.faultState.denied[c.ID]; code != nil {
		return code
	}
	if c.Kind == DirectChannel {
		if u := s.users[c.Recipient]; u != nil && u.RefusesDM {
			return &cannotDM
		}
		return nil
	}
	p, need := s.permissions(c, s.opt.Bot.ID), SendMessages
	if c.Kind == PublicThread || c.Kind == PrivateThread {
		need = SendMessagesInThreads
	}
	switch {
	case !p.has(ViewChannel):
		return &missingAccess
	case !p.has(need):
		return &noPermission
	}
	return nil
}

func (s *Server) createMessage(r request) reply {
	c := s.channels[r.ids[0]]
	if out := s.mayPost(c); out != nil {
		return *out
	}
	if out := s.mayAttach(c, r.file); out != nil {
		return *out
	}
	in, attached, allow, bad := readMessageWith(r.body, r.file, nil)
	if bad != nil {
		return *bad
	}
	nonce, _ := in.Nonce.(string)
	if nonce != "" && in.Enforce {
		if e, ok := s.nonces[nonce]; ok && s.opt.Now().Before(e.until) {
			return reply{status: 200, body: s.messageJSON(s.messages[e.message], true)}
		}
	}
	m := &Message{
		AuthorID: s.opt.Bot.ID, Embeds: in.Embeds, Components: in.Components, Flags: in.flags() &^ FlagEphemeral,
		Nonce: nonce, NonceEnforced: in.Enforce, ParseNone: allow.silent(),
	}
	for _, a := range attached {
		a.ID = s.newID()
		m.Attachments = append(m.Attachments, a)
	}
	if in.Content != nil {
		m.Content = *in.Content
	}
	if in.Reference != nil {
		ref := s.messages[in.Reference.MessageID]
		switch {
		case ref != nil && !ref.Deleted && ref.ChannelID == c.ID:
			m.ReplyTo = ref.ID
		case in.Reference.Fail == nil || *in.Reference.Fail:
			f := &form{}
			f.add("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
			out, _ := f.reply()
			return out
		}
	}
	m.Pings, m.Mentioned = s.pingsOf(m, allow, false), s.mentioned(m, allow)
	s.post(c, m)
	if nonce != "" && in.Enforce {
		s.nonces[nonce] = nonceEntry{message: m.ID, until: s.opt.Now().Add(s.opt.NonceLife)}
	}
	return reply{status: 200, body: s.messageJSON(m, true)}
}

// change edits a message of the app. The caller holds mu.
func (s *Server) change(m *Message, in messageBody, allow allowedMentions) {
	m.keep()
	if in.Content != nil {
		m.Content = *in.Content
	}
	if in.Embeds != nil {
		m.Embeds = in.Embeds
	}
	if in.Components != nil {
		m.Components = in.Components
	}
	if in.Flags != nil { // of these two; version 2 is for good
		m.Flags = m.Flags&^FlagNoEmbeds | *in.Flags&(FlagNoEmbeds|FlagComponentsV2)
	}
	m.Flags &^= FlagLoading
	m.Edited = s.opt.Now()
	m.EditsParseNone = m.EditsParseNone && allow.silent()
	m.Mentioned = s.mentioned(m, allow)
	m.EditPings = append(m.EditPings, s.pingsOf(m, allow, false)...)
	s.edited(m)
}

func (s *Server) editMessage(r request) reply {
	m := s.messages[r.ids[1]]
	switch {
	case s.channels[r.ids[0]] == nil:
		return unknownChannel
	case s.faultState.denied[r.ids[0]] != nil:
		return *s.faultState.denied[r.ids[0]]
	case !s.permissions(s.channels[r.ids[0]], s.opt.Bot.ID).has(ViewChannel):
		return missingAccess
	case m == nil || m.Deleted || m.EphemeralFor != "" || m.ChannelID != r.ids[0]:
		return unknownMessage
	case m.AuthorID != s.opt.Bot.ID:
		return notAuthor
	}
	in, allow, bad := readMessage(r.body, m)
	if bad != nil {
		return *bad
	}
	s.change(m, in, allow)
	return reply{status: 200, body: s.messageJSON(m, false)}
}

func (s *Server) deleteMessage(r request) reply {
	m := s.messages[r.ids[1]]
	if m == nil || m.Deleted || m.ChannelID != r.ids[0] {
		return unknownMessage
	}
	if m.AuthorID != s.opt.Bot.ID && !s.permissions(s.channels[m.ChannelID], s.opt.Bot.ID).has(ManageMessages) {
		return noPermission
	}
	s.remove(m)
	return reply{status: 204}
}

// DeleteMessage takes any message away, as a moderator does.
func (s *Server) DeleteMessage(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.messages[id]
	if m == nil || m.Deleted {
		return false
	}
	s.remove(m)
	return true
}
