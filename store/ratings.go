package store

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
)

// How strong players are and how hard questions are follows from the order in which answers
// stand in the ledger. What one answer has changed is kept, so that it can be taken back when
// it is forgotten, and everybody else's rating stays what they were told.

// The kinds of their keys.
const (
	keyRated      = 'R'
	keyStrength   = 'S'
	keyDifficulty = 'D'
	keyForm       = 'F'
)

// rated is what a player's answers to one question have come to.
type rated struct {
	// seq is the ledger's number of the answer that was rated, the first; unrated where that
	// one is forgotten, and later ones are not.
	seq          uint64
	gain, harder quiz.Logit // what it changed: the player's strength, the question's difficulty
	week, month  uint16     // the last ones in which it was answered: see spanNumbers
}

// unrated is no answer's number.
const unrated = math.MaxUint64

const ratedSize = 8 + 4 + 4 + 2 + 2

func (r rated) bytes() []byte {
	b := make([]byte, 0, ratedSize)
	b = binary.BigEndian.AppendUint64(b, r.seq)
	b = binary.BigEndian.AppendUint32(b, uint32(int32(r.gain)))
	b = binary.BigEndian.AppendUint32(b, uint32(int32(r.harder)))
	b = binary.BigEndian.AppendUint16(b, r.week)
	return binary.BigEndian.AppendUint16(b, r.month)
}

func takeRated(b []byte) (r rated, err error) {
	if len(b) != ratedSize {
		return r, fmt.Errorf("what was rated is %d bytes long", len(b))
	}
	return rated{
		seq:  binary.BigEndian.Uint64(b),
		gain: quiz.Logit(int32(binary.BigEndian.Uint32(b[8:]))), harder: quiz.Logit(int32(binary.BigEndian.Uint32(b[12:]))),
		week: binary.BigEndian.Uint16(b[16:]), month: binary.BigEndian.Uint16(b[18:]),
	}, nil
}

func ratedKey(e entry) []byte { return key(keyRated, string(e.Player), e.Pack, e.Question) }

// spanNumbers number the week and the month of a time, from 1 in 1970 on; 0 is before.
func spanNumbers(at time.Time) (week, month uint16) {
	at = at.UTC()
	days := (at.Unix() + 3*24*3600) / (24 * 3600) // 1970 began on a Thursday
	months := int64(at.Year()-1970)*12 + int64(at.Month())
	within := func(n int64) uint16 { return uint16(min(max(n, 0), math.MaxUint16)) }
	if at.Year() < 1970 {
		return 0, 0
	}
	return within(days/7 + 1), within(months)
}

// counts notes another answer to the question, and says in which of its spans it is the
// first one.
func (r *rated) counts(at time.Time) []quiz.Period {
	var out []quiz.Period
	week, month := spanNumbers(at)
	if week > r.week {
		r.week, out = week, append(out, quiz.Week)
	}
	if month > r.month {
		r.month, out = month, append(out, quiz.Month)
	}
	return out
}

const strengthSize = 16

func strengthBytes(s quiz.Strength) []byte {
	return binary.BigEndian.AppendUint64(putUint(uint64(int64(s.Logit))), uint64(s.N))
}

func takeStrength(b []byte) quiz.Strength {
	if len(b) != strengthSize {
		return quiz.Strength{}
	}
	return quiz.Strength{Logit: quiz.Logit(int64(getUint(b[:8]))), N: int(getUint(b[8:]))}
}

func getStrength(tx Tx, k []byte) (quiz.Strength, error) {
	value, err := tx.Get(k)
	return takeStrength(value), err
}

func putStrength(tx Tx, k []byte, s quiz.Strength) {
	if s.N == 0 {
		tx.Delete(k)
		return
	}
	tx.Put(k, strengthBytes(s))
}

const formSize = 16

func formBytes(f quiz.Form) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(f.N))
	b = binary.BigEndian.AppendUint32(b, uint32(f.Right))
	return binary.BigEndian.AppendUint64(b, uint64(int64(f.Expected)))
}

func takeForm(b []byte) quiz.Form {
	if len(b) != formSize {
		return quiz.Form{}
	}
	return quiz.Form{N: int(binary.BigEndian.Uint32(b)), Right: int(binary.BigEndian.Uint32(b[4:])), Expected: quiz.Logit(int64(getUint(b[8:])))}
}

// formAt is a player's form in the span of a period that holds a time.
type formAt struct {
	player string
	period quiz.Period
	begin  time.Time
}

func formOf(player string, period quiz.Period, at time.Time) formAt {
	return formAt{player, period, period.Begin(at.UTC())}
}

