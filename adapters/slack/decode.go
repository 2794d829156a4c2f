package slack

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"quizbot/bot"
)

// arrival is something that Slack told us, and where its answer goes.
type arrival struct {
	in    bot.Incoming
	to    address
	name  string // as the payload has it; may be ""
	user  string // Slack's own id
	team  string
	raw   string // what was said to the bot, with Slack's markup; "" for a press
	event bool   // Slack sends it again until it is acknowledged
	form  bool   // a form that was filled in: its acknowledgement can keep it open
	// trigger lets a form be opened in answer, for a moment; "" where none can be.
	trigger string
}

// address is where a private reply goes.
type address struct {
	team, channel, user, thread string
	responseURL                 string
	replace                     bool // the reply takes the place of the private message that was pressed
	private                     bool // a direct message: everything there is private
}

// envelope is an event as Slack delivers it. Only what is used is decoded, so
// that nothing new or odd in the rest can hurt.
type envelope struct {
	Type           string `json:"type"`
	Challenge      string `json:"challenge"`
	TeamID         string `json:"team_id"`
	ContextTeamID  string `json:"context_team_id"`
	EventID        string `json:"event_id"`
	Event          json.RawMessage
	Authorizations []struct {
		TeamID string `json:"team_id"`
		UserID string `json:"user_id"`
		IsBot  bool   `json:"is_bot"`
	} `json:"authorizations"`
}

// teams are the workspaces in which the bot may hear an event, the surest first. In
// a channel that is shared with other workspaces, team_id can be that of a guest who
// speaks; the room is the same for all.
func (e envelope) teams() []string {
	var out []string
	for _, who := range e.Authorizations {
		out = append(out, who.TeamID)
	}
	return some(append(out, e.ContextTeamID, e.TeamID)...)
}

// some are those that are not empty.
func some(teams ...string) []string {
	return slices.DeleteFunc(teams, func(t string) bool { return t == "" })
}

// locate says who the bot is in the first of some workspaces that it is in. Its
// error is ErrNotInstalled, a suspendedError, or one that may pass.
type locate func(teams ...string) (identity, error)

// at finds out in which of some workspaces something happened.
func (l locate) at(teams []string) (self identity, team string, err error) {
	if self, err = l(teams...); err != nil {
		team = strings.Join(teams[:min(len(teams), 1)], "")
		if absent(err) {
			return self, team, &strangerError{team, err}
		}
		return self, team, &unreadError{err}
	}
	return self, cmp.Or(self.team, strings.Join(teams[:min(len(teams), 1)], "")), nil
}

type messageEvent struct {
	Type        string `json:"type"`
	Subtype     string `json:"subtype"`
	Channel     string `json:"channel"`
	ChannelType string `json:"channel_type"`
	User        string `json:"user"`
	BotID       string `json:"bot_id"`
	Text        string `json:"text"`
	TS          string `json:"ts"`
	ThreadTS    string `json:"thread_ts"`
	Hidden      bool   `json:"hidden"`
}

// decodeEvent turns an event into an arrival; ok is false for events that don't
// concern the bot. The error is a strangerError where the bot is nobody there.
func decodeEvent(body []byte, who locate) (env envelope, a arrival, ok bool, err error) {
	if err := json.Unmarshal(body, &env); err != nil {
		return env, a, false, fmt.Errorf("decode event: %w", err)
	}
	if env.Type != "event_callback" || len(env.Event) == 0 {
		return env, a, false, nil
	}
	var kind struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(env.Event, &kind); err != nil {
		return env, a, false, fmt.Errorf("decode event %s: %w", env.EventID, err)
	}
	if kind.Type != "message" && kind.Type != "app_mention" {
		return env, a, false, nil
	}
	var m messageEvent
	if err := json.Unmarshal(env.Event, &m); err != nil {
		return env, a, false, fmt.Errorf("decode %s event %s: %w", kind.Type, env.EventID, err)
	}
	switch m.Subtype {
	case "", "thread_broadcast", "file_share":
	default:
		return env, a, false, nil
	}
	if m.BotID != "" || m.Hidden || m.User == "" || m.Channel == "" || m.TS == "" {
		return env, a, false, nil
	}
	self, team, err := who.at(env.teams())
	switch {
	case err != nil:
		return env, a, false, fmt.Errorf("event %s: %w", env.EventID, err)
	case m.User == self.user:
		return env, a, false, nil
	}
	bots := []string{self.user}
	for _, who := range env.Authorizations {
		if who.IsBot {
			bots = append(bots, who.UserID)
		}
	}
	a = arrival{user: m.User, team: team, raw: m.Text, event: true}
	private := m.ChannelType == "im" || strings.HasPrefix(m.Channel, "D")
	text, addressed := stripMention(m.Text, bots)
	if at := mention.FindStringIndex(text); m.Type == "app_mention" && !addressed && at != nil && at[0] == 0 {
		text = strings.TrimLeft(text[at[1]:], " :,") // a name of the bot that auth.test did not tell
	}
	a.in = bot.Incoming{
		ID:   messageDelivery(team, m.Channel, m.TS),
		Team: teamID(team), Room: roomID(team, m.Channel), User: userID(team, m.User),
		Text: plainText(text), Addressed: addressed || m.Type == "app_mention", Private: private, At: timeOf(m.TS),
	}
	if m.ThreadTS != "" && m.ThreadTS != m.TS {
		a.in.ReplyTo = bot.MessageID(m.ThreadTS)
	}
	a.to = address{team: team, channel: m.Channel, user: m.User, thread: m.ThreadTS, private: private}
	return env, a, true, nil
}

var mention = regexp.MustCompile(`<@([A-Z0-9]+)(?:\|[^>]*)?>`)

