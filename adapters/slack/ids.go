package slack

import (
	"crypto/sha256"
	"encoding/hex"
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
//	          slack:cmd:TRIGGER or slack:cmd:#HASH
//	          slack:act:TRIGGER or slack:act:#HASH
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

func messageDelivery(team, channel, ts string) string {
	return platform + ":msg:" + team + "/" + channel + ":" + ts
}

// onceID names a delivery by the platform's own trigger, or by what it says when
// it has none.
func onceID(kind, trigger string, parts ...string) string {
	if trigger != "" {
		return platform + ":" + kind + ":" + trigger
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return platform + ":" + kind + ":#" + hex.EncodeToString(sum[:16])
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
