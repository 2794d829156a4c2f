package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Submission is what became of a modal that was sent off.
type Submission struct {
	Answer
	// Action is what the app answered: "" (the modal closes), "errors",
	// "update", "push" or "clear".
	Action string
	Errors map[string]string // block_id → what is wrong, for "errors"
	View   View              // what the player sees on top now; zero: nothing
}

// ErrInvalidInput: Slack's client would not send the form off like that.
var ErrInvalidInput = errors.New("invalid input")

// SubmitView fills in the inputs of an open modal, by action_id, and sends it
// off. Several values of checkboxes are parted by commas. The error is
// ErrNoElement for an input that is not there, ErrInvalidInput for a required
// one left empty or too long, or tells of a wrong view or of ctx.
func (s *Server) SubmitView(ctx context.Context, userID, viewID string, values map[string]string) (Submission, error) {
	s.mu.Lock()
	v, w, u, err := s.openViewOf(userID, viewID)
	var state map[string]map[string]any
	if err == nil {
		state, err = viewState(v, values)
	}
	if err != nil {
		s.mu.Unlock()
		return Submission{}, err
	}
	sub := Submission{Answer: Answer{TriggerID: s.newTrigger(w, userID, viewID)}}
	payload := s.interaction(w, u, "view_submission", sub.TriggerID)
	wire := s.viewWire(v)
	wire["state"] = map[string]any{"values": state}
	payload["view"] = wire
	payload["response_urls"] = []any{}
	d, err := s.interact(w, sub.TriggerID, payload, func(a Attempt) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.submitted(v, w, a, &sub)
	})
	s.mu.Unlock()
	if err != nil {
		return sub, err
	}
	// The delivery writes into sub until its first attempt has ended.
	ans, err := Answer{TriggerID: sub.TriggerID}.wait(ctx, d)
	if err != nil {
		return Submission{Answer: ans}, err
	}
	sub.Answer = ans
	return sub, nil
}

func (s *Server) openViewOf(userID, viewID string) (*View, *team, User, error) {
	v, ok := s.views[viewID]
	if !s.running() {
		return nil, nil, User{}, errNotRunning
	}
	if !ok || !v.Open || v.User != userID {
		return nil, nil, User{}, fmt.Errorf("user %s has no open view %q", userID, viewID)
	}
	w := s.teams[v.Team]
	return v, w, w.users[userID], nil
}

// viewState is "state.values" of a modal that is filled in.
func viewState(v *View, values map[string]string) (map[string]map[string]any, error) {
	out := map[string]map[string]any{}
	used := 0
	for _, e := range elements(v.placed) {
		state := initialState(e.obj)
		if state == nil {
			continue
		}
		id := str(e.obj, "action_id")
		given, ok := values[id]
		if ok {
			used++
			chosen := []string{given}
			switch typ := str(e.obj, "type"); {
			case typ == "checkboxes" || typ == "multi_static_select":
				chosen = strings.FieldsFunc(given, func(r rune) bool { return r == ',' })
			case given == "" && typ != "plain_text_input":
				chosen = nil
			}
			action, err := actionOf(e, chosen)
			if err != nil {
				return nil, err
			}
			for k := range state {
				state[k] = action[k]
			}
			if state["value"] == "" {
				state["value"] = nil
			}
		}
		if err := fits(v, e, state); err != nil {
			return nil, err
		}
		if out[e.blockID] == nil {
			out[e.blockID] = map[string]any{}
		}
		out[e.blockID][id] = state
	}
	if used != len(values) {
		return nil, fmt.Errorf("view %s lacks one of the inputs given: %w", v.ID, ErrNoElement)
	}
	return out, nil
}

// fits refuses what Slack's client would not send.
func fits(v *View, e element, state map[string]any) error {
	optional, isInput := false, false
	for _, b := range v.placed {
		if m, ok := b.(map[string]any); ok && str(m, "block_id") == e.blockID {
			isInput = str(m, "type") == "input"
			optional, _ = m["optional"].(bool)
		}
	}
	empty := true
	for k, val := range state {
		l, isList := val.([]any)
		if k != "type" && val != nil && (!isList || len(l) > 0) {
			empty = false
		}
	}
	if isInput && !optional && empty {
		return fmt.Errorf("%s is required: %w", str(e.obj, "action_id"), ErrInvalidInput)
	}
	if text, ok := state["value"].(string); ok {
		most := int64(maxInputText)
		if n, ok := e.obj["max_length"].(json.Number); ok {
			most, _ = n.Int64()
		}
		if int64(utf8.RuneCountInString(text)) > most {
			return fmt.Errorf("%s is too long: %w", str(e.obj, "action_id"), ErrInvalidInput)
		}
	}
	return nil
}

