package bot

import "time"

// Since when a question can be read. Its time begins then: at the post, as far as our own
// clock saw it, and else at the moment of which the platform says that it made the message.

// clocksDiffer is how far a platform's clock and ours may differ before a message that
// was made just now is taken for one that an earlier try has made.
const clocksDiffer = 500 * time.Millisecond

// shown is since when players can read the message, or perhaps can; zero: since now.
//
// Where one call made it and was answered, that is now by our own clock. The platform's
// is not asked: it may differ, and would make the question longer or shorter. Where an
// earlier try made it, before a crash or an answer that was lost, players have read it
// ever since, and the platform alone knows when that was; its word counts within what is
// certain: not before that try, and not after now. Where nobody can find out, it is when
// the try is known to have ended, or when one began that ended with its process.
func (t *attempt) shown(m MessageID, err error) time.Time {
	if err != nil {
		return t.ended
	}
	made := t.bot.madeAt(t.ref.Room, m)
	switch {
	case made.IsZero(), t.since.IsZero() || !t.inDoubt && !t.repeated:
		return time.Time{}
	case !t.found && made.After(t.tried.Add(-clocksDiffer)): // by the last try, as far as can be said
		return time.Time{}
	case made.Before(t.since):
		return t.since
	}
	return made
}

// shownWhen is since when players can read the message that somebody has pressed a
// button of; zero: since now. The platform's clock says how long before the press that
// was, and ours when the press came, so that a difference of the two changes nothing.
func (p *plan) shownWhen(in Incoming) time.Time {
	made := p.bot.madeAt(p.ref.Room, in.Pressed)
	if made.IsZero() || in.At.IsZero() || in.Again {
		return made
	}
	return p.now.Add(-max(in.At.Sub(made), 0))
}

// madeAt is when the platform made a message, by its clock; zero when it doesn't say.
func (b *Bot) madeAt(room RoomID, m MessageID) time.Time {
	dated, ok := b.messengers[room.Platform()].(Dated)
	if !ok || m == "" {
		return time.Time{}
	}
	return dated.MadeAt(m).Round(0)
}
