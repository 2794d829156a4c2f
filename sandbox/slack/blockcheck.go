package slack

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Block Kit's documented limits, in characters or pieces.
const (
	maxMessageBlocks = 50
	maxViewBlocks    = 100
	maxSectionText   = 3000
	maxFields        = 10
	maxFieldText     = 2000
	maxHeaderText    = 150
	maxContextParts  = 10
	maxActions       = 25
	maxButtonText    = 75
	maxButtonValue   = 2000
	maxID            = 255
	maxURL           = 3000
	maxOptionText    = 75
	maxOptions       = 100
	maxChecks        = 10
	maxPlaceholder   = 150
	maxInputText     = 3000
	maxLabel         = 2000
	maxMarkdown      = 12000
	maxViewTitle     = 24
	maxMetadata      = 3000
	maxViewBytes     = 250_000
	maxMessageText   = 4000
	maxBlocksTotal   = 13_200
)

// checker collects what is wrong with blocks, in Slack's words for it.
type checker struct {
	problems []string
	modal    bool
}

// checkBlocks returns what Slack would refuse in a message's blocks; nil when
// all is well. Each problem ends with its place as a JSON pointer.
func checkBlocks(raw json.RawMessage) []string {
	var blocks []any
	if err := decode(raw, &blocks); err != nil {
		return []string{"[ERROR] must be an array of blocks [json-pointer:/blocks]"}
	}
	c := &checker{}
	c.blocks(blocks, maxMessageBlocks)
	return c.problems
}

func (c *checker) bad(pointer, format string, args ...any) {
	c.problems = append(c.problems, "[ERROR] "+fmt.Sprintf(format, args...)+" [json-pointer:"+pointer+"]")
}

func (c *checker) blocks(blocks []any, most int) {
	if len(blocks) > most {
		c.bad("/blocks", "no more than %d items allowed", most)
		return
	}
	ids := map[string]bool{}
	markdown := 0
	for i, b := range blocks {
		at := "/blocks/" + strconv.Itoa(i)
		m, ok := b.(map[string]any)
		if !ok {
			c.bad(at, "must be an object")
			continue
		}
		if id := str(m, "block_id"); id != "" {
			if ids[id] {
				c.bad(at+"/block_id", "block_id %q is used twice", id)
			}
			ids[id] = true
		}
		if str(m, "type") == "markdown" {
			markdown += utf8.RuneCountInString(str(m, "text"))
		}
		c.block(m, at)
	}
	if markdown > maxMarkdown {
		c.bad("/blocks", "markdown text must be less than %d characters in all", maxMarkdown+1)
	}
	actions := map[string]bool{}
	for _, e := range elements(blocks) {
		id := str(e.obj, "action_id")
		if id != "" && actions[id] {
			c.bad(e.pointer+"/action_id", "action_id %q is used twice", id)
		}
		actions[id] = true
	}
}

