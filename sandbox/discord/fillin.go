package discord

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// fillIn turns typed words into a command's data. The caller holds mu.
func (s *Server) fillIn(text, focused string) (obj, error) {
	words := strings.Fields(strings.TrimPrefix(strings.TrimSpace(text), "/"))
	if len(words) == 0 {
		return nil, ErrNoCommand
	}
	c := s.commandNamed(words[0])
	if c == nil {
		return nil, fmt.Errorf("%q: %w", words[0], ErrNoCommand)
	}
	words = words[1:]
	data := obj{"id": c.ID, "name": c.Name, "type": 1}
	if len(c.Options) == 0 || c.Options[0].Type != optionSub {
		data["options"] = fillOptions(c.Options, words, focused)
		return data, nil
	}
	sub := c.Options[0]
	if len(words) > 0 {
		if n := slices.IndexFunc(c.Options, func(o option) bool { return o.Name == words[0] }); n >= 0 {
			sub, words = c.Options[n], words[1:]
		}
	}
	data["options"] = []obj{{"name": sub.Name, "type": optionSub, "options": fillOptions(sub.Options, words, focused)}}
	return data, nil
}

func fillOptions(options []option, words []string, focused string) []obj {
	out := []obj{}
	used := map[string]bool{}
	give := func(o option, v any) {
		used[o.Name] = true
		given := obj{"name": o.Name, "type": o.Type, "value": v}
		if o.Name == focused {
			given["focused"] = true
		}
		out = append(out, given)
	}
	find := func(fits func(option) bool) (option, bool) {
		for _, o := range options {
			if !used[o.Name] && fits(o) {
				return o, true
			}
		}
		return option{}, false
	}
	if i, o := namedText(options, words); i >= 0 {
		give(o, strings.Join(words[i+1:], " "))
		words = words[:i]
	}
	var rest []string
	next, until := "", 0
	for i, w := range words {
		if i < until {
			continue
		}
		if o, ok := find(func(o option) bool { return o.Name == w }); ok { // "speed full" names the option that the next words are for
			if v, n := o.takes(words[i+1:]); n > 0 {
				give(o, v)
				until = i + 1 + n
				continue
			}
		}
		n, notNumber := strconv.Atoi(w)
		if o, ok := find(func(o option) bool {
			return o.Type == optionInteger && notNumber == nil && (next == "" || o.Name == next)
		}); ok {
			give(o, n)
			next = ""
		} else if o, ok := find(func(o option) bool { return o.Type == optionBoolean && o.Name == w }); ok {
			give(o, true)
		} else if o, ok := find(func(o option) bool {
			return o.offers(w)
		}); ok {
			give(o, w)
		} else if o, id, ok := findMention(w, find); ok {
			give(o, id)
		} else if w == "each" {
			next = "seconds"
		} else {
			rest = append(rest, w)
		}
	}
	if o, ok := find(func(o option) bool { return o.Type == optionString && len(o.Choices) == 0 }); ok && (len(rest) > 0 || o.Name == focused) {
		give(o, strings.Join(rest, " "))
	}
	return out
}

// takes is what an option with choices, or for a number, takes of the words behind its name,
// and of how many; 0 where they don't fit.
func (o option) takes(words []string) (v any, n int) {
	for n := min(2, len(words)); n > 0; n-- { // a choice may have two words
		if said := strings.Join(words[:n], " "); o.offers(said) {
			return said, n
		}
	}
	if len(words) > 0 && o.Type == optionInteger {
		if x, err := strconv.Atoi(words[0]); err == nil {
			return x, 1
		}
	}
	return nil, 0
}

// namedText is where the words name an option that takes any text, and is not the first such:
// "websocket for 2 days". All words after its name are for it; -1: there is none.
func namedText(options []option, words []string) (int, option) {
	first := true
	for _, o := range options {
		if o.Type != optionString || len(o.Choices) > 0 {
			continue
		}
		if i := slices.Index(words, o.Name); !first && i >= 0 && i+1 < len(words) {
			return i, o
		}
		first = false
	}
	return -1, option{}
}

// findMention is the option that a mention fits, and whom it mentions.
func findMention(word string, find func(func(option) bool) (option, bool)) (o option, id string, ok bool) {
	m := mentionPattern.FindStringSubmatch(word)
	if m == nil || m[0] != word || m[2] == "" {
		return option{}, "", false
	}
	kind := optionUser
	if m[1] == "&" {
		kind = optionRole
	}
	o, ok = find(func(o option) bool { return o.Type == kind })
	return o, m[2], ok
}

