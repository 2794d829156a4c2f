// Package storetest says what every store must do, so that a second engine, or a
// second store, is held to the same promises as the first: Run is the contract of
// bot.Store, RunEngine that of store.Engine, and Model is a store so simple that
// it can be believed by reading it.
package storetest

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
)

// NewModel returns a store that keeps everything in maps and works every answer
// out anew from the ledger. It is safe for concurrent use. Where the contract
// leaves something open, it does what the real one does: players with equal
// points are listed in the order of their IDs, wake times count in whole
// milliseconds (the rest is dropped), and a record bears the player's name even
// when nothing else is in it.
func NewModel() bot.Store {
	return &model{teams: map[bot.TeamID]*modelTeam{}, players: map[bot.UserID]bot.PlayerSettings{}}
}

type model struct {
	mu      sync.Mutex
	teams   map[bot.TeamID]*modelTeam
	players map[bot.UserID]bot.PlayerSettings
}

type modelTeam struct {
	rooms    map[bot.RoomID]*modelRoom
	seen     map[string]bool
	ledger   []bot.Entry
	marks    []*modelMark // as long as the ledger
	names    map[bot.UserID]string
	settings bot.TeamSettings
}

type modelRoom struct {
	rev    uint64
	state  bot.State
	wake   time.Time
	past   map[int]quiz.Past
	clocks []bot.ClockAt // in the order of rounds and players
	outbox []bot.Line
	posted map[string]bot.MessageID
	rounds map[bot.MessageID]int
}

var _ bot.Store = (*model)(nil)

// copied returns v as it comes back from a disk, sharing nothing with it.
func copied[T any](v T) T {
	var out T
	b, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		panic(err) // it is about plain data
	}
	return out
}

// team returns the team, which is made when it is not there.
func (m *model) team(id bot.TeamID) *modelTeam {
	t, ok := m.teams[id]
	if !ok {
		t = &modelTeam{rooms: map[bot.RoomID]*modelRoom{}, seen: map[string]bool{}, names: map[bot.UserID]string{}}
		m.teams[id] = t
	}
	return t
}

func (t *modelTeam) room(id bot.RoomID) *modelRoom {
	r, ok := t.rooms[id]
	if !ok {
		r = &modelRoom{past: map[int]quiz.Past{}, posted: map[string]bot.MessageID{}, rounds: map[bot.MessageID]int{}}
		t.rooms[id] = r
	}
	return r
}

// answer finds the player's answer in a round.
func (t *modelTeam) answer(room bot.RoomID, round int, player bot.UserID) (bot.Entry, bool) {
	for _, e := range t.ledger {
		if e.Room == room && e.Round == round && e.Player == player {
			return e, true
		}
	}
	return bot.Entry{}, false
}

func (m *model) lock(ctx context.Context) (unlock func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	return m.mu.Unlock, nil
}

func (m *model) Room(ctx context.Context, team bot.TeamID, room bot.RoomID) (bot.Snapshot, error) {
	unlock, err := m.lock(ctx)
	if err != nil {
		return bot.Snapshot{}, err
	}
	defer unlock()
	t := m.team(team)
	r := t.room(room)
	snap := bot.Snapshot{Rev: r.rev, State: copied(r.state)}
	if len(r.outbox) > 0 {
		snap.Outbox = copied(r.outbox)
	}
	state := &snap.State.Room
	for i := range state.Rounds {
		t.join(room, &state.Rounds[i])
		r.joinClocks(&state.Rounds[i])
	}
	for _, no := range slices.Sorted(maps.Keys(r.past)) {
		past := copied(r.past[no])
		t.join(room, &past.Round)
		r.joinClocks(&past.Round)
		state.Past = append(state.Past, past)
	}
	tables := [][]quiz.Score{}
	if state.Game != nil {
		tables = append(tables, state.Game.Score)
	}
	for _, g := range state.Ended {
		tables = append(tables, g.Game.Score)
	}
	for i := range state.Challenges {
		state.Challenges[i].ByName = t.names[bot.UserID(state.Challenges[i].By)]
	}
	for _, table := range tables {
		for i := range table {
			table[i].Name = t.names[bot.UserID(table[i].Player)]
		}
	}
	return snap, nil
}

// join adds the answers of a round, named.
func (t *modelTeam) join(room bot.RoomID, round *quiz.Round) {
	for _, e := range t.ledger {
		if e.Room == room && e.Round == round.No {
			e = copied(e)
			a := e.Answer()
			a.Name = t.names[e.Player]
			round.Answers = append(round.Answers, a)
		}
	}
}

