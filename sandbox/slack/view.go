package slack

import (
	"encoding/json"
	"maps"
	"slices"
)

// View is a modal that a player has, or had, open.
type View struct {
	ID, Team, User  string
	CallbackID      string
	PrivateMetadata string
	ExternalID      string
	Hash            string
	RootID          string // first of its stack
	PreviousID      string // the one below; empty for the first
	JSON            json.RawMessage
	Open            bool

	placed []any
}

// Buttons lists the elements of a modal, inputs too.
func (v View) Buttons() []Button { return Message{placed: v.placed}.Buttons() }

// Views lists a player's modals, open ones only, the top of the stack last.
func (s *Server) Views(userID string) []View {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []View
	for _, id := range s.viewOrder {
		if v := s.views[id]; v.User == userID && v.Open {
			out = append(out, *v)
		}
	}
	return out
}

// View finds a modal by its id, closed ones too.
func (s *Server) View(id string) (View, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, ok := s.views[id]; ok {
		return *v, true
	}
	return View{}, false
}

// Home is the view that the app has published on a user's Home tab; nil when
// there is none.
func (s *Server) Home(userID string) json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.teamOf(userID); w != nil {
		return w.homes[userID]
	}
	return nil
}

func (s *Server) useTrigger(q *request) (*trigger, string) {
	id := q.args["trigger_id"]
	t, ok := s.triggers[id]
	switch {
	case id == "" || !ok || t.team != q.team:
		return nil, "invalid_trigger_id"
	case t.used:
		return nil, "exchanged_trigger_id"
	case s.opt.Now().After(t.till):
		return nil, "expired_trigger_id"
	}
	t.used = true
	return t, ""
}

// checkedView reads and checks the view argument.
func checkedView(a args, kind string) (json.RawMessage, *reply) {
	raw := a.raw("view")
	if raw == nil || !json.Valid(raw) {
		out := refuse("invalid_arguments", []string{"[ERROR] missing required field: view [json-pointer:/view]"})
		return nil, &out
	}
	if len(raw) > maxViewBytes {
		out := fail("view_too_large")
		return nil, &out
	}
	if problems := checkView(raw, kind); len(problems) > 0 {
		out := refuse("invalid_arguments", problems)
		return nil, &out
	}
	return raw, nil
}

func (s *Server) viewsOpen(q *request) reply {
	raw, bad := checkedView(q.args, "modal")
	if bad != nil {
		return *bad
	}
	t, code := s.useTrigger(q)
	if code != "" {
		return fail(code)
	}
	v := s.openView(t.team, t.user, raw, nil)
	return done(map[string]any{"view": s.viewWire(v)})
}

func (s *Server) viewsPush(q *request) reply {
	raw, bad := checkedView(q.args, "modal")
	if bad != nil {
		return *bad
	}
	t, code := s.useTrigger(q)
	if code != "" {
		return fail(code)
	}
	below := s.views[t.view]
	if below == nil || !below.Open {
		return fail("not_found")
	}
	if s.depth(below) >= 3 {
		return fail("push_limit_reached")
	}
	return done(map[string]any{"view": s.viewWire(s.openView(t.team, t.user, raw, below))})
}

func (s *Server) depth(v *View) int {
	n := 1
	for v.PreviousID != "" {
		v = s.views[v.PreviousID]
		n++
	}
	return n
}

func (s *Server) viewsUpdate(q *request) reply {
	raw, bad := checkedView(q.args, "modal")
	if bad != nil {
		return *bad
	}
	v := s.views[q.args["view_id"]]
	if v == nil && q.args["external_id"] != "" {
		for _, o := range s.views {
			if o.ExternalID == q.args["external_id"] && o.Open {
				v = o
			}
		}
	}
	if v == nil || !v.Open || v.Team != q.team.ID {
		return fail("not_found")
	}
	if h := q.args["hash"]; h != "" && h != v.Hash {
		return fail("hash_conflict")
	}
	s.setView(v, raw)
	return done(map[string]any{"view": s.viewWire(v)})
}

func (s *Server) viewsPublish(q *request) reply {
	raw, bad := checkedView(q.args, "home")
	if bad != nil {
		return *bad
	}
	user := q.args["user_id"]
	if _, ok := q.team.users[user]; !ok {
		return refuse("invalid_arguments", []string{"[ERROR] invalid `user_id` [json-pointer:/user_id]"})
	}
	q.team.homes[user] = raw
	s.changed(Event{Kind: HomeChanged, Team: q.team.ID, User: user})
	v := &View{ID: "V0HOME" + user, Team: q.team.ID, User: user, JSON: raw, RootID: "V0HOME" + user, placed: viewBlocks(raw, s)}
	return done(map[string]any{"view": s.viewWire(v)})
}

// openView shows a modal to a player. The caller holds mu.
func (s *Server) openView(w *team, user string, raw json.RawMessage, below *View) *View {
	v := &View{ID: s.newID("V"), Team: w.ID, User: user, Open: true}
	v.RootID = v.ID
	if below != nil {
		v.RootID, v.PreviousID = below.RootID, below.ID
	}
	s.views[v.ID] = v
	s.viewOrder = append(s.viewOrder, v.ID)
	s.setView(v, raw)
	return v
}

func (s *Server) setView(v *View, raw json.RawMessage) {
	var m map[string]any
	_ = decode(raw, &m) // checked before
	v.JSON = raw
	v.CallbackID, v.PrivateMetadata, v.ExternalID = str(m, "callback_id"), str(m, "private_metadata"), str(m, "external_id")
	v.Hash = s.newID("hash.")
	v.placed = viewBlocks(raw, s)
	s.changed(Event{Kind: ViewChanged, Team: v.Team, User: v.User, View: *v})
}

func viewBlocks(raw json.RawMessage, s *Server) []any {
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return nil
	}
	return place(m["blocks"], s)
}

// closeStack closes a view and all above it; whole means below it too. The
// caller holds mu.
func (s *Server) closeStack(v *View, whole bool) {
	for _, id := range slices.Backward(s.viewOrder) {
		o := s.views[id]
		if !o.Open || o.RootID != v.RootID {
			continue
		}
		o.Open = false
		s.changed(Event{Kind: ViewChanged, Team: o.Team, User: o.User, View: *o})
		if o == v && !whole {
			return
		}
	}
}

// viewWire is the view as the API and interactions show it. The caller holds
// mu.
func (s *Server) viewWire(v *View) map[string]any {
	var m map[string]any
	_ = decode(v.JSON, &m) // checked when it was set
	out := map[string]any{
		"callback_id": "", "private_metadata": "", "external_id": "", "clear_on_close": false,
		"notify_on_close": false, "close": nil, "submit": nil, "state": map[string]any{"values": map[string]any{}},
	}
	maps.Copy(out, m)
	var previous any
	if v.PreviousID != "" {
		previous = v.PreviousID
	}
	blocks := v.placed
	if blocks == nil {
		blocks = []any{}
	}
	maps.Copy(out, map[string]any{
		"id": v.ID, "team_id": v.Team, "hash": v.Hash, "root_view_id": v.RootID, "previous_view_id": previous,
		"app_id": s.opt.AppID, "bot_id": s.teams[v.Team].BotID, "app_installed_team_id": v.Team, "blocks": blocks,
	})
	return out
}