// resolve adds to a command's data what its options mention. The caller holds mu.
func (s *Server) resolve(c *channel, data obj) {
	users, members, roles := obj{}, obj{}, obj{}
	g := s.guilds[c.GuildID]
	for _, o := range optionsOf(data) {
		id, _ := o["value"].(string)
		switch o["type"] {
		case optionUser:
			if s.users[id] == nil {
				continue
			}
			users[id] = s.userJSON(id)
			if g != nil && g.member(id) != nil {
				members[id] = s.memberJSON(g, g.member(id), false)
			}
		case optionRole:
			if g != nil && g.role(id) != nil {
				roles[id] = roleJSON(*g.role(id))
			}
		}
	}
	if len(users)+len(roles) > 0 {
		data["resolved"] = obj{"users": users, "members": members, "roles": roles}
	}
}

// optionsOf are the options that are filled in, those of the subcommand where there is one.
func optionsOf(data obj) []obj {
	given, _ := data["options"].([]obj)
	if len(given) == 1 && given[0]["type"] == optionSub {
		given, _ = given[0]["options"].([]obj)
	}
	return given
}

// fillInNamed makes a command's data of named values. The caller holds mu.
func (s *Server) fillInNamed(name, sub string, values map[string]any) (obj, error) {
	c := s.commandNamed(name)
	if c == nil {
		return nil, fmt.Errorf("%q: %w", name, ErrNoCommand)
	}
	options, data := c.Options, obj{"id": c.ID, "name": c.Name, "type": 1}
	if sub != "" {
		n := slices.IndexFunc(options, func(o option) bool { return o.Type == optionSub && o.Name == sub })
		if n < 0 {
			return nil, fmt.Errorf("/%s %s: %w", name, sub, ErrNoCommand)
		}
		options = options[n].Options
	}
	given := []obj{}
	for _, o := range options {
		if v, ok := values[o.Name]; ok {
			given = append(given, obj{"name": o.Name, "type": o.Type, "value": v})
		}
	}
	if len(given) < len(values) {
		return nil, fmt.Errorf("/%s %s: unknown option among %v: %w", name, sub, values, ErrBadOption)
	}
	data["options"] = given
	if sub != "" {
		data["options"] = []obj{{"name": sub, "type": optionSub, "options": given}}
	}
	return data, nil
}

// checkFilled checks a filled-in command as a client does before it sends it.
func (s *Server) checkFilled(data obj) error {
	c := s.commandNamed(data["name"].(string))
	options, given := c.Options, data["options"].([]obj)
	if len(given) == 1 && given[0]["type"] == optionSub {
		n := slices.IndexFunc(options, func(o option) bool { return o.Name == given[0]["name"] })
		options, given = options[n].Options, given[0]["options"].([]obj)
	} else if len(options) > 0 && options[0].Type == optionSub {
		return fmt.Errorf("/%s needs a subcommand: %w", c.Name, ErrBadOption)
	}
	for _, o := range options {
		n := slices.IndexFunc(given, func(g obj) bool { return g["name"] == o.Name })
		switch {
		case n < 0 && o.Required:
			return fmt.Errorf("/%s: option %s is required: %w", c.Name, o.Name, ErrBadOption)
		case n >= 0 && !o.allows(given[n]["value"]):
			return fmt.Errorf("/%s: option %s: value %v: %w", c.Name, o.Name, given[n]["value"], ErrBadOption)
		}
	}
	return nil
}

// maxOptionValue is the most characters of a text that a player can type.
const maxOptionValue = 6000

// offers reports that value is one of the option's choices.
func (o option) offers(value string) bool {
	return slices.ContainsFunc(o.Choices, func(c Choice) bool { return c.Value == value })
}

func (o option) allows(v any) bool {
	switch o.Type {
	case optionString:
		text, ok := v.(string)
		return ok && utf8.RuneCountInString(text) <= maxOptionValue &&
			(len(o.Choices) == 0 || o.offers(text))
	case optionInteger:
		n, ok := v.(int)
		return ok && (o.MinValue == nil || float64(n) >= *o.MinValue) && (o.MaxValue == nil || float64(n) <= *o.MaxValue)
	case optionBoolean:
		_, ok := v.(bool)
		return ok
	case optionUser, optionRole:
		id, ok := v.(string)
		return ok && snowflake(id) != 0
	}
	return true
}
