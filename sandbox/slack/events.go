package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"strings"
)

// outer wraps an inner event as the Events API sends it. The caller holds mu.
func (s *Server) outer(w *team, inner map[string]any) *Delivery {
	id := s.newID("Ev")
	speaker, _ := inner["user"].(string)
	home := w.home(speaker)
	payload, err := json.Marshal(map[string]any{
		"token": verificationToken, "team_id": home, "context_team_id": w.ID, "context_enterprise_id": nil,
		"api_app_id": s.opt.AppID, "event": inner, "type": "event_callback",
		"event_id": id, "event_time": s.opt.Now().Unix(),
		"authorizations": []any{map[string]any{
			"enterprise_id": nil, "team_id": w.ID, "user_id": w.BotUserID, "is_bot": true, "is_enterprise_install": false,
		}},
		"is_ext_shared_channel": home != w.ID, "event_context": "4-" + id,
	})
	if err != nil {
		// Inner events are built here or given as valid JSON.
		s.opt.Logger.Error("event does not marshal", "err", err)
		payload = []byte(`{}`)
	}
	typ, _ := inner["type"].(string)
	if sub, ok := inner["subtype"].(string); ok {
		typ += "." + sub
	}
	return &Delivery{Kind: Events, ID: id, Team: w.ID, Type: typ, Payload: payload, retries: true}
}

// sendEvents delivers the events of one happening, repeated as the faults say.
// The caller holds mu.
func (s *Server) sendEvents(together bool, ds ...*Delivery) []*Delivery {
	var all []*Delivery
	for _, d := range ds {
		all = append(all, d)
		for range s.faultState.repeat {
			again := *d
			all = append(all, &again)
		}
	}
	s.launch(together || s.faultState.together && s.faultState.repeat > 0, all...)
	return all
}

// echo tells the app what it did itself, as Slack does. The caller holds mu.
func (s *Server) echo(c *channel, m *Message, subtype string) {
	if s.opt.NoEcho || !c.BotMember {
		return
	}
	d := s.outer(c.team, s.messageEvent(c, m, subtype))
	d.Echo = true
	s.launch(false, d)
}

// messageEvent is the inner event about a message: new when subtype is empty,
// else message_changed or message_deleted. The caller holds mu.
func (s *Server) messageEvent(c *channel, m *Message, subtype string) map[string]any {
	now := m.wire(c)
	if m.BotID != "" {
		now["app_id"] = s.opt.AppID
		now["bot_profile"] = map[string]any{
			"id": m.BotID, "app_id": s.opt.AppID, "name": c.team.BotName, "deleted": false,
			"updated": 1700000000, "team_id": c.Team,
			"icons": map[string]any{"image_36": "", "image_48": "", "image_72": ""},
		}
	}
	switch subtype {
	case "message_changed":
		before := maps.Clone(now)
		if n := len(m.History); n > 0 {
			v := m.History[n-1]
			before["text"] = v.Text
			delete(before, "blocks")
			if v.placed != nil {
				before["blocks"] = v.placed
			}
			delete(before, "edited")
		}
		ts := s.newTS()
		return map[string]any{
			"type": "message", "subtype": subtype, "channel": c.ID, "channel_type": string(c.Kind),
			"message": now, "previous_message": before, "hidden": true, "ts": ts, "event_ts": ts,
		}
	case "message_deleted":
		ts := s.newTS()
		return map[string]any{
			"type": "message", "subtype": subtype, "channel": c.ID, "channel_type": string(c.Kind),
			"previous_message": now, "deleted_ts": m.TS, "hidden": true, "ts": ts, "event_ts": ts,
		}
	}
	now["channel"], now["channel_type"], now["event_ts"] = c.ID, string(c.Kind), m.TS
	return now
}

