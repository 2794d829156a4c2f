package discord

import (
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"quizbot/bot"
)

// The names that this adapter builds are stored, so their form is a promise:
//
//	team      discord:GUILD, or discord:dm/CHANNEL for a direct message
//	room      discord:GUILD/CHANNEL, or discord:dm/CHANNEL
//	user      discord:USER
//	delivery  discord:m:MESSAGE or discord:i:INTERACTION
const platform = "discord"

func teamID(guild, channel string) bot.TeamID {
	if guild == "" {
		return bot.TeamID(platform + ":dm/" + channel)
	}
	return bot.TeamID(platform + ":" + guild)
}

func roomID(guild, channel string) bot.RoomID {
	if guild == "" {
		guild = "dm"
	}
	return bot.RoomID(platform + ":" + guild + "/" + channel)
}

func userID(user string) bot.UserID { return bot.UserID(platform + ":" + user) }

// splitRoom undoes roomID; guild is "" for a direct message.
func splitRoom(r bot.RoomID) (guild, channel string, ok bool) {
	rest, ok := strings.CutPrefix(string(r), platform+":")
	if !ok {
		return "", "", false
	}
	guild, channel, ok = strings.Cut(rest, "/")
	if guild == "dm" {
		guild = ""
	}
	return guild, channel, ok && channel != ""
}

// discordEpoch is where snowflakes count from, in ms (Discord, Snowflakes).
const discordEpoch = 1420070400000

// timeOf reads the time in a snowflake; zero when it isn't a plausible one.
func timeOf(snowflake string) time.Time {
	n, err := strconv.ParseUint(snowflake, 10, 64)
	if err != nil || n>>22 < 1000 {
		return time.Time{}
	}
	return time.UnixMilli(int64(n>>22) + discordEpoch)
}

// snowflakeOf is the least snowflake of a time.
func snowflakeOf(t time.Time) uint64 {
	return uint64(max(t.UnixMilli()-discordEpoch, 0)) << 22
}

// nonceOf names a message for Discord, which then makes it only once: at most
// 25 characters.
func nonceOf(room bot.RoomID, key string) string {
	sum := sha256.Sum256([]byte(string(room) + "\x00" + key))
	return base64.RawURLEncoding.EncodeToString(sum[:18])[:24]
}
