package store

import (
	"encoding/json"

	"quizbot/bot"
	"quizbot/quiz"
)

// mark notes an answer in the forms of its player, and when its question was answered.
func (s *expected) mark(e entry) {
	k := string(ratedKey(e))
	mark := s.marks[k]
	for _, period := range mark.counts(e.At) {
		at := formOf(string(e.Player), period, e.At)
		form := s.forms[at]
		form.N++
		if e.Right {
			form.Right++
		}
		s.forms[at] = form
	}
	s.marks[k] = mark
}

// marks: of each question that a player has answered it is known when.
func (v *verifier) marks(s *expected) error {
	if v.format < 4 {
		return nil
	}
	if err := v.each(keyRated, func(parts keyParts, value []byte) error {
		player := parts.text[0]
		if !s.mine(standing{player: player}) {
			return nil
		}
		got, err := takeRated(value)
		if err != nil {
			return err
		}
		k := string(key(keyRated, player, parts.text[1], parts.text[2]))
		want, answered := s.marks[k]
		delete(s.marks, k)
		if !answered || got.week != want.week || got.month != want.month {
			v.fault("%s answered question %s of %s last in week %d and month %d as far as ratings know, the ledger says %d and %d",
				player, parts.text[2], parts.text[1], got.week, got.month, want.week, want.month)
		}
		return nil
	}); err != nil {
		return err
	}
	for k := range s.marks {
		if !v.broken[k] {
			parts, _ := takeKey([]byte(k))
			v.fault("ratings don't know that %s answered question %s of %s: it would be rated again", parts.text[0], parts.text[2], parts.text[1])
		}
	}
	return nil
}

// forms: how players did in a week or a month is what the ledger says. How well a mean player
// would have done follows from how hard the questions seemed then, and only has its bounds.
func (v *verifier) forms(s *expected) error {
	if v.format < 4 {
		return nil
	}
	if err := v.each(keyForm, func(parts keyParts, value []byte) error {
		span, player := parts.text[0], parts.text[1]
		if !s.mine(standing{player: player}) {
			return nil
		}
		period, begin, err := quiz.ParseSpan(span)
		if err != nil {
			v.fault("%s has a form in a span of no name: %v", player, err)
			return nil
		}
		at, got := formAt{player, period, begin}, takeForm(value)
		want := s.forms[at]
		delete(s.forms, at)
		if got.N != want.N || got.Right != want.Right || got.Expected < 0 || int64(got.Expected) > int64(got.N)*1_000_000 {
			v.fault("%s was right about %d of %d questions in %s, the ledger says %d of %d, or a mean player about fewer than none or more than all",
				player, got.Right, got.N, span, want.Right, want.N)
		}
		return v.improved(at, got)
	}); err != nil {
		return err
	}
	for at, want := range s.forms {
		if !v.past(at.period.At(at.begin)) && !v.broken[string(at.key())] {
			v.fault("%s has no form in %s, the ledger says %d of %d", at.player, at.period.At(at.begin), want.Right, want.N)
		}
	}
	return nil
}

// improved: a player stands on the board of the most improved as the forms say.
func (v *verifier) improved(at formAt, form quiz.Form) error {
	before := at
	before.begin = at.period.Begin(at.period.Before(at.begin))
	was, err := v.tx.Get(before.key())
	if err != nil {
		return err
	}
	want, ok := quiz.Improvement(takeForm(was), form)
	ok = ok && want > 0
	board := improvedBoard(at.period, at.begin).String()
	got, stands, err := v.number(key(keyScore, board, at.player))
	if err == nil && (ok != stands || ok && int(int64(got)) != want) && !v.over(board) {
		v.fault("%s has %d on the board %s (%v), the forms give %d (%v)", at.player, int64(got), shown(board), stands, want, ok)
	}
	return err
}

// imprecise is by how many millionths of a logit what another machine has worked out
// may differ.
const imprecise = 2

