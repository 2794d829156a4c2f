package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
	"quizbot/sandbox/discord"
	"quizbot/sandbox/slack"
	"quizbot/store"
	"quizbot/store/bolt"
)

// remembered is a database in which players answered a question wrong, days ago.
func remembered(t *testing.T, players map[bot.UserID]bot.TeamID) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "q.db")
	e, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for player, team := range players {
		at := time.Now().AddDate(0, 0, -3)
		room := bot.RoomID(team) + "/" + bot.RoomID(player)
		if err := store.New(e).Commit(t.Context(), bot.Change{
			Team: team, Room: room, At: at, State: &bot.State{Room: quiz.Room{Last: 1}}, Names: map[bot.UserID]string{player: "someone"},
			Answers: []bot.Entry{{Room: room, Round: 1, Player: player, Pack: "wires", Question: "method", At: at}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// What somebody answered wrong is asked again, of them alone, on both platforms: after
// /quiz review in a room by button, in direct messages also typed.
func TestReviewOnBothPlatforms(t *testing.T) {
	t.Parallel()
	d, sl, team := discord.New(discord.Options{}), slack.New(slack.Options{}), slack.DefaultTeam()
	for _, start := range []func() error{func() error { return d.Start(t.Context()) }, func() error { return sl.Start(t.Context()) }} {
		if err := start(); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _, _ = d.Close(), sl.Close() })
	room, alice := team.Channels[0].ID, team.Users[0].ID
	db := remembered(t, map[bot.UserID]bot.TeamID{
		"discord:" + discord.AliceID: "discord:another", "discord:" + discord.BobID: "discord:another", bot.UserID("slack:" + team.ID + "/" + alice): bot.TeamID("slack:" + team.ID),
	})
	s := startServing(t, map[string]string{
		"QUIZBOT_DB": db, "QUIZBOT_ADMIN_LISTEN": "127.0.0.1:0", "QUIZBOT_LISTEN": "127.0.0.1:0", "QUIZBOT_PACKS": packFolder(t),
		"DISCORD_TOKEN": d.Token(), "DISCORD_API_URL": d.APIURL(),
		"SLACK_BOT_TOKEN": sl.BotToken(team.ID), "SLACK_API_URL": sl.APIURL(), "SLACK_SIGNING_SECRET": sl.SigningSecret(),
	})
	s.ready(t)
	sl.SetAppURL("http://" + s.addresses["public"])
	ctx := waitFor(t)
	if err := d.WaitFor(ctx, func() bool { return len(d.Commands()) > 0 }); err != nil {
		t.Fatal(err)
	}
	slash := func(user, text string) discord.Message {
		t.Helper()
		i, err := d.Slash(ctx, discord.DefaultChannelID, user, text)
		if err != nil || i.Failed {
			t.Fatalf("%s: %v\n%s", text, err, s.log)
		}
		m, _ := d.Message(i.MessageID)
		if m.EphemeralFor != user {
			t.Errorf("everybody reads the answer to %s: %+v", text, m)
		}
		return m
	}
	expect(t, slash(discord.CarolID, "/quiz review").Text(), "Nothing to review yet")
	expect(t, slash(discord.AliceID, "/quiz me").Text(), "0 points", "You haven't answered here yet.", "Wires: mastery 0 %, 1 of 1 question seen, 1 due", "1 question is due: say review.")
	question := slash(discord.AliceID, "/quiz review")
	expect(t, question.Text(), "Review 1 of 1", "Which method opens a WebSocket?")
	for _, c := range question.Controls() {
		if strings.Contains(c.Label, "GET") {
			if i, err := d.Press(ctx, question.ID, discord.AliceID, c.CustomID); err != nil || i.Failed {
				t.Fatalf("press: %v\n%s", err, s.log)
			}
		}
	}
	m, _ := d.Message(question.ID)
	expect(t, m.Text(), "Right", "It is an upgraded GET.", "That was your review", "1 of 1 right.")
	expect(t, slash(discord.AliceID, "/quiz me").Text(), "10 points", "mastery 100 %", "Nothing is due for review")

	direct, err := d.OpenDM(discord.BobID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Say(ctx, direct, discord.BobID, "review"); err != nil {
		t.Fatal(err)
	}
	waitDiscord(t, d, direct, "Review 1 of 1")
	if _, err := d.Say(ctx, direct, discord.BobID, "post"); err != nil {
		t.Fatal(err)
	}
	waitDiscord(t, d, direct, "Not quite")
	waitDiscord(t, d, direct, "Closed · Review 1 of 1")
	waitDiscord(t, d, direct, "That was your review")

	if a, err := sl.Slash(ctx, room, alice, "/quiz", "review"); err != nil || !a.OK() {
		t.Fatalf("slash: %v %+v\n%s", err, a, s.log)
	}
	waitEphemeral(t, sl, room, alice, "Review 1 of 1")
	own := sl.Ephemerals(room, alice)[0]
	for _, b := range own.Buttons() {
		if strings.Contains(b.Text, "GET") {
			if a, err := sl.Press(ctx, room, own.TS, alice, b.ActionID); err != nil || !a.OK() {
				t.Fatalf("press: %v %+v\n%s", err, a, s.log)
			}
		}
	}
	waitEphemeral(t, sl, room, alice, "Right")
	expect(t, sl.Ephemerals(room, alice)[0].Shown(), "That was your review", "1 of 1 right.")
	for _, m := range sl.Messages(room) {
		if strings.Contains(m.Shown(), "eview") {
			t.Errorf("everybody reads: %s", m.Shown())
		}
	}
	if code := s.stop(); code != exitDone {
		t.Errorf("exit status %d\n%s", code, s.log)
	}
	if status, out, errs := command(t, db, "check"); status != exitDone {
		t.Errorf("check: %s%s", out, errs)
	}
}
