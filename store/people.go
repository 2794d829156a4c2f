package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"quizbot/bot"
)

// eachTeam calls fn with every team of players.
func (s *Store) eachTeam(ctx context.Context, fn func(team string) error) error {
	teams, err := s.engine.Teams(ctx)
	if err != nil {
		return fmt.Errorf("list teams: %w", err)
	}
	for _, team := range teams {
		if team == programTeam {
			continue
		}
		if err := fn(team); err != nil {
			return err
		}
	}
	return nil
}

// Players implements bot.People.
func (s *Store) Players(ctx context.Context) ([]bot.UserID, error) {
	all := map[bot.UserID]bool{}
	err := s.eachTeam(ctx, func(team string) error {
		err := s.engine.View(ctx, team, func(tx Tx) error { return players(tx, all) })
		if err != nil {
			return fmt.Errorf("list players of %s: %w", team, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return slices.Sorted(maps.Keys(all)), nil
}

// players adds whoever a team knows.
func players(tx Tx, all map[bot.UserID]bool) error {
	if err := each(tx, key(keyName), func(kv KV) error {
		player, _, err := takeString(kv.Key[1:])
		all[bot.UserID(player)] = true
		return err
	}); err != nil {
		return err
	}
	for from := key(keyOf); ; { // one step for a player, however many answers there are
		kvs, err := tx.Scan(from, after(key(keyOf)), 1)
		if err != nil {
			return err
		}
		if len(kvs) == 0 {
			break
		}
		player, _, err := takeString(kvs[0].Key[1:])
		if err != nil {
			return err
		}
		all[bot.UserID(player)] = true
		from = after(key(keyOf, player))
	}
	if err := each(tx, key(keyOwnSettings), func(kv KV) error {
		player, _, err := takeString(kv.Key[1:])
		all[bot.UserID(player)] = true
		return err
	}); err != nil {
		return err
	}
	if err := each(tx, key(keyClock), func(kv KV) error {
		_, _, clock, err := takeClock(kv)
		all[bot.UserID(clock.Player)] = true
		return err
	}); err != nil {
		return err
	}
	for _, kind := range append(roomKinds(), keyTeamSettings) {
		if err := each(tx, key(kind), func(kv KV) error {
			var v any
			if err := json.Unmarshal(kv.Value, &v); err != nil {
				return fmt.Errorf("decode a record of kind %c: %w", kind, err)
			}
			mentioned(v, all)
			return nil
		}); err != nil {
			return err
		}
	}
	return each(tx, key(keyOutbox), func(kv KV) error {
		var line bot.Line
		if err := json.Unmarshal(kv.Value, &line); err != nil {
			return fmt.Errorf("decode outbox: %w", err)
		}
		for _, at := range line.Names {
			all[at.Player] = true
		}
		return nil
	})
}

// mentioned adds the players that a record of a room, as JSON has it, mentions: who
// asked, who scores, whose direct messages it is.
func mentioned(v any, all map[bot.UserID]bool) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			mentioned(x, all)
		}
	case map[string]any:
		for _, field := range []string{"by", "player", "direct"} {
			if player, ok := v[field].(string); ok && player != "" {
				all[bot.UserID(player)] = true
			}
		}
		for _, x := range v {
			mentioned(x, all)
		}
	}
}

// held is where a team's records mention a player.
type held struct {
	seqs    []uint64 // numbers of the answers, oldest first
	entries []entry  // as long as seqs
	name    string
	named   bool
	rooms   map[string]*heldRoom
	clocks  []bot.ClockAt // in the order of rooms and rounds
	seen    [][]byte      // keys of deliveries

	own      []byte // the player's settings; nil: none
	settings []byte // the team's; nil: they don't mention the player
}

// heldRoom is what one room holds of a player.
type heldRoom struct {
	direct bool
	state  *bot.State        // nil: it doesn't mention the player
	lines  map[uint64]bool   // numbers in the outbox of messages that name the player
	values map[string][]byte // by key: all its records that mention the player
	others []json.RawMessage // those of them that are not the state
}

func (h *held) room(room string) *heldRoom {
	r, ok := h.rooms[room]
	if !ok {
		r = &heldRoom{lines: map[uint64]bool{}, values: map[string][]byte{}}
		h.rooms[room] = r
	}
	return r
}

func (h *held) empty() bool {
	return len(h.seqs) == 0 && !h.named && len(h.rooms) == 0 && len(h.clocks) == 0 && len(h.seen) == 0 && h.own == nil && h.settings == nil
}

// find reads all that a team holds of a player, and changes nothing.
func find(tx Tx, player string) (*held, error) {
	h := &held{rooms: map[string]*heldRoom{}}
	name, err := tx.Get(key(keyName, player))
	if err != nil {
		return nil, err
	}
	h.name, h.named = string(name), name != nil
	prefix := key(keyOf, player)
	if err := each(tx, prefix, func(kv KV) error {
		seq, _, err := takeUint(kv.Key[len(prefix):])
		if err != nil {
			return err
		}
		e, err := loadEntry(tx, seq)
		h.seqs, h.entries = append(h.seqs, seq), append(h.entries, e)
		return err
	}); err != nil {
		return nil, err
	}
	if err := h.findInSettings(tx, player); err != nil {
		return nil, err
	}
	if err := h.findInRooms(tx, player); err != nil {
		return nil, err
	}
	if err := h.findInOutbox(tx, player); err != nil {
		return nil, err
	}
	if err := h.findClocks(tx, player); err != nil {
		return nil, err
	}
	return h, h.findDeliveries(tx, player)
}

func (h *held) findInRooms(tx Tx, player string) error {
	quoted := quote(player)
	for _, kind := range roomKinds() {
		if err := each(tx, key(kind), func(kv KV) error {
			if !bytes.Contains(kv.Value, quoted) {
				return nil
			}
			room, _, err := takeString(kv.Key[1:])
			if err != nil {
				return err
			}
			h.room(room).values[string(kv.Key)] = kv.Value
			if kind != keyRoom {
				plain, err := rewritten(kv.Value, func(v any) any { return v })
				h.room(room).others = append(h.room(room).others, plain)
				return err
			}
			var state bot.State
			if err := json.Unmarshal(kv.Value, &state); err != nil {
				return fmt.Errorf("decode room: %w", err)
			}
			h.room(room).state = &state
			h.room(room).direct = string(state.Direct) == player
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// roomKinds are the kinds of records in which a room keeps what happens in it, as
// JSON that can mention players: all that are nothing else.
func roomKinds() []byte {
	others := []byte{
		keyRev, keySeen, keyLedger, keyAnswer, keyOf, keyName, keyOutbox, keyLine, keyMessage, keyRound, keyCounter, keyWake, keyUnsent,
		keyWakeOf, keyScore, keyBoard, keyCount, keyPlayers, keyRecord, keyValue, keyRecalls, keyHere,
		keyTeamSettings, keyClock,
	}
	var out []byte
	for kind := byte('a'); kind <= 'z'; kind++ {
		if !bytes.Contains(others, []byte{kind}) {
			out = append(out, kind)
		}
	}
	return out
}

// quote is how a string stands in JSON.
func quote(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		return []byte(s) // strings can always be written
	}
	return b
}

func (h *held) findInOutbox(tx Tx, player string) error {
	return each(tx, key(keyOutbox), func(kv KV) error {
		var line bot.Line
		if err := json.Unmarshal(kv.Value, &line); err != nil {
			return fmt.Errorf("decode outbox: %w", err)
		}
		if _, names := line.Without(bot.UserID(player), h.name); !names {
			return nil
		}
		room, rest, err := takeString(kv.Key[1:])
		if err != nil {
			return err
		}
		seq, _, err := takeUint(rest)
		h.room(room).lines[seq] = true
		return err
	})
}

// findDeliveries finds the ids that hold the player's, or that of the player's
// direct messages.
func (h *held) findDeliveries(tx Tx, player string) error {
	ids := []string{player}
	for room, r := range h.rooms {
		if r.direct {
			ids = append(ids, room)
		}
	}
	return each(tx, key(keySeen), func(kv KV) error {
		_, rest, err := takeUint(kv.Key[1:])
		if err != nil {
			return err
		}
		id, _, err := takeString(rest)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(ids, func(x string) bool { return holds(id, x) }) {
			h.seen = append(h.seen, kv.Key)
		}
		return nil
	})
}

// holds reports that a delivery's id holds another: as a whole, or the part of it
// that is the platform's own.
func holds(id, other string) bool {
	own := other[strings.LastIndexAny(other, ":/")+1:]
	return holdsWord(id, other) || holdsWord(id, own)
}

// holdsWord reports that word stands in s with no letter and no digit beside it.
func holdsWord(s, word string) bool {
	beside := func(i int) bool {
		return i >= 0 && i < len(s) && (s[i] >= '0' && s[i] <= '9' || s[i] >= 'a' && s[i] <= 'z' || s[i] >= 'A' && s[i] <= 'Z')
	}
	for from := 0; word != ""; {
		at := strings.Index(s[from:], word)
		if at < 0 {
			break
		}
		at += from
		if !beside(at-1) && !beside(at+len(word)) {
			return true
		}
		from = at + 1
	}
	return false
}

// Export implements bot.People.
func (s *Store) Export(ctx context.Context, player bot.UserID) (bot.Dossier, error) {
	out := bot.Dossier{Player: player}
	if player == "" {
		return out, fmt.Errorf("export: %w", bot.ErrUnknownPlayer)
	}
	err := s.eachTeam(ctx, func(team string) error {
		if err := s.Fold(ctx, bot.TeamID(team)); err != nil {
			return err
		}
		return s.engine.View(ctx, team, func(tx Tx) error {
			h, err := find(tx, string(player))
			if err != nil || h.empty() {
				return err
			}
			one, err := h.dossier(tx, player)
			one.Team = bot.TeamID(team)
			out.Teams = append(out.Teams, one)
			return err
		})
	})
	if err != nil {
		return bot.Dossier{}, fmt.Errorf("export %s: %w", player, err)
	}
	if len(out.Teams) == 0 {
		return bot.Dossier{}, fmt.Errorf("export %s: %w", player, bot.ErrUnknownPlayer)
	}
	return out, nil
}

// dossier puts together what was found, and the boards and the record that follow
// from it.
func (h *held) dossier(tx Tx, player bot.UserID) (bot.TeamDossier, error) {
	out := bot.TeamDossier{Name: h.name, Revealed: h.clocks}
	if err := getRecord(tx, string(player), &out.Record); err != nil {
		return out, err
	}
	for _, e := range h.entries {
		out.Answers = append(out.Answers, e.Entry)
	}
	err := h.tell(&out)
	if err != nil {
		return out, err
	}
	if out.Seen, err = seenBy(tx, string(player)); err != nil {
		return out, err
	}
	own, err := ownBoards(tx, string(player))
	if err != nil {
		return out, err
	}
	for _, board := range append(h.boards(), own...) {
		points, stands, err := newPlaces(tx).points(board, string(player))
		if err != nil {
			return out, err
		}
		if stands {
			b := takeBoard(board)
			out.Boards = append(out.Boards, bot.BoardPoints{Kind: b.kind, Room: b.room, Topic: b.topic, Span: b.span, Points: points})
		}
	}
	slices.SortFunc(out.Boards, func(a, b bot.BoardPoints) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Span, b.Span), cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Room, b.Room))
	})
	for _, room := range slices.Sorted(maps.Keys(h.rooms)) {
		r := h.rooms[room]
		one := bot.RoomDossier{Room: bot.RoomID(room), Direct: r.direct, State: r.state, Others: r.others}
		for _, seq := range slices.Sorted(maps.Keys(r.lines)) {
			value, err := tx.Get(key(keyOutbox, room, seq))
			if err != nil {
				return out, err
			}
			var line bot.Line
			if err := json.Unmarshal(value, &line); err != nil {
				return out, fmt.Errorf("decode outbox: %w", err)
			}
			one.Messages = append(one.Messages, line.Key)
		}
		out.Rooms = append(out.Rooms, one)
	}
	for _, k := range h.seen {
		_, rest, err := takeUint(k[1:])
		if err != nil {
			return out, err
		}
		id, _, err := takeString(rest)
		if err != nil {
			return out, err
		}
		out.Deliveries = append(out.Deliveries, id)
	}
	return out, nil
}

// boards are the names of the boards that the player can be on, in order.
func (h *held) boards() []string {
	all := map[string]bool{}
	for _, e := range h.entries {
		for _, board := range boardsOf(e) {
			all[board] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}
