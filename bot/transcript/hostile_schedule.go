package transcript

import (
	"errors"
	"strings"
	"testing/synctest"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
)

// lostZone is a zone whose rules hostile conversations don't find.
const lostZone = "Europe/Vaduz"

func hostileZone(name string) (*time.Location, error) {
	if name == lostZone {
		return nil, errors.New(`unknown time zone "<!channel>"`)
	}
	return time.LoadLocation(name)
}

// The last word of rooms in which nothing can be said, and where nothing said is taken.
const shutRoom, refusingRoom = "#shut", "#refusing"

// refusal is what the platform says to a post.
func refusal(room bot.RoomID) error {
	switch {
	case strings.HasSuffix(string(room), shutRoom):
		return bot.ErrUnreachable
	case strings.HasSuffix(string(room), refusingRoom):
		return bot.ErrRejected
	}
	return nil
}

// clockwork is what comes by the clock, set in every way there is and in none, and the
// troubles that a daily question can have. It leaves one that is asked on.
func (h *hostile) clockwork(pool *quiz.Pool, store bot.Store) {
	admin := func(room bot.RoomID, words string) {
		in := h.by(room)
		in.User, in.Role = "test:T/C1", bot.Admin
		if strings.HasSuffix(string(room), "#barred") {
			in.Team = "test:barred"
		}
		h.say(in, "schedule "+words)
		time.Sleep(time.Second) // the bubble's clock: as fast as one may for long
	}
	const room = bot.RoomID("test:T/#clock")
	for _, words := range []string{
		"", "off", "daily", "daily " + h.attack(), "daily 09:30", "daily 09:30 Europe/Berln", "daily 09:30 x/" + h.attack(), "daily 09:30 CET", "daily 09:30 +02:00", "daily 09:30 Berln", "daily 09:30 UTC for ever",
		"daily 09:30 UTC for 1h " + h.attack(), "daily 09:30 " + lostZone, "daily 09:30 UTC last,long weekends", "daily 09:30 UTC last weekdays", "off", "daily 23:30 Pacific/Apia mon,wed for 3h",
	} {
		admin(room, words)
		h.say(h.by(room), "schedule "+words)
	}
	for range 40 {
		admin(room, "daily 09:30 UTC "+h.attack())
	}
	var many []quiz.Pack
	for _, id := range strings.Fields(strings.Repeat("x ", quiz.MaxDailyTopics+1)) {
		one := pool.Packs()[0]
		one.ID, one.Aliases = id+strings.Repeat("x", len(many)), nil
		many = append(many, one)
	}
	h.swap(append(many, pool.Packs()...))
	words := "daily 09:30 UTC"
	for _, pack := range many {
		words += " " + pack.ID
	}
	admin(room, words)
	if _, err := store.ChangeTeam(h.t.Context(), "test:barred", "", time.Now(), func(s bot.TeamSettings) bot.TeamSettings {
		s.Rooms.Only = true
		return s
	}); err != nil {
		h.t.Error(err)
	}
	rooms := []bot.RoomID{room, "test:T/#late", "test:T/" + shutRoom, "test:T/" + refusingRoom, "test:barred/#barred", "nowhere:T/#a", "test:T/#gone"}
	for _, r := range rooms {
		admin(r, map[bool]string{true: "12:00 UTC x", false: "12:00 UTC all"}[r == "test:T/#gone"])
	}
	h.swap(pool.Packs())
	for range 40 { // more than may be open
		h.say(h.by("test:T/#late"), "long")
		time.Sleep(time.Second)
	}
	for range 25 {
		time.Sleep(time.Hour)
		synctest.Wait()
		for _, r := range rooms {
			admin(r, "")
		}
	}
}

// swap gives the bot other packs.
func (h *hostile) swap(packs []quiz.Pack) {
	pool, err := quiz.NewPool(packs)
	if err != nil {
		h.t.Fatal(err)
	}
	h.core.SetPool(pool)
}
