package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"quizbot/bot"
	"quizbot/store"
	"quizbot/store/bolt"
)

// season commits answers as a team of 200 gives them in three months: in ten rooms, to
// 300 questions of five packs, about as often right as wrong.
func season(t testing.TB, s *store.Store, answers int) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	from := time.Date(2026, 8, 27, 0, 0, 0, 0, time.UTC)
	revs := make([]uint64, 10)
	for n := 0; n < answers; {
		room := r.IntN(10)
		at := from.Add(time.Duration(float64(90*24*time.Hour) * float64(n) / float64(answers)))
		id := bot.RoomID(fmt.Sprintf("slack:T0123ABCD/C%08d", room))
		c := bot.Change{Team: "slack:T0123ABCD", Room: id, From: revs[room], At: at}
		pack, question := fmt.Sprintf("topic-%d", r.IntN(5)), fmt.Sprintf("question-%02d", r.IntN(60))
		first := r.IntN(200)
		for i := range min(12, answers-n) {
			right := r.IntN(2) == 0
			points := 0
			if right {
				points = 10 * (1 + r.IntN(3))
			}
			c.Answers = append(c.Answers, bot.Entry{
				Room: id, Round: int(revs[room]) + 1, Player: bot.UserID(fmt.Sprintf("slack:T0123ABCD/U%08d", (first+i*7)%200)), Pack: pack, Question: question,
				At: at, Right: right, Points: points,
			})
			n++
		}
		revs[room]++
		if err := s.Commit(context.Background(), c); err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkFold measures how long an answer takes to come to its boards, and how many bytes
// of the file they take for each, in a copy without gaps. An operation is one answer: a team's
// season has -benchtime 20000x.
func BenchmarkFold(b *testing.B) {
	size := func(e *bolt.Engine, name string) float64 {
		path := filepath.Join(b.TempDir(), name)
		noError(b, e.Backup(context.Background(), path, nil, nil))
		info, err := os.Stat(path)
		noError(b, err)
		return float64(info.Size())
	}
	e := openBolt(b, filepath.Join(b.TempDir(), "q.db"))
	s := store.New(e)
	season(b, s, b.N)
	before := size(e, "before.db")
	cpuBefore := cpuTime(b)
	b.ResetTimer()
	noError(b, s.Fold(context.Background(), "slack:T0123ABCD"))
	b.StopTimer()
	answers := float64(b.N)
	b.ReportMetric(answers/(cpuTime(b)-cpuBefore).Seconds(), "answers/cpu-s")
	after := size(e, "after.db")
	_, err := s.Sweep(context.Background(), time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC))
	noError(b, err)
	left := size(e, "left.db")
	noError(b, e.Close())
	b.ReportMetric((after-before)/answers, "board-bytes/answer")
	b.ReportMetric((left-before)/answers, "left-bytes/answer") // of boards that are not over
	b.ReportMetric(before/answers, "other-bytes/answer")
}

func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	noError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
