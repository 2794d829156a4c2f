package discord

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"quizbot/bot"
	sandbox "quizbot/sandbox/discord"
)

// waitGaps waits until the core was told of n gaps.
func (c *listener) waitGaps(t *testing.T, n int) []bot.Gap {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		c.mu.Lock()
		gaps, wake := slices.Clone(c.gaps), c.wake
		c.mu.Unlock()
		if len(gaps) >= n {
			return gaps
		}
		select {
		case <-wake:
		case <-ctx.Done():
			t.Fatalf("%d gaps, want %d", len(gaps), n)
		}
	}
}

// A new session is told to the core, with the time since when nothing was heard; one
// that is resumed has missed nothing.
func TestGapsAreTold(t *testing.T) {
	t.Parallel()
	b := newBench(t, sandbox.Options{}, nil)
	b.online(t)
	first := b.core.waitGaps(t, 1)
	if len(first) != 1 || !first[0].Since.IsZero() || first[0].Platform != "discord" {
		t.Fatalf("at the start: %+v", first)
	}
	if !first[0].Rooms(roomID(sandbox.DefaultGuildID, sandbox.DefaultChannelID)) || !first[0].Rooms("discord:dm/1") || first[0].Rooms("slack:T/C") {
		t.Error("the only shard has all rooms of Discord, and no others")
	}
	b.say(t, "one")
	b.core.hear(t, "one")
	b.Faults().Cut()
	b.until(t, "a resume", func() bool { return len(b.Resumes()) == 1 && b.Connections()[1].Ready })
	b.say(t, "two")
	b.core.hear(t, "two")
	if n := len(b.core.waitGaps(t, 1)); n != 1 {
		t.Errorf("%d gaps after a resume", n)
	}
	before := time.Now()
	b.Faults().Invalidate(false)
	if since := b.core.waitGaps(t, 2)[1].Since; since.IsZero() || since.Before(before.Add(-time.Minute)) || since.After(time.Now()) {
		t.Errorf("nothing was heard since %s; it is %s", since, time.Now())
	}
}

// Rooms are divided among shards as Discord does it.
func TestRoomsOfAShard(t *testing.T) {
	for n := range 40 {
		guild := fmt.Sprint(uint64(n)<<22 + 5)
		for count := 1; count < 5; count++ {
			for id := range count {
				s := &shard{id: id, count: count}
				if got, want := s.has(roomID(guild, "7")), sandbox.ShardOf(guild, count) == id; got != want {
					t.Errorf("guild %s, shard %d of %d: %v", guild, id, count, got)
				}
				if got := s.has("discord:dm/7"); got != (id == 0) {
					t.Errorf("direct messages, shard %d of %d: %v", id, count, got)
				}
			}
		}
	}
}

// What was said in a channel and in the thread under the question is read, with the
// ids that the gateway gives.
func TestMissed(t *testing.T) {
	b := newBench(t, sandbox.Options{Rate: sandbox.Rate{Limit: 1000, Window: time.Second}}, nil)
	b.online(t)
	a := b.shard.a
	room := roomID(sandbox.DefaultGuildID, sandbox.DefaultChannelID)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	b.say(t, "long ago")
	old := b.core.hear(t, "long ago")
	question, err := a.Deliver(ctx, bot.Outgoing{Key: "r1-ask", Room: room, Card: bot.Card{Title: "?"}})
	if err != nil {
		t.Fatal(err)
	}
	const lines = 230 // more than two pages
	for i := range lines {
		b.say(t, fmt.Sprint("line ", i))
	}
	thread, err := b.AddChannel(sandbox.Channel{ID: string(question), GuildID: sandbox.DefaultGuildID, ParentID: sandbox.DefaultChannelID, Kind: sandbox.PublicThread, Name: "?"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Say(ctx, thread, sandbox.BobID, "in the thread"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Say(ctx, sandbox.DefaultChannelID, sandbox.BobID, "a reply", sandbox.ReplyTo(string(question))); err != nil {
		t.Fatal(err)
	}
	changed, err := b.Say(ctx, sandbox.DefaultChannelID, sandbox.BobID, "the wrong answer")
	if err == nil {
		err = b.EditSaid(ctx, changed.ID, "the right answer, as everybody knows by now")
	}
	if err != nil {
		t.Fatal(err)
	}
	live := b.core.hear(t, "a reply")
	b.core.hear(t, "in the thread")
	missing := bot.Missing{Team: live.Team, Room: room, Since: timeOf(string(question)), Questions: []bot.MessageID{question, "1100000000000000123"}}
	said, err := a.Missed(ctx, missing)
	if err != nil || len(said) != lines+2 {
		t.Fatalf("%d lines, want %d: %v", len(said), lines+2, err)
	}
	heard := map[string]bot.Incoming{}
	for _, in := range b.core.heard() {
		heard[in.ID] = in
	}
	for i, s := range said {
		in, ok := heard[s.ID]
		if s.Name, in.Name = "", ""; !ok || !reflect.DeepEqual(s.Incoming, in) || s.ID == old.ID {
			t.Fatalf("line %d: the history has %+v, the gateway %+v", i, s.Incoming, in)
		}
		if i > 0 && s.At.Before(said[i-1].At) {
			t.Fatalf("line %d comes before the one before it", i)
		}
	}
	for i := range findPage*historyPages + 10 - lines {
		b.say(t, fmt.Sprint("more ", i))
	}
	if said, err = a.Missed(ctx, missing); err == nil || len(said) < findPage*historyPages-10 || said[len(said)-1].Text == "line 0" {
		t.Errorf("of too many lines %d are read: %v", len(said), err)
	}
	if _, err := a.Missed(ctx, bot.Missing{Room: "discord:1/2", Since: time.Now()}); err == nil {
		t.Error("a channel that isn't there has a history")
	}
}
