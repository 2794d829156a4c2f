package storetest

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
)

// mentions lists the players that a room's state is about.
func mentions(s bot.State) []bot.UserID {
	out := []bot.UserID{s.Direct}
	for _, r := range s.Room.Rounds {
		out = append(out, bot.UserID(r.By))
	}
	for _, c := range s.Room.Challenges {
		out = append(out, bot.UserID(c.By), bot.UserID(c.Player))
	}
	if g := s.Room.Game; g != nil {
		out = append(out, bot.UserID(g.By))
		for _, x := range g.Score {
			out = append(out, bot.UserID(x.Player))
		}
	}
	for _, g := range s.Room.Ended {
		out = append(out, bot.UserID(g.Game.By))
		for _, x := range g.Game.Score {
			out = append(out, bot.UserID(x.Player))
		}
	}
	return out
}

// withoutPlayer is a room's state that is about the player no more.
func withoutPlayer(s bot.State, player bot.UserID) bot.State {
	s = copied(s)
	for i := range s.Room.Rounds {
		if s.Room.Rounds[i].By == string(player) {
			s.Room.Rounds[i].By = ""
		}
	}
	s.Room.Challenges = slices.DeleteFunc(s.Room.Challenges, func(c quiz.Challenge) bool {
		return c.Player == string(player) || c.By == string(player)
	})
	if g := s.Room.Game; g != nil {
		if g.By == string(player) {
			g.By = ""
		}
		g.Score = slices.DeleteFunc(g.Score, func(x quiz.Score) bool { return x.Player == string(player) })
	}
	for i := range s.Room.Ended {
		g := &s.Room.Ended[i].Game
		if g.By == string(player) {
			g.By = ""
		}
		g.Score = slices.DeleteFunc(g.Score, func(x quiz.Score) bool { return x.Player == string(player) })
	}
	return s
}

// touches reports that a room has to do with a player, and in which ways.
func (t *modelTeam) touches(id bot.RoomID, r *modelRoom, player bot.UserID) (answered, mentioned, asked bool, messages []string) {
	answered = slices.ContainsFunc(t.ledger, func(e bot.Entry) bool { return e.Room == id && e.Player == player })
	mentioned = slices.Contains(mentions(r.state), player)
	for _, line := range r.outbox {
		if _, names := line.Without(player, t.names[player]); names {
			messages = append(messages, line.Key)
		}
	}
	for _, past := range r.past {
		asked = asked || past.Round.By == string(player)
	}
	return answered, mentioned, asked, messages
}

// holds reports that a delivery's id holds a player's, and not a longer one.
func holds(id string, player bot.UserID) bool {
	return regexp.MustCompile(`(^|[^0-9A-Za-z])` + regexp.QuoteMeta(string(player)) + `($|[^0-9A-Za-z])`).MatchString(id)
}

// seenBy lists what a player has answered: of each question the newest 64.
func (t *modelTeam) seenBy(player bot.UserID) []quiz.Seen {
	var out []quiz.Seen
	for _, e := range t.ledger {
		if e.Player != player {
			continue
		}
		i := slices.IndexFunc(out, func(s quiz.Seen) bool { return s.Pack == e.Pack && s.Question == e.Question })
		if i < 0 {
			i, out = len(out), append(out, quiz.Seen{Pack: e.Pack, Question: e.Question})
		}
		at := time.UnixMilli(e.At.UnixMilli()).UTC()
		out[i].Recalls = append(out[i].Recalls, quiz.Recall{At: at, Rating: quiz.Rate(e.Right, e.Hinted)})
	}
	for i := range out {
		r := out[i].Recalls
		slices.SortFunc(r, func(a, b quiz.Recall) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Rating, b.Rating)) })
		out[i].Recalls = r[max(len(r)-64, 0):]
	}
	slices.SortFunc(out, func(a, b quiz.Seen) int {
		return cmp.Or(cmp.Compare(a.Pack, b.Pack), cmp.Compare(a.Question, b.Question))
	})
	return out
}