func (f formAt) key() []byte { return key(keyForm, f.period.At(f.begin), f.player) }

func compareForms(a, b formAt) int {
	return cmp.Or(cmp.Compare(a.player, b.player), cmp.Compare(a.period, b.period), a.begin.Compare(b.begin))
}

// ratings gathers what answers change of ratings and forms.
type ratings struct {
	tx        Tx
	rated     map[string]rated
	strengths map[string]quiz.Strength // of players and of questions, by key
	players   map[string]bool
	forms     map[formAt]quiz.Form
	undone    bool // something that was rated was taken back
}

func newRatings(tx Tx) *ratings {
	return &ratings{tx: tx, rated: map[string]rated{}, strengths: map[string]quiz.Strength{}, players: map[string]bool{}, forms: map[formAt]quiz.Form{}}
}

func (r *ratings) strength(k []byte) (quiz.Strength, error) {
	s, known := r.strengths[string(k)]
	if known {
		return s, nil
	}
	return getStrength(r.tx, k)
}

// change adds to a strength, or takes from it what n answers (1 or -1) had added.
func (r *ratings) change(k []byte, by quiz.Logit, n int) error {
	s, err := r.strength(k)
	r.strengths[string(k)] = s.Add(by, n)
	return err
}

func (r *ratings) form(at formAt) (quiz.Form, error) {
	if f, known := r.forms[at]; known {
		return f, nil
	}
	value, err := r.tx.Get(at.key())
	return takeForm(value), err
}

// get returns what is known of a player's answers to a question; ok is false when there
// were none.
func (r *ratings) get(k []byte) (x rated, ok bool, err error) {
	if x, ok = r.rated[string(k)]; ok {
		return x, true, nil
	}
	value, err := r.tx.Get(k)
	if err != nil || value == nil {
		return x, false, err
	}
	x, err = takeRated(value)
	return x, true, err
}

// add takes an answer, in the order of the ledger.
func (r *ratings) add(seq uint64, e entry) error {
	k := ratedKey(e)
	x, known, err := r.get(k)
	if err != nil {
		return err
	}
	player, question := key(keyStrength, string(e.Player)), key(keyDifficulty, e.Pack, e.Question)
	hard, err := r.strength(question)
	if err != nil {
		return err
	}
	for _, period := range x.counts(e.At) {
		at := formOf(string(e.Player), period, e.At)
		form, err := r.form(at)
		if err != nil {
			return err
		}
		r.forms[at] = form.Add(e.Right, hard.Logit)
	}
	if !known {
		strong, err := r.strength(player)
		if err != nil {
			return err
		}
		x.seq = seq
		x.gain, x.harder = strong.Rate(hard, e.Right, e.Hinted)
		r.strengths[string(player)], r.strengths[string(question)] = strong.Add(x.gain, 1), hard.Add(x.harder, 1)
		r.players[string(e.Player)] = true
	}
	r.rated[string(k)] = x
	return nil
}

// write puts all that has changed where it belongs, and players in their places.
func (r *ratings) write(p *places) error {
	for _, k := range slices.Sorted(maps.Keys(r.rated)) {
		r.tx.Put([]byte(k), r.rated[k].bytes())
	}
	for _, k := range slices.Sorted(maps.Keys(r.strengths)) {
		putStrength(r.tx, []byte(k), r.strengths[k])
	}
	for _, player := range slices.Sorted(maps.Keys(r.players)) {
		s, err := r.strength(key(keyStrength, player))
		if err != nil {
			return err
		}
		if err := p.set(ratingBoard.String(), player, s.Logit.Rating(), s.N >= quiz.MinRated); err != nil {
			return err
		}
	}
	changed := slices.SortedFunc(maps.Keys(r.forms), compareForms)
	for _, at := range changed {
		if f := r.forms[at]; f.N > 0 {
			r.tx.Put(at.key(), formBytes(f))
		} else {
			r.tx.Delete(at.key())
		}
	}
	for _, at := range changed {
		next := at
		next.begin = at.period.After(at.begin)
		for _, at := range []formAt{at, next} {
			if err := r.compare(p, at); err != nil {
				return err
			}
		}
	}
	if r.undone {
		folded, err := counter(r.tx, "folded")
		if err != nil {
			return err
		}
		setCounter(r.tx, "undone", folded)
	}
	return nil
}

// improvedBoard is the board of those who have improved in the span that holds a time.
func improvedBoard(period quiz.Period, at time.Time) boardID {
	return boardID{span: period.At(at.UTC()), kind: bot.ByImprovement}
}

