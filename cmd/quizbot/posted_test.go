package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"quizbot/sandbox/discord"
	"quizbot/sandbox/slack"
)

// TestKilledBeforeTheReceipt: the program is killed with -9 when its question can be read
// and before it knows that. The question's time has run since its message was made: back
// before the end, the program closes it then; back later, within two seconds of being
// ready, and what was typed in time counts.
func TestKilledBeforeTheReceipt(t *testing.T) {
	var playing sync.WaitGroup
	defer playing.Wait()
	for name, open := range map[string]func(t *testing.T) *postVenue{
		"discord": discordPost,
		"slack":   func(t *testing.T) *postVenue { return slackPost(t, slack.Options{}, false) },
		"slack, sockets": func(t *testing.T) *postVenue {
			return slackPost(t, slack.Options{SocketMode: true}, false)
		},
		"slack without history": func(t *testing.T) *postVenue { return slackPost(t, slack.Options{}, true) },
	} {
		for when, outage := range map[string]time.Duration{"before the end": 0, "after the end": wiresTime + 3*time.Second} {
			playing.Go(func() { t.Run(name+", back "+when, func(t *testing.T) { killedBeforeTheReceipt(t, open(t), outage) }) })
		}
	}
}

// postVenue is a venue whose next post is made and never answered.
type postVenue struct {
	*venue
	mute bool // what was said while the program was away can't be read
	// shown are the program's messages as they are by now, with when they were made and
	// last changed.
	shown func() []shown
}

type shown struct {
	text          string
	made, changed time.Time
}

func discordPost(t *testing.T) *postVenue {
	v, d := openDiscord(t)
	d.Faults().AcceptThenHang(discord.RouteWriteMessage, 1)
	return &postVenue{venue: v, shown: func() (all []shown) {
		for _, m := range d.Messages(discord.DefaultChannelID) {
			if m.Bot {
				all = append(all, shown{m.Text(), m.Created, m.Edited})
			}
		}
		return all
	}}
}

func slackPost(t *testing.T, o slack.Options, mute bool) *postVenue {
	v, sl := slackVenue(t, o)
	sl.Faults().AcceptThenHang("chat.postMessage", 1)
	if mute {
		sl.Faults().Error("conversations.history", 1000, "missing_scope")
	}
	return &postVenue{venue: v, mute: mute, shown: func() (all []shown) {
		for _, m := range sl.Messages("C0QUIZ") {
			if m.BotID == "" {
				continue
			}
			s := shown{text: m.Shown(), made: m.At}
			if n := len(m.History); n > 0 {
				s.changed = m.History[n-1].Until
			}
			all = append(all, s)
		}
		return all
	}}
}

func killedBeforeTheReceipt(t *testing.T, v *postVenue, outage time.Duration) {
	admin := freePort(t)
	env := slices.Concat(v.env, []string{
		"QUIZBOT_DB=" + filepath.Join(t.TempDir(), "q.db"), "QUIZBOT_PACKS=" + packFolder(t), "QUIZBOT_ADMIN_LISTEN=" + admin,
	})
	kill, log := serveProcess(t, env)
	awaitReady(t, admin, log)
	if err := v.connected(waitFor(t)); err != nil {
		t.Fatalf("%v\n%s", err, log())
	}
	v.say(t, "alice", "!quiz wires")
	question := func() (shown, bool) {
		all := v.shown()
		i := slices.IndexFunc(all, func(s shown) bool { return strings.Contains(s.text, "Which method opens") })
		if i < 0 {
			return shown{}, false
		}
		return all[i], true
	}
	if err := v.wait(waitFor(t), func() bool { _, ok := question(); return ok }); err != nil {
		t.Fatalf("nothing was asked\n%s", log())
	}
	q, _ := question()
	_ = kill(os.Kill)
	v.say(t, "bob", "GET")
	if time.Now().After(q.made.Add(wiresTime)) {
		t.Fatalf("the machine needed %s for a line: this test shows nothing", time.Since(q.made))
	}
	pause(t.Context(), time.Until(q.made.Add(outage)))
	if outage > 0 {
		v.say(t, "carol", "GET") // too late
	}
	_, log = serveProcess(t, env)
	ready := awaitReady(t, admin, log)
	var result shown
	if err := v.wait(waitFor(t), func() bool {
		all := v.shown()
		i := slices.IndexFunc(all, func(s shown) bool { return strings.HasPrefix(strings.TrimLeft(s.text, "*# "), "Closed") })
		if i >= 0 {
			result = all[i]
		}
		return i >= 0
	}); err != nil {
		t.Fatalf("no result\n%s\n%+v", log(), v.shown())
	}
	closed := result.made
	if !result.changed.IsZero() {
		closed = result.changed
	}
	end := q.made.Add(wiresTime)
	if closed.Before(end) {
		t.Errorf("it was closed %s before its end\n%s", end.Sub(closed), log())
	}
	if end.Before(ready) {
		end = ready
	}
	if late := closed.Sub(end); late > 2*time.Second {
		t.Errorf("it was closed %s after its end, or after the program was ready\n%s", late, log())
	}
	if own := result.changed.IsZero(); own != v.mute {
		t.Errorf("the result is a message of its own: %v; %+v", own, v.shown())
	}
	if !v.mute && !strings.Contains(result.text, "Answered by 1 player") {
		t.Errorf("the result says %q\n%s", result.text, log())
	}
}
