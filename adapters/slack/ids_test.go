package slack

import (
	"strings"
	"testing"
	"time"

	"quizbot/bot"
)

// The forms are stored in databases: a change here is a migration.
func TestIDsKeepTheirStoredForm(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{string(teamID("T1")), "slack:T1"},
		{string(roomID("T1", "C2")), "slack:T1/C2"},
		{string(userID("T1", "U3")), "slack:T1/U3"},
		{messageDelivery("T1", "C2", "1700000000.000100"), "slack:msg:T1/C2:1700000000.000100"},
		{onceID("cmd", "1.2.abc", "T1", "C2"), "slack:cmd:#8a1cf3c1b666d0cb22cd4d89e49fa7f0"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	if p := roomID("T1", "C2").Platform(); p != "slack" {
		t.Errorf("a room belongs to %q", p)
	}
}

func TestOnceIDsKeepTheirPartsApart(t *testing.T) {
	seen := map[string][]string{}
	for _, parts := range [][]string{{}, {""}, {"", ""}, {"ab"}, {"a", "b"}, {"", "ab"}, {"ab", ""}, {"a\x00b"}, {"1:a"}, {"a1:b"}, {"a", "1:b"}} {
		id := onceID("act", parts...)
		if other, ok := seen[id]; ok {
			t.Errorf("%q and %q are both %s", parts, other, id)
		}
		seen[id] = parts
	}
}

func TestRoomsAreReadBack(t *testing.T) {
	for _, c := range []struct{ team, channel string }{
		{"T1", "C2"}, {"", "D9"}, {"T0SANDBOX", "C0QUIZ"}, {"E1", "G:2"}, {"T 1", "C\x00"}, {"T1", "C/2"}, {"team:1", "채널"},
	} {
		team, channel, ok := splitRoom(roomID(c.team, c.channel))
		if !ok || team != c.team || channel != c.channel {
			t.Errorf("%q, %q came back as %q, %q, %v", c.team, c.channel, team, channel, ok)
		}
	}
}

func TestRoomsOfOthersAreRefused(t *testing.T) {
	for _, room := range []bot.RoomID{"", "slack", "slack:", "slack:T1", "slack:T1/", "discord:1/2", "Slack:T1/C2", ":T1/C2", " slack:T1/C2", "slackish:T1/C2"} {
		if team, channel, ok := splitRoom(room); ok {
			t.Errorf("%q was read as %q, %q", room, team, channel)
		}
	}
}

func TestMessageTimes(t *testing.T) {
	for _, c := range []struct {
		ts   string
		want time.Time
	}{
		{"1700000000.000100", time.Unix(1700000000, 100_000)},
		{"1700000000", time.Unix(1700000000, 0)},
		{"1700000000.5", time.Unix(1700000000, 500_000_000)},
		{"1700000000.123456789", time.Unix(1700000000, 123_456_000)},
		{"1700000000.x", time.Unix(1700000000, 0)},
		{"1700000000.-5", time.Unix(1700000000, 0)},
		{"1700000000.1.2", time.Unix(1700000000, 0)},
		{"", time.Time{}},
		{".", time.Time{}},
		{"0000000000.000000", time.Time{}},
		{"-1700000000.000100", time.Time{}},
		{"yesterday", time.Time{}},
		{"1.7e9", time.Time{}},
		{"99999999999999999999.000000", time.Time{}},
		{"999999999999.000000", time.Time{}},
		{strings.Repeat("9", 10_000), time.Time{}},
		{"1700000000.é€", time.Unix(1700000000, 0)},
	} {
		if got := timeOf(c.ts); !got.Equal(c.want) {
			t.Errorf("timeOf(%.40q) = %v, want %v", c.ts, got, c.want)
		}
	}
}
