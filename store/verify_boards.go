package store

import (
	"encoding/json"
	"hash/maphash"
	"maps"

	"quizbot/bot"
	"quizbot/quiz"
)

// standingsAtOnce bounds how many standings are worked out of the ledger at once,
// and so the memory that it takes; the ledger is read once for each so many.
const standingsAtOnce = 400_000

// standings: points and records are what the ledger gives, as far as it is folded, and
// what review knows is what all of it gives.
func (v *verifier) standings() error {
	folded, err := counter(v.tx, "folded")
	if err != nil {
		return err
	}
	parts := uint64(1 + (v.count[keyScore]+v.count[keyRecord]+v.count[keyRecalls]+v.count[keyRated])/standingsAtOnce)
	seed := maphash.MakeSeed()
	for part := range parts {
		s := &expected{
			want: map[standing]int{}, records: map[string]quiz.Record{}, players: map[string]bool{}, recalls: map[string]recalls{},
			marks: map[string]rated{}, forms: map[formAt]quiz.Form{}, folded: folded,
		}
		s.mine = func(x standing) bool { return maphash.Comparable(seed, x)%parts == part }
		if err := v.each(keyLedger, s.add); err != nil {
			return err
		}
		v.players += len(s.players)
		if err := v.scores(s); err != nil {
			return err
		}
		if err := v.records(s); err != nil {
			return err
		}
		if err := v.recalls(s); err != nil {
			return err
		}
		if err := v.marks(s); err != nil {
			return err
		}
		if err := v.forms(s); err != nil {
			return err
		}
	}
	return nil
}

// expected is what the ledger gives, for a part of all standings.
type expected struct {
	mine    func(standing) bool
	want    map[standing]int
	records map[string]quiz.Record
	players map[string]bool    // who answered, folded or not
	recalls map[string]recalls // by key
	marks   map[string]rated   // of questions, by key: when they were answered last
	forms   map[formAt]quiz.Form
	folded  uint64
}

func (s *expected) add(parts keyParts, value []byte) error {
	var e entry
	if err := json.Unmarshal(value, &e); err != nil {
		return err
	}
	player, past := string(e.Player), parts.number[0] < s.folded
	if s.mine(standing{player: player}) {
		s.players[player] = true
		k := string(recallsKey(e.Entry))
		s.recalls[k] = s.recalls[k].with(recallOf(e.Entry))
		if past {
			s.records[player] = s.records[player].Add(e.Pack, e.Answer())
			s.mark(e)
		}
	}
	if !past {
		return nil
	}
	for _, board := range boardsOf(e) {
		if at := (standing{board, player}); s.mine(at) {
			s.want[at] += e.Points
		}
	}
	return nil
}

func (v *verifier) scores(s *expected) error {
	if err := v.each(keyScore, func(parts keyParts, value []byte) error {
		at := standing{parts.text[0], parts.text[1]}
		if !s.mine(at) || takeBoard(at.board).kind != bot.ByPoints {
			return nil
		}
		want, ok := s.want[at]
		delete(s.want, at)
		switch got := int(int64(getUint(value))); {
		case !ok:
			v.fault("%s has %d points on the board %s, and no answer for it in the ledger", at.player, got, shown(at.board))
		case got != want:
			v.fault("%s has %d points on the board %s, the ledger gives %d", at.player, got, shown(at.board), want)
		}
		return nil
	}); err != nil {
		return err
	}
	for at, want := range s.want {
		if !v.over(at.board) && !v.broken[string(key(keyScore, at.board, at.player))] {
			v.fault("%s is missing on the board %s, the ledger gives %d points", at.player, shown(at.board), want)
		}
	}
	return nil
}

// over says whether a board is of a span of time before this one.
func (v *verifier) over(board string) bool { return v.past(takeBoard(board).span) }

func (v *verifier) past(span string) bool {
	for _, period := range quiz.Periods() {
		if span == period.At(v.now.UTC()) {
			return false
		}
	}
	return true
}

// shown is a board's name in words.
func shown(name string) string {
	b := takeBoard(name)
	words := b.span
	if b.kind != bot.ByPoints {
		words = string(b.kind) + " " + words
	}
	if b.topic != "" {
		words += " in " + b.topic
	}
	if b.room != "" {
		words += " of " + string(b.room)
	}
	return words
}

