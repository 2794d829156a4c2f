package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/url"
	"strings"
	"time"
)

// Answer is what the app said to a command or an interaction: the one
// attempt's status, body and latency, and what the app was given to go on.
type Answer struct {
	Attempt
	TriggerID   string
	ResponseURL string // empty for view submissions
	Delivery    *Delivery
}

// trigger is a trigger_id that was given out. Guarded by Server.mu.
type trigger struct {
	team *team
	user string
	till time.Time
	used bool
	view string // open when pressed: what views.push lies on
}

func (s *Server) newTrigger(w *team, user, view string) string {
	s.counter++
	id := fmt.Sprintf("%d.%d.%016x", s.counter, 1_000_000+s.counter, s.counter)
	s.triggers[id] = &trigger{team: w, user: user, till: s.opt.Now().Add(s.opt.TriggerLife), view: view}
	return id
}

func (c *channel) nameForApps() string {
	switch c.Kind {
	case IM:
		return "directmessage"
	case Private:
		return "privategroup"
	case MPIM:
		return "mpdm-" + c.Name
	}
	return c.Name
}

// formOf turns a flat JSON object into a form.
func formOf(m map[string]json.RawMessage) url.Values {
	v := url.Values{}
	for k, raw := range m {
		v.Set(k, textOf(raw))
	}
	return v
}

// Slash lets a player use a slash command, such as "/quiz", with the text
// behind it. As in Slack there is no way to do it in a thread, and the app
// need not be in the channel. What the app answers is shown: nothing for an
// empty body, a message for the player alone or, with response_type
// in_channel, for all; a failure is a notice to the player
// (operation_timeout, dispatch_failed, invalid_blocks, …). A command that is not
// Options.Command never reaches the app: the player gets the notice
// unknown_command, and the Answer has no Delivery. The error tells of a wrong
// place or of ctx, never of the app.
func (s *Server) Slash(ctx context.Context, channelID, userID, command, text string) (Answer, error) {
	s.mu.Lock()
	c, u, err := s.whoWhere(channelID, userID)
	if err != nil {
		s.mu.Unlock()
		return Answer{}, err
	}
	if command != s.opt.Command || c.team.gone {
		s.slackbot(c, u.ID, "unknown_command", command+" is not a valid command.")
		s.mu.Unlock()
		return Answer{}, nil
	}
	ans := Answer{TriggerID: s.newTrigger(c.team, u.ID, "")}
	ans.ResponseURL = s.newResponseURL(c, u.ID, nil)
	fields := map[string]string{
		"token": verificationToken, "team_id": c.team.home(u.ID), "team_domain": c.team.Domain,
		"channel_id": c.ID, "channel_name": c.nameForApps(), "user_id": u.ID, "user_name": u.Name,
		"command": command, "text": s.commandText(c.team, text), "api_app_id": s.opt.AppID,
		"is_enterprise_install": "false", "response_url": ans.ResponseURL, "trigger_id": ans.TriggerID,
	}
	payload, err := json.Marshal(fields)
	if err != nil {
		s.mu.Unlock()
		return Answer{}, err
	}
	form := url.Values{}
	for k, v := range fields {
		form.Set(k, v)
	}
	d := &Delivery{Kind: Commands, ID: ans.TriggerID, Team: c.Team, Type: command, Payload: payload, form: form}
	d.finish = func(a Attempt) { s.commandAnswered(c, u.ID, a) }
	s.launch(false, d)
	s.mu.Unlock()
	return ans.wait(ctx, d)
}

// commandText is what the app gets of a typed command. The caller holds mu.
func (s *Server) commandText(w *team, text string) string {
	if s.opt.PlainCommands {
		return escaper.Replace(text)
	}
	return userToken.ReplaceAllStringFunc(w.typed(text), func(m string) string {
		id := userToken.FindStringSubmatch(m)[1]
		return "<@" + id + "|" + w.users[id].Name + ">"
	})
}

// wait fills in how the delivery ended.
func (ans Answer) wait(ctx context.Context, d *Delivery) (Answer, error) {
	ans.Delivery = d
	if err := waitFirst(ctx, []*Delivery{d}); err != nil {
		return ans, err
	}
	if a := d.Attempts(); len(a) > 0 {
		ans.Attempt = a[0]
		return ans, nil
	}
	return ans, errNotRunning
}

// commandAnswered shows the app's answer to a slash command.
func (s *Server) commandAnswered(c *channel, user string, a Attempt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !a.OK() {
		s.notice(c, user, failureCode(a))
		return
	}
	body := strings.TrimSpace(string(a.Body))
	if body == "" || body == "null" || body == "{}" {
		return
	}
	msg := args{"text": body}
	isJSON := a.Transport == "socket"
	if t, _, err := mime.ParseMediaType(a.Header.Get("Content-Type")); err == nil && t == "application/json" {
		isJSON = true
	}
	if isJSON {
		var fields map[string]json.RawMessage
		if json.Unmarshal(a.Body, &fields) != nil {
			s.notice(c, user, "invalid_command_response")
			return
		}
		msg = args{}
		for k, v := range fields {
			msg[k] = textOf(v)
		}
	}
	if code, _ := s.respond(c, user, nil, msg, "command"); code != "" {
		s.notice(c, user, code)
	}
}

