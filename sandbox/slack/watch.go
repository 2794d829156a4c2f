package slack

import (
	"context"
	"fmt"
)

// EventKind says what an Event is about.
type EventKind string

// What subscribers hear of.
const (
	MessagePosted    EventKind = "message_posted"    // Message; User when only that user sees it
	MessageEdited    EventKind = "message_edited"    // Message, with its History
	MessageDeleted   EventKind = "message_deleted"   // Message, as it was
	ViewChanged      EventKind = "view_changed"      // View, User; opened, updated, closed
	HomeChanged      EventKind = "home_changed"      // Team, User; see Home
	CallBegan        EventKind = "call_began"        // Call, as it arrived
	CallMade         EventKind = "call_made"         // Call, when its answer is known
	DeliveryChanged  EventKind = "delivery_changed"  // Delivery: an attempt began or ended
	SocketsChanged   EventKind = "sockets_changed"   // see Sockets
	WorkspaceChanged EventKind = "workspace_changed" // a user or a channel was added or changed
	PingMade         EventKind = "ping_made"         // Ping
)

// Event is one change. Only the fields its kind names are set, besides the
// place.
type Event struct {
	Kind                EventKind
	Team, Channel, User string
	Message             Message
	View                View
	Call                Call
	Ping                Ping
	Delivery            *Delivery
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

// WaitCalls blocks until a method has been called at least n times ("" counts
// all methods), and returns the calls.
func (s *Server) WaitCalls(ctx context.Context, method string, n int) ([]Call, error) {
	var got []Call
	err := s.WaitFor(ctx, func() bool {
		got = s.Calls(method)
		return len(got) >= n
	})
	if err != nil {
		return got, fmt.Errorf("waiting for %d calls of %q (now %d): %w", n, method, len(got), err)
	}
	return got, nil
}

// Idle blocks until no delivery is under way or waiting for a retry; held ones
// count as under way.
func (s *Server) Idle(ctx context.Context) error {
	return s.WaitFor(ctx, func() bool {
		for _, d := range s.Deliveries() {
			if !d.finished() {
				return false
			}
		}
		return true
	})
}
