package slack

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"quizbot/bot"
)

// outcome is what Submit returned.
type outcome struct {
	bot.Reply
	err error
}

// submit hands an arrival to the core and waits as long as Slack does. When it
// takes longer, done is false, and the answer is sent once it is there.
func (a *Adapter) submit(ctx context.Context, arrived arrival) (reply outcome, done bool) {
	if a.late.Err() != nil {
		return outcome{err: bot.ErrStopped}, true
	}
	result := make(chan outcome, 1)
	var settled atomic.Bool // by whoever is first: the core or the clock
	a.work.Go(func() {
		r := a.submitNow(ctx, &arrived)
		if settled.CompareAndSwap(false, true) {
			result <- r
			return
		}
		a.guarded("late reply", func() { a.settle(arrived, r) })
	})
	timer := time.NewTimer(a.ackTime)
	defer timer.Stop()
	select {
	case r := <-result:
		return r, true
	case <-timer.C:
		if settled.CompareAndSwap(false, true) {
			return outcome{}, false
		}
		return <-result, true
	}
}

// submitNow calls the core, whatever happens in there. It is given up when the
// adapter stops and draining takes too long.
func (a *Adapter) submitNow(ctx context.Context, arrived *arrival) (r outcome) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), submitTime)
	defer cancel()
	defer context.AfterFunc(a.late, cancel)()
	defer func() {
		if p := recover(); p != nil {
			a.log.Error("submit panicked", "id", arrived.in.ID, "panic", p, "stack", string(debug.Stack()))
			r = outcome{err: fmt.Errorf("submit %s: panic: %v", arrived.in.ID, p)}
		}
	}()
	a.fill(ctx, arrived)
	reply, err := a.core.Submit(ctx, arrived.in)
	if err != nil {
		a.log.Error("not taken in", "id", arrived.in.ID, "room", arrived.in.Room, "err", err)
	}
	return outcome{reply, err}
}

// fill adds what Slack's payload doesn't say: what the person is called and may do.
func (a *Adapter) fill(ctx context.Context, arrived *arrival) {
	who := a.who(ctx, arrived.team, arrived.user)
	arrived.in.Name, arrived.in.Role = who.name, who.role
	if arrived.in.Name == "" {
		arrived.in.Name = arrived.name
	}
	a.askers.put(arrived.in.Room, arrived.to.responseURL, a.now())
}

// due is what a person is to read now; ok is false when that is nothing. An event
// that was not taken in is sent again by Slack, anything else is not. Who waits for
// an answer gets one, also when an earlier process died before it could say it.
func (a *Adapter) due(arrived arrival, r outcome) (bot.Reply, bool) {
	if r.err != nil {
		if arrived.event {
			return bot.Reply{}, false
		}
		card := a.config.Sorry(r.err)
		return bot.Reply{Card: &card}, true
	}
	first := a.answered.add(arrived.in.ID)
	if r.Seen && (arrived.event || !first) {
		return bot.Reply{}, false
	}
	return r.Reply, r.Card != nil
}

// settle sends what is due.
func (a *Adapter) settle(arrived arrival, r outcome) {
	if reply, ok := a.due(arrived, r); ok {
		a.answer(arrived, reply)
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
