package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
)

// PlayerSettings implements bot.Settings.
func (m *model) PlayerSettings(ctx context.Context, player bot.UserID) (bot.PlayerSettings, error) {
	unlock, err := m.lock(ctx)
	if err != nil {
		return bot.PlayerSettings{}, err
	}
	defer unlock()
	return m.players[player], nil
}

// TeamSettings implements bot.Settings.
func (m *model) TeamSettings(ctx context.Context, team bot.TeamID) (bot.TeamSettings, error) {
	unlock, err := m.lock(ctx)
	if err != nil {
		return bot.TeamSettings{}, err
	}
	defer unlock()
	return copied(m.team(team).settings), nil
}

// ChangePlayer implements bot.Settings.
func (m *model) ChangePlayer(ctx context.Context, player bot.UserID, cause string, at time.Time, change func(bot.PlayerSettings) bot.PlayerSettings) (bool, error) {
	fresh, err := m.Once(ctx, bot.PlayersTeam, cause, at)
	if !fresh || err != nil {
		return false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.players[player] = change(m.players[player])
	if m.players[player] == (bot.PlayerSettings{}) {
		delete(m.players, player)
	}
	return true, nil
}

// ChangeTeam implements bot.Settings.
func (m *model) ChangeTeam(ctx context.Context, team bot.TeamID, cause string, at time.Time, change func(bot.TeamSettings) bot.TeamSettings) (bool, error) {
	fresh, err := m.Once(ctx, team, cause, at)
	if !fresh || err != nil {
		return false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.team(team)
	t.settings = copied(change(copied(t.settings)))
	return true, nil
}

// SetHidden implements bot.Settings.
func (m *model) SetHidden(ctx context.Context, player bot.UserID, hidden bool, cause string, at time.Time) (bool, error) {
	return m.ChangePlayer(ctx, player, cause, at, func(p bot.PlayerSettings) bot.PlayerSettings {
		p.Hidden = hidden
		return p
	})
}

// Kept implements bot.People.
func (m *model) Kept(ctx context.Context, player bot.UserID) (bot.Kept, error) {
	unlock, err := m.lock(ctx)
	if err != nil {
		return bot.Kept{}, err
	}
	defer unlock()
	var out bot.Kept
	for _, t := range m.teams {
		first := true
		for _, e := range t.ledger {
			if e.Player != player {
				continue
			}
			out.Answers++
			if first {
				out.Teams++
				if at := copied(e).At; out.Since.IsZero() || at.Before(out.Since) {
					out.Since = at
				}
			}
			first = false
		}
	}
	return out, nil
}

// Knows implements bot.Rooms.
func (m *model) Knows(ctx context.Context, team bot.TeamID, id string, _ time.Time) (bool, error) {
	unlock, err := m.lock(ctx)
	if err != nil {
		return false, err
	}
	defer unlock()
	return m.team(team).seen[id], nil
}

// pace is a change of a player's settings.
func pace(p quiz.Pace) func(bot.PlayerSettings) bot.PlayerSettings {
	return func(s bot.PlayerSettings) bot.PlayerSettings {
		s.Pace = p
		return s
	}
}

func testSettings(t *testing.T, s bot.Store) {
	ctx := t.Context()
	if p, err := s.PlayerSettings(ctx, "p1"); err != nil || p != (bot.PlayerSettings{}) {
		t.Errorf("who has chosen nothing: %+v %v", p, err)
	}
	if x, err := s.TeamSettings(ctx, teamA); err != nil || !x.IsZero() {
		t.Errorf("a team that has chosen nothing: %+v %v", x, err)
	}
	// Each delivery has its effect once, whatever came after it.
	for i, step := range []struct {
		cause string
		pace  quiz.Pace
		fresh bool
		want  quiz.Pace
	}{{"d1", 200, true, 200}, {"d1", 200, false, 200}, {"d2", 150, true, 150}, {"d1", 200, false, 150}, {"d3", 0, true, 0}, {"d2", 150, false, 0}, {"d4", 150, true, 150}} {
		fresh, err := s.ChangePlayer(ctx, "p1", step.cause, noon(), pace(step.pace))
		if err != nil || fresh != step.fresh {
			t.Errorf("step %d: %v %v, want %v", i, fresh, err, step.fresh)
		}
		if p, err := s.PlayerSettings(ctx, "p1"); err != nil || p.Pace != step.want {
			t.Errorf("step %d: %+v %v, want %d", i, p, err, step.want)
		}
	}
	if fresh, err := s.SetHidden(ctx, "p1", true, "d5", noon()); err != nil || !fresh {
		t.Errorf("hide: %v %v", fresh, err)
	}
	if p, err := s.PlayerSettings(ctx, "p1"); err != nil || p != (bot.PlayerSettings{Pace: 150, Hidden: true}) {
		t.Errorf("one change takes another back: %+v %v", p, err)
	}
	want := bot.TeamSettings{AdminsStart: true, Rooms: bot.RoomRule{Only: true, List: []bot.RoomID{roomA}}, Speed: quiz.SpeedOff, Seconds: 45, Count: 7}
	for range 2 {
		_, err := s.ChangeTeam(ctx, teamA, "d1", noon(), func(x bot.TeamSettings) bot.TeamSettings {
			x.AdminsStart, x.Rooms, x.Speed, x.Seconds, x.Count = true, want.Rooms, quiz.SpeedOff, 45, x.Count+7
			return x
		})
		noError(t, err)
	}
	if x, err := s.TeamSettings(ctx, teamA); err != nil || !reflect.DeepEqual(x, want) {
		t.Errorf("the team's: %+v %v, want %+v", x, err, want)
	}
	if x, err := s.TeamSettings(ctx, "test:B"); err != nil || !x.IsZero() {
		t.Errorf("another team's: %+v %v", x, err)
	}
	testOwnSettings(t, s)
}

// A player's settings are the player's: listed, exported and forgotten like all else.
func testOwnSettings(t *testing.T, s bot.Store) {
	ctx := t.Context()
	list, err := s.Players(ctx)
	if err != nil || !slices.Equal(list, []bot.UserID{"p1"}) {
		t.Errorf("players: %q %v", list, err)
	}
	d, err := s.Export(ctx, "p1")
	noError(t, err)
	if len(d.Teams) != 1 || d.Teams[0].Team != bot.PlayersTeam || d.Teams[0].Settings == nil || *d.Teams[0].Settings != (bot.PlayerSettings{Pace: 150, Hidden: true}) {
		raw, _ := json.Marshal(d)
		t.Errorf("export: %s", raw)
	}
	out, err := s.Forget(ctx, "p1")
	if err != nil || !out.Settings || out.Teams != 0 {
		t.Errorf("forgotten: %+v %v", out, err)
	}
	if p, err := s.PlayerSettings(ctx, "p1"); err != nil || p != (bot.PlayerSettings{}) {
		t.Errorf("after forgetting: %+v %v", p, err)
	}
	if _, err := s.Export(ctx, "p1"); !errors.Is(err, bot.ErrUnknownPlayer) {
		t.Errorf("export after forgetting: %v", err)
	}
	if fresh, err := s.ChangePlayer(ctx, "p1", "d4", noon(), pace(200)); err != nil || fresh {
		t.Errorf("what was taken in before is taken in again: %v %v", fresh, err)
	}
	if x, err := s.TeamSettings(ctx, teamA); err != nil || x.IsZero() {
		t.Errorf("the team's settings went too: %+v %v", x, err)
	}
}
