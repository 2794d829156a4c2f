package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"quizbot/bot"
)

// The kinds of their keys. A player's own stand in playersTeam.
const (
	keyTeamSettings = 'd'
	keyOwnSettings  = 'P'
)

// A player's own settings stand in a team that is none, for they hold in all: on Discord
// every player's direct messages are a team of their own.
const playersTeam = string(bot.PlayersTeam)

// PlayerSettings implements bot.Settings.
func (s *Store) PlayerSettings(ctx context.Context, player bot.UserID) (bot.PlayerSettings, error) {
	return readSettings[bot.PlayerSettings](ctx, s, playersTeam, key(keyOwnSettings, string(player)))
}

// TeamSettings implements bot.Settings.
func (s *Store) TeamSettings(ctx context.Context, team bot.TeamID) (bot.TeamSettings, error) {
	return readSettings[bot.TeamSettings](ctx, s, string(team), key(keyTeamSettings))
}

// ChangePlayer implements bot.Settings.
func (s *Store) ChangePlayer(ctx context.Context, player bot.UserID, cause string, at time.Time, change func(bot.PlayerSettings) bot.PlayerSettings) (bool, error) {
	return changeSettings(ctx, s, playersTeam, key(keyOwnSettings, string(player)), cause, at, change)
}

// ChangeTeam implements bot.Settings.
func (s *Store) ChangeTeam(ctx context.Context, team bot.TeamID, cause string, at time.Time, change func(bot.TeamSettings) bot.TeamSettings) (bool, error) {
	return changeSettings(ctx, s, string(team), key(keyTeamSettings), cause, at, change)
}

func readSettings[T any](ctx context.Context, s *Store, team string, k []byte) (T, error) {
	var out T
	err := s.engine.View(ctx, team, func(tx Tx) (err error) {
		out, err = getSettings[T](tx, k)
		return err
	})
	if err != nil {
		return out, fmt.Errorf("read settings in %s: %w", team, err)
	}
	return out, nil
}

func getSettings[T any](tx Tx, k []byte) (T, error) {
	var out T
	value, err := tx.Get(k)
	if err != nil || value == nil {
		return out, err
	}
	if err := json.Unmarshal(value, &out); err != nil {
		return out, fmt.Errorf("decode settings: %w", err)
	}
	return out, nil
}

// changeSettings records the cause and what it changes in one transaction. Settings that
// say nothing have no record.
func changeSettings[T any](ctx context.Context, s *Store, team string, k []byte, cause string, at time.Time, change func(T) T) (bool, error) {
	err := s.engine.Update(ctx, team, func(tx Tx) error {
		if err := accept(tx, bot.Change{Causes: []string{cause}, At: at}); err != nil {
			return err
		}
		old, err := getSettings[T](tx, k)
		if err != nil {
			return err
		}
		value, err := json.Marshal(change(old))
		switch {
		case err != nil:
			return fmt.Errorf("encode settings: %w", err)
		case string(value) == "{}":
			tx.Delete(k)
		default:
			tx.Put(k, value)
		}
		return nil
	})
	var seen *bot.SeenError
	if errors.As(err, &seen) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("change settings in %s: %w", team, err)
	}
	return true, nil
}

// findInSettings finds the player's own settings, and the team's where they mention the
// player.
func (h *held) findInSettings(tx Tx, player string) error {
	var err error
	if h.own, err = tx.Get(key(keyOwnSettings, player)); err != nil {
		return err
	}
	value, err := tx.Get(key(keyTeamSettings))
	if err == nil && bytes.Contains(value, quote(player)) {
		h.settings = value
	}
	return err
}

// tell adds to a dossier what was found in settings.
func (h *held) tell(out *bot.TeamDossier) error {
	if h.own != nil {
		out.Settings = &bot.PlayerSettings{}
		if err := json.Unmarshal(h.own, out.Settings); err != nil {
			return fmt.Errorf("decode settings: %w", err)
		}
	}
	if h.settings == nil {
		return nil
	}
	plain, err := rewritten(h.settings, func(v any) any { return v })
	out.TeamSettings = plain
	return err
}

// scrubSettings deletes the player's own settings, and takes the player out of the team's.
func (h *held) scrubSettings(tx Tx, player string) error {
	tx.Delete(key(keyOwnSettings, player))
	if h.settings == nil {
		return nil
	}
	clean, err := rewritten(h.settings, func(v any) any { return cleaned(unlisted(v, player), player) })
	if err == nil {
		tx.Put(key(keyTeamSettings), clean)
	}
	return err
}

// unlisted takes a player out of lists of ids. In a list of rules nobody's id would be an
// entry as good as any.
func unlisted(v any, player string) any {
	switch v := v.(type) {
	case []any:
		v = slices.DeleteFunc(v, func(x any) bool { return x == player })
		for i := range v {
			v[i] = unlisted(v[i], player)
		}
		return v
	case map[string]any:
		for k := range v {
			v[k] = unlisted(v[k], player)
		}
	}
	return v
}

// settings: they stand where they are looked for.
func (v *verifier) settings() error {
	if err := v.each(keyOwnSettings, func(parts keyParts, _ []byte) error {
		if v.team != playersTeam {
			v.fault("the settings of %s stand in a team, where nobody looks for them", parts.text[0])
		}
		return nil
	}); err != nil {
		return err
	}
	return v.each(keyTeamSettings, func(keyParts, []byte) error {
		if v.team == playersTeam || v.team == programTeam {
			v.fault("there are settings of a team where no team is")
		}
		return nil
	})
}

// Kept implements bot.People.
func (s *Store) Kept(ctx context.Context, player bot.UserID) (bot.Kept, error) {
	here := key(keyHere, string(player))
	refs, err := s.engine.Indexed(ctx, here, after(here), math.MaxInt)
	if err != nil {
		return bot.Kept{}, fmt.Errorf("list teams of %s: %w", player, err)
	}
	var out bot.Kept
	for _, ref := range refs {
		if err := s.engine.View(ctx, ref.Team, func(tx Tx) error {
			prefix := key(keyOf, string(player))
			own, err := tx.Scan(prefix, after(prefix), 0)
			if err != nil || len(own) == 0 {
				return err
			}
			seq, _, err := takeUint(own[0].Key[len(prefix):])
			if err != nil {
				return err
			}
			first, err := loadEntry(tx, seq)
			out.Teams++
			out.Answers += len(own)
			if out.Since.IsZero() || first.At.Before(out.Since) {
				out.Since = first.At
			}
			return err
		}); err != nil {
			return bot.Kept{}, fmt.Errorf("count answers of %s: %w", player, err)
		}
	}
	return out, nil
}