// submitted does what the app answered to a modal that was sent off. The
// caller holds mu.
func (s *Server) submitted(v *View, w *team, a Attempt, sub *Submission) {
	defer func() {
		for _, id := range s.viewOrder {
			if o := s.views[id]; o.Open && o.User == v.User {
				sub.View = *o
			}
		}
	}()
	if !a.OK() {
		sub.Action, sub.Errors = "errors", map[string]string{"": failureCode(a)}
		return
	}
	var answer struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
		View   json.RawMessage   `json:"view"`
	}
	if len(strings.TrimSpace(string(a.Body))) > 0 {
		if err := json.Unmarshal(a.Body, &answer); err != nil {
			sub.Action, sub.Errors = "errors", map[string]string{"": "invalid_response"}
			return
		}
	}
	sub.Action, sub.Errors = answer.Action, answer.Errors
	if answer.Action == "update" || answer.Action == "push" {
		if problems := checkView(answer.View, "modal"); len(problems) > 0 {
			sub.Action, sub.Errors = "errors", map[string]string{"": strings.Join(problems, "; ")}
			return
		}
	}
	switch answer.Action {
	case "errors":
		for block := range answer.Errors {
			if !hasBlock(v.placed, block) {
				sub.Errors = map[string]string{"": "errors name no block " + block}
			}
		}
	case "update":
		s.setView(v, answer.View)
	case "push":
		s.openView(w, v.User, answer.View, v)
	case "clear":
		s.closeStack(v, true)
	default:
		s.closeStack(v, false)
	}
}

func hasBlock(placed []any, id string) bool {
	for _, b := range placed {
		if m, ok := b.(map[string]any); ok && str(m, "block_id") == id {
			return true
		}
	}
	return false
}

// CloseView lets a player close a modal without sending it off; the app gets
// view_closed when it asked for it with notify_on_close.
func (s *Server) CloseView(ctx context.Context, userID, viewID string) (Answer, error) {
	s.mu.Lock()
	v, w, u, err := s.openViewOf(userID, viewID)
	if err != nil {
		s.mu.Unlock()
		return Answer{}, err
	}
	wire := s.viewWire(v)
	s.closeStack(v, false)
	if notify, _ := wire["notify_on_close"].(bool); !notify {
		s.mu.Unlock()
		return Answer{}, nil
	}
	payload := s.interaction(w, u, "view_closed", "")
	delete(payload, "trigger_id")
	payload["view"], payload["is_cleared"] = wire, false
	d, err := s.interact(w, s.newID("closed-"), payload, nil)
	s.mu.Unlock()
	if err != nil {
		return Answer{}, err
	}
	return Answer{}.wait(ctx, d)
}

// PressInView presses a button, or uses another element, inside an open modal
// or, with an empty viewID, on the player's Home tab.
func (s *Server) PressInView(ctx context.Context, userID, viewID, actionID string, values ...string) (Answer, error) {
	s.mu.Lock()
	var v *View
	var w *team
	var u User
	var err error
	if viewID != "" {
		v, w, u, err = s.openViewOf(userID, viewID)
	} else if w = s.teamOf(userID); w == nil || w.homes[userID] == nil || !s.running() {
		err = fmt.Errorf("user %s has no Home tab: %w", userID, ErrNoElement)
	} else {
		u = w.users[userID]
		v = &View{ID: "V0HOME" + userID, Team: w.ID, User: userID, JSON: w.homes[userID], placed: viewBlocks(w.homes[userID], s)}
		v.RootID = v.ID
	}
	var action map[string]any
	if err == nil {
		err = fmt.Errorf("%s in view %s: %w", actionID, v.ID, ErrNoElement)
		for _, e := range elements(v.placed) {
			if str(e.obj, "action_id") == actionID {
				action, err = actionOf(e, values)
			}
		}
	}
	if err != nil {
		s.mu.Unlock()
		return Answer{}, err
	}
	action["action_ts"] = s.newTS()
	ans := Answer{TriggerID: s.newTrigger(w, userID, v.ID)}
	payload := s.interaction(w, u, "block_actions", ans.TriggerID)
	payload["container"] = map[string]any{"type": "view", "view_id": v.ID}
	payload["view"] = s.viewWire(v)
	payload["actions"] = []any{action}
	d, err := s.interact(w, ans.TriggerID, payload, nil)
	s.mu.Unlock()
	if err != nil {
		return ans, err
	}
	return ans.wait(ctx, d)
}

// OpenHome lets a player open the app's Home tab: app_home_opened.
func (s *Server) OpenHome(ctx context.Context, userID string) ([]*Delivery, error) {
	s.mu.Lock()
	w := s.teamOf(userID)
	if w == nil || !s.running() {
		s.mu.Unlock()
		return nil, fmt.Errorf("no user %s, or not running", userID)
	}
	ds := s.sendEvents(false, s.outer(w, map[string]any{
		"type": "app_home_opened", "user": userID, "channel": s.dm(w, userID), "tab": "home", "event_ts": s.newTS(),
	}))
	s.mu.Unlock()
	return ds, waitFirst(ctx, ds)
}
