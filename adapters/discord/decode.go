package discord

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"quizbot/bot"
)

// What is used of Discord's events. Everything else in them is left alone, so
// that nothing new or odd can hurt.

type user struct {
	ID         string `json:"id"`
	Username   string `json:"username"`
	GlobalName string `json:"global_name"`
	Bot        bool   `json:"bot"`
}

type member struct {
	Nick        string   `json:"nick"`
	Roles       []string `json:"roles"`
	Permissions string   `json:"permissions"`
	User        *user    `json:"user"`
}

type message struct {
	ID        string  `json:"id"`
	ChannelID string  `json:"channel_id"`
	GuildID   string  `json:"guild_id"`
	Content   string  `json:"content"`
	Type      int     `json:"type"`
	Flags     int     `json:"flags"`
	WebhookID string  `json:"webhook_id"`
	Edited    *string `json:"edited_timestamp"`
	Author    *user   `json:"author"`
	Member    *member `json:"member"`
	Mentions  []struct {
		user
		Member *member `json:"member"`
	} `json:"mentions"`
	Reference *struct {
		MessageID string `json:"message_id"`
	} `json:"message_reference"`
}

type interaction struct {
	ID        string  `json:"id"`
	App       string  `json:"application_id"`
	Type      int     `json:"type"`
	Token     string  `json:"token"`
	GuildID   string  `json:"guild_id"`
	ChannelID string  `json:"channel_id"`
	Member    *member `json:"member"`
	User      *user   `json:"user"`
	Message   struct {
		ID    string `json:"id"`
		Flags int    `json:"flags"`
	} `json:"message"` // whose button was pressed, or opened the modal
	Data *interactData `json:"data"`
}

type interactData struct {
	Name     string           `json:"name"`
	CustomID string           `json:"custom_id"`
	Options  []interactOption `json:"options"`
	Values   []string         `json:"values"`
	Filled   []submitted      `json:"components"` // of a modal
	Resolved struct {
		Users   map[string]user   `json:"users"`
		Members map[string]member `json:"members"`
	} `json:"resolved"` // who the options are about
}

type interactOption struct {
	Name    string           `json:"name"`
	Type    int              `json:"type"`
	Value   any              `json:"value"`
	Options []interactOption `json:"options"`
	Focused bool             `json:"focused"`
}

// Types of interactions, and flags.
const (
	interactPing         = 1
	interactCommand      = 2
	interactComponent    = 3
	interactAutocomplete = 4
	interactModal        = 5

	flagEphemeral = 1 << 6

	permAdministrator = 1 << 3
	permManageGuild   = 1 << 5
)

// arrival is something that Discord told us, and where its answer goes.
type arrival struct {
	in      bot.Incoming
	message *message     // a line to reply to, or
	act     *interaction // an interaction to answer
	private bool         // a press on a message that only its presser sees, or a modal that one opened
}

func displayName(u *user, m *member) string {
	if m != nil && m.Nick != "" {
		return m.Nick
	}
	if u.GlobalName != "" {
		return u.GlobalName
	}
	return u.Username
}

var prefix = regexp.MustCompile(`(?i)^!quiz(?:\s+|$)`)

// decodeMessage reads a MESSAGE_CREATE; ok is false for what doesn't concern
// the bot: bots, webhooks, itself, system messages.
func decodeMessage(data []byte, self string, roleOf func(guild, user string, roles []string) bot.Role) (a arrival, ok bool, err error) {
	var m message
	if err := json.Unmarshal(data, &m); err != nil {
		return a, false, fmt.Errorf("decode message: %w", err)
	}
	a, ok = readMessage(m, self, roleOf)
	return a, ok, nil
}

// readMessage is decodeMessage for one that is decoded already.
func readMessage(m message, self string, roleOf func(guild, user string, roles []string) bot.Role) (a arrival, ok bool) {
	if m.Author == nil || m.Author.Bot || m.WebhookID != "" || m.Author.ID == "" || m.Author.ID == self || m.ChannelID == "" || m.ID == "" {
		return a, false
	}
	if m.Type != 0 && m.Type != 19 {
		return a, false
	}
	text, addressed := strings.TrimSpace(m.Content), false
	if at := prefix.FindStringIndex(text); at != nil {
		text, addressed = text[at[1]:], true
	} else if self != "" {
		for _, mention := range []string{"<@" + self + ">", "<@!" + self + ">"} {
			if rest, cut := strings.CutPrefix(text, mention); cut {
				text, addressed = strings.TrimLeft(rest, " :,\n"), true
			} else if rest, cut := strings.CutSuffix(text, mention); cut {
				text, addressed = rest, true
			}
		}
		if at := prefix.FindStringIndex(text); addressed && at != nil {
			text = text[at[1]:]
		}
	}
	var roles []string
	if m.Member != nil {
		roles = m.Member.Roles
	}
	a.message = &m
	a.in = bot.Incoming{
		ID: platform + ":m:" + m.ID, Team: teamID(m.GuildID, m.ChannelID), Room: roomID(m.GuildID, m.ChannelID), User: userID(m.Author.ID),
		Name: displayName(m.Author, m.Member), Role: roleOf(m.GuildID, m.Author.ID, roles),
		Text: plainMentions(text), Mentioned: m.mentioned(), Addressed: addressed, Private: m.GuildID == "", Aloud: m.GuildID != "", At: timeOf(m.ID),
	}
	if m.Reference != nil {
		a.in.ReplyTo = bot.MessageID(m.Reference.MessageID)
	}
	return a, true
}