func (c *checker) block(m map[string]any, at string) {
	c.id(m, "block_id", at)
	switch t := str(m, "type"); t {
	case "section":
		c.keys(m, at, "text", "fields", "accessory", "expand")
		if m["text"] == nil && m["fields"] == nil {
			c.bad(at, "must define either `text` or `fields`")
		}
		if m["text"] != nil {
			c.text(m["text"], at+"/text", maxSectionText, "mrkdwn", "plain_text")
		}
		if f, ok := m["fields"]; ok {
			fields, _ := f.([]any)
			c.count(len(fields), maxFields, at+"/fields")
			for i, f := range fields {
				c.text(f, at+"/fields/"+strconv.Itoa(i), maxFieldText, "mrkdwn", "plain_text")
			}
		}
		if a, ok := m["accessory"]; ok {
			c.element(a, at+"/accessory")
		}
	case "header":
		c.keys(m, at, "text", "level")
		c.text(m["text"], at+"/text", maxHeaderText, "plain_text")
	case "divider":
		c.keys(m, at)
	case "context":
		c.keys(m, at, "elements")
		parts := list(m, "elements")
		c.count(len(parts), maxContextParts, at+"/elements")
		for i, p := range parts {
			where := at + "/elements/" + strconv.Itoa(i)
			if pm, ok := p.(map[string]any); ok && str(pm, "type") == "image" {
				c.image(pm, where)
			} else {
				c.text(p, where, maxSectionText, "mrkdwn", "plain_text")
			}
		}
	case "actions":
		c.keys(m, at, "elements")
		parts := list(m, "elements")
		c.count(len(parts), maxActions, at+"/elements")
		for i, p := range parts {
			c.element(p, at+"/elements/"+strconv.Itoa(i))
		}
	case "input":
		c.keys(m, at, "label", "element", "dispatch_action", "hint", "optional")
		c.text(m["label"], at+"/label", maxLabel, "plain_text")
		if h, ok := m["hint"]; ok {
			c.text(h, at+"/hint", maxLabel, "plain_text")
		}
		c.element(m["element"], at+"/element")
	case "image":
		c.image(m, at)
	case "markdown":
		c.keys(m, at, "text")
		c.length(str(m, "text"), 1, maxMarkdown, at+"/text")
	case "rich_text":
		c.keys(m, at, "elements")
		if _, ok := m["elements"].([]any); !ok {
			c.bad(at, "missing required field: elements")
		}
	case "video", "table", "file", "context_actions", "alert", "card", "carousel", "plan", "task_card":
		// Known to Slack, not to this program: kept, not checked.
	case "":
		c.bad(at, "missing required field: type")
	default:
		c.bad(at+"/type", "unsupported type: %s", t)
	}
}

// text checks a text object.
func (c *checker) text(v any, at string, most int, kinds ...string) {
	m, ok := v.(map[string]any)
	if !ok {
		c.bad(at, "missing required field: text object")
		return
	}
	t := str(m, "type")
	if !slices.Contains(kinds, t) {
		c.bad(at+"/type", "must be one of: %s", strings.Join(kinds, ", "))
	}
	allowed := []string{"text", "emoji"}
	if t == "mrkdwn" {
		allowed[1] = "verbatim"
	}
	for _, k := range sortedKeys(m) {
		if k != "type" && !slices.Contains(allowed, k) {
			c.bad(at, "invalid additional property: %s", k)
		}
	}
	if _, ok := m["text"].(string); !ok {
		c.bad(at, "missing required field: text")
		return
	}
	c.length(str(m, "text"), 1, most, at+"/text")
}

// length checks a text; blank counts as empty.
func (c *checker) length(text string, least, most int, at string) {
	n := utf8.RuneCountInString(text)
	if n > most {
		c.bad(at, "must be less than %d characters", most+1)
	}
	if least > 0 && strings.TrimSpace(text) == "" {
		c.bad(at, "must be more than 0 characters")
	}
}

func (c *checker) count(n, most int, at string) {
	if n < 1 {
		c.bad(at, "must provide at least 1 item")
	}
	if n > most {
		c.bad(at, "no more than %d items allowed", most)
	}
}

func (c *checker) id(m map[string]any, key, at string) {
	if v, ok := m[key]; ok {
		id, isText := v.(string)
		if !isText {
			c.bad(at+"/"+key, "must be a string")
		}
		if utf8.RuneCountInString(id) > maxID {
			c.bad(at+"/"+key, "must be less than %d characters", maxID+1)
		}
	}
}

// keys refuses properties that a block does not have.
func (c *checker) keys(m map[string]any, at string, allowed ...string) {
	for _, k := range sortedKeys(m) {
		if k != "type" && k != "block_id" && !slices.Contains(allowed, k) {
			c.bad(at, "invalid additional property: %s", k)
		}
	}
}

func (c *checker) image(m map[string]any, at string) {
	if m["slack_file"] == nil {
		c.length(str(m, "image_url"), 1, maxURL, at+"/image_url")
	}
	c.length(str(m, "alt_text"), 1, maxLabel, at+"/alt_text")
	if t, ok := m["title"]; ok {
		c.text(t, at+"/title", maxLabel, "plain_text")
	}
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
