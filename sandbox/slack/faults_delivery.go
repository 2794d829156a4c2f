package slack

import (
	"slices"
	"time"
)

// MentionOrder is the order in which a message that mentions the app arrives
// as its two events.
type MentionOrder int

// The orders. In the first two, the second event is sent when the first
// attempt of the first one has been answered.
const (
	MessageFirst MentionOrder = iota
	MentionFirst
	BothAtOnce
)

// RepeatEvents delivers every event n times more, with the same event_id: one
// after the other, or all at once.
func (f *Faults) RepeatEvents(n int, together bool) {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	f.s.faultState.repeat, f.s.faultState.together = n, together
}

// SetMentionOrder says how a message that mentions the app arrives.
func (f *Faults) SetMentionOrder(o MentionOrder) {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	f.s.faultState.mentionOrder = o
}

// HoldEvents keeps the next n events back until Release; Say does not wait
// for them.
func (f *Faults) HoldEvents(n int) {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	f.s.faultState.hold = n
}

// Release sends the events that were held, the newest first, each when the
// first attempt of the one before it has been answered. It holds no more.
func (f *Faults) Release() {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	held := f.s.faultState.held
	f.s.faultState.held, f.s.faultState.hold = nil, 0
	var before <-chan struct{}
	for _, d := range slices.Backward(held) {
		d.after = before
		before = d.first
		close(d.held)
	}
}

// Forge makes the next n HTTP deliveries (with their retries) forgeries.
func (f *Faults) Forge(n int, how Forgery) {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	f.s.faultState.forge, f.s.faultState.forgery = n, how
}

// Disconnect sends a disconnect frame to all sockets: "warning",
// "refresh_requested", "link_disabled", "too_many_websockets". After "warning"
// a socket goes on until Options.WarningGrace is over, and still gets
// payloads; after every other reason it is closed at once. It returns how many
// sockets were told.
func (f *Faults) Disconnect(reason string) int {
	s := f.s
	s.mu.Lock()
	sockets := slices.Clone(s.sockets)
	for _, k := range sockets {
		k.leaving = k.leaving || reason != "warning"
	}
	s.mu.Unlock()
	for _, k := range sockets {
		_ = k.send(disconnectFrame(reason))
		if reason != "warning" {
			k.closeNicely()
			continue
		}
		if s.begin() {
			go func() {
				defer s.wg.Done()
				timer := time.NewTimer(s.opt.WarningGrace)
				defer timer.Stop()
				select {
				case <-timer.C:
					k.closeNicely()
				case <-k.gone:
				}
			}()
		}
	}
	return len(sockets)
}

// KillSockets cuts all sockets without a closing frame.
func (f *Faults) KillSockets() int {
	f.s.mu.Lock()
	sockets := slices.Clone(f.s.sockets)
	f.s.mu.Unlock()
	for _, k := range sockets {
		k.kill()
	}
	return len(sockets)
}

// DisableLink answers the next n connections with hello, disconnect
// link_disabled and a close.
func (f *Faults) DisableLink(n int) {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	f.s.faultState.linkDisabled = n
}

// StopPings keeps sockets open without pings, or pings again.
func (f *Faults) StopPings(stop bool) {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	f.s.faultState.noPings = stop
}

// WithholdHello accepts sockets and says no hello, or says it again.
func (f *Faults) WithholdHello(withhold bool) {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	f.s.faultState.noHello = withhold
}

// SendRaw sends a text frame as it is to one socket: broken JSON, an envelope
// with an unknown type. It says whether there was a socket.
func (f *Faults) SendRaw(text string) bool {
	f.s.mu.Lock()
	k := f.s.pickSocket()
	f.s.mu.Unlock()
	return k != nil && k.sendText([]byte(text)) == nil
}
