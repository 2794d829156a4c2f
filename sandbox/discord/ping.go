package discord

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// Ping is one notification that a message makes.
type Ping struct {
	MessageID, ChannelID string
	Kind                 PingKind
	ID                   string // the user or the role; "everyone" or "here"
}

// PingKind says who is notified.
type PingKind string

// The kinds of pings.
const (
	PingUser     PingKind = "user"
	PingRole     PingKind = "role"
	PingEveryone PingKind = "everyone" // @everyone and @here
	PingReply    PingKind = "reply"    // the author of the message replied to
)

// Pings lists every notification that the bot's messages made, oldest first.
func (s *Server) Pings() []Ping {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.pings)
}

// allowedMentions is Discord's object; absent means that none was sent.
type allowedMentions struct {
	Parse       []string `json:"parse"`
	Users       []string `json:"users"`
	Roles       []string `json:"roles"`
	RepliedUser bool     `json:"replied_user"`

	absent bool
	parse  bool // parse was sent and is an array
}

func parseAllowedMentions(raw json.RawMessage, f *form) allowedMentions {
	if isNull(raw) {
		return allowedMentions{absent: true}
	}
	var a allowedMentions
	if err := json.Unmarshal(raw, &a); err != nil {
		f.add("allowed_mentions", "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
		return a
	}
	a.parse = a.Parse != nil
	for i, p := range a.Parse {
		if p != "users" && p != "roles" && p != "everyone" {
			f.add(at("allowed_mentions.parse", i), "BASE_TYPE_CHOICES", "Value must be one of ('users', 'roles', 'everyone').")
		}
	}
	for _, l := range []struct {
		name string
		ids  []string
	}{{"users", a.Users}, {"roles", a.Roles}} {
		if len(l.ids) > 100 {
			f.add("allowed_mentions."+l.name, "BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length.")
		}
		if len(l.ids) > 0 && slices.Contains(a.Parse, l.name) {
			f.add("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
				"parse:["+l.name+"] and "+l.name+": [ids...] are mutually exclusive.")
		}
	}
	return a
}

// silent says whether nothing at all is let through, and it was said so.
func (a allowedMentions) silent() bool {
	return !a.absent && a.parse && len(a.Parse) == 0 && len(a.Users) == 0 && len(a.Roles) == 0 && !a.RepliedUser
}

func (a allowedMentions) allows(kind, id string, fromInteraction bool) bool {
	if a.absent {
		return kind == "users" || !fromInteraction
	}
	return slices.Contains(a.Parse, kind) ||
		kind == "users" && slices.Contains(a.Users, id) ||
		kind == "roles" && slices.Contains(a.Roles, id)
}

var mentionPattern = regexp.MustCompile(`<@([!&]?)([0-9]{1,20})>|@(everyone|here)`)

// pingText is the text in which mentions count: the content and version 2's
// texts, but not embeds.
func pingText(m *Message) string {
	var b strings.Builder
	b.WriteString(m.Content)
	walkComponents(m.Components, func(c component, _ int) {
		if c.Type == componentText {
			b.WriteString("\n" + c.Content)
		}
	})
	return b.String()
}

// pingsOf computes whom a message notifies, each once. The caller holds mu.
func (s *Server) pingsOf(m *Message, a allowedMentions, fromInteraction bool) []Ping {
	var out []Ping
	add := func(kind PingKind, id string) {
		p := Ping{MessageID: m.ID, ChannelID: m.ChannelID, Kind: kind, ID: id}
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	for _, g := range mentionPattern.FindAllStringSubmatch(pingText(m), -1) {
		switch {
		case g[3] != "" && a.allows("everyone", g[3], fromInteraction):
			add(PingEveryone, g[3])
		case g[3] == "" && g[1] == "&" && a.allows("roles", g[2], fromInteraction):
			add(PingRole, g[2])
		case g[3] == "" && g[1] != "&" && a.allows("users", g[2], fromInteraction):
			add(PingUser, g[2])
		}
	}
	if ref := s.messages[m.ReplyTo]; ref != nil && ref.AuthorID != m.AuthorID && (a.absent || a.RepliedUser) {
		add(PingReply, ref.AuthorID)
	}
	return out
}

// mentioned lists the users in a message's "mentions". The caller holds mu.
func (s *Server) mentioned(m *Message, a allowedMentions) []string {
	var out []string
	for _, g := range mentionPattern.FindAllStringSubmatch(pingText(m), -1) {
		if g[2] != "" && g[1] != "&" && s.users[g[2]] != nil && !slices.Contains(out, g[2]) {
			out = append(out, g[2])
		}
	}
	if ref := s.messages[m.ReplyTo]; ref != nil && (a.absent || a.RepliedUser) && !slices.Contains(out, ref.AuthorID) {
		out = append(out, ref.AuthorID)
	}
	return out
}

// mention writes the names in a typed text as mentions: those of the people of a
// channel, as they are shown or called, in any case. The caller holds mu.
func (s *Server) mention(c *channel, text string) string {
	if !strings.Contains(text, "@") {
		return text
	}
	ids := []string{s.opt.Bot.ID, c.Recipient}
	if g := s.guilds[c.GuildID]; g != nil {
		for _, m := range g.Members {
			ids = append(ids, m.UserID)
		}
	}
	byName := map[string]string{}
	var names []string
	for _, id := range ids {
		u := s.users[id]
		if u == nil {
			continue
		}
		for _, name := range []string{u.Username, s.nameIn(c.GuildID, id)} {
			name = strings.ToLower(name)
			if _, taken := byName[name]; !taken && name != "" && name != "everyone" && name != "here" {
				byName[name] = id
				names = append(names, regexp.QuoteMeta(name))
			}
		}
	}
	if len(names) == 0 {
		return text
	}
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) }) // the longest that fits
	pattern := regexp.MustCompile(`(?i)(^|[^\pL\pN_<])@(` + strings.Join(names, "|") + `)($|[^\pL\pN_])`)
	return pattern.ReplaceAllStringFunc(text, func(found string) string {
		part := pattern.FindStringSubmatch(found)
		return part[1] + "<@" + byName[strings.ToLower(part[2])] + ">" + part[3]
	})
}