// ratings: strengths and difficulties are the sums of what single answers have changed; and
// what each has changed, since something was taken back last, is what its turn in the ledger gives.
func (v *verifier) ratings() error {
	if v.format < 4 {
		return nil
	}
	folded, err := counter(v.tx, "folded")
	if err != nil {
		return err
	}
	undone, err := counter(v.tx, "undone")
	if err != nil {
		return err
	}
	sums, rated := map[string]quiz.Strength{}, 0
	if err := v.each(keyLedger, func(parts keyParts, value []byte) error {
		seq := parts.number[0]
		var e entry
		if err := json.Unmarshal(value, &e); err != nil || seq >= folded {
			return err
		}
		k := ratedKey(e)
		raw, err := v.tx.Get(k)
		if err != nil || raw == nil || v.broken[string(k)] {
			return err // told elsewhere
		}
		x, err := takeRated(raw)
		if err != nil {
			return err
		}
		if x.seq != seq {
			if seq >= undone && x.seq != unrated && x.seq > seq {
				v.fault("of %s's answers to question %s of %s number %d was rated, and number %d was the first", e.Player, e.Question, e.Pack, x.seq, seq)
			}
			return nil
		}
		rated++
		player, question := string(key(keyStrength, string(e.Player))), string(key(keyDifficulty, e.Pack, e.Question))
		gain, harder := sums[player].Rate(sums[question], e.Right, e.Hinted)
		if seq >= undone && (off(gain, x.gain) || off(harder, x.harder)) {
			v.fault("answer %d changed the rating of %s by %d and of question %s of %s by %d, its turn gives %d and %d",
				seq, e.Player, x.gain, e.Question, e.Pack, x.harder, gain, harder)
		}
		sums[player] = sums[player].Add(x.gain, 1)
		sums[question] = sums[question].Add(x.harder, 1)
		return nil
	}); err != nil {
		return err
	}
	return v.strengths(sums, rated)
}

func off(a, b quiz.Logit) bool { return a-b > imprecise || b-a > imprecise }

// strengths compares what is kept with the sums of what is rated, and the board with it.
func (v *verifier) strengths(sums map[string]quiz.Strength, rated int) error {
	kept := 0
	if err := v.each(keyRated, func(_ keyParts, value []byte) error {
		x, err := takeRated(value)
		if err == nil && x.seq != unrated {
			kept++
		}
		return err
	}); err != nil {
		return err
	}
	if kept != rated {
		v.fault("%d answers are kept as rated, of which %d are in the ledger as the answers that they were", kept, rated)
	}
	for _, kind := range []byte{keyStrength, keyDifficulty} {
		if err := v.each(kind, func(parts keyParts, value []byte) error {
			k := string(key(kind, parts.text[0]))
			if kind == keyDifficulty {
				k = string(key(kind, parts.text[0], parts.text[1]))
			}
			got, want := takeStrength(value), sums[k]
			delete(sums, k)
			if got != want {
				v.fault("the rating of %q is %d after %d answers, those give %d after %d", parts.text, got.Logit, got.N, want.Logit, want.N)
			}
			if kind == keyStrength {
				return v.onRatingBoard(parts.text[0], got)
			}
			return nil
		}); err != nil {
			return err
		}
	}
	for k, want := range sums {
		if want.N > 0 && !v.broken[k] {
			parts, _ := takeKey([]byte(k))
			v.fault("the rating of %q is missing", parts.text)
		}
	}
	return nil
}

// onRatingBoard: who has answered enough stands on the board with that rating, others don't.
func (v *verifier) onRatingBoard(player string, s quiz.Strength) error {
	got, stands, err := v.number(key(keyScore, ratingBoard.String(), player))
	if err != nil {
		return err
	}
	enough, want := s.N >= quiz.MinRated, s.Logit.Rating()
	if stands != enough || stands && int(int64(got)) != want {
		v.fault("%s has a rating of %d on the board (%v), and %d after %d questions", player, int64(got), stands, want, s.N)
	}
	return nil
}

// hiding: who is hidden has no place on any board. It counts the places that others should have.
func (v *verifier) hiding() error {
	hidden := map[string]bool{}
	if err := v.each(keyHidden, func(parts keyParts, _ []byte) error {
		hidden[parts.text[0]] = true
		if !v.chosen[parts.text[0]] {
			v.fault("%s is hidden here and has not chosen so; quizbot puts that right within a minute of its start", parts.text[0])
		}
		return nil
	}); err != nil {
		return err
	}
	strays, told := 0, map[string]bool{}
	if err := v.each(keyScore, func(parts keyParts, value []byte) error {
		board, player := parts.text[0], parts.text[1]
		b := takeBoard(board)
		if b.kind != bot.ByPoints {
			if known, err := v.stands(b, player); err != nil || !known {
				strays++
				return err
			}
		}
		if !hidden[player] {
			if v.visible++; v.chosen[player] && !told[player] {
				told[player] = true
				v.fault("%s has chosen to be hidden, and is not here; quizbot puts that right within a minute of its start", player)
			}
			return nil
		}
		place, err := v.tx.Get(key(keyBoard, board, descending(int(int64(getUint(value)))), player))
		if err == nil && place != nil {
			v.fault("%s is hidden, and stands on the board %s", player, shown(board))
		}
		return err
	}); err != nil {
		return err
	}
	if strays > 0 {
		v.fault("%d places on boards are of players without a rating or a form", strays)
	}
	return nil
}

// stands says whether there is what a board's number follows from.
func (v *verifier) stands(b boardID, player string) (bool, error) {
	k := key(keyStrength, player)
	if b.kind == bot.ByImprovement {
		k = key(keyForm, b.span, player)
	}
	value, err := v.tx.Get(k)
	return value != nil, err
}
