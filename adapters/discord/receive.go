package discord

import (
	"context"
	"encoding/json"
	"errors"
	"runtime/debug"
	"time"

	"quizbot/bot"
)

// receive takes in an event of the gateway, in the order in which it came. done
// is called when it is on disk; receive is false when done won't be called.
func (a *Adapter) receive(l *load, event string, data json.RawMessage, done func()) (later bool) {
	defer func() {
		if r := recover(); r != nil {
			a.log.Error("event not handled: panic", "event", event, "panic", r, "stack", string(debug.Stack()))
			later = false
		}
	}()
	switch event {
	case "GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE", "GUILD_ROLE_CREATE", "GUILD_ROLE_UPDATE", "GUILD_ROLE_DELETE",
		"THREAD_CREATE", "THREAD_UPDATE", "THREAD_LIST_SYNC", "THREAD_DELETE":
		a.guilds.take(event, data)
	case "MESSAGE_CREATE":
		self, _ := a.ids()
		arrived, ok, err := decodeMessage(data, self, a.guilds.roleOf)
		if err != nil {
			a.log.Warn("message not understood", "err", err)
		}
		if !ok || err != nil {
			return false
		}
		if parent := a.guilds.parentOf(arrived.message.ChannelID); parent != "" {
			// A thread that hangs under a message has that message's id.
			arrived.in.Under = bot.Place{Room: roomID(arrived.message.GuildID, parent), Message: bot.MessageID(arrived.message.ChannelID)}
		}
		wait := a.core.Queue(arrived.in)
		l.do(a.guard(arrived, func() {
			if a.hear(arrived, wait) {
				done()
			}
		}))
		return true
	case "INTERACTION_CREATE":
		received := a.now()
		arrived, ok, err := decodeInteraction(data)
		if err != nil {
			a.log.Warn("interaction not understood", "err", err)
		}
		if !ok || err != nil || !a.answered.claim(arrived.act.ID) {
			return false
		}
		if arrived.act.Type == interactAutocomplete {
			l.do(a.guard(arrived, func() {
				a.suggest(arrived, received)
				done()
			}))
			return true
		}
		wait := a.core.Queue(arrived.in)
		l.do(a.guard(arrived, func() {
			if a.interact(arrived, received, wait) {
				done()
			}
		}))
		return true
	}
	return false
}

// guard keeps a fault in one event from ending the process.
func (a *Adapter) guard(arrived arrival, fn func()) func() {
	return func() {
		defer func() {
			if r := recover(); r != nil {
				a.log.Error("event not handled: panic", "id", arrived.in.ID, "panic", r, "stack", string(debug.Stack()))
			}
		}()
		fn()
	}
}

// hear waits for what a line came to, tries again where it was not taken, and
// says what there is to say. It is true when the line is settled.
func (a *Adapter) hear(arrived arrival, wait func(context.Context) (bot.Reply, error)) bool {
	ctx, cancel := context.WithTimeout(a.late, submitTime)
	defer cancel()
	for pause := 250 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		reply, err := wait(ctx)
		if err == nil {
			if reply.Card != nil && !reply.Seen {
				a.work.Go(func() { a.replyTo(arrived, reply) })
			}
			return true
		}
		if errors.Is(err, bot.ErrStopped) || ctx.Err() != nil || !sleep(ctx, pause) {
			a.log.Error("line not taken in", "id", arrived.in.ID, "room", arrived.in.Room, "err", err)
			return false
		}
		wait = a.core.Queue(arrived.in)
	}
}

// interact answers a press or a command inside the time that Discord gives, and
// where the outcome takes longer, says first that it will come.
func (a *Adapter) interact(arrived arrival, received time.Time, wait func(context.Context) (bot.Reply, error)) bool {
	if arrived.act.Type == interactCommand {
		a.askers.put(arrived.in.Room, arrived.act, a.now())
	}
	ctx, cancel := context.WithTimeout(a.late, answerTime)
	reply, err := wait(ctx)
	cancel()
	if err != nil && errors.Is(err, context.DeadlineExceeded) && a.late.Err() == nil {
		deferred := a.put(arrived, received, a.deferral(arrived)) == nil
		ctx, cancel = context.WithTimeout(a.late, submitTime)
		reply, err = wait(ctx)
		cancel()
		if deferred {
			a.work.Go(func() { a.complete(arrived, reply, err) })
			return err == nil
		}
	}
	if err != nil {
		a.log.Error("interaction not taken in", "id", arrived.in.ID, "room", arrived.in.Room, "err", err)
	}
	a.work.Go(func() { _ = a.put(arrived, received, a.callback(arrived, reply, err)) })
	return err == nil
}
