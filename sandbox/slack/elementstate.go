package slack

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// seen finds an element that a player can press, and the blocks around it.
// The caller holds mu.
func (s *Server) seen(m *Message, userID, actionID string, stale bool) (element, []any, error) {
	if m == nil || (m.Ephemeral && m.To != userID) || (m.Deleted && !stale) {
		return element{}, nil, ErrNoElement
	}
	versions := [][]any{m.placed}
	if stale {
		for _, v := range slices.Backward(m.History) {
			versions = append(versions, v.placed)
		}
	}
	for _, placed := range versions {
		for _, e := range elements(placed) {
			if str(e.obj, "action_id") == actionID {
				return e, placed, nil
			}
		}
	}
	return element{}, nil, ErrNoElement
}

// actionOf is the entry in "actions" for using an element; values is nil for a
// plain press.
func actionOf(e element, values []string) (map[string]any, error) {
	typ := str(e.obj, "type")
	out := map[string]any{"type": typ, "action_id": str(e.obj, "action_id"), "block_id": e.blockID}
	first := func() string {
		if len(values) > 0 {
			return values[0]
		}
		return ""
	}
	switch typ {
	case "button", "workflow_button":
		if values != nil {
			return nil, fmt.Errorf("%s is a button, there is nothing to choose", out["action_id"])
		}
		for _, k := range []string{"text", "value", "style", "url"} {
			if v, ok := e.obj[k]; ok {
				out[k] = v
			}
		}
	case "plain_text_input", "number_input", "email_text_input", "url_text_input":
		out["value"] = first()
	case "static_select", "radio_buttons", "overflow":
		found, err := optionsNamed(e.obj, values)
		if err != nil {
			return nil, err
		}
		out["selected_option"] = nil
		if len(found) > 0 {
			out["selected_option"] = found[0]
		}
	case "checkboxes", "multi_static_select":
		found, err := optionsNamed(e.obj, values)
		if err != nil {
			return nil, err
		}
		out["selected_options"] = found
	case "users_select":
		out["selected_user"] = first()
	case "conversations_select":
		out["selected_conversation"] = first()
	case "channels_select":
		out["selected_channel"] = first()
	case "timepicker":
		out["selected_time"] = first()
	case "datepicker":
		out["selected_date"] = first()
	default:
		return nil, fmt.Errorf("element %s of type %s cannot be used here", out["action_id"], typ)
	}
	return out, nil
}

// optionsNamed finds a menu's options by their values.
func optionsNamed(menu map[string]any, values []string) ([]any, error) {
	all := list(menu, "options")
	for _, g := range list(menu, "option_groups") {
		if gm, ok := g.(map[string]any); ok {
			all = append(slices.Clone(all), list(gm, "options")...)
		}
	}
	out := []any{}
	for _, want := range values {
		i := slices.IndexFunc(all, func(o any) bool {
			om, ok := o.(map[string]any)
			return ok && str(om, "value") == want
		})
		if i < 0 {
			return nil, fmt.Errorf("%s has no option with the value %q: %w", str(menu, "action_id"), want, ErrNoElement)
		}
		out = append(out, all[i])
	}
	return out, nil
}

// stateOf is how an action stands in "state"; nil for buttons.
func stateOf(action map[string]any) json.RawMessage {
	switch action["type"] {
	case "button", "workflow_button", "overflow":
		return nil
	}
	state := maps.Clone(action)
	delete(state, "action_id")
	delete(state, "block_id")
	delete(state, "action_ts")
	raw, err := json.Marshal(state)
	if err != nil {
		return nil
	}
	return raw
}

// messageState is the "state.values" of a message for a player: what was
// chosen, else what the element starts with. The caller holds mu.
func (s *Server) messageState(channelID, ts, userID string, placed []any) map[string]map[string]any {
	out := map[string]map[string]any{}
	for _, e := range elements(placed) {
		id := str(e.obj, "action_id")
		state := any(s.inputs[inputKey{channelID, ts, userID, e.blockID, id}])
		if raw, _ := state.(json.RawMessage); raw == nil {
			start := initialState(e.obj)
			if start == nil {
				continue
			}
			state = start
		}
		if out[e.blockID] == nil {
			out[e.blockID] = map[string]any{}
		}
		out[e.blockID][id] = state
	}
	return out
}

// initialState is how an element stands in "state" before it is touched; nil
// for buttons.
func initialState(e map[string]any) map[string]any {
	typ := str(e, "type")
	out := map[string]any{"type": typ}
	switch typ {
	case "plain_text_input", "number_input", "email_text_input", "url_text_input":
		out["value"] = e["initial_value"]
	case "static_select", "radio_buttons":
		out["selected_option"] = e["initial_option"]
	case "checkboxes", "multi_static_select":
		out["selected_options"] = []any{}
		if o := list(e, "initial_options"); o != nil {
			out["selected_options"] = o
		}
	case "users_select":
		out["selected_user"] = e["initial_user"]
	case "conversations_select":
		out["selected_conversation"] = e["initial_conversation"]
	case "channels_select":
		out["selected_channel"] = e["initial_channel"]
	case "timepicker":
		out["selected_time"] = e["initial_time"]
	case "datepicker":
		out["selected_date"] = e["initial_date"]
	default:
		return nil
	}
	return out
}
