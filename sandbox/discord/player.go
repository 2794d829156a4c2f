package discord

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// ErrNoControl: the message has no such button, or the player can't see it.
var ErrNoControl = errors.New("no such button")

// ErrNoCommand: no such slash command is registered.
var ErrNoCommand = errors.New("no such slash command")

// ErrBadOption: a client would not send the command so.
var ErrBadOption = errors.New("an option's value is missing or not allowed")

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
// the name of a switch to the switch, a listed choice to its option, a mention (also
// "@name") to a user or a role, everything else to the first text.
func (s *Server) Slash(ctx context.Context, channelID, userID, text string) (Interaction, error) {
	return s.command(ctx, InteractCommand, channelID, userID, func() (obj, error) {
		if c := s.channels[channelID]; c != nil {
			text = s.mention(c, text)
		}
		data, err := s.fillIn(text, "")
		if err != nil {
			return nil, err
		}
		return data, s.checkFilled(data)
	})
}

// SlashWith has a player fill in a slash command's options by name. sub is the
// subcommand; empty where there are none. Numbers are ints.
func (s *Server) SlashWith(ctx context.Context, channelID, userID, name, sub string, values map[string]any) (Interaction, error) {
	return s.command(ctx, InteractCommand, channelID, userID, func() (obj, error) {
		data, err := s.fillInNamed(name, sub, values)
		if err != nil {
			return nil, err
		}
		return data, s.checkFilled(data)
	})
}

// Autocomplete has a player begin to type an option's value and returns what
// the app suggests.
func (s *Server) Autocomplete(ctx context.Context, channelID, userID, text, optionName string) (Interaction, error) {
	return s.command(ctx, InteractAutocomplete, channelID, userID, func() (obj, error) { return s.fillIn(text, optionName) })
}

// command makes an interaction of what fill gives, which is called with mu held.
func (s *Server) command(ctx context.Context, kind int, channelID, userID string, fill func() (obj, error)) (Interaction, error) {
	s.mu.Lock()
	c, err := s.speaker(channelID, userID)
	if err != nil {
		s.mu.Unlock()
		return Interaction{}, err
	}
	if g := s.guilds[c.GuildID]; g != nil && g.removed {
		s.mu.Unlock()
		return Interaction{}, fmt.Errorf("the bot is not in guild %s: %w", g.ID, ErrNoCommand)
	}
	data, err := fill()
	if err != nil {
		s.mu.Unlock()
		return Interaction{}, err
	}
	s.resolve(c, data)
	i := s.interact(kind, c, userID, nil, data)
	s.mu.Unlock()
	return s.settled(ctx, i)
}
