package discord_test

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"strings"
	"testing"
	"time"

	"quizbot/adapters/discord"
	"quizbot/bot"
	sandbox "quizbot/sandbox/discord"
)

const noFiles, noPicture = "No picture: Attach Files", "No picture this time"

// dot is a small picture.
func dot(bot.Chart) ([]byte, error) {
	var b bytes.Buffer
	err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 2, 2)))
	return b.Bytes(), err
}

func pictured(key string) bot.Outgoing {
	return bot.Outgoing{Key: key, Room: room, Card: bot.Card{Title: "Leaderboard · this week", Table: []string{"1. alice — 30", "2. @everyone — 10"}, Footer: "12 players in all", Chart: &bot.Chart{
		Title: "Points this week", About: "in UTC", Parts: []string{"Mon"}, Bars: []bot.Bar{{Rank: 1, Name: "alice", Points: 30, Parts: []int{30}}, {Rank: 2, Name: "@everyone", Points: 10}},
	}}}
}

func draws(c *discord.Config) {
	c.Draw, c.Texts.NoFiles, c.Texts.NoPicture = dot, noFiles, noPicture
}

// One message shows the words and, below them, the picture with words of its own.
func TestAPictureIsShown(t *testing.T) {
	t.Parallel()
	w := open(t, sandbox.Options{}, draws)
	w.ready(t)
	began := time.Now()
	o := pictured("v7-0")
	id, err := w.adapter.Deliver(within(t), o)
	if err != nil {
		t.Fatal(err)
	}
	m, _ := w.Message(string(id))
	want, _ := dot(bot.Chart{})
	if len(m.Attachments) != 1 || m.Attachments[0].Description != o.Card.Chart.Alt() || !bytes.Equal(m.Attachments[0].Bytes, want) || !strings.HasSuffix(m.Attachments[0].Filename, ".png") {
		t.Fatalf("the message has %+v", m.Attachments)
	}
	if !strings.Contains(m.Content, "1. alice — 30") || strings.Contains(m.Content, "No picture") || !m.ParseNone || !m.NonceEnforced || len(m.Pings) > 0 {
		t.Errorf("the message: %+v", m)
	}
	if again, err := w.adapter.Deliver(within(t), o); err != nil || again != id {
		t.Errorf("again: %s, %v, want %s", again, err, id)
	}
	if found, ok, err := w.adapter.Find(within(t), o, began); found != id || !ok || err != nil {
		t.Errorf("found %q, %v, %v", found, ok, err)
	}
}

// Whatever fails on the way to a picture, the words are posted once, with the picture or
// with why there is none.
func TestAPictureInBadWeather(t *testing.T) {
	t.Parallel()
	const post = sandbox.RouteCreateMessage
	for name, c := range map[string]struct {
		fault  func(w *world)
		change func(*discord.Config)
		later  bool   // the first try is told to wait
		why    string // instead of the picture
		barred bool
	}{
		"no permission for files": {fault: func(w *world) { w.Faults().Error(post, 1, 403, 50013, "Missing Permissions") }, why: noFiles},
		"no permission at all":    {fault: func(w *world) { w.Faults().Deny(sandbox.DefaultChannelID, 50013) }, barred: true},
		"too large":               {fault: func(w *world) { w.Faults().Error(post, 1, 413, 40005, "Request entity too large") }, why: noPicture},
		"refused":                 {fault: func(w *world) { w.Faults().Error(post, 1, 400, 50035, "Invalid Form Body") }, why: noPicture},
		"a page before Discord":   {fault: func(w *world) { w.Faults().ServerError(post, 1, 403) }, why: noPicture},
		"429":                     {fault: func(w *world) { w.Faults().RateLimit(post, 1, 300*time.Millisecond, sandbox.ScopeUser) }, later: true},
		"502":                     {fault: func(w *world) { w.Faults().ServerError(post, 1, 502) }, why: noPicture},
		"502 twice":               {fault: func(w *world) { w.Faults().ServerError(post, 2, 502) }, later: true},
		"502 when it was made":    {fault: func(w *world) { w.Faults().AcceptThenError(post, 1, 502) }},
		"cut":                     {fault: func(w *world) { w.Faults().Drop(post, 1) }, why: noPicture},
		"cut when it was made":    {fault: func(w *world) { w.Faults().AcceptThenDrop(post, 1) }},
		"hangs when it was made":  {fault: func(w *world) { w.Faults().AcceptThenHang(post, 1) }},
		"no drawing":              {change: func(c *discord.Config) { c.Draw = func(bot.Chart) ([]byte, error) { return nil, errors.New("no ink") } }, why: noPicture},
		"too large a drawing":     {change: func(c *discord.Config) { c.Draw = func(bot.Chart) ([]byte, error) { return make([]byte, 11<<20), nil } }, why: noPicture},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t, sandbox.Options{}, func(config *discord.Config) {
				draws(config)
				if c.change != nil {
					c.change(config)
				}
			})
			w.ready(t)
			if strings.HasPrefix(name, "hangs") {
				w.adapter.SetPictureTime(300 * time.Millisecond)
			}
			if c.fault != nil {
				c.fault(w)
			}
			o := pictured("v7-0")
			began := time.Now()
			id, err := w.adapter.Deliver(within(t), o)
			if c.barred {
				if !errors.Is(err, bot.ErrUnreachable) {
					t.Errorf("%q, %v", id, err)
				}
				return
			}
			if c.later {
				var later *bot.RetryError
				if !errors.As(err, &later) {
					t.Fatalf("at first: %q, %v", id, err)
				}
				id, err = w.adapter.Deliver(within(t), o)
			}
			if err != nil {
				t.Fatal(err)
			}
			m, _ := w.Message(string(id))
			if n := len(w.Messages(sandbox.DefaultChannelID)); n != 1 {
				t.Errorf("%d messages were made", n)
			}
			if !strings.Contains(m.Text(), "1. alice — 30") || strings.Contains(m.Text(), "No picture") != (c.why != "") || !strings.Contains(m.Text(), c.why) {
				t.Errorf("the words are %q, want %q in them", m.Text(), c.why)
			}
			if (len(m.Attachments) == 1) != (c.why == "") {
				t.Errorf("it shows %+v", m.Attachments)
			}
			if found, ok, err := w.adapter.Find(within(t), o, began); found != id || !ok || err != nil {
				t.Errorf("found %q, %v, %v", found, ok, err)
			}
		})
	}
}
