package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// ErrNoModal: the player has no such modal open.
var ErrNoModal = errors.New("no such modal is open")

// ErrInvalidInput: a client would not send the modal off like that.
var ErrInvalidInput = errors.New("invalid input")

// Input is something to fill in, in a modal.
type Input struct {
	CustomID, Label, Description string
	Value                        string // to begin with
	Long                         bool   // several lines
	Required                     bool
	Min, Max                     int      // characters
	Options                      []Choice // of a menu
}

// Form is what a modal shows.
type Form struct {
	CustomID, Title string
	Texts           []string
	Inputs          []Input
}

// Form reads the modal that answered an interaction; zero where none did.
func (i Interaction) Form() Form {
	var m struct {
		CustomID   string      `json:"custom_id"`
		Title      string      `json:"title"`
		Components []component `json:"components"`
	}
	if isNull(i.Modal) || json.Unmarshal(i.Modal, &m) != nil {
		return Form{}
	}
	f := Form{CustomID: m.CustomID, Title: m.Title}
	for _, c := range m.Components {
		switch {
		case c.Type == componentText:
			f.Texts = append(f.Texts, c.Content)
		case c.Type == componentLabel && c.Component != nil:
			in := inputOf(*c.Component)
			in.Label, in.Description = c.Label, c.Description
			f.Inputs = append(f.Inputs, in)
		case c.Type == componentRow:
			for _, one := range c.Components {
				f.Inputs = append(f.Inputs, inputOf(one))
			}
		}
	}
	return f
}

func inputOf(c component) Input {
	const paragraph = 2
	in := Input{CustomID: c.CustomID, Label: c.Label, Value: c.Value, Long: c.Style == paragraph, Required: c.Required == nil || *c.Required, Max: maxInputValue}
	if c.MinLength != nil {
		in.Min = *c.MinLength
	}
	if c.MaxLength != nil {
		in.Max = *c.MaxLength
	}
	for _, o := range c.Options {
		in.Options = append(in.Options, Choice{Name: o.Label, Value: o.Value})
		if o.Default {
			in.Value = o.Value
		}
	}
	return in
}

// fits refuses what a client would not send.
func (in Input) fits(value string) error {
	n := utf8.RuneCountInString(value)
	switch {
	case in.Required && n == 0:
		return fmt.Errorf("%s is required: %w", in.CustomID, ErrInvalidInput)
	case len(in.Options) > 0:
		if n > 0 && !slices.ContainsFunc(in.Options, func(c Choice) bool { return c.Value == value }) {
			return fmt.Errorf("%s has no option %q: %w", in.CustomID, value, ErrInvalidInput)
		}
	case n > in.Max || n > 0 && n < in.Min:
		return fmt.Errorf("%s is %d characters long, not %d to %d: %w", in.CustomID, n, in.Min, in.Max, ErrInvalidInput)
	}
	return nil
}

// Modals lists what a player has open, as the interactions that it answered; the
// newest last. A client shows that one.
func (s *Server) Modals(userID string) []Interaction {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Interaction
	for _, id := range s.interactionOrder {
		if i := s.interactions[id]; i.UserID == userID && i.ModalOpen {
			out = append(out, i.copy())
		}
	}
	return out
}

// DismissModal has a player close a modal without sending it off: the app hears nothing.
func (s *Server) DismissModal(interactionID, userID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, err := s.openModal(interactionID, userID)
	if err != nil {
		return err
	}
	s.closeModal(i)
	return nil
}

func (s *Server) openModal(id, userID string) (*interaction, error) {
	i := s.interactions[id]
	if i == nil || !i.ModalOpen || i.UserID != userID {
		return nil, fmt.Errorf("modal of interaction %q: %w", id, ErrNoModal)
	}
	return i, nil
}

func (s *Server) closeModal(i *interaction) {
	i.ModalOpen = false
	s.changed(Event{Kind: InteractionChanged, GuildID: i.GuildID, ChannelID: i.ChannelID, UserID: i.UserID, Interaction: i.copy()})
}

// SubmitModal has a player fill in the modal that answered an interaction, by custom_id,
// and send it off; it waits until the app has answered or has failed to. What is not named
// keeps what it began with. The modal closes when the app has answered.
func (s *Server) SubmitModal(ctx context.Context, interactionID, userID string, values map[string]string) (Interaction, error) {
	s.mu.Lock()
	from, err := s.openModal(interactionID, userID)
	var c *channel
	var data obj
	if err == nil {
		data, err = fillModal(from.copy(), values)
	}
	if err == nil {
		c, err = s.speaker(from.ChannelID, userID)
	}
	if err != nil {
		s.mu.Unlock()
		return Interaction{}, err
	}
	i := s.interact(InteractModal, c, userID, from.source, data)
	i.modal = from
	s.mu.Unlock()
	return s.settled(ctx, i)
}

// fillModal is the data of a modal's submission.
func fillModal(from Interaction, values map[string]string) (obj, error) {
	var m struct {
		Components []component `json:"components"`
	}
	if err := json.Unmarshal(from.Modal, &m); err != nil {
		return nil, err
	}
	used := 0
	next := 0
	number := func(o obj) obj {
		next++
		o["id"] = next
		return o
	}
	fill := func(c component) (obj, error) {
		in := inputOf(c)
		value, given := values[in.CustomID]
		if !given {
			value = in.Value
		} else {
			used++
		}
		if err := in.fits(value); err != nil {
			return nil, err
		}
		if c.Type != componentSelect {
			return number(obj{"type": c.Type, "custom_id": c.CustomID, "value": value}), nil
		}
		chosen := []string{}
		if value != "" {
			chosen = append(chosen, value)
		}
		return number(obj{"type": c.Type, "custom_id": c.CustomID, "values": chosen}), nil
	}
	out := []obj{}
	for _, c := range m.Components {
		switch {
		case c.Type == componentLabel && c.Component != nil:
			label := number(obj{"type": c.Type})
			inner, err := fill(*c.Component)
			if err != nil {
				return nil, err
			}
			label["component"] = inner
			out = append(out, label)
		case c.Type == componentRow:
			row, inner := number(obj{"type": c.Type}), []obj{}
			for _, one := range c.Components {
				filled, err := fill(one)
				if err != nil {
					return nil, err
				}
				inner = append(inner, filled)
			}
			row["components"] = inner
			out = append(out, row)
		default:
			out = append(out, number(obj{"type": c.Type}))
		}
	}
	if used != len(values) {
		return nil, fmt.Errorf("the modal lacks one of the inputs given: %w", ErrNoControl)
	}
	return obj{"custom_id": from.Form().CustomID, "components": out}, nil
}
