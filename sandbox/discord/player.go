package discord

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ErrNoControl: the message has no such button, or the player can't see it.
var ErrNoControl = errors.New("no such button")

// ErrNoCommand: no such slash command is registered.
var ErrNoCommand = errors.New("no such slash command")

// Press has a player press a button, and waits until the app has answered or
// has failed to.
func (s *Server) Press(ctx context.Context, messageID, userID, customID string) (Interaction, error) {
	return s.press(ctx, messageID, userID, customID, false)
}

// PressStale presses a button that an edit has taken away, as a client does
// that has not drawn the change yet.
func (s *Server) PressStale(ctx context.Context, messageID, userID, customID string) (Interaction, error) {
	return s.press(ctx, messageID, userID, customID, true)
}

func (s *Server) press(ctx context.Context, messageID, userID, customID string, stale bool) (Interaction, error) {
	s.mu.Lock()
	m := s.messages[messageID]
	if m == nil || m.Deleted || m.EphemeralFor != "" && m.EphemeralFor != userID {
		s.mu.Unlock()
		return Interaction{}, fmt.Errorf("press %q in message %q: %w", customID, messageID, ErrNoControl)
	}
	there := slices.ContainsFunc(m.Controls(), func(c Control) bool { return c.CustomID == customID && !c.Disabled })
	if !there && !stale {
		s.mu.Unlock()
		return Interaction{}, fmt.Errorf("press %q in message %q: %w", customID, messageID, ErrNoControl)
	}
	c, err := s.speaker(m.ChannelID, userID)
	if err != nil {
		s.mu.Unlock()
		return Interaction{}, err
	}
	i := s.interact(InteractComponent, c, userID, m, obj{"custom_id": customID, "component_type": componentButton})
	s.mu.Unlock()
	return s.settled(ctx, i)
}

// Slash has a player type a slash command, such as "/quiz start websocket 5",
// fills in its options as a client would, and waits until the app has answered
// or has failed to. Words go to the options that they fit: numbers to numbers,
// the name of a switch to the switch, a listed choice to its option, everything
// else to the first text.
func (s *Server) Slash(ctx context.Context, channelID, userID, text string) (Interaction, error) {
	s.mu.Lock()
	c, err := s.speaker(channelID, userID)
	if err != nil {
		s.mu.Unlock()
		return Interaction{}, err
	}
	data, err := s.fillIn(text, "")
	if err != nil {
		s.mu.Unlock()
		return Interaction{}, err
	}
	i := s.interact(InteractCommand, c, userID, nil, data)
	s.mu.Unlock()
	return s.settled(ctx, i)
}

// Autocomplete has a player begin to type an option's value and returns what
// the app suggests.
func (s *Server) Autocomplete(ctx context.Context, channelID, userID, text, optionName string) (Interaction, error) {
	s.mu.Lock()
	c, err := s.speaker(channelID, userID)
	if err != nil {
		s.mu.Unlock()
		return Interaction{}, err
	}
	data, err := s.fillIn(text, optionName)
	if err != nil {
		s.mu.Unlock()
		return Interaction{}, err
	}
	i := s.interact(InteractAutocomplete, c, userID, nil, data)
	s.mu.Unlock()
	return s.settled(ctx, i)
}

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
	var rest []string
	next := ""
	for _, w := range words {
		n, notNumber := strconv.Atoi(w)
		if o, ok := find(func(o option) bool {
			return o.Type == optionInteger && notNumber == nil && (next == "" || o.Name == next)
		}); ok {
			give(o, n)
			next = ""
		} else if o, ok := find(func(o option) bool { return o.Type == optionBoolean && o.Name == w }); ok {
			give(o, true)
		} else if o, ok := find(func(o option) bool {
			return slices.ContainsFunc(o.Choices, func(c Choice) bool { return c.Value == w })
		}); ok {
			give(o, w)
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
