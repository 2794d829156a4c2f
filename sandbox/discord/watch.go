package discord

import (
	"context"
	"fmt"
)

// EventKind says what an Event is about.
type EventKind string

// What subscribers hear of.
const (
	MessagePosted      EventKind = "message_posted"      // Message; UserID when only that user sees it
	MessageEdited      EventKind = "message_edited"      // Message, with its History
	MessageDeleted     EventKind = "message_deleted"     // Message, as it was
	InteractionChanged EventKind = "interaction_changed" // Interaction: made, answered, expired, followed up
	CommandsChanged    EventKind = "commands_changed"    // GuildID; empty for global ones
	CallMade           EventKind = "call_made"           // Call, when its answer is known
	ConnectionChanged  EventKind = "connection_changed"  // Connection: opened, identified, closed, a heartbeat
	WorldChanged       EventKind = "world_changed"       // a user, guild, channel, member or role
	PingMade           EventKind = "ping_made"           // Ping
)

// Event is one change. Only the fields its kind names are set, besides the
// place.
type Event struct {
	Kind                       EventKind
	GuildID, ChannelID, UserID string
	Message                    Message
	Interaction                Interaction
	Call                       Call
	Connection                 Connection
	Ping                       Ping
}

// Subscribe returns a channel of every change from now on, in order, none
// left out. It is closed after cancel, or when the server closes. cancel may
// be called more than once.
func (s *Server) Subscribe() (events <-chan Event, cancel func()) { return s.feed.Subscribe() }

// changed tells subscribers and waiters. The caller holds mu.
func (s *Server) changed(e Event) { s.feed.Tell(e) }

// WaitFor blocks until cond is true. It is tried at once and after each
// change, without any lock held, so it may call every method that does not
// block. The error is ctx's.
func (s *Server) WaitFor(ctx context.Context, cond func() bool) error {
	return s.feed.WaitFor(ctx, cond)
}

// Wait blocks until cond holds for the messages of a channel, and returns
// them.
func (s *Server) Wait(ctx context.Context, channelID string, cond func([]Message) bool) ([]Message, error) {
	var got []Message
	err := s.WaitFor(ctx, func() bool {
		got = s.Messages(channelID)
		return cond(got)
	})
	if err != nil {
		return got, fmt.Errorf("waiting for messages in %s (now %d): %w", channelID, len(got), err)
	}
	return got, nil
}

// WaitEphemeral is Wait for what only one user sees.
func (s *Server) WaitEphemeral(ctx context.Context, channelID, userID string, cond func([]Message) bool) ([]Message, error) {
	var got []Message
	err := s.WaitFor(ctx, func() bool {
		got = s.Ephemerals(channelID, userID)
		return cond(got)
	})
	if err != nil {
		return got, fmt.Errorf("waiting for what %s sees in %s (now %d): %w", userID, channelID, len(got), err)
	}
	return got, nil
}

// WaitCalls blocks until a route has been called at least n times ("" counts
// all routes), and returns the calls.
func (s *Server) WaitCalls(ctx context.Context, route string, n int) ([]Call, error) {
	var got []Call
	err := s.WaitFor(ctx, func() bool {
		got = s.Calls(route)
		return len(got) >= n
	})
	if err != nil {
		return got, fmt.Errorf("waiting for %d calls of %q (now %d): %w", n, route, len(got), err)
	}
	return got, nil
}

// WaitReady blocks until n connections are identified or resumed, and caught
// up: what happens from then on reaches the app.
func (s *Server) WaitReady(ctx context.Context, n int) error {
	var ready int
	err := s.WaitFor(ctx, func() bool {
		ready = 0
		for _, c := range s.Connections() {
			if c.Ready && !c.Closed {
				ready++
			}
		}
		return ready >= n
	})
	if err != nil {
		return fmt.Errorf("waiting for %d ready connections (now %d): %w", n, ready, err)
	}
	return nil
}

// WaitIdentifies blocks until there have been n identifies in all.
func (s *Server) WaitIdentifies(ctx context.Context, n int) ([]Identify, error) {
	var got []Identify
	err := s.WaitFor(ctx, func() bool {
		got = s.Identifies()
		return len(got) >= n
	})
	if err != nil {
		return got, fmt.Errorf("waiting for %d identifies (now %d): %w", n, len(got), err)
	}
	return got, nil
}

// WaitResumes blocks until there have been n resumes in all.
func (s *Server) WaitResumes(ctx context.Context, n int) ([]Resume, error) {
	var got []Resume
	err := s.WaitFor(ctx, func() bool {
		got = s.Resumes()
		return len(got) >= n
	})
	if err != nil {
		return got, fmt.Errorf("waiting for %d resumes (now %d): %w", n, len(got), err)
	}
	return got, nil
}
