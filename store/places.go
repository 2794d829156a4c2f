package store

import (
	"strings"

	"quizbot/bot"
	"quizbot/quiz"
)

const (
	// rangeBits: points are counted one by one and in ranges of 1<<rangeBits, so
	// that a rank is the sum of few numbers however many players there are.
	rangeBits = 10
	// A board with more players than countFrom has such counts, and one with no more than
	// countUntil has none: there a rank is found by looking along the board. In between it
	// has what it had, so that one who comes and goes doesn't have all counted anew.
	countFrom  = 1000
	countUntil = 500
)

// boardID names a board.
type boardID struct {
	room  bot.RoomID // "": the whole team
	topic string     // a pack's id; "": all
	span  string     // quiz.Period.At
	kind  bot.BoardKind
}

// The marks that end a span in a board's name; ids of packs and spans have neither.
const (
	markTopic = "/"
	markKind  = "+"
	markRoom  = "\n"
)

// ratingBoard is the board of all players' ratings. Like other names that hold no span of
// time it stands behind those that do.
var ratingBoard = boardID{kind: bot.ByRating, span: string(quiz.AllTime)}

func (b boardID) String() string {
	name := b.span
	if b.topic != "" {
		name += markTopic + b.topic
	}
	if b.kind != bot.ByPoints {
		name += markKind + string(b.kind)
	}
	return name + markRoom + string(b.room)
}

// takeBoard reads a board's name.
func takeBoard(name string) boardID {
	what, room, _ := strings.Cut(name, markRoom)
	what, kind, _ := strings.Cut(what, markKind)
	span, topic, _ := strings.Cut(what, markTopic)
	return boardID{room: bot.RoomID(room), topic: topic, span: span, kind: bot.BoardKind(kind)}
}

// boardsOf are the names of the boards that an answer's points count on.
func boardsOf(e entry) []string {
	topics := []string{""}
	if e.Pack != "" {
		topics = append(topics, e.Pack)
	}
	out := make([]string, 0, 20)
	for _, period := range quiz.Periods() {
		span := period.At(e.At.UTC())
		for _, topic := range topics {
			for _, room := range []bot.RoomID{"", e.Room} {
				out = append(out, boardID{room: room, topic: topic, span: span}.String())
			}
		}
	}
	return out
}

// places moves players on boards, in one transaction. Those who are hidden have their
// points there and no place in the order.
type places struct {
	tx     Tx
	hidden map[string]bool // by player, as far as looked up
}

func newPlaces(tx Tx) *places { return &places{tx: tx, hidden: map[string]bool{}} }

func (p *places) isHidden(player string) (bool, error) {
	hidden, known := p.hidden[player]
	if !known {
		value, err := p.tx.Get(key(keyHidden, player))
		if err != nil {
			return false, err
		}
		hidden = value != nil
		p.hidden[player] = hidden
	}
	return hidden, nil
}

// points are what a player has on a board; ok is false for whoever is not on it.
func (p *places) points(board, player string) (points int, ok bool, err error) {
	value, err := p.tx.Get(key(keyScore, board, player))
	return int(int64(getUint(value))), value != nil, err
}

// add gives a player more points on a board, and a place if there was none.
func (p *places) add(board, player string, gain int) error {
	before, stood, err := p.points(board, player)
	if err != nil || stood && gain == 0 {
		return err
	}
	return p.move(board, player, before, stood, before+gain)
}

// set has a player stand on a board with these points, or not at all.
func (p *places) set(board, player string, points int, on bool) error {
	before, stood, err := p.points(board, player)
	switch {
	case err != nil || !on && !stood || on && stood && before == points:
		return err
	case !on:
		_, _, err := p.takeOff(board, player)
		return err
	default:
		return p.move(board, player, before, stood, points)
	}
}

func (p *places) move(board, player string, before int, stood bool, points int) error {
	p.tx.Put(key(keyScore, board, player), putUint(uint64(int64(points))))
	hidden, err := p.isHidden(player)
	switch {
	case err != nil || hidden:
		return err
	case !stood:
		return p.enter(board, player, points)
	}
	p.tx.Delete(key(keyBoard, board, descending(before), player))
	p.tx.Put(key(keyBoard, board, descending(points), player), nil)
	_, counted, err := playersOn(p.tx, board)
	if err != nil || !counted {
		return err
	}
	if err := addCount(p.tx, board, before, -1); err != nil {
		return err
	}
	return addCount(p.tx, board, points, 1)
}