// stripMention takes what is said after the bot's name.
func stripMention(text string, bots []string) (string, bool) {
	for _, at := range mention.FindAllStringSubmatchIndex(text, 16) {
		id := text[at[2]:at[3]]
		for _, b := range bots {
			if b != "" && id == b {
				rest := strings.TrimLeft(text[at[1]:], " :,")
				if strings.TrimSpace(rest) == "" {
					rest = text[:at[0]] // "quiz websocket @quizbot"
				}
				return rest, true
			}
		}
	}
	return text, false
}

var markup = regexp.MustCompile(`<([^<>]*)>`)

// plainText undoes Slack's markup: links read as their labels, and & < > are
// themselves again.
func plainText(s string) string {
	s = markup.ReplaceAllStringFunc(s, func(m string) string {
		target, label, labelled := strings.Cut(m[1:len(m)-1], "|")
		switch person := named.FindStringSubmatch(m); {
		case person != nil:
			return personWord(person[1])
		case labelled && strings.HasPrefix(target, "#"):
			return "#" + label
		case labelled:
			return label
		default:
			return target
		}
	})
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(s)
}

// decodeCommand turns a slash command's form into an arrival.
func decodeCommand(form url.Values, who locate) (arrival, error) {
	channel, user := form.Get("channel_id"), form.Get("user_id")
	if channel == "" || user == "" {
		return arrival{}, fmt.Errorf("slash command without a channel or a user")
	}
	_, team, err := who.at(some(form.Get("team_id"))) // with one token, a guest of a shared channel names another
	if err != nil {
		return arrival{}, fmt.Errorf("slash command: %w", err)
	}
	private := strings.HasPrefix(channel, "D") || form.Get("channel_name") == "directmessage"
	return arrival{
		user: user, team: team, name: form.Get("user_name"), raw: form.Get("text"), trigger: form.Get("trigger_id"),
		in: bot.Incoming{
			ID:   onceID("cmd", form.Get("trigger_id"), form.Get("response_url"), team, channel, user, form.Get("command"), form.Get("text")),
			Team: teamID(team), Room: roomID(team, channel), User: userID(team, user),
			Text: plainText(form.Get("text")), Addressed: true, Private: private,
		},
		to: address{team: team, channel: channel, user: user, responseURL: form.Get("response_url"), private: private},
	}, nil
}

// interaction is a press of a button, or a form that was filled in.
type interaction struct {
	Type      string `json:"type"`
	TriggerID string `json:"trigger_id"`
	Response  string `json:"response_url"`
	Team      struct {
		ID string `json:"id"`
	} `json:"team"`
	User struct {
		ID       string `json:"id"`
		Name     string `json:"name"`
		Username string `json:"username"`
		TeamID   string `json:"team_id"`
	} `json:"user"`
	Channel struct {
		ID string `json:"id"`
	} `json:"channel"`
	Container struct {
		MessageTS   string `json:"message_ts"`
		ChannelID   string `json:"channel_id"`
		ThreadTS    string `json:"thread_ts"`
		IsEphemeral bool   `json:"is_ephemeral"`
	} `json:"container"`
	Message struct {
		TS       string `json:"ts"`
		ThreadTS string `json:"thread_ts"`
		Team     string `json:"team"`
	} `json:"message"`
	Actions []struct {
		ActionID string `json:"action_id"`
		Value    string `json:"value"`
		ActionTS string `json:"action_ts"`
		Type     string `json:"type"`
	} `json:"actions"`
	View view `json:"view"`
}

// decodeInteraction turns a press, or a form that was filled in, into an arrival; ok is
// false for other kinds.
func decodeInteraction(payload []byte, who locate) (a arrival, ok bool, err error) {
	var i interaction
	if err := json.Unmarshal(payload, &i); err != nil {
		return a, false, fmt.Errorf("decode interaction: %w", err)
	}
	if i.Type == "view_submission" {
		return decodeSubmission(i, who)
	}
	channel := i.Channel.ID
	if channel == "" {
		channel = i.Container.ChannelID
	}
	if i.Type != "block_actions" || len(i.Actions) == 0 || channel == "" || i.User.ID == "" {
		return a, false, nil
	}
	act := i.Actions[0]
	choice := act.Value
	if choice == "" {
		choice = act.ActionID
	}
	if choice == "" {
		return a, false, nil
	}
	// A guest of a shared channel names another; the message that was pressed is the bot's own.
	_, team, err := who.at(some(i.Message.Team, i.Team.ID, i.User.TeamID))
	if err != nil {
		return a, false, fmt.Errorf("interaction: %w", err)
	}
	name := i.User.Name
	if name == "" {
		name = i.User.Username
	}
	message := i.Container.MessageTS
	if message == "" {
		message = i.Message.TS
	}
	thread := i.Container.ThreadTS
	if thread == "" {
		thread = i.Message.ThreadTS
	}
	private := strings.HasPrefix(channel, "D")
	pressed := bot.MessageID(message)
	if i.Container.IsEphemeral {
		pressed = ""
	}
	return arrival{
		user: i.User.ID, team: team, name: name, trigger: i.TriggerID,
		in: bot.Incoming{
			ID:   onceID("act", i.TriggerID, i.Response, team, channel, i.User.ID, message, act.ActionID, act.Value, act.ActionTS),
			Team: teamID(team), Room: roomID(team, channel), User: userID(team, i.User.ID),
			Choice: choice, Pressed: pressed, Private: private, At: timeOf(act.ActionTS),
		},
		to: address{team: team, channel: channel, user: i.User.ID, thread: thread, responseURL: i.Response, replace: i.Container.IsEphemeral, private: private},
	}, true, nil
}
