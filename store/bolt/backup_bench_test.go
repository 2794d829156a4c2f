package bolt_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"quizbot/bot"
	"quizbot/store"
	"quizbot/store/bolt"
)

// BenchmarkAnswersDuringBackup has 1,000 answers a second come in, in 64 rooms, and
// says how long their commits take from when they were due: without a backup, and
// while one is made after the other. -benchtime 20000x is 20 seconds of it.
func BenchmarkAnswersDuringBackup(b *testing.B) {
	for _, backups := range []bool{false, true} {
		b.Run(fmt.Sprintf("backups=%v", backups), func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "q.db")
			e := open(b, path)
			history(b, e)
			ctx, cancel := context.WithCancel(b.Context())
			var copying sync.WaitGroup
			made := 0
			began := make(chan struct{})
			if backups {
				copying.Go(func() { made = copyOnAndOn(ctx, b, e, began) })
				<-began
			}
			b.ResetTimer()
			late := answersOnTime(b, store.New(e))
			b.StopTimer()
			cancel()
			copying.Wait()
			slices.Sort(late)
			at := func(p float64) float64 { return float64(late[int(p*float64(len(late)-1))].Microseconds()) / 1000 }
			b.ReportMetric(at(0.5), "p50-ms")
			b.ReportMetric(at(0.99), "p99-ms")
			b.ReportMetric(at(1), "max-ms")
			b.ReportMetric(float64(made)/b.Elapsed().Seconds(), "backups/s")
			info, err := os.Stat(path)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(info.Size())/(1<<20), "file-MiB")
		})
	}
}

// history fills the database with answers of the past.
func history(b *testing.B, e *bolt.Engine) {
	b.Helper()
	for i := range 40 {
		if err := e.Update(b.Context(), "past", func(tx store.Tx) error {
			for j := range 1000 {
				tx.Put(fmt.Appendf(nil, "p%08d", 1000*i+j), make([]byte, 700))
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
}

func copyOnAndOn(ctx context.Context, b *testing.B, e *bolt.Engine, began chan<- struct{}) (made int) {
	var once sync.Once
	to := filepath.Join(b.TempDir(), "b.db")
	for {
		err := e.Backup(ctx, to, func(int64, int64) { once.Do(func() { close(began) }) }, nil)
		if ctx.Err() != nil {
			return made
		}
		if err != nil {
			b.Error(err)
			return made
		}
		made++
		_ = os.Remove(to)
	}
}

// answersOnTime commits b.N answers, one due each millisecond, and returns how long
// after that each was on disk.
func answersOnTime(b *testing.B, s *store.Store) []time.Duration {
	const rooms = 64
	late := make([]time.Duration, b.N)
	start := time.Now()
	var working sync.WaitGroup
	for room := range min(rooms, b.N) {
		working.Go(func() {
			id := bot.RoomID(fmt.Sprintf("room%d", room))
			for n := room; n < b.N; n += rooms {
				due := start.Add(time.Duration(n) * time.Millisecond)
				time.Sleep(time.Until(due))
				if err := s.Commit(context.Background(), bot.Change{
					Team: "t", Room: id, From: uint64(n / rooms), At: due, Causes: []string{fmt.Sprintf("delivery-%d", n)},
					Answers: []bot.Entry{{Room: id, Round: n, Player: "player", Pack: "x", Question: "q", At: due, Points: 10, Right: true}},
				}); err != nil {
					b.Error(err)
					return
				}
				late[n] = time.Since(due)
			}
		})
	}
	working.Wait()
	return late
}