// takeOff takes a player off a board and returns the points that were there; ok is
// false when the player was not on it.
func (p *places) takeOff(board, player string) (points int, ok bool, err error) {
	points, ok, err = p.points(board, player)
	if err != nil || !ok {
		return 0, false, err
	}
	p.tx.Delete(key(keyScore, board, player))
	hidden, err := p.isHidden(player)
	if err == nil && !hidden {
		err = p.leave(board, player, points)
	}
	return points, true, err
}

// enter puts a player into the order of a board.
func (p *places) enter(board, player string, points int) error {
	n, counted, err := playersOn(p.tx, board)
	if err != nil {
		return err
	}
	n++
	p.tx.Put(key(keyBoard, board, descending(points), player), nil)
	setPlayersOn(p.tx, board, n, counted || n > countFrom)
	switch {
	case counted:
		return addCount(p.tx, board, points, 1)
	case n > countFrom:
		return p.count(board)
	}
	return nil
}

// leave takes a player out of the order of a board.
func (p *places) leave(board, player string, points int) error {
	n, counted, err := playersOn(p.tx, board)
	if err != nil {
		return err
	}
	n--
	p.tx.Delete(key(keyBoard, board, descending(points), player))
	setPlayersOn(p.tx, board, n, counted && n > countUntil)
	switch {
	case counted && n <= countUntil:
		return drop(p.tx, key(keyCount, board))
	case counted:
		return addCount(p.tx, board, points, -1)
	}
	return nil
}

// count writes the counts of a board that has none.
func (p *places) count(board string) error {
	prefix := key(keyBoard, board)
	kvs, err := p.tx.Scan(prefix, after(prefix), 0)
	if err != nil {
		return err
	}
	points := make([]int, len(kvs))
	for i, kv := range kvs {
		u, _, err := takeUint(kv.Key[len(prefix):])
		if err != nil {
			return err
		}
		points[i] = fromDescending(u)
	}
	putCounts(p.tx, board, points)
	return nil
}

// putCounts writes the counts of a board on which players have these points.
func putCounts(tx Tx, board string, points []int) {
	counts := map[string]uint64{}
	for _, x := range points {
		for _, k := range countKeys(board, x) {
			counts[string(k)]++
		}
	}
	for k, n := range counts {
		tx.Put([]byte(k), putUint(n))
	}
}

// hasCounts is set in the number of players of a board that has counts of points.
const hasCounts = 1 << 63

// playersOn are how many players are in the order of a board, and whether points are counted.
func playersOn(tx Tx, board string) (n uint64, counted bool, err error) {
	value, err := tx.Get(key(keyPlayers, board))
	n = getUint(value)
	return n &^ hasCounts, n&hasCounts != 0, err
}

func setPlayersOn(tx Tx, board string, n uint64, counted bool) {
	k := key(keyPlayers, board)
	switch {
	case n == 0:
		tx.Delete(k)
	case counted:
		tx.Put(k, putUint(n|hasCounts))
	default:
		tx.Put(k, putUint(n))
	}
}

// countKeys are the keys that count who has these points: exactly, and in a range.
func countKeys(board string, points int) [2][]byte {
	return [2][]byte{
		key(keyCount, board, byte(0), descending(points)),
		key(keyCount, board, byte(1), descending(points>>rangeBits)),
	}
}

func addCount(tx Tx, board string, points, n int) error {
	for _, k := range countKeys(board, points) {
		old, err := tx.Get(k)
		if err != nil {
			return err
		}
		if count := int64(getUint(old)) + int64(n); count > 0 {
			tx.Put(k, putUint(uint64(count)))
		} else {
			tx.Delete(k)
		}
	}
	return nil
}

// rankOf is one more than the number of players in the order with more points.
func rankOf(tx Tx, board string, points int) (int, error) {
	_, counted, err := playersOn(tx, board)
	if err != nil {
		return 0, err
	}
	if !counted {
		better, err := tx.Scan(key(keyBoard, board), key(keyBoard, board, descending(points)), 0)
		return 1 + len(better), err
	}
	rank := uint64(1)
	add := func(level byte, from, to uint64) error {
		kvs, err := tx.Scan(key(keyCount, board, level, from), key(keyCount, board, level, to), 0)
		for _, kv := range kvs {
			rank += getUint(kv.Value)
		}
		return err
	}
	block := points >> rangeBits
	if err := add(1, 0, descending(block)); err != nil { // whole ranges above
		return 0, err
	}
	above := (block+1)<<rangeBits - 1 // and the own range down to these points
	err = add(0, descending(above), descending(points))
	return int(rank), err
}
