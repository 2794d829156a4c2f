package bot_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"quizbot/bot"
)

// BenchmarkPicture measures what a picture takes of its room's time, in which answers wait:
// from Submit until it is on disk, in a team of 1,000 players. Drawing and posting come
// later, beside the room.
func BenchmarkPicture(b *testing.B) {
	core := bot.New(bot.Config{
		Store: openStore(b), Messengers: map[string]bot.Messenger{"test": mute{}}, Seed: func() uint64 { return seed }, Alone: true,
	}, testPool(b))
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() {
		if err := core.Run(ctx); err != nil {
			b.Error(err)
		}
	})
	defer run.Wait()
	defer cancel()
	n := 0
	submit := func(user, text string, addressed bool) bot.Incoming {
		n++
		return bot.Incoming{ID: fmt.Sprint("test:", n), Team: team, Room: "test:T/r", User: bot.UserID("test:T/" + user), Name: user, Text: text, Addressed: addressed}
	}
	must := func(in bot.Incoming) {
		if _, err := core.Submit(context.Background(), in); err != nil {
			b.Fatal(err)
		}
	}
	must(submit("host", "method", true))
	var answers sync.WaitGroup
	for i := range 1000 {
		wait := core.Queue(submit(fmt.Sprint("p", i), "GET", false))
		answers.Go(func() {
			if _, err := wait(context.Background()); err != nil {
				b.Error(err)
			}
		})
	}
	answers.Wait()
	b.ReportAllocs()
	for b.Loop() {
		must(submit("host", "leaderboard chart", true))
	}
}
