package bot

import (
	"cmp"
	"slices"
	"strings"

	"quizbot/quiz"
)

// What is delivered late is judged by when it was said, as far as that can be
// believed: an answer given before the end of its question counts, whenever it comes.

// inTime reports that something was said before the end of a round that is over. The
// platform's clock may be behind ours, and whoever presses just after the close has
// read the answer: what is not known to come late must have been said well before.
func (p *plan) inTime(in Incoming, past quiz.Past) bool {
	at := p.when(in, past.Round.Asked)
	if !in.Again {
		at = at.Add(deliveryOrder)
	}
	return !at.After(past.End)
}

// late is the round, over by now, that was open when a line was said and that the
// line may answer.
func (p *plan) late(in Incoming) (quiz.Round, bool, error) {
	if in.At.IsZero() || len(p.room.Past) == 0 {
		return quiz.Round{}, false, nil
	}
	past, ok := p.room.Held(in.At)
	if in.ReplyTo != "" {
		if p.meant(in) > 0 {
			return quiz.Round{}, false, nil // to one that is open
		}
		no, err := p.bot.store.RoundOf(p.bot.saving, p.ref.Team, p.ref.Room, in.ReplyTo)
		if err != nil {
			return quiz.Round{}, false, err
		}
		if no > 0 || !in.Addressed && !in.Private {
			past, ok = p.room.PastRound(no)
		}
	}
	return past.Round, ok && p.inTime(in, past), nil
}

// missed is a line that was found in the room's history, said while nobody listened:
// an answer to what was open then, or nothing. No command is carried out so late, and
// nobody is told that theirs was not the first. Where an answer to a line is seen by
// the whole room, there is none for a question that is over.
func (p *plan) missed(in Incoming) (Reply, bool, error) {
	if in.At.IsZero() || strings.TrimSpace(in.Text) == "" {
		return Reply{}, false, nil
	}
	round, late, err := p.late(in)
	if err != nil {
		return Reply{}, false, err
	}
	ok := late
	if !ok {
		round, ok = p.target(in)
	}
	if !ok || in.At.Before(round.Asked) {
		return Reply{}, false, nil
	}
	given, reading := quiz.Read(round.Question, round.Shown, in.Text)
	switch {
	case reading != quiz.Clear:
		return Reply{}, false, nil
	case in.Addressed || in.Private:
		ok = p.answers(round, in, ParseCommand(in.Text))
	case in.ReplyTo == "":
		ok = quiz.Casual(round.Question, round.Shown, in.Text)
	}
	if !ok {
		return Reply{}, false, nil
	}
	reply, effect, err := p.give(in, round.No, given)
	if !effect {
		return Reply{}, false, err
	}
	if over := !round.Closes.IsZero() && !p.now.Before(round.Closes); in.Aloud && (late || over) {
		// The room would read one verdict after another on lines that are minutes old, and
		// wait behind them for the result. That says who was right, and why, to all. Where
		// the question is still open, whoever hears nothing would answer again; and what
		// one person alone reads disturbs nobody.
		return Reply{}, true, nil
	}
	return reply, true, err
}

// inOrder is a batch in the order in which it is decided: as it came, but what is
// delivered again in the order in which it was said, so that the first answer of a
// player is the first that was given.
func inOrder(batch []*job) []*job {
	var at []int
	var again []*job
	for i, j := range batch {
		if !j.inner && j.in.Again && !j.in.At.IsZero() {
			at, again = append(at, i), append(again, j)
		}
	}
	if len(again) < 2 {
		return batch
	}
	slices.SortStableFunc(again, func(a, b *job) int { return cmp.Compare(a.in.At.UnixNano(), b.in.At.UnixNano()) })
	out := slices.Clone(batch)
	for i, j := range again {
		out[at[i]] = j
	}
	return out
}
