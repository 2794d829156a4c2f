package discord

import (
	"context"
	"encoding/json"
	"errors"
	"runtime/debug"
	"time"

	"quizbot/bot"
	"quizbot/internal/failpoint"
)

// waiter waits for what became of something that was queued.
type waiter = func(context.Context) (bot.Reply, error)

// receive takes in an event of the gateway, in the order in which it came; again
// says that Discord replays it. What takes time it returns: work settles the event
// (its effect is on disk, or it is given up) and returns what there is to say about
// it. It is nil when the event is settled already.
func (a *Adapter) receive(kind string, data json.RawMessage, again bool) (work func() (speak func())) {
	switch kind {
	case "GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE", "GUILD_ROLE_CREATE", "GUILD_ROLE_UPDATE", "GUILD_ROLE_DELETE",
		"THREAD_CREATE", "THREAD_UPDATE", "THREAD_LIST_SYNC", "THREAD_DELETE":
		a.guilds.take(kind, data)
	case "MESSAGE_CREATE":
		self, _ := a.ids()
		arrived, ok, err := decodeMessage(data, self, a.guilds.roleOf)
		if err != nil {
			a.log.Warn("message not understood", "err", err)
		}
		if !ok || err != nil {
			return nil
		}
		arrived.in.Again = again
		if parent := a.guilds.parentOf(arrived.message.ChannelID); parent != "" {
			// A thread that hangs under a message has that message's id.
			arrived.in.Under = bot.Place{Room: roomID(arrived.message.GuildID, parent), Message: bot.MessageID(arrived.message.ChannelID)}
		}
		failpoint.Reach(failpoint.DiscordReceived)
		wait := a.core.Queue(arrived.in)
		return func() func() { return a.hear(arrived, wait) }
	case "INTERACTION_CREATE":
		received := a.now()
		arrived, ok, err := decodeInteraction(data)
		if err != nil {
			a.log.Warn("interaction not understood", "err", err)
		}
		if !ok || err != nil || !a.answered.claim(arrived.act.ID) {
			return nil
		}
		arrived.in.Again = again
		if arrived.act.Type == interactAutocomplete {
			return func() func() { return func() { a.suggest(arrived, received) } }
		}
		failpoint.Reach(failpoint.DiscordReceived)
		wait := a.core.Queue(arrived.in)
		return func() func() { return a.interact(arrived, received, wait) }
	}
	return nil
}

// guard keeps a fault in one event from ending the process.
func (a *Adapter) guard(kind string, fn func()) {
	defer func() {
		if r := recover(); r != nil {
			a.meter.Panicked(platform)
			a.log.Error("event not handled: panic", "event", kind, "panic", r, "stack", string(debug.Stack()))
		}
	}()
	fn()
}

// hear waits for what a line came to, tries again where it was not taken, and
// returns what there is to say.
func (a *Adapter) hear(arrived arrival, wait waiter) (speak func()) {
	ctx, cancel := context.WithTimeout(a.late, submitTime)
	defer cancel()
	for pause := 250 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		reply, err := wait(ctx)
		if err == nil {
			if reply.Card == nil || reply.Seen {
				return nil
			}
			return func() { a.replyTo(arrived, reply) }
		}
		if errors.Is(err, bot.ErrStopped) || ctx.Err() != nil || !sleep(ctx, jittered(pause)) {
			a.log.Error("line not taken in", "id", arrived.in.ID, "room", arrived.in.Room, "err", err)
			return nil
		}
		wait = a.core.Queue(arrived.in)
	}
}

// interact waits for what a press or a command came to, and where that takes
// longer than Discord gives, says first that the answer will come. It returns the
// answer.
func (a *Adapter) interact(arrived arrival, received time.Time, wait waiter) (speak func()) {
	if arrived.act.Type == interactCommand {
		a.askers.put(arrived.in.Room, arrived.act, a.now())
	}
	ctx, cancel := context.WithTimeout(a.late, answerTime)
	reply, err := wait(ctx)
	cancel()
	slow := err != nil && errors.Is(err, context.DeadlineExceeded) && a.late.Err() == nil
	var promised error
	if slow {
		promised = a.put(arrived, received, a.deferral(arrived))
		ctx, cancel = context.WithTimeout(a.late, submitTime)
		reply, err = wait(ctx)
		cancel()
	}
	if err != nil {
		a.log.Error("interaction not taken in", "id", arrived.in.ID, "room", arrived.in.Room, "err", err)
	}
	if slow && promised == nil {
		return func() { a.complete(arrived, reply, err) }
	}
	return func() {
		answered := a.put(arrived, received, a.callback(arrived, reply, err))
		if slow && answered != nil && inDoubt(promised) {
			// Nobody knows whether the promise was heard. If it was, the player still waits.
			a.complete(arrived, reply, err)
		}
	}
}

// inDoubt: a call may have had its effect all the same.
func inDoubt(err error) bool {
	status := statusOf(err)
	return status == 0 || status >= 500 || codeOf(err) == codeAcknowledged
}