// failureCode is what Slack shows for a command or interaction that failed.
func failureCode(a Attempt) string {
	switch a.Reason {
	case "http_timeout", "timeout":
		return "operation_timeout"
	case "http_error":
		return "dispatch_unknown_error"
	default:
		return "dispatch_failed"
	}
}

// notice shows a player what went wrong. The caller holds mu.
func (s *Server) notice(c *channel, user, code string) {
	s.slackbot(c, user, code, "That did not work: "+code)
}

// slackbot says something to one player. The caller holds mu.
func (s *Server) slackbot(c *channel, user, code, text string) {
	s.add(c, &Message{
		User: "USLACKBOT", Text: text, Notice: code,
		Ephemeral: true, To: user, Via: "slack",
	})
}

// ErrNoElement: the message or view has no such button, or the player cannot
// see it.
var ErrNoElement = errors.New("no such element")

// inputKey names what a player has chosen in a message.
type inputKey struct{ channel, ts, user, block, action string }

// PressOption changes how a button is pressed.
type PressOption func(*pressing)

type pressing struct{ stale bool }

// Stale presses a button that an edit or deletion has taken away, as a client
// does that has not drawn the change yet.
func Stale() PressOption { return func(p *pressing) { p.stale = true } }

// Press lets a player press a button, in a message for all or in an ephemeral
// one that this player sees. A failure of the app is shown to the player as a
// notice. The error is ErrNoElement, or tells of a wrong place or of ctx.
func (s *Server) Press(ctx context.Context, channelID, ts, userID, actionID string, opts ...PressOption) (Answer, error) {
	return s.act(ctx, channelID, ts, userID, actionID, nil, opts)
}

// PressStale is Press with the option Stale.
func (s *Server) PressStale(ctx context.Context, channelID, ts, userID, actionID string) (Answer, error) {
	return s.Press(ctx, channelID, ts, userID, actionID, Stale())
}

// Choose lets a player pick values in a menu, radio buttons or checkboxes of a
// message, or type one value into its text input. The choice stays with the
// player and is in the state of what the player presses next.
func (s *Server) Choose(ctx context.Context, channelID, ts, userID, actionID string, values ...string) (Answer, error) {
	if values == nil {
		values = []string{}
	}
	return s.act(ctx, channelID, ts, userID, actionID, values, nil)
}

func (s *Server) act(ctx context.Context, channelID, ts, userID, actionID string, values []string, opts []PressOption) (Answer, error) {
	var p pressing
	for _, f := range opts {
		f(&p)
	}
	s.mu.Lock()
	c, u, err := s.whoWhere(channelID, userID)
	var m *Message
	var e element
	var placed []any
	if err == nil {
		m = s.find(channelID, ts)
		e, placed, err = s.seen(m, userID, actionID, p.stale)
	}
	if err != nil {
		s.mu.Unlock()
		return Answer{}, fmt.Errorf("%s in message %s of %s for %s: %w", actionID, ts, channelID, userID, err)
	}
	action, err := actionOf(e, values)
	if err != nil {
		s.mu.Unlock()
		return Answer{}, err
	}
	action["action_ts"] = s.newTS()
	if state := stateOf(action); state != nil {
		s.inputs[inputKey{channelID, ts, userID, e.blockID, actionID}] = state
	}
	ans := Answer{TriggerID: s.newTrigger(c.team, userID, "")}
	ans.ResponseURL = s.newResponseURL(c, userID, m)
	payload := s.interaction(c.team, u, "block_actions", ans.TriggerID)
	container := map[string]any{
		"type": "message", "message_ts": ts, "channel_id": channelID, "is_ephemeral": m.Ephemeral,
	}
	if m.ThreadTS != "" {
		container["thread_ts"] = m.ThreadTS
	}
	payload["container"] = container
	payload["channel"] = map[string]any{"id": c.ID, "name": c.nameForApps()}
	payload["state"] = map[string]any{"values": s.messageState(channelID, ts, userID, placed)}
	payload["response_url"] = ans.ResponseURL
	payload["actions"] = []any{action}
	if !m.Ephemeral {
		shown := m.wire(c)
		shown["blocks"] = placed
		shown["app_id"] = s.opt.AppID
		payload["message"] = shown
	}
	d, err := s.interact(c.team, ans.TriggerID, payload, func(a Attempt) {
		if !a.OK() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.notice(c, userID, failureCode(a))
		}
	})
	s.mu.Unlock()
	if err != nil {
		return ans, err
	}
	return ans.wait(ctx, d)
}

// interact sends an interaction's payload. The caller holds mu.
func (s *Server) interact(w *team, id string, payload map[string]any, finish func(Attempt)) (*Delivery, error) {
	raw, err := json.Marshal(payload)
	if err != nil {
		return nil, err
	}
	typ, _ := payload["type"].(string)
	d := &Delivery{Kind: Interactions, ID: id, Team: w.ID, Type: typ, Payload: raw, finish: finish}
	s.launch(false, d)
	return d, nil
}

// interaction is what all interactions have in common. The caller holds mu.
func (s *Server) interaction(w *team, u User, typ, triggerID string) map[string]any {
	return map[string]any{
		"type": typ, "api_app_id": s.opt.AppID, "token": verificationToken, "trigger_id": triggerID,
		"team":                  map[string]any{"id": w.home(u.ID), "domain": w.Domain},
		"user":                  map[string]any{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": w.home(u.ID)},
		"enterprise":            nil,
		"is_enterprise_install": false,
	}
}