// decodeInteraction reads an INTERACTION_CREATE.
func decodeInteraction(data []byte) (a arrival, ok bool, err error) {
	var i interaction
	if err := json.Unmarshal(data, &i); err != nil {
		return a, false, fmt.Errorf("decode interaction: %w", err)
	}
	who, m := i.User, i.Member
	if m != nil && m.User != nil {
		who = m.User
	}
	if who == nil || who.ID == "" || i.ID == "" || i.ChannelID == "" || i.Data == nil {
		return a, false, nil
	}
	a.act = &i
	a.in = bot.Incoming{
		ID: platform + ":i:" + i.ID, Team: teamID(i.GuildID, i.ChannelID), Room: roomID(i.GuildID, i.ChannelID), User: userID(who.ID),
		Name: displayName(who, m), Private: i.GuildID == "", At: timeOf(i.ID),
	}
	if m != nil {
		if bits, err := strconv.ParseUint(m.Permissions, 10, 64); err == nil && bits&(permAdministrator|permManageGuild) != 0 {
			a.in.Role = bot.Admin
		}
	}
	switch i.Type {
	case interactCommand:
		a.in.Text, a.in.Addressed, a.in.Mentioned = commandText(i.Data), true, i.mentioned()
	case interactComponent:
		a.in.Choice = i.Data.CustomID
		if len(i.Data.Values) > 0 {
			a.in.Choice = i.Data.Values[0]
		}
		if a.private = i.Message.Flags&flagEphemeral != 0; !a.private {
			a.in.Pressed = bot.MessageID(i.Message.ID)
		}
		if a.in.Choice == "" {
			return a, false, nil
		}
	case interactModal:
		a.in.Choice, a.in.Fields = i.Data.CustomID, filled(i.Data.Filled)
		a.private = i.Message.Flags&flagEphemeral != 0
		if a.in.Choice == "" || len(a.in.Fields) == 0 {
			return a, false, nil
		}
	case interactAutocomplete:
	default:
		return a, false, nil
	}
	return a, true, nil
}

// commandText writes a subcommand and its options as the words that a player
// would say: "start websocket 5 each 30".
func commandText(d *interactData) string {
	var words []string
	options := d.Options
	for len(options) > 0 && (options[0].Type == 1 || options[0].Type == 2) {
		words = append(words, options[0].Name)
		options = options[0].Options
	}
	// They come in the order in which they were filled in; said in one order, they
	// read as a player would say them.
	order := []string{"user", "what", "time", "zone", "days", "topics", "topic", "for", "count", "seconds", "speed", "variant", "teams", "by", "period", "here", "chart"}
	named := len(words) > 0 && words[0] == string(bot.WordSettings) // each is said with its name, in any order
	slices.SortStableFunc(options, func(a, b interactOption) int {
		return slices.Index(order, a.Name) - slices.Index(order, b.Name)
	})
	for _, o := range options {
		if named {
			words = append(words, o.Name, fmt.Sprint(o.Value))
			continue
		}
		switch v := o.Value.(type) {
		case bool:
			if v {
				words = append(words, o.Name)
			}
		case float64:
			switch o.Name {
			case "seconds":
				words = append(words, "each")
			case "teams":
				words = append(words, o.Name)
			}
			words = append(words, strconv.FormatFloat(v, 'f', -1, 64))
		case string:
			switch {
			case o.Name == "speed" || o.Name == "for":
				words = append(words, o.Name, v)
			case o.Type == optionUser:
				words = append(words, personWord(v))
			default:
				words = append(words, plainMentions(v))
			}
		}
	}
	return strings.Join(words, " ")
}

// focused is what somebody has typed of an option so far.
func focused(options []interactOption) (name, value string) {
	for _, o := range options {
		if o.Focused {
			s, _ := o.Value.(string)
			return o.Name, s
		}
		if name, value := focused(o.Options); name != "" {
			return name, value
		}
	}
	return "", ""
}
