package bot_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf16"

	"quizbot/bot"
	"quizbot/bot/transcript"
	"quizbot/quiz"
)

// played has alice and bob score in a room.
func (w *world) played(l *life) {
	w.t.Helper()
	w.must(l, w.say("alice", "#room", "method"))
	synctest.Wait()
	for _, who := range []string{"alice", "bob"} {
		in := w.by(who, "#room")
		in.Choice = w.platform.lastButton("#room", "GET")
		wantTitle(w.t, w.must(l, in), "Right")
	}
	time.Sleep(6 * time.Second) // the bubble's clock
	synctest.Wait()
}

const pictured = "Leaderboard · this week"

// A platform that takes long to be given a picture delays the picture alone.
func TestNothingWaitsForAPicture(t *testing.T) {
	for name, as := range map[string]func(*platform) bot.Messenger{"lookup": asFinder, "keys": asIdempotent} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				l := w.start(as)
				w.played(l)
				w.platform.misbehave(transcript.Fault{Kind: transcript.Refuse, N: 1, For: 8 * time.Second})
				w.must(l, w.say("alice", "#room", "leaderboard chart"))
				synctest.Wait()
				w.must(l, w.say("bob", "#room", "method"))
				synctest.Wait()
				titles := w.platform.titles("#room")
				if titles["Wires · easy"] != 2 || titles[pictured] != 0 {
					t.Errorf("while the picture waits: %v", titles)
				}
				time.Sleep(20 * time.Second) // the bubble's clock
				synctest.Wait()
				titles = w.platform.titles("#room")
				if titles["Closed · Wires · easy"] != 2 || titles[pictured] != 1 {
					t.Errorf("afterwards: %v", titles)
				}
			})
		})
	}
}

// A room that is read again while a picture is on its way does not send it a second time.
func TestAPictureOnItsWayIsNotTakenUpAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var fail failing
		w.store.onCommit = fail.commit
		fail.written.Store(true)
		l := w.start(asPlain) // a second post would be one more message
		w.played(l)
		w.platform.misbehave(transcript.Fault{Kind: transcript.Slow, For: 5 * time.Second})
		w.must(l, w.say("alice", "#room", "leaderboard chart"))
		synctest.Wait()
		fail.left.Store(1)
		if _, err := l.bot.Submit(t.Context(), w.say("bob", "#room", "method")); err == nil {
			t.Fatal("the disk did not fail")
		}
		time.Sleep(30 * time.Second) // the bubble's clock
		synctest.Wait()
		if n := w.platform.titles("#room")[pictured]; n != 1 {
			t.Errorf("the picture was posted %d times", n)
		}
	})
}

// Stopped in good order, the bot still posts a picture that needs no longer than that
// takes; what needs longer is posted by the next.
func TestAPictureIsNotLostWhenTheBotStops(t *testing.T) {
	for _, takes := range []time.Duration{time.Second, 5 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			l := w.start(asFinder)
			w.played(l)
			w.platform.misbehave(transcript.Fault{Kind: transcript.Slow, For: takes})
			w.must(l, w.say("alice", "#room", "leaderboard chart"))
			synctest.Wait()
			if err := l.stop(); err != nil {
				t.Fatal(err)
			}
			if n := w.platform.titles("#room")[pictured]; takes < 2*time.Second && n != 1 {
				t.Errorf("a picture that takes %s was posted %d times before the end", takes, n)
			}
			w.platform.misbehave(back)
			w.start(asFinder)
			time.Sleep(time.Minute) // the bubble's clock
			synctest.Wait()
			if n := w.platform.titles("#room")[pictured]; n != 1 {
				t.Errorf("a picture that takes %s was posted %d times", takes, n)
			}
		})
	}
}

// Who is forgotten is in no picture that was not posted yet.
func TestForgottenInAPicture(t *testing.T) {
	for name, restart := range map[string]bool{"the same process": false, "another": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				l := w.start(asFinder)
				w.played(l)
				from := len(w.platform.log)
				w.platform.misbehave(transcript.Fault{Kind: transcript.Refuse, N: 3, For: 4 * time.Second})
				w.must(l, w.say("bob", "#room", "leaderboard chart"))
				synctest.Wait()
				if restart {
					if err := l.stop(); err != nil {
						t.Fatal(err)
					}
					l = w.start(asFinder)
				}
				if out := w.forget(l, "alice"); out.Messages != 1 {
					t.Errorf("forgotten: %+v", out)
				}
				time.Sleep(2 * time.Minute) // the bubble's clock
				synctest.Wait()
				if all := w.heard(from); strings.Contains(all, "alice") || !strings.Contains(all, "1. someone: 10 (Sat 10)\n1. bob: 10 (Sat 10)") {
					t.Errorf("the room reads:\n%s", all)
				}
			})
		})
	}
}

func TestWordsOfAPicture(t *testing.T) {
	for text, want := range map[string]bot.Command{
		"leaderboard chart":           {Period: quiz.Week, Chart: true},
		"leaderboard CHART here":      {Period: quiz.Week, Chart: true, Here: true},
		"leaderboard week chart":      {Period: quiz.Week, Chart: true},
		"leaderboard chart month":     {Period: quiz.Week, Chart: true, Odd: "month"},
		"leaderboard all chart here":  {Period: quiz.Week, Chart: true, Here: true, Odd: "all"},
		"leaderboard chart rainbow":   {Period: quiz.Week, Chart: true, Topic: "rainbow", Odd: "rainbow"},
		"leaderboard here":            {Period: quiz.AllTime, Here: true},
		"quiz leaderboard week chart": {Period: quiz.Week, Chart: true},
	} {
		want.Word, want.Named = bot.WordLeaderboard, true
		if got := bot.ParseCommand(text); !reflect.DeepEqual(got, want) {
			t.Errorf("%q is %+v", text, got)
		}
		if reads := bot.ParseCommand(text).ReadsOnly(); reads != (!want.Chart || want.Odd != "") {
			t.Errorf("%q only reads: %t", text, reads)
		}
	}
}

// The words for a picture name everybody with all their points, however long they are.
func TestAltNamesEverybody(t *testing.T) {
	week := []string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
	for _, name := range []string{"ada", strings.Repeat("W", 40), strings.Repeat("🎉", 40), "", strings.Repeat("é", 99)} {
		for n := range 9 {
			c := bot.Chart{Title: "Points this week in this room", About: "27 December 1999 to 2 January 2000, days in UTC", Parts: week}
			for i := range n {
				c.Bars = append(c.Bars, bot.Bar{Rank: i + 1, Name: name, Points: 7_000_000 - i, Parts: slices.Repeat([]int{1_000_000}, 7)})
			}
			alt := c.Alt()
			if length := len(utf16.Encode([]rune(alt))); length > bot.MaxAlt {
				t.Errorf("%d characters", length)
			}
			for i, b := range c.Bars {
				if !strings.Contains(alt, fmt.Sprintf("\n%d. ", i+1)) || !strings.Contains(alt, fmt.Sprintf(": %d", b.Points)) {
					t.Errorf("%d times %q: player %d is not named in %q", n, name, i+1, alt)
				}
			}
			if n == 2 && name == "ada" && !strings.Contains(alt, "(Mon 1000000, Tue 1000000") {
				t.Errorf("without days: %q", alt)
			}
		}
	}
	worst := bot.Chart{Title: strings.Repeat("🎉", 3000)}
	if n := len(utf16.Encode([]rune(worst.Alt()))); n > bot.MaxAlt {
		t.Errorf("a long title makes %d characters", n)
	}
}