func (v *verifier) records(s *expected) error {
	if err := v.each(keyRecord, func(parts keyParts, value []byte) error {
		player := parts.text[0]
		if !s.mine(standing{player: player}) {
			return nil
		}
		var got quiz.Record
		if err := json.Unmarshal(value, &got); err != nil {
			return err
		}
		want, ok := s.records[player]
		delete(s.records, player)
		if !ok || !sameRecord(got, want) {
			v.fault("the record of %s says %d right of %d and %d points, the ledger %d of %d and %d, or other topics or streaks",
				player, got.Right, got.Answered, got.Points, want.Right, want.Answered, want.Points)
		}
		return nil
	}); err != nil {
		return err
	}
	for player := range s.records {
		if !v.broken[string(key(keyRecord, player))] {
			v.fault("the record of %s is missing", player)
		}
	}
	return nil
}

// sameRecord compares what is kept with what the ledger gives. Which answer was the
// newest was not kept before.
func sameRecord(a, b quiz.Record) bool {
	return (a.Newest == b.Newest || !a.Newest.Known) && a.Points == b.Points && a.Answered == b.Answered && a.Right == b.Right && a.Streak == b.Streak && a.Best == b.Best &&
		a.Last.Equal(b.Last) && maps.Equal(a.Topics, b.Topics)
}

// boards: their order, and the counts from which ranks follow, are what the
// players' points give.
func (v *verifier) boards() error {
	w := &boardWalk{v: v}
	placed := 0
	if err := v.each(keyBoard, func(parts keyParts, _ []byte) error {
		board, player, points := parts.text[0], parts.text[1], fromDescending(parts.number[0])
		got, ok, err := v.number(key(keyScore, board, player))
		if err != nil {
			return err
		}
		if !ok || int(int64(got)) != points {
			v.fault("%s stands on the board %s with %d points, which are not the player's", player, shown(board), points)
		}
		if ok {
			placed++
		}
		return w.step(board, points)
	}); err != nil {
		return err
	}
	if placed < v.visible {
		v.fault("boards lack %d places of players who have points there", v.visible-placed)
	}
	if err := w.end(); err != nil {
		return err
	}
	if w.counts < v.count[keyCount] || w.boards < v.count[keyPlayers] {
		v.fault("%d counts are of points or boards that nobody has", v.count[keyCount]-w.counts+v.count[keyPlayers]-w.boards)
	}
	return nil
}

// boardWalk goes along all boards, best players first, and compares how many were
// passed with what is counted.
type boardWalk struct {
	v              *verifier
	begun          bool
	board          string
	points         int
	counted        bool // the board has counts of points
	same, near, on int  // players with these points, in this range, on this board

	boards, counts int // records that were looked at
}

func (w *boardWalk) step(board string, points int) error {
	next := w.begun && board != w.board
	var err error
	if w.counted && (next || points != w.points) {
		err = w.compare(&w.same, key(keyCount, w.board, byte(0), descending(w.points)))
	}
	if err == nil && w.counted && (next || points>>rangeBits != w.points>>rangeBits) {
		err = w.compare(&w.near, key(keyCount, w.board, byte(1), descending(w.points>>rangeBits)))
	}
	if err == nil && next {
		if w.counted != (w.on > countFrom) && (w.on > countFrom || w.on <= countUntil) && w.v.format >= 4 {
			w.v.fault("the board %s of %d players has counts of points (%v): ranks would be wrong", shown(w.board), w.on, w.counted)
		}
		err = w.compare(&w.on, key(keyPlayers, w.board))
	}
	if err == nil && (next || !w.begun) {
		_, w.counted, err = playersOn(w.v.tx, board)
		w.counted = w.counted || w.v.format < 4
		w.same, w.near = 0, 0
	}
	w.begun, w.board, w.points = true, board, points
	w.same, w.near, w.on = w.same+1, w.near+1, w.on+1
	return err
}

// end compares what the last board leaves open.
func (w *boardWalk) end() error {
	if !w.begun {
		return nil
	}
	return w.step(w.board+"\x00", 0)
}

func (w *boardWalk) compare(n *int, k []byte) error {
	got, ok, err := w.v.number(k)
	if err != nil {
		return err
	}
	if ok && k[0] == keyPlayers {
		w.boards++
	} else if ok {
		w.counts++
	}
	if !ok || got&^hasCounts != uint64(*n) {
		w.v.fault("the board %s counts %d players where %d stand: ranks would be wrong", shown(w.board), got, *n)
	}
	*n = 0
	return nil
}
