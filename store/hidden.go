package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"quizbot/bot"
)

// keyHidden is the kind of the keys of players who are hidden in a team: there they have
// points and no places. It follows the player's own settings, which stand elsewhere.
const keyHidden = 'H'

// SetHidden implements bot.Settings. A process that dies between the teams leaves the rest
// to the next Sweep.
func (s *Store) SetHidden(ctx context.Context, player bot.UserID, hidden bool, cause string, at time.Time) (bool, error) {
	s.hiding.Lock()
	defer s.hiding.Unlock()
	fresh, err := s.ChangePlayer(ctx, player, cause, at, func(p bot.PlayerSettings) bot.PlayerSettings {
		p.Hidden = hidden
		return p
	})
	if err != nil {
		return fresh, err
	}
	own, err := s.PlayerSettings(ctx, player)
	if err == nil {
		err = s.hideEverywhere(ctx, string(player), own.Hidden)
	}
	return fresh, err
}

// hideEverywhere has a player hidden, or seen, in every team that has answers of the player.
func (s *Store) hideEverywhere(ctx context.Context, player string, hidden bool) error {
	here := key(keyHere, player)
	refs, err := s.engine.Indexed(ctx, here, after(here), math.MaxInt)
	if err != nil {
		return fmt.Errorf("list teams of %s: %w", player, err)
	}
	for _, ref := range refs {
		if err := s.hideIn(ctx, ref.Team, player, hidden); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) hideIn(ctx context.Context, team, player string, hidden bool) error {
	marked, err := s.get(ctx, bot.TeamID(team), key(keyHidden, player))
	if err == nil && (marked != nil) != hidden { // most need no write
		err = s.engine.Update(ctx, team, func(tx Tx) error { return hide(tx, player, hidden) })
	}
	if err != nil {
		return fmt.Errorf("hide or show %s in %s: %w", player, team, err)
	}
	return nil
}

// hide takes a player's places out of the order of all boards, or puts them back; points stay.
func hide(tx Tx, player string, hidden bool) error {
	p := newPlaces(tx)
	if is, err := p.isHidden(player); err != nil || is == hidden {
		return err
	}
	if hidden {
		tx.Put(key(keyHidden, player), nil)
	} else {
		tx.Delete(key(keyHidden, player))
	}
	boards, err := boardsWith(tx, player)
	if err != nil {
		return err
	}
	for _, board := range boards {
		points, stands, err := p.points(board, player)
		switch {
		case err != nil:
			return err
		case !stands: // swept away, or not folded yet
		case hidden:
			err = p.leave(board, player, points)
		default:
			err = p.enter(board, player, points)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// boardsWith are the names of all boards that a player can be on, in order.
func boardsWith(tx Tx, player string) ([]string, error) {
	all := map[string]bool{}
	prefix := key(keyOf, player)
	if err := each(tx, prefix, func(kv KV) error {
		seq, _, err := takeUint(kv.Key[len(prefix):])
		if err != nil {
			return err
		}
		e, err := loadEntry(tx, seq)
		for _, board := range boardsOf(e) {
			all[board] = true
		}
		return err
	}); err != nil {
		return nil, err
	}
	own, err := ownBoards(tx, player)
	for _, board := range own {
		all[board] = true
	}
	return slices.Sorted(maps.Keys(all)), err
}

// newcomers are those of the next answers to be folded who have none on the boards yet and
// have chosen to be hidden. Whoever hides later is found by SetHidden.
func (s *Store) newcomers(ctx context.Context, team string) ([]string, error) {
	fresh := map[string]bool{}
	if err := s.engine.View(ctx, team, func(tx Tx) error {
		clear(fresh)
		from, err := counter(tx, "folded")
		if err != nil {
			return err
		}
		kvs, err := tx.Scan(key(keyLedger, from), after(key(keyLedger)), foldBatch)
		if err != nil {
			return err
		}
		for _, kv := range kvs {
			var e struct {
				Player string `json:"player"`
			}
			if err := json.Unmarshal(kv.Value, &e); err != nil {
				return fmt.Errorf("decode ledger: %w", err)
			}
			if fresh[e.Player] {
				continue
			}
			known, err := tx.Get(key(keyRecord, e.Player))
			if err != nil {
				return err
			}
			if known == nil {
				fresh[e.Player] = true
			}
		}
		return nil
	}); err != nil || len(fresh) == 0 {
		return nil, err
	}
	hidden, err := s.hiddenOf(ctx, slices.Sorted(maps.Keys(fresh)))
	return hidden, err
}

// hiddenOf are those of some players who have chosen to be hidden.
func (s *Store) hiddenOf(ctx context.Context, players []string) ([]string, error) {
	var out []string
	err := s.engine.View(ctx, playersTeam, func(tx Tx) error {
		out = nil
		for _, player := range players {
			own, err := getSettings[bot.PlayerSettings](tx, key(keyOwnSettings, player))
			if err != nil {
				return err
			}
			if own.Hidden {
				out = append(out, player)
			}
		}
		return nil
	})
	return out, err
}

// chosenHidden are all players who have chosen to be hidden.
func chosenHidden(ctx context.Context, e Engine) (map[string]bool, error) {
	out := map[string]bool{}
	err := e.View(ctx, playersTeam, func(tx Tx) error {
		clear(out)
		return each(tx, key(keyOwnSettings), func(kv KV) error {
			player, _, err := takeString(kv.Key[1:])
			if err != nil {
				return err
			}
			var own bot.PlayerSettings
			if json.Unmarshal(kv.Value, &own) == nil && own.Hidden { // what is broken is told elsewhere
				out[player] = true
			}
			return nil
		})
	})
	return out, err
}

// settleHidden has all teams follow what players have chosen, where a process that died has
// left that open.
func (s *Store) settleHidden(ctx context.Context) error {
	s.hiding.Lock()
	defer s.hiding.Unlock()
	chosen, err := chosenHidden(ctx, s.engine)
	if err != nil {
		return err
	}
	for _, player := range slices.Sorted(maps.Keys(chosen)) {
		if err := s.hideEverywhere(ctx, player, true); err != nil {
			return err
		}
	}
	return s.eachTeam(ctx, func(team string) error {
		var stale []string
		if err := s.engine.View(ctx, team, func(tx Tx) error {
			stale = nil
			return each(tx, key(keyHidden), func(kv KV) error {
				player, _, err := takeString(kv.Key[1:])
				if !chosen[player] {
					stale = append(stale, player)
				}
				return err
			})
		}); err != nil {
			return err
		}
		for _, player := range stale {
			if err := s.hideIn(ctx, team, player, false); err != nil {
				return err
			}
		}
		return nil
	})
}