// Emit sends any inner event of a workspace to the app: app_uninstalled,
// tokens_revoked, member_joined_channel, one with a malformed part. It waits
// for the first attempt of each delivery (more than one under RepeatEvents).
func (s *Server) Emit(ctx context.Context, teamID string, inner json.RawMessage) ([]*Delivery, error) {
	var m map[string]any
	if err := decode(inner, &m); err != nil {
		return nil, fmt.Errorf("inner event: %w", err)
	}
	s.mu.Lock()
	w, ok := s.teams[teamID]
	if !ok || !s.running() {
		s.mu.Unlock()
		return nil, fmt.Errorf("no workspace %s, or not running", teamID)
	}
	ds := s.sendEvents(false, s.outer(w, m))
	s.mu.Unlock()
	return ds, waitFirst(ctx, ds)
}

// EmitEnvelope sends a whole payload as it is, by socket or HTTP: outer events
// other than event_callback (app_rate_limited), interactions of kinds that
// players cannot make here. For Commands the payload's text fields become the
// form.
func (s *Server) EmitEnvelope(ctx context.Context, kind Endpoint, payload json.RawMessage) (*Delivery, error) {
	s.mu.Lock()
	if !s.running() {
		s.mu.Unlock()
		return nil, errNotRunning
	}
	d := &Delivery{Kind: kind, ID: s.newID("raw-"), Type: "raw", Payload: payload, retries: kind == Events}
	if kind == Commands {
		var m map[string]json.RawMessage
		if err := json.Unmarshal(payload, &m); err != nil {
			s.mu.Unlock()
			return nil, fmt.Errorf("command payload: %w", err)
		}
		d.form = formOf(m)
	}
	s.launch(false, d)
	s.mu.Unlock()
	return d, waitFirst(ctx, []*Delivery{d})
}

// running says whether deliveries can start. The caller holds mu.
func (s *Server) running() bool { return s.started && !s.closing && s.ctx.Err() == nil }

// waitFirst waits for the first attempts of what is not held.
func waitFirst(ctx context.Context, ds []*Delivery) error {
	for _, d := range ds {
		if d.held != nil {
			continue
		}
		select {
		case <-d.first:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

var (
	userToken = regexp.MustCompile(`<@([UW][A-Z0-9]+)>`)
	atName    = regexp.MustCompile(`(^|[\s(])@([A-Za-z0-9][\w.\-]*)`)
	escaper   = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
)

// typed is what Slack makes of what a person types: the three characters are
// escaped, names of members become mentions, mentions stay.
func (w *team) typed(text string) string {
	text = atName.ReplaceAllStringFunc(text, func(found string) string {
		parts := atName.FindStringSubmatch(found)
		for _, id := range w.order {
			if strings.EqualFold(w.users[id].Name, parts[2]) {
				return parts[1] + "<@" + id + ">"
			}
		}
		return found
	})
	var out strings.Builder
	last := 0
	for _, at := range userToken.FindAllStringSubmatchIndex(text, -1) {
		if _, known := w.users[text[at[2]:at[3]]]; !known {
			continue
		}
		out.WriteString(escaper.Replace(text[last:at[0]]))
		out.WriteString(text[at[0]:at[1]])
		last = at[1]
	}
	out.WriteString(escaper.Replace(text[last:]))
	return out.String()
}

// richText is the rich_text block that Slack adds to what a person types.
func richText(text string) json.RawMessage {
	parts := []any{}
	plain := func(t string) {
		if t != "" {
			parts = append(parts, map[string]any{"type": "text", "text": unescaper.Replace(t)})
		}
	}
	last := 0
	for _, at := range userToken.FindAllStringSubmatchIndex(text, -1) {
		plain(text[last:at[0]])
		parts = append(parts, map[string]any{"type": "user", "user_id": text[at[2]:at[3]]})
		last = at[1]
	}
	plain(text[last:])
	raw, err := json.Marshal([]any{map[string]any{
		"type":     "rich_text",
		"elements": []any{map[string]any{"type": "rich_text_section", "elements": parts}},
	}})
	if err != nil {
		return nil
	}
	return raw
}

var unescaper = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")