// compare puts a player in the place that the form in a span and in the one before gives.
func (r *ratings) compare(p *places, at formAt) error {
	now, err := r.form(at)
	if err != nil {
		return err
	}
	before := at
	before.begin = at.period.Begin(at.period.Before(at.begin))
	was, err := r.form(before)
	if err != nil {
		return err
	}
	percent, ok := quiz.Improvement(was, now)
	return p.set(improvedBoard(at.period, at.begin).String(), at.player, percent, ok && percent > 0)
}

// undo takes back what the rated answer of a player to a question has changed.
func (r *ratings) undo(player string, k []byte, x rated) error {
	if x.seq == unrated {
		return nil
	}
	r.undone, r.players[player] = true, true
	parts, err := takeKey(k)
	if err != nil {
		return err
	}
	if err := r.change(key(keyStrength, player), -x.gain, -1); err != nil {
		return err
	}
	return r.change(key(keyDifficulty, parts.text[1], parts.text[2]), -x.harder, -1)
}

// forgetRatings takes back all that a player's answers have changed, and deletes what is
// known of the player's strength and form. The player is off all boards already.
func forgetRatings(tx Tx, player string) error {
	r := newRatings(tx)
	prefix := key(keyRated, player)
	if err := each(tx, prefix, func(kv KV) error {
		x, err := takeRated(kv.Value)
		if err != nil {
			return err
		}
		tx.Delete(kv.Key)
		return r.undo(player, kv.Key, x)
	}); err != nil {
		return err
	}
	clear(r.players)
	if err := r.write(newPlaces(tx)); err != nil {
		return err
	}
	forms, err := formsOf(tx, player)
	for _, at := range forms {
		tx.Delete(at.key())
	}
	return err
}

// expireRatings takes back what a player's answers have changed that are gone, of the
// questions asked, and works the given forms out anew of what is left.
func expireRatings(tx Tx, p *places, player string, asked map[string]bool, gone map[uint64]bool, forms map[formAt]bool, left sum) error {
	r := newRatings(tx)
	for _, recalls := range slices.Sorted(maps.Keys(asked)) {
		k := append([]byte{keyRated}, recalls[1:]...) // the same parts
		x, known, err := r.get(k)
		if err != nil {
			return err
		}
		if !known {
			continue // not folded yet
		}
		if gone[x.seq] {
			if err := r.undo(player, k, x); err != nil {
				return err
			}
			x.seq, x.gain, x.harder = unrated, 0, 0
		}
		mark, answered := left.marks[string(k)]
		if !answered {
			tx.Delete(k)
			continue
		}
		x.week, x.month = mark.week, mark.month
		r.rated[string(k)] = x
	}
	for at := range forms {
		value, err := tx.Get(at.key())
		if err != nil {
			return err
		}
		if value == nil {
			continue // swept away, or not folded yet
		}
		var form quiz.Form
		for _, e := range left.first[at] {
			hard, err := r.strength(key(keyDifficulty, e.Pack, e.Question))
			if err != nil {
				return err
			}
			form = form.Add(e.Right, hard.Logit)
		}
		r.forms[at] = form
	}
	return r.write(p)
}

// eachSpan calls fn with the spans of which there are forms, in the order of their names, one
// step for a span however many forms it has.
func eachSpan(tx Tx, fn func(span string) error) error {
	for from := key(keyForm); ; {
		kvs, err := tx.Scan(from, after(key(keyForm)), 1)
		if err != nil || len(kvs) == 0 {
			return err
		}
		span, _, err := takeString(kvs[0].Key[1:])
		if err != nil {
			return err
		}
		if err := fn(span); err != nil {
			return err
		}
		from = after(key(keyForm, span))
	}
}

// formsOf lists the spans in which a player has a form.
func formsOf(tx Tx, player string) ([]formAt, error) {
	var out []formAt
	err := eachSpan(tx, func(span string) error {
		period, begin, err := quiz.ParseSpan(span)
		if err != nil {
			return err
		}
		at := formAt{player, period, begin}
		value, err := tx.Get(at.key())
		if value != nil {
			out = append(out, at)
		}
		return err
	})
	return out, err
}

// ownBoards are the names of the boards besides those of points that a player can be on.
func ownBoards(tx Tx, player string) ([]string, error) {
	out := []string{ratingBoard.String()}
	forms, err := formsOf(tx, player)
	for _, at := range forms {
		out = append(out, improvedBoard(at.period, at.begin).String())
	}
	return out, err
}