// Seen implements bot.Reviews.
func (m *model) Seen(ctx context.Context, player bot.UserID) ([]quiz.Seen, error) {
	unlock, err := m.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	var out []quiz.Seen
	for _, id := range slices.Sorted(maps.Keys(m.teams)) {
		out = append(out, m.teams[id].seenBy(player)...)
	}
	return out, nil
}

// Players implements bot.People.
func (m *model) Players(ctx context.Context) ([]bot.UserID, error) {
	unlock, err := m.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	all := map[bot.UserID]bool{}
	for _, t := range m.teams {
		for player := range t.names {
			all[player] = true
		}
		for _, e := range t.ledger {
			all[e.Player] = true
		}
		for _, r := range t.rooms {
			for _, player := range mentions(r.state) {
				all[player] = true
			}
			for _, past := range r.past {
				all[bot.UserID(past.Round.By)] = true
			}
			for _, at := range r.clocks {
				all[bot.UserID(at.Clock.Player)] = true
			}
			for _, line := range r.outbox {
				for _, at := range line.Names {
					all[at.Player] = true
				}
			}
		}
	}
	for player := range m.players {
		all[player] = true
	}
	delete(all, "")
	return slices.Sorted(maps.Keys(all)), nil
}

// Export implements bot.People.
func (m *model) Export(ctx context.Context, player bot.UserID) (bot.Dossier, error) {
	unlock, err := m.lock(ctx)
	if err != nil {
		return bot.Dossier{}, err
	}
	defer unlock()
	out := bot.Dossier{Player: player}
	if player == "" {
		return out, bot.ErrUnknownPlayer
	}
	for _, id := range slices.Sorted(maps.Keys(m.teams)) {
		t := m.teams[id]
		name, known := t.names[player]
		one := bot.TeamDossier{Team: id, Name: name}
		if own, chosen := m.players[player]; chosen && id == bot.PlayersTeam {
			one.Settings, known = &own, true
		}
		one.Boards = t.boards(player)
		for _, e := range t.ledger {
			if e.Player != player {
				continue
			}
			one.Answers = append(one.Answers, copied(e))
			one.Seen = t.seenBy(player)
			one.Record = one.Record.Add(e.Pack, e.Answer())
		}
		for _, roomID := range slices.Sorted(maps.Keys(t.rooms)) {
			r := t.rooms[roomID]
			one.Revealed = append(one.Revealed, r.clocksOf(player)...)
			_, mentioned, asked, messages := t.touches(roomID, r, player)
			if !mentioned && !asked && messages == nil {
				continue
			}
			room := bot.RoomDossier{Room: roomID, Direct: r.state.Direct == player, Messages: messages}
			if mentioned {
				state := copied(r.state)
				room.State = &state
			}
			for _, no := range slices.Sorted(maps.Keys(r.past)) {
				if past := r.past[no]; past.Round.By == string(player) {
					raw, err := json.Marshal(copied[any](past)) // in the form of any record
					if err != nil {
						return out, err
					}
					room.Others = append(room.Others, raw)
				}
			}
			one.Rooms = append(one.Rooms, room)
		}
		for _, id := range slices.Sorted(maps.Keys(t.seen)) {
			if holds(id, player) {
				one.Deliveries = append(one.Deliveries, id)
			}
		}
		if known || one.Answers != nil || one.Revealed != nil || one.Rooms != nil || one.Deliveries != nil {
			out.Teams = append(out.Teams, one)
		}
	}
	if out.Teams == nil {
		return bot.Dossier{}, bot.ErrUnknownPlayer
	}
	return out, nil
}

