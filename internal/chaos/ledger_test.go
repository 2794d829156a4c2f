//go:build chaos

package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
	"quizbot/store"
	"quizbot/store/bolt"
)

// books are what a database holds, read after its process has ended.
type books struct {
	by      map[string]bot.Entry // room, round and player
	doubled []string             // entries of the same room, round and player
	rooms   map[bot.RoomID]bot.Snapshot
	unsent  int
	faults  []string // boards that do not follow from the ledger
}

func entryKey(room bot.RoomID, round int, player bot.UserID) string {
	return fmt.Sprintf("%s round %d %s", room, round, player)
}

// readBooks reads a copy of the file, so that a reader's mistake changes nothing, and
// compares each board with the ledger.
func readBooks(dir, path string, on []platform, channels map[string][]string, at time.Time) (*books, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	clone := filepath.Join(dir, "copy.db")
	if err := os.WriteFile(clone, src, 0o600); err != nil {
		return nil, err
	}
	pages, err := bolt.Check(context.Background(), clone)
	if err != nil {
		return nil, fmt.Errorf("check: %w", err)
	}
	engine, err := bolt.Open(clone, bolt.Options{})
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	b, err := gather(engine, on, channels, at)
	if err == nil {
		b.faults = append(b.faults, pages...)
	}
	return b, errors.Join(err, engine.Close(), os.Remove(clone))
}

func gather(engine *bolt.Engine, on []platform, channels map[string][]string, at time.Time) (*books, error) {
	ctx := context.Background()
	s := store.New(engine)
	b := &books{by: map[string]bot.Entry{}, rooms: map[bot.RoomID]bot.Snapshot{}}
	for _, p := range on {
		entries, err := ledger(ctx, engine, p.team())
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			k := entryKey(e.Room, e.Round, e.Player)
			if _, twice := b.by[k]; twice {
				b.doubled = append(b.doubled, k)
			}
			b.by[k] = e
		}
		boards := []bot.RoomID{""}
		for _, c := range channels[p.name()] {
			room := p.room(c)
			if b.rooms[room], err = s.Room(ctx, p.team(), room); err != nil {
				return nil, err
			}
			boards = append(boards, room)
		}
		for _, room := range boards {
			for _, period := range quiz.Periods() {
				if err := b.compare(ctx, s, p.team(), room, period, entries, at); err != nil {
					return nil, err
				}
			}
		}
	}
	if _, err := store.Verify(ctx, engine, store.FormatVersion, at, func(f store.Fault) { b.faults = append(b.faults, f.Team+": "+f.What) }); err != nil {
		return nil, err
	}
	unsent, err := s.Unsent(ctx)
	b.unsent = len(unsent)
	return b, err
}

// ledger lists the answers of a team as they are stored (see store/doc.go).
func ledger(ctx context.Context, engine *bolt.Engine, team bot.TeamID) ([]bot.Entry, error) {
	var out []bot.Entry
	err := engine.View(ctx, string(team), func(tx store.Tx) error {
		kvs, err := tx.Scan([]byte("l"), []byte("m"), 0)
		for _, kv := range kvs {
			var e bot.Entry
			if err := json.Unmarshal(kv.Value, &e); err != nil {
				return err
			}
			out = append(out, e)
		}
		return err
	})
	return out, err
}

// compare sums the ledger up and looks whether the board says the same.
func (b *books) compare(ctx context.Context, s *store.Store, team bot.TeamID, room bot.RoomID, period quiz.Period, entries []bot.Entry, at time.Time) error {
	want := map[string]int{}
	for _, e := range entries {
		if (room == "" || e.Room == room) && period.At(e.At.UTC()) == period.At(at.UTC()) {
			want[string(e.Player)] += e.Points
		}
	}
	board, err := s.Board(ctx, bot.BoardQuery{Team: team, Room: room, Period: period, Now: at, Top: 1 << 20})
	if err != nil {
		return err
	}
	if board.Players != len(want) || len(board.Top) != len(want) {
		b.faults = append(b.faults, fmt.Sprintf("board %q of %s %s: %d players, the ledger has %d", period, team, room, board.Players, len(want)))
	}
	for _, line := range board.Top {
		if n, ok := want[line.Player]; !ok || n != line.Points {
			b.faults = append(b.faults, fmt.Sprintf("board %q of %s %s: %s has %d points, the ledger says %d", period, team, room, line.Player, line.Points, n))
		}
	}
	return nil
}

// sums are the points of each player of a team by the ledger.
func (b *books) sums(prefix string) map[bot.UserID]int {
	out := map[bot.UserID]int{}
	for _, e := range b.by {
		if strings.HasPrefix(string(e.Room), prefix) {
			out[e.Player] += e.Points
		}
	}
	return out
}
