package slack

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"quizbot/bot"
)

// The names that this adapter builds are stored, so their form is a promise:
//
//	team      slack:T1
//	room      slack:T1/C2
//	user      slack:T1/U3
//	delivery  slack:msg:T1/C2:1700000000.000100   (message and app_mention alike)
//	          slack:cmd:#HASH and slack:act:#HASH, see onceID
const platform = "slack"

func teamID(team string) bot.TeamID { return bot.TeamID(platform + ":" + team) }
func roomID(team, channel string) bot.RoomID {
	return bot.RoomID(platform + ":" + team + "/" + channel)
}
func userID(team, user string) bot.UserID { return bot.UserID(platform + ":" + team + "/" + user) }

// splitRoom undoes roomID.
func splitRoom(r bot.RoomID) (team, channel string, ok bool) {
	rest, ok := strings.CutPrefix(string(r), platform+":")
	if !ok {
		return "", "", false
	}
	team, channel, ok = strings.Cut(rest, "/")
	return team, channel, ok && channel != ""
}

// teamOf is Slack's own id of a room's workspace.
func teamOf(r bot.RoomID) string {
	team, _, _ := splitRoom(r)
	return team
}

func messageDelivery(team, channel, ts string) string {
	return platform + ":msg:" + team + "/" + channel + ":" + ts
}

// onceID names a command or a press by all that tells it from others. A trigger_id
// alone would do for Slack; with the rest, nobody's words are lost where something
// in between, or a stand-in for Slack, repeats a trigger.
func onceID(kind string, parts ...string) string {
	hash := sha256.New()
	for _, p := range parts {
		_, _ = fmt.Fprintf(hash, "%d:%s", len(p), p)
	}
	return platform + ":" + kind + ":#" + hex.EncodeToString(hash.Sum(nil)[:16])
}

// timeOf reads Slack's message time, "1700000000.000100": seconds and
// microseconds. Zero when it isn't one.
func timeOf(ts string) time.Time {
	seconds, micros, _ := strings.Cut(ts, ".")
	s, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || s < 1e9 || s > 1e11 {
		return time.Time{}
	}
	us, err := strconv.ParseInt((micros + "000000")[:6], 10, 64)
	if err != nil || us < 0 {
		us = 0
	}
	return time.Unix(s, us*1000)
}