// Forget implements bot.People.
func (m *model) Forget(ctx context.Context, player bot.UserID) (bot.Forgotten, error) {
	unlock, err := m.lock(ctx)
	if err != nil {
		return bot.Forgotten{}, err
	}
	defer unlock()
	var out bot.Forgotten
	if player == "" {
		return out, bot.ErrUnknownPlayer
	}
	_, out.Settings = m.players[player]
	delete(m.players, player)
	found := out.Settings
	for _, id := range slices.Sorted(maps.Keys(m.teams)) {
		found = m.teams[id].forget(id, player, &out) || found
	}
	if !found {
		return out, bot.ErrUnknownPlayer
	}
	return out, nil
}

func (t *modelTeam) forget(id bot.TeamID, player bot.UserID, out *bot.Forgotten) (known bool) {
	_, known = t.names[player]
	for _, e := range t.ledger {
		if e.Player == player {
			known = true
			out.Answers++
		}
	}
	out.Standings += len(t.boards(player))
	for _, roomID := range slices.Sorted(maps.Keys(t.rooms)) {
		r := t.rooms[roomID]
		answered, mentioned, asked, messages := t.touches(roomID, r, player)
		if !answered && !mentioned && !asked && messages == nil && r.clocksOf(player) == nil {
			continue
		}
		r.clocks = slices.DeleteFunc(r.clocks, func(x bot.ClockAt) bool { return x.Clock.Player == string(player) })
		known = true
		ref := bot.RoomRef{Team: id, Room: roomID}
		if r.state.Direct == player {
			delete(t.rooms, roomID)
			out.Gone = append(out.Gone, ref)
			continue
		}
		r.state = withoutPlayer(r.state, player)
		for no, past := range r.past {
			if past.Round.By == string(player) {
				past.Round.By = ""
				r.past[no] = past
			}
		}
		for i, line := range r.outbox {
			r.outbox[i].Outgoing, _ = line.Without(player, t.names[player])
		}
		out.Messages += len(messages)
		if r.rev > 0 {
			r.rev++
			out.Changed = append(out.Changed, ref)
		}
	}
	for id := range t.seen {
		if holds(id, player) {
			known = true
			delete(t.seen, id)
		}
	}
	t.ledger = slices.DeleteFunc(t.ledger, func(e bot.Entry) bool { return e.Player == player })
	t.marks = slices.DeleteFunc(t.marks, func(m *modelMark) bool { return m.Player == player })
	delete(t.names, player)
	if known && id != bot.PlayersTeam {
		out.Teams++
	}
	return known
}

// Expire implements bot.Upkeep.
func (m *model) Expire(ctx context.Context, before time.Time) (int, error) {
	unlock, err := m.lock(ctx)
	if err != nil {
		return 0, err
	}
	defer unlock()
	n := 0
	for _, t := range m.teams {
		gone, left := map[bot.UserID]bool{}, map[bot.UserID]bool{}
		t.ledger = slices.DeleteFunc(t.ledger, func(e bot.Entry) bool {
			old := e.At.Before(before)
			if old {
				gone[e.Player] = true
				n++
			} else {
				left[e.Player] = true
			}
			return old
		})
		for _, player := range slices.Sorted(maps.Keys(gone)) {
			t.expireMarks(player, before)
			if !left[player] {
				delete(t.names, player)
			}
		}
	}
	return n, nil
}

// Sweep implements bot.Upkeep: of what nobody can ask for the model has only rounds
// that are over.
func (m *model) Sweep(ctx context.Context, now time.Time) (int, error) {
	unlock, err := m.lock(ctx)
	if err != nil {
		return 0, err
	}
	defer unlock()
	n := 0
	for _, t := range m.teams {
		for _, r := range t.rooms {
			before := len(r.past)
			maps.DeleteFunc(r.past, func(no int, p quiz.Past) bool {
				old := now.Sub(p.Over) > time.Hour
				if old {
					n += r.dropClocks(no)
				}
				return old
			})
			n += before - len(r.past)
		}
	}
	return n, nil
}
