package store

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
)

// Fault is a promise that what is stored doesn't keep.
type Fault struct {
	Team string // "": of no team alone
	What string // in words, in one line
}

// Totals are how much was read.
type Totals struct{ Teams, Rooms, Answers, Players int }

// Verify reads all that an engine holds, in the given format, and calls found with
// each fault: records that can't be read; answers without their guard, and guards
// without their answer; counters behind what they count; rooms that nothing will
// wake, messages that nothing will send; settings where nobody looks for them; boards, records,
// ratings and answers to be reviewed that are not what the ledger gives. Boards of spans of time
// that were over at now may have gone. Nobody may write meanwhile. An error says that reading
// itself failed.
func Verify(ctx context.Context, e Engine, format int, now time.Time, found func(Fault)) (Totals, error) {
	var sum Totals
	teams, err := e.Teams(ctx)
	if err != nil {
		return sum, err
	}
	indexed := map[byte]int{}
	hidden, err := chosenHidden(ctx, e)
	if err != nil {
		return sum, err
	}
	for _, team := range teams {
		v := &verifier{chosen: hidden, ctx: ctx, team: team, format: format, now: now, say: found, count: map[byte]int{}, broken: map[string]bool{}}
		if err := e.View(ctx, team, v.all); err != nil {
			return sum, fmt.Errorf("read team %s: %w", team, err)
		}
		if team != programTeam && team != playersTeam {
			sum.Teams++
		}
		sum.Rooms += v.count[keyRev]
		sum.Answers += v.count[keyLedger]
		sum.Players += v.players
		indexed[keyWake] += v.count[keyWake]
		indexed[keyUnsent] += v.count[keyUnsent]
		indexed[keyHere] += v.count[keyHere]
	}
	for kind, n := range indexed {
		if err := verifyIndex(ctx, e, kind, n, found); err != nil {
			return sum, err
		}
	}
	return sum, ctx.Err()
}

// verifyIndex compares the index over all teams with the teams' own records, of
// which there are n.
func verifyIndex(ctx context.Context, e Engine, kind byte, n int, found func(Fault)) error {
	refs, err := e.Indexed(ctx, []byte{kind}, after([]byte{kind}), math.MaxInt)
	if err != nil {
		return fmt.Errorf("read the index: %w", err)
	}
	sound := 0
	for _, ref := range refs {
		if err := e.View(ctx, ref.Team, func(tx Tx) error {
			value, err := tx.Get(ref.Key)
			if err == nil && value == nil {
				found(Fault{ref.Team, fmt.Sprintf("the index has %q, which the team has not", ref.Key)})
			} else {
				sound++
			}
			return err
		}); err != nil {
			return fmt.Errorf("read the index: %w", err)
		}
	}
	if sound < n {
		found(Fault{"", fmt.Sprintf("the index lacks %d of %d records that begin with %q: rooms that are never woken, messages never sent, or answers that review doesn't find", n-sound, n, kind)})
	}
	return nil
}

// verifier looks at one team.
type verifier struct {
	ctx    context.Context
	team   string
	format int
	now    time.Time
	say    func(Fault)

	tx      Tx
	count   map[byte]int    // records, by kind
	broken  map[string]bool // keys of records that can't be read, and were told
	players int
	chosen  map[string]bool // players who have chosen to be hidden
	visible int             // places on boards that are to be seen
}

func (v *verifier) fault(format string, args ...any) {
	v.say(Fault{v.team, fmt.Sprintf(format, args...)})
}

