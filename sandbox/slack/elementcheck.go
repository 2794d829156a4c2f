package slack

import (
	"encoding/json"
	"strconv"
	"strings"
)

// element checks something that a user can press, choose from or type into.
func (c *checker) element(v any, at string) {
	m, ok := v.(map[string]any)
	if !ok {
		c.bad(at, "missing required field: element")
		return
	}
	c.id(m, "action_id", at)
	if a, ok := m["action_id"].(string); ok && strings.TrimSpace(a) == "" {
		c.bad(at+"/action_id", "must be more than 0 characters")
	}
	if confirm, ok := m["confirm"]; ok {
		c.confirm(confirm, at+"/confirm")
	}
	if p, ok := m["placeholder"]; ok {
		c.text(p, at+"/placeholder", maxPlaceholder, "plain_text")
	}
	switch t := str(m, "type"); t {
	case "button":
		c.elementKeys(m, at, "text", "value", "url", "style", "confirm", "accessibility_label")
		c.text(m["text"], at+"/text", maxButtonText, "plain_text")
		c.length(str(m, "value"), 0, maxButtonValue, at+"/value")
		c.length(str(m, "url"), 0, maxURL, at+"/url")
		c.length(str(m, "accessibility_label"), 0, 75, at+"/accessibility_label")
		if s, ok := m["style"]; ok && s != "primary" && s != "danger" {
			c.bad(at+"/style", "must be one of: primary, danger")
		}
	case "static_select", "multi_static_select":
		c.elementKeys(m, at, "placeholder", "options", "option_groups", "initial_option", "initial_options",
			"confirm", "focus_on_load", "max_selected_items")
		if m["option_groups"] == nil {
			c.options(list(m, "options"), maxOptions, at+"/options")
		}
	case "checkboxes", "radio_buttons":
		c.elementKeys(m, at, "options", "initial_option", "initial_options", "confirm", "focus_on_load")
		c.options(list(m, "options"), maxChecks, at+"/options")
	case "overflow":
		c.elementKeys(m, at, "options", "confirm")
		c.options(list(m, "options"), 5, at+"/options")
	case "plain_text_input":
		c.elementKeys(m, at, "placeholder", "initial_value", "multiline", "min_length", "max_length",
			"dispatch_action_config", "focus_on_load")
		for _, key := range []string{"min_length", "max_length"} {
			if n, ok := m[key].(json.Number); ok {
				if i, err := n.Int64(); err != nil || i < 0 || i > maxInputText {
					c.bad(at+"/"+key, "must be between 0 and %d", maxInputText)
				}
			}
		}
		c.length(str(m, "initial_value"), 0, maxInputText, at+"/initial_value")
	case "image":
		c.image(m, at)
	case "users_select", "multi_users_select", "channels_select", "multi_channels_select",
		"conversations_select", "multi_conversations_select", "external_select", "multi_external_select",
		"datepicker", "timepicker", "datetimepicker", "number_input", "email_text_input", "url_text_input",
		"rich_text_input", "file_input", "workflow_button", "feedback_buttons", "icon_button":
		// Known to Slack; beyond the ids nothing of them is checked.
	case "":
		c.bad(at, "missing required field: type")
	default:
		c.bad(at+"/type", "unsupported type: %s", t)
	}
}

func (c *checker) elementKeys(m map[string]any, at string, allowed ...string) {
	c.keys(m, at, append(allowed, "action_id")...)
	if _, ok := m["block_id"]; ok {
		c.bad(at, "invalid additional property: block_id")
	}
}

func (c *checker) options(options []any, most int, at string) {
	c.count(len(options), most, at)
	for i, o := range options {
		where := at + "/" + strconv.Itoa(i)
		m, ok := o.(map[string]any)
		if !ok {
			c.bad(where, "must be an object")
			continue
		}
		c.text(m["text"], where+"/text", maxOptionText, "mrkdwn", "plain_text")
		c.length(str(m, "value"), 0, maxOptionText, where+"/value")
		if d, ok := m["description"]; ok {
			c.text(d, where+"/description", maxOptionText, "mrkdwn", "plain_text")
		}
	}
}

func (c *checker) confirm(v any, at string) {
	m, ok := v.(map[string]any)
	if !ok {
		c.bad(at, "must be an object")
		return
	}
	c.text(m["title"], at+"/title", 100, "plain_text")
	c.text(m["text"], at+"/text", 300, "plain_text", "mrkdwn")
	c.text(m["confirm"], at+"/confirm", 30, "plain_text")
	c.text(m["deny"], at+"/deny", 30, "plain_text")
}

// checkView returns what Slack would refuse in a view; nil when all is well.
// kind is "modal" or "home".
func checkView(raw json.RawMessage, kind string) []string {
	var m map[string]any
	if err := decode(raw, &m); err != nil || m == nil {
		return []string{"[ERROR] must be an object [json-pointer:/view]"}
	}
	c := &checker{modal: kind == "modal"}
	if str(m, "type") != kind {
		c.bad("/view/type", "must be %s", kind)
	}
	blocks, ok := m["blocks"].([]any)
	if !ok {
		c.bad("/view", "missing required field: blocks")
	}
	inner := &checker{}
	inner.blocks(blocks, maxViewBlocks)
	for _, p := range inner.problems {
		c.problems = append(c.problems, strings.Replace(p, "[json-pointer:/blocks", "[json-pointer:/view/blocks", 1))
	}
	c.length(str(m, "callback_id"), 0, maxID, "/view/callback_id")
	c.length(str(m, "private_metadata"), 0, maxMetadata, "/view/private_metadata")
	c.length(str(m, "external_id"), 0, maxID, "/view/external_id")
	if !c.modal {
		return c.problems
	}
	c.text(m["title"], "/view/title", maxViewTitle, "plain_text")
	for _, key := range []string{"submit", "close"} {
		if t, ok := m[key]; ok && t != nil {
			c.text(t, "/view/"+key, maxViewTitle, "plain_text")
		}
	}
	for _, b := range blocks {
		if bm, ok := b.(map[string]any); ok && str(bm, "type") == "input" && m["submit"] == nil {
			c.bad("/view", "missing required field: submit")
			break
		}
	}
	return c.problems
}
