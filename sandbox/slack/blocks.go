package slack

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// Blocks are walked as generic JSON: the server must carry what it does not
// know as faithfully as what it does.

func str(m map[string]any, key string) string {
	v, _ := m[key].(string)
	return v
}

func obj(m map[string]any, key string) map[string]any {
	v, _ := m[key].(map[string]any)
	return v
}

func list(m map[string]any, key string) []any {
	v, _ := m[key].([]any)
	return v
}

// decode reads JSON and keeps numbers as they are written.
func decode(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return d.Decode(into)
}

// place is what Slack keeps of blocks: those without a block_id get one. nil
// when there are none. The result is never changed afterwards.
func place(raw json.RawMessage, s *Server) []any {
	var blocks []any
	if len(raw) == 0 || decode(raw, &blocks) != nil || len(blocks) == 0 {
		return nil
	}
	for _, b := range blocks {
		if m, ok := b.(map[string]any); ok && str(m, "block_id") == "" {
			m["block_id"] = s.newID("b")
		}
	}
	return blocks
}

// element is something a user can press, choose from or type into.
type element struct {
	obj     map[string]any
	blockID string
	pointer string
}

// elements lists what has an action_id or could have one, in order.
func elements(blocks []any) []element {
	var out []element
	take := func(v any, blockID, pointer string) {
		m, ok := v.(map[string]any)
		if !ok {
			return
		}
		switch str(m, "type") {
		case "mrkdwn", "plain_text", "image", "":
			return
		}
		out = append(out, element{m, blockID, pointer})
	}
	for i, b := range blocks {
		m, ok := b.(map[string]any)
		if !ok {
			continue
		}
		id, at := str(m, "block_id"), "/blocks/"+strconv.Itoa(i)
		switch str(m, "type") {
		case "section":
			take(m["accessory"], id, at+"/accessory")
		case "input":
			take(m["element"], id, at+"/element")
		case "actions", "context_actions":
			for j, e := range list(m, "elements") {
				take(e, id, at+"/elements/"+strconv.Itoa(j))
			}
		}
	}
	return out
}

// blockText is a text somewhere in blocks.
type blockText struct {
	text    string
	live    bool // mrkdwn or markdown: mentions in it are live
	pointer string
}

// eachText calls fn for every text that is shown: text objects and markdown
// blocks, wherever they stand. Mentions that stand in rich_text as elements of
// their own are given in the form they have in mrkdwn.
func eachText(v any, pointer string, fn func(blockText)) {
	switch v := v.(type) {
	case []any:
		for i, e := range v {
			eachText(e, pointer+"/"+strconv.Itoa(i), fn)
		}
	case map[string]any:
		switch t := str(v, "type"); t {
		case "mrkdwn", "plain_text":
			fn(blockText{str(v, "text"), t == "mrkdwn", pointer + "/text"})
			return
		case "markdown":
			fn(blockText{str(v, "text"), true, pointer + "/text"})
			return
		case "text", "link", "raw_text":
			fn(blockText{str(v, "text"), false, pointer + "/text"})
			return
		case "user":
			fn(blockText{"<@" + str(v, "user_id") + ">", true, pointer})
			return
		case "usergroup":
			fn(blockText{"<!subteam^" + str(v, "usergroup_id") + ">", true, pointer})
			return
		case "broadcast":
			fn(blockText{"<!" + str(v, "range") + ">", true, pointer})
			return
		}
		for _, key := range shownKeys {
			if e, ok := v[key]; ok {
				eachText(e, pointer+"/"+key, fn)
			}
		}
	}
}

// shownKeys are the properties under which a block shows text, in reading
// order.
var shownKeys = [...]string{
	"title", "label", "text", "fields", "rows", "elements", "element", "accessory",
	"placeholder", "options", "option_groups", "description", "hint", "confirm", "deny",
}
