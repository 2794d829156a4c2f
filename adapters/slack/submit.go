package slack

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"quizbot/bot"
	"quizbot/internal/failpoint"
)

// pending is an arrival on its way through the core.
type pending struct {
	arrival

	began time.Time
	done  chan struct{} // closed when the outcome is there:
	bot.Reply
	err error
}

func (p *pending) end(reply bot.Reply, err error) {
	p.Reply, p.err = reply, err
	close(p.done)
}

var errPanic = errors.New("panic")

// take takes an arrival in. What arrives in one room gets its place there in the
// order of arrival, so that the room can save all that waits at once. Before that
// it must be known who speaks: everybody is looked up from the moment of arrival,
// so nobody waits longer for that than their own lookup may take.
func (a *Adapter) take(arrived arrival) *pending {
	p := &pending{arrival: arrived, began: a.now(), done: make(chan struct{})}
	underWay := a.underWay.Add(1)
	switch {
	case a.late.Err() != nil:
		a.underWay.Add(-1)
		p.end(bot.Reply{}, bot.ErrStopped)
		return p
	case underWay > maxUnderWay:
		a.finish(p, bot.Reply{}, bot.ErrBusy)
		return p
	}
	if bot.OpensForm(arrived.in.Choice) {
		// there is a moment to open it in, and nobody's name is needed
		a.place(p, func() person { return person{} }, func() []bot.Mention { return nil })
		return p
	}
	who, others := a.who(arrived.team, arrived.user), a.mentioned(arrived)
	if !a.rooms.do(string(arrived.in.Room), 1, func() { a.place(p, who, others) }) {
		a.finish(p, bot.Reply{}, bot.ErrBusy)
	}
	return p
}

// place adds what Slack's payload doesn't say, what the person is called and may
// do, and who the others are that a command names, and gives the arrival its place. What becomes of it is waited for beside the
// room's lane.
func (a *Adapter) place(p *pending, who func() person, others func() []bot.Mention) {
	var wait func(context.Context) (bot.Reply, error)
	defer func() {
		if wait == nil {
			a.finish(p, bot.Reply{}, errPanic)
			return
		}
		a.work.Go(func() {
			reply, err := a.follow(p.in.ID, wait)
			a.finish(p, reply, err)
		})
	}()
	known := who()
	if p.in.Role = known.role; known.name != "" {
		p.name = known.name
	}
	p.in.Name, p.in.Mentioned = p.name, others()
	a.askers.put(p.in.Room, p.to.responseURL, a.now())
	failpoint.Reach(failpoint.SlackReceived)
	wait = a.core.Queue(p.in)
}

// follow waits for the core, whatever happens in there. It gives up when the
// adapter stops and draining takes too long.
func (a *Adapter) follow(id string, wait func(context.Context) (bot.Reply, error)) (reply bot.Reply, err error) {
	ctx, cancel := context.WithTimeout(a.late, submitTime)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			a.meter.Panicked(platform)
			a.log.Error("the core panicked", "id", id, "panic", r, "stack", string(debug.Stack()))
			reply, err = bot.Reply{}, fmt.Errorf("%w: %v", errPanic, r)
		}
	}()
	return wait(ctx)
}

func (a *Adapter) finish(p *pending, reply bot.Reply, err error) {
	a.underWay.Add(-1)
	if errors.Is(err, bot.ErrBusy) {
		a.meter.Refused(platform, "busy")
	}
	if err != nil {
		a.log.Error("not taken in", "id", p.in.ID, "room", p.in.Room, "err", err)
	}
	p.end(reply, err)
}

// inTime waits for the outcome as long as Slack does. When it takes longer, it is
// false, and the person is told once the outcome is there.
func (a *Adapter) inTime(p *pending) bool {
	timer := time.NewTimer(a.ackTime)
	defer timer.Stop()
	select {
	case <-p.done:
		return true
	case <-timer.C:
	}
	a.meter.Refused(platform, "slow")
	a.work.Go(func() {
		<-p.done
		a.guarded("late reply", func() { a.settle(p) })
	})
	return false
}

// readsOnly: a command that only asks for something to read, so that nothing is
// lost when it was acknowledged and then forgotten.
func readsOnly(in bot.Incoming) bool {
	if in.Choice != "" || !in.Addressed {
		return false
	}
	return bot.ParseCommand(in.Text).ReadsOnly()
}

// due is what a person is to read now; ok is false when that is nothing. An event
// that was not taken in is sent again by Slack, anything else is not. Who waits for
// an answer gets one, also when an earlier process died before it could say it.
func (a *Adapter) due(p *pending) (reply bot.Reply, ok bool) {
	if p.err != nil {
		if p.event {
			return bot.Reply{}, false
		}
		card := a.config.Sorry(p.err)
		return bot.Reply{Card: &card}, true
	}
	first := a.answered.add(p.in.ID)
	if !first && p.Form != nil || p.Seen && (p.event || !first) {
		return bot.Reply{}, false
	}
	return p.Reply, p.Card != nil || p.Form != nil
}

// settle sends what is due. Where many presses are refused, not all who made them are
// told: Slack itself marks a press that was not taken, and words for each would take the
// time of those that can be. Whoever typed a command always is.
func (a *Adapter) settle(p *pending) {
	if p.in.Choice != "" && errors.Is(p.err, bot.ErrBusy) && !a.sorries.AllowN(a.now(), 1) {
		return
	}
	if reply, ok := a.due(p); ok {
		a.answer(p.arrival, reply)
	}
}

// remembered is how many deliveries a memory keeps at least.
const remembered = 4096

// memory knows the newest deliveries.
type memory struct {
	mu       sync.Mutex
	new, old map[string]struct{}
}

func (m *memory) init() { m.new = map[string]struct{}{} }

// add is false for what is known already.
func (m *memory) add(id string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, isNew := m.new[id]
	_, isOld := m.old[id]
	if isNew || isOld {
		return false
	}
	if len(m.new) >= remembered {
		m.old, m.new = m.new, map[string]struct{}{}
	}
	m.new[id] = struct{}{}
	return true
}
