package slack

import (
	"context"
	"fmt"
	"sync"
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

// subscriber holds what was not read yet; memory is the only limit, so that a
// slow reader neither blocks the server nor misses a change.
type subscriber struct {
	mu    sync.Mutex
	queue []Event
	ready chan struct{} // capacity 1
	quit  chan struct{}
	once  sync.Once
}

func (u *subscriber) put(e Event) {
	u.mu.Lock()
	u.queue = append(u.queue, e)
	u.mu.Unlock()
	select {
	case u.ready <- struct{}{}:
	default:
	}
}

func (u *subscriber) stop() { u.once.Do(func() { close(u.quit) }) }

func (u *subscriber) pump(out chan<- Event) {
	defer close(out)
	for {
		u.mu.Lock()
		batch := u.queue
		u.queue = nil
		u.mu.Unlock()
		for _, e := range batch {
			select {
			case out <- e:
			case <-u.quit:
				return
			}
		}
		if len(batch) > 0 {
			continue
		}
		select {
		case <-u.ready:
		case <-u.quit:
			return
		}
	}
}

// Subscribe returns a channel of every change from now on, in order, none
// left out. It is closed after cancel, or when the server closes. cancel may
// be called more than once.
func (s *Server) Subscribe() (events <-chan Event, cancel func()) {
	out := make(chan Event)
	u := &subscriber{ready: make(chan struct{}, 1), quit: make(chan struct{})}
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		close(out)
		return out, func() {}
	}
	s.subscribers[u] = struct{}{}
	s.wg.Add(1)
	s.mu.Unlock()
	go func() {
		defer s.wg.Done()
		u.pump(out)
		s.mu.Lock()
		delete(s.subscribers, u)
		s.mu.Unlock()
	}()
	return out, u.stop
}

// changed tells subscribers and waiters. The caller holds mu.
func (s *Server) changed(e Event) {
	for u := range s.subscribers {
		u.put(e)
	}
	close(s.wake)
	s.wake = make(chan struct{})
}

// WaitFor blocks until cond is true. It is tried at once and after each
// change, without any lock held, so it may call every method that does not
// block. The error is ctx's.
func (s *Server) WaitFor(ctx context.Context, cond func() bool) error {
	for {
		s.mu.Lock()
		wake := s.wake
		s.mu.Unlock()
		if cond() {
			return nil
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
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