func (m *model) Commit(ctx context.Context, c bot.Change) error {
	unlock, err := m.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	t := m.team(c.Team)
	r := t.room(c.Room)
	var seen []string
	for _, id := range c.Causes {
		if t.seen[id] {
			seen = append(seen, id)
		}
	}
	if len(seen) > 0 {
		return &bot.SeenError{IDs: seen}
	}
	if r.rev != c.From {
		return bot.ErrStale
	}
	for i, a := range c.Answers {
		_, before := t.answer(a.Room, a.Round, a.Player)
		twice := slices.ContainsFunc(c.Answers[:i], func(b bot.Entry) bool {
			return b.Room == a.Room && b.Round == a.Round && b.Player == a.Player
		})
		if before || twice {
			return bot.ErrStale
		}
	}
	for _, began := range c.Clocks {
		if slices.ContainsFunc(r.clocks, func(x bot.ClockAt) bool {
			return x.Round == began.Round && x.Clock.Player == began.Clock.Player
		}) {
			return bot.ErrStale
		}
	}
	// Nothing can go wrong from here on.
	r.rev++
	for _, id := range c.Causes {
		t.seen[id] = true
	}
	for player, name := range c.Names {
		t.names[player] = name
	}
	t.ledger = append(t.ledger, copied(c.Answers)...)
	for _, a := range copied(c.Answers) {
		t.mark(a)
	}
	if c.State != nil {
		r.state, r.wake = copied(*c.State), c.Wake
	}
	r.addClocks(c)
	for _, past := range c.Past {
		r.past[past.Round.No] = copied(past)
	}
	for _, no := range c.Forgotten {
		delete(r.past, no)
		r.dropClocks(no)
	}
	for _, o := range c.Out {
		r.outbox = append(r.outbox, bot.Line{Outgoing: copied(o), At: c.At})
	}
	for i, line := range r.outbox {
		if slices.Contains(c.Begun, line.Key) {
			r.outbox[i].Begun, r.outbox[i].BegunAt = true, copied(c.At)
		}
	}
	for _, receipt := range c.Settled {
		r.outbox = slices.DeleteFunc(r.outbox, func(l bot.Line) bool { return l.Key == receipt.Key })
		if receipt.Message != "" && receipt.Round > 0 {
			r.posted[receipt.Key] = receipt.Message
			r.rounds[receipt.Message] = receipt.Round
		}
	}
	return nil
}

func (m *model) Once(ctx context.Context, team bot.TeamID, id string, _ time.Time) (bool, error) {
	unlock, err := m.lock(ctx)
	if err != nil {
		return false, err
	}
	defer unlock()
	t := m.team(team)
	fresh := !t.seen[id]
	t.seen[id] = true
	return fresh, nil
}

func (m *model) Due(ctx context.Context, by time.Time, limit int) ([]bot.DueRoom, error) {
	unlock, err := m.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	var out []bot.DueRoom
	for team, t := range m.teams {
		for room, r := range t.rooms {
			if !r.wake.IsZero() && r.wake.UnixMilli() <= by.UnixMilli() {
				out = append(out, bot.DueRoom{RoomRef: bot.RoomRef{Team: team, Room: room}, At: time.UnixMilli(r.wake.UnixMilli())})
			}
		}
	}
	slices.SortFunc(out, func(a, b bot.DueRoom) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Room, b.Room), cmp.Compare(a.Team, b.Team))
	})
	return out[:min(len(out), max(limit, 0))], nil
}

func (m *model) Unsent(ctx context.Context) ([]bot.RoomRef, error) {
	unlock, err := m.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	var out []bot.RoomRef
	for team, t := range m.teams {
		for room, r := range t.rooms {
			if len(r.outbox) > 0 {
				out = append(out, bot.RoomRef{Team: team, Room: room})
			}
		}
	}
	slices.SortFunc(out, func(a, b bot.RoomRef) int {
		return cmp.Or(cmp.Compare(a.Room, b.Room), cmp.Compare(a.Team, b.Team))
	})
	return out, nil
}

func (m *model) Over(ctx context.Context, since time.Time) ([]bot.RoomRef, error) {
	unlock, err := m.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	var out []bot.RoomRef
	for team, t := range m.teams {
		for room, r := range t.rooms {
			for _, p := range r.past {
				if !p.Over.Before(since) {
					out = append(out, bot.RoomRef{Team: team, Room: room})
					break
				}
			}
		}
	}
	return out, nil
}

func (m *model) Posted(ctx context.Context, team bot.TeamID, room bot.RoomID, key string) (bot.MessageID, error) {
	unlock, err := m.lock(ctx)
	if err != nil {
		return "", err
	}
	defer unlock()
	return m.team(team).room(room).posted[key], nil
}