func (v *verifier) all(tx Tx) error {
	v.tx = tx
	v.count, v.broken, v.visible = map[byte]int{}, map[string]bool{}, 0
	for _, step := range []func() error{v.shapes, v.ledger, v.guards, v.byPlayer, v.rooms, v.wakes, v.outbox, v.messages, v.standings, v.answerers, v.ratings, v.hiding, v.settings, v.clocks, v.boards} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// each calls fn with every record of a kind that can be read, and the parts of its
// key.
func (v *verifier) each(kind byte, fn func(parts keyParts, value []byte) error) error {
	return each(v.tx, []byte{kind}, func(kv KV) error {
		if v.broken[string(kv.Key)] {
			return nil
		}
		parts, _ := takeKey(kv.Key)
		if err := v.ctx.Err(); err != nil {
			return err
		}
		return fn(parts, kv.Value)
	})
}

// keyParts are what a key says, in order of their kind.
type keyParts struct {
	text   []string
	number []uint64
	level  byte
}

// shapes of keys: s is a string, u a number, b a byte.
func shapes() map[byte]string {
	return map[byte]string{
		keyRev: "s", keyRoom: "s", keyPast: "su", keySeen: "us", keyLedger: "u", keyAnswer: "sus", keyOf: "su", keyName: "s", keyOutbox: "su", keyLine: "ss",
		keyMessage: "ss", keyRound: "ss", keyCounter: "s", keyWake: "us", keyUnsent: "s", keyWakeOf: "s", keyScore: "ss", keyBoard: "sus",
		keyCount: "sbu", keyPlayers: "s", keyRecord: "s", keyValue: "s", keyRecalls: "sss", keyHere: "s",
		keyTeamSettings: "", keyOwnSettings: "s", keyClock: "sus",
		keyRated: "sss", keyStrength: "s", keyDifficulty: "ss", keyForm: "ss", keyHidden: "s",
	}
}

// takeKey reads a key. One of a kind without a shape has no parts.
func takeKey(k []byte) (out keyParts, err error) {
	shape, known := shapes()[k[0]]
	if !known {
		return out, nil
	}
	rest := k[1:]
	for _, part := range shape {
		switch part {
		case 's':
			var s string
			if s, rest, err = takeString(rest); err != nil {
				return out, err
			}
			out.text = append(out.text, s)
		case 'u':
			var u uint64
			if u, rest, err = takeUint(rest); err != nil {
				return out, err
			}
			out.number = append(out.number, u)
		case 'b':
			if len(rest) == 0 {
				return out, errKey
			}
			out.level, rest = rest[0], rest[1:]
		}
	}
	if len(rest) > 0 {
		return out, errKey
	}
	return out, nil
}

// shapes looks at each record by itself, and counts.
func (v *verifier) shapes() error {
	return each(v.tx, nil, func(kv KV) error {
		err := Check(kv.Key, kv.Value)
		if err == nil {
			_, err = takeKey(kv.Key)
		}
		if err == nil {
			err = decodes(kv)
		}
		if err != nil {
			v.broken[string(kv.Key)] = true
			v.fault("the record %.60q can't be read: %v", kv.Key, err)
			return v.ctx.Err()
		}
		v.count[kv.Key[0]]++
		return v.ctx.Err()
	})
}

func decodes(kv KV) error {
	var into any
	switch kv.Key[0] {
	case keyRoom:
		into = &bot.State{}
	case keyPast:
		into = &quiz.Past{}
	case keyLedger:
		into = &entry{}
	case keyOutbox:
		into = &bot.Line{}
	case keyRecord:
		into = &quiz.Record{}
	case keyRecalls:
		into = &recalls{}
	case keyTeamSettings:
		into = &bot.TeamSettings{}
	case keyOwnSettings:
		into = &bot.PlayerSettings{}
	default:
		return nil
	}
	return json.Unmarshal(kv.Value, into)
}

// entryAt is the ledger's entry of a number; nil where there is none to be read.
func (v *verifier) entryAt(seq uint64) (*entry, error) {
	k := key(keyLedger, seq)
	value, err := v.tx.Get(k)
	if err != nil || value == nil || v.broken[string(k)] {
		return nil, err
	}
	var e entry
	return &e, json.Unmarshal(value, &e)
}

// number is the value of a record that holds one; ok is false where there is none.
func (v *verifier) number(k []byte) (x uint64, ok bool, err error) {
	value, err := v.tx.Get(k)
	return getUint(value), value != nil && !v.broken[string(k)], err
}

// ledger: each answer has its guard, and the counter is ahead of all.
func (v *verifier) ledger() error {
	next, err := counter(v.tx, "ledger")
	if err != nil {
		return err
	}
	folded, err := counter(v.tx, "folded")
	if err != nil {
		return err
	}
	if folded > next {
		v.fault("boards hold %d answers, of %d that there ever were", folded, next)
	}
	return v.each(keyLedger, func(parts keyParts, value []byte) error {
		seq := parts.number[0]
		var e entry
		if err := json.Unmarshal(value, &e); err != nil {
			return err
		}
		if seq >= next {
			v.fault("answer %d is there, and the next is to be number %d: it would be overwritten", seq, next)
		}
		guard, ok, err := v.number(key(keyAnswer, string(e.Room), uint64(e.Round), string(e.Player)))
		if err != nil {
			return err
		}
		if !ok || guard != seq {
			v.fault("answer %d of %s in round %d of %s has no guard: the player could answer again", seq, e.Player, e.Round, e.Room)
		}
		if v.format < 2 {
			return nil
		}
		if of, err := v.tx.Get(key(keyOf, string(e.Player), seq)); err != nil || of != nil {
			return err
		}
		v.fault("answer %d of %s is missing among the player's: an export would lack it", seq, e.Player)
		return nil
	})
}

// guards: each leads to its answer.
func (v *verifier) guards() error {
	return v.each(keyAnswer, func(parts keyParts, value []byte) error {
		room, player, round, seq := parts.text[0], parts.text[1], parts.number[0], getUint(value)
		e, err := v.entryAt(seq)
		switch {
		case err != nil:
			return err
		case e == nil && !v.broken[string(key(keyLedger, seq))]:
			v.fault("answer %d of %s in round %d of %s is missing from the ledger", seq, player, round, room)
		case e != nil && (string(e.Room) != room || uint64(e.Round) != round || string(e.Player) != player):
			v.fault("the guard of %s in round %d of %s leads to answer %d, which is another's", player, round, room, seq)
		}
		return nil
	})
}

// byPlayer: each entry of the index by player leads to that player's answer.
func (v *verifier) byPlayer() error {
	return v.each(keyOf, func(parts keyParts, _ []byte) error {
		e, err := v.entryAt(parts.number[0])
		if err == nil && (e == nil || string(e.Player) != parts.text[0]) && !v.broken[string(key(keyLedger, parts.number[0]))] {
			v.fault("answer %d stands among those of %s and is not in the ledger so", parts.number[0], parts.text[0])
		}
		return err
	})
}

// rooms: each has a revision, and is woken no later than it needs.
func (v *verifier) rooms() error {
	return v.each(keyRoom, func(parts keyParts, value []byte) error {
		room := parts.text[0]
		var state bot.State
		if err := json.Unmarshal(value, &state); err != nil {
			return err
		}
		_, ok, err := v.number(key(keyRev, room))
		if err != nil {
			return err
		}
		if !ok {
			v.fault("room %s has no revision", room)
		}
		at, ok, err := v.number(key(keyWakeOf, room))
		if err != nil {
			return err
		}
		if wake := state.Wake(); !wake.IsZero() && (!ok || at > millis(wake)) {
			v.fault("room %s is not woken when it should be: its question would close late or never", room)
		}
		return nil
	})
}

// wakes: what a room says of its time and what is listed by time are the same.
func (v *verifier) wakes() error {
	if err := v.each(keyWakeOf, func(parts keyParts, value []byte) error {
		listed, err := v.tx.Get(key(keyWake, getUint(value), parts.text[0]))
		if err == nil && listed == nil {
			v.fault("room %s is missing in the list of rooms to wake: its question would never close", parts.text[0])
		}
		return err
	}); err != nil {
		return err
	}
	return v.each(keyWake, func(parts keyParts, _ []byte) error {
		at, ok, err := v.number(key(keyWakeOf, parts.text[0]))
		if err == nil && (!ok || at != parts.number[0]) {
			v.fault("room %s is to be woken at a time that it doesn't know", parts.text[0])
		}
		return err
	})
}

// outbox: each message is found by its key, and its room is listed for sending.
func (v *verifier) outbox() error {
	next, err := counter(v.tx, "outbox")
	if err != nil {
		return err
	}
	if err := v.each(keyOutbox, func(parts keyParts, value []byte) error {
		room, seq := parts.text[0], parts.number[0]
		var line bot.Line
		if err := json.Unmarshal(value, &line); err != nil {
			return err
		}
		if seq >= next {
			v.fault("message %s to %s has number %d, and the next is to be %d: it would be overwritten", line.Key, room, seq, next)
		}
		at, ok, err := v.number(key(keyLine, room, line.Key))
		if err != nil {
			return err
		}
		if !ok || at != seq {
			v.fault("message %s to %s is not found by its key: it would be sent on and on", line.Key, room)
		}
		listed, err := v.tx.Get(key(keyUnsent, room))
		if err == nil && listed == nil {
			v.fault("room %s has messages to send and is not listed: they would wait for others", room)
		}
		return err
	}); err != nil {
		return err
	}
	if err := v.each(keyLine, func(parts keyParts, value []byte) error {
		there, err := v.tx.Get(key(keyOutbox, parts.text[0], getUint(value)))
		if err == nil && there == nil {
			v.fault("message %s to %s is missing: it would never be sent", parts.text[1], parts.text[0])
		}
		return err
	}); err != nil {
		return err
	}
	return v.each(keyUnsent, func(parts keyParts, _ []byte) error {
		prefix := key(keyOutbox, parts.text[0])
		lines, err := v.tx.Scan(prefix, after(prefix), 1)
		if err == nil && len(lines) == 0 {
			v.fault("room %s is listed for messages to send, and has none", parts.text[0])
		}
		return err
	})
}

// messages: what was posted is known again as the round that it shows.
func (v *verifier) messages() error {
	return v.each(keyMessage, func(parts keyParts, value []byte) error {
		round, ok, err := v.number(key(keyRound, parts.text[0], string(value)))
		if err == nil && (!ok || round == 0) {
			v.fault("message %s in %s shows no round: what is typed under it would not count", value, parts.text[0])
		}
		return err
	})
}
