package store

import (
	"context"
	"fmt"

	"quizbot/bot"
	"quizbot/quiz"
)

// boardOf is the board that a query asks for.
func boardOf(q bot.BoardQuery) boardID {
	span := q.Period.At(q.Now.UTC())
	switch q.Kind {
	case bot.ByRating:
		return ratingBoard
	case bot.ByImprovement:
		return boardID{span: span, kind: q.Kind}
	default:
		return boardID{room: q.Room, topic: q.Topic, span: span}
	}
}

// Board implements bot.Boards.
func (s *Store) Board(ctx context.Context, q bot.BoardQuery) (bot.Board, error) {
	if err := s.Fold(ctx, q.Team); err != nil {
		return bot.Board{}, fmt.Errorf("fold the ledger of %s: %w", q.Team, err)
	}
	var out bot.Board
	board := boardOf(q).String()
	err := s.engine.View(ctx, string(q.Team), func(tx Tx) error {
		out = bot.Board{}
		n, _, err := playersOn(tx, board)
		if err != nil {
			return err
		}
		out.Players = int(n)
		names := names{tx: tx}
		if q.Top > 0 {
			if out.Top, err = top(tx, board, q.Top, names); err != nil {
				return err
			}
		}
		if q.Player == "" {
			return nil
		}
		points, err := tx.Get(key(keyScore, board, string(q.Player)))
		if err != nil || points == nil {
			return err
		}
		if out.Hidden, err = newPlaces(tx).isHidden(string(q.Player)); err != nil {
			return err
		}
		own := quiz.Standing{Player: string(q.Player), Points: int(int64(getUint(points)))}
		if own.Rank, err = rankOf(tx, board, own.Points); err != nil {
			return err
		}
		own.Name, err = names.of(own.Player)
		out.Own = own
		return err
	})
	if err != nil {
		return bot.Board{}, fmt.Errorf("read a board of %s: %w", q.Team, err)
	}
	return out, nil
}

// Days implements bot.Boards.
func (s *Store) Days(ctx context.Context, q bot.BoardQuery) ([]quiz.DayPoints, error) {
	if err := s.Fold(ctx, q.Team); err != nil {
		return nil, fmt.Errorf("fold the ledger of %s: %w", q.Team, err)
	}
	var out []quiz.DayPoints
	now := q.Now.UTC()
	err := s.engine.View(ctx, string(q.Team), func(tx Tx) error {
		out = nil
		if q.Top <= 0 {
			return nil
		}
		first, err := top(tx, boardID{room: q.Room, span: quiz.Week.At(now)}.String(), q.Top, names{tx: tx})
		if err != nil {
			return err
		}
		for _, standing := range first {
			one := quiz.DayPoints{Standing: standing}
			for _, day := range quiz.Days(now) {
				points, err := tx.Get(key(keyScore, boardID{room: q.Room, span: quiz.Today.At(day)}.String(), standing.Player))
				if err != nil {
					return err
				}
				one.Days = append(one.Days, int(int64(getUint(points))))
			}
			out = append(out, one)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the days of %s: %w", q.Team, err)
	}
	return out, nil
}

func top(tx Tx, board string, n int, names names) ([]quiz.Standing, error) {
	prefix := key(keyBoard, board)
	kvs, err := tx.Scan(prefix, after(prefix), n)
	if err != nil {
		return nil, err
	}
	var out []quiz.Standing
	for i, kv := range kvs {
		points, rest, err := takeUint(kv.Key[len(prefix):])
		if err != nil {
			return nil, err
		}
		player, _, err := takeString(rest)
		if err != nil {
			return nil, err
		}
		s := quiz.Standing{Rank: i + 1, Player: player, Points: fromDescending(points)}
		if i > 0 && out[i-1].Points == s.Points {
			s.Rank = out[i-1].Rank
		}
		if s.Name, err = names.of(player); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// Strength implements bot.Boards.
func (s *Store) Strength(ctx context.Context, team bot.TeamID, player bot.UserID) (quiz.Strength, error) {
	var out quiz.Strength
	err := s.Fold(ctx, team)
	if err == nil {
		err = s.engine.View(ctx, string(team), func(tx Tx) (err error) {
			out, err = getStrength(tx, key(keyStrength, string(player)))
			return err
		})
	}
	if err != nil {
		return quiz.Strength{}, fmt.Errorf("read a rating of %s: %w", team, err)
	}
	return out, nil
}

// Record implements bot.Boards.
func (s *Store) Record(ctx context.Context, team bot.TeamID, player bot.UserID) (quiz.Record, error) {
	var r quiz.Record
	err := s.Fold(ctx, team)
	if err == nil {
		err = s.engine.View(ctx, string(team), func(tx Tx) error {
			r = quiz.Record{}
			if err := getRecord(tx, string(player), &r); err != nil {
				return err
			}
			r.Name, err = names{tx: tx}.of(string(player))
			return err
		})
	}
	if err != nil {
		return quiz.Record{}, fmt.Errorf("read a record of %s: %w", team, err)
	}
	return r, nil
}

// Known implements bot.Boards.
func (s *Store) Known(ctx context.Context, team bot.TeamID, player bot.UserID) (quiz.Record, error) {
	var r quiz.Record
	if err := s.engine.View(ctx, string(team), func(tx Tx) error {
		r = quiz.Record{}
		return getRecord(tx, string(player), &r)
	}); err != nil {
		return quiz.Record{}, fmt.Errorf("read a record of %s: %w", team, err)
	}
	return r, nil
}