func (m *model) RoundOf(ctx context.Context, team bot.TeamID, room bot.RoomID, message bot.MessageID) (int, error) {
	unlock, err := m.lock(ctx)
	if err != nil {
		return 0, err
	}
	defer unlock()
	return m.team(team).room(room).rounds[message], nil
}

func (m *model) Given(ctx context.Context, team bot.TeamID, room bot.RoomID, round int, player bot.UserID) (bot.Entry, bool, error) {
	unlock, err := m.lock(ctx)
	if err != nil {
		return bot.Entry{}, false, err
	}
	defer unlock()
	e, ok := m.team(team).answer(room, round, player)
	return copied(e), ok, nil
}

func (m *model) Board(ctx context.Context, q bot.BoardQuery) (bot.Board, error) {
	unlock, err := m.lock(ctx)
	if err != nil {
		return bot.Board{}, err
	}
	defer unlock()
	t := m.team(q.Team)
	points := map[bot.UserID]int{}
	for _, e := range t.ledger {
		if (q.Room == "" || q.Room == e.Room) && (q.Topic == "" || q.Topic == e.Pack) && q.Period.At(e.At.UTC()) == q.Period.At(q.Now.UTC()) {
			points[e.Player] += e.Points
		}
	}
	switch q.Kind {
	case bot.ByRating:
		points = t.ratings()
	case bot.ByImprovement:
		points = t.improved(q.Period, q.Now.UTC())
	}
	var all []quiz.Standing
	out := bot.Board{}
	for player, sum := range points {
		rank := 1
		for other, more := range points {
			if more > sum && !m.players[other].Hidden {
				rank++
			}
		}
		if m.players[player].Hidden {
			if player == q.Player {
				out.Own, out.Hidden = quiz.Standing{Rank: rank, Player: string(player), Name: t.names[player], Points: sum}, true
			}
			continue
		}
		all = append(all, quiz.Standing{Rank: rank, Player: string(player), Name: t.names[player], Points: sum})
	}
	slices.SortFunc(all, func(a, b quiz.Standing) int {
		return cmp.Or(cmp.Compare(b.Points, a.Points), cmp.Compare(a.Player, b.Player))
	})
	out.Players = len(all)
	if n := min(q.Top, len(all)); n > 0 {
		out.Top = all[:n]
	}
	for _, s := range all {
		if s.Player == string(q.Player) {
			out.Own = s
		}
	}
	return out, nil
}

// Days implements bot.Boards.
func (m *model) Days(ctx context.Context, q bot.BoardQuery) ([]quiz.DayPoints, error) {
	q.Period, q.Player = quiz.Week, ""
	board, err := m.Board(ctx, q)
	if err != nil {
		return nil, err
	}
	unlock, err := m.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	var out []quiz.DayPoints
	for _, s := range board.Top {
		one := quiz.DayPoints{Standing: s, Days: make([]int, len(quiz.Days(q.Now.UTC())))}
		for _, e := range m.team(q.Team).ledger {
			if (q.Room == "" || q.Room == e.Room) && string(e.Player) == s.Player {
				for i, day := range quiz.Days(q.Now.UTC()) {
					if at := e.At.UTC(); !at.Before(day) && at.Before(day.AddDate(0, 0, 1)) {
						one.Days[i] += e.Points
					}
				}
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// Fold implements bot.Boards: the model counts when it is asked.
func (m *model) Fold(context.Context, bot.TeamID) error { return nil }

// Strength implements bot.Boards.
func (m *model) Strength(ctx context.Context, team bot.TeamID, player bot.UserID) (quiz.Strength, error) {
	unlock, err := m.lock(ctx)
	if err != nil {
		return quiz.Strength{}, err
	}
	defer unlock()
	return m.team(team).strength(player), nil
}

// Record implements bot.Boards.
func (m *model) Record(ctx context.Context, team bot.TeamID, player bot.UserID) (quiz.Record, error) {
	unlock, err := m.lock(ctx)
	if err != nil {
		return quiz.Record{}, err
	}
	defer unlock()
	t := m.team(team)
	var out quiz.Record
	for _, e := range t.ledger {
		if e.Player == player {
			out = out.Add(e.Pack, e.Answer())
		}
	}
	out = copied(out)
	out.Name = t.names[player]
	return out, nil
}

// Known implements bot.Boards: of this store nothing is ever behind.
func (m *model) Known(ctx context.Context, team bot.TeamID, player bot.UserID) (quiz.Record, error) {
	return m.Record(ctx, team, player)
}
