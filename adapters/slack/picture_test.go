package slack

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"quizbot/bot"
	sandbox "quizbot/sandbox/slack"
)

const noScope, noPicture = "No picture: files:write", "No picture this time"

// dot is a small picture.
func dot(bot.Chart) ([]byte, error) {
	var b bytes.Buffer
	err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 2, 2)))
	return b.Bytes(), err
}

func pictured() bot.Card {
	return bot.Card{Title: "Leaderboard · this week", Table: []string{"1. alice — 30", "2. <!channel> — 10"}, Footer: "12 players in all", Chart: &bot.Chart{
		Title: "Points this week", About: "in UTC", Parts: []string{"Mon"}, Bars: []bot.Bar{{Rank: 1, Name: "alice", Points: 30, Parts: []int{30}}, {Rank: 2, Name: "<!channel>", Points: 10}},
	}}
}

// gallery is a rig whose adapter draws, and is quick to give up.
func gallery(t *testing.T, s setup) *rig {
	t.Helper()
	config, tune := s.config, s.tune
	s.config = func(c *Config) {
		c.Draw, c.Texts.NoScope, c.Texts.NoPicture = dot, noScope, noPicture
		if config != nil {
			config(c)
		}
	}
	s.tune = func(a *Adapter) {
		a.stepTime, a.uploadTime = 3*time.Second, 30*time.Second
		if tune != nil {
			tune(a)
		}
	}
	return play(t, s)
}

// One message shows the words and, above the small print, the picture with words of its
// own; nobody's token goes with the bytes, and the message is found again.
func TestAPictureIsShown(t *testing.T) {
	t.Parallel()
	r := gallery(t, setup{})
	began := time.Now()
	id := r.deliver(quizzes, "v7-0", pictured())
	m, _ := r.slack.Message(quizzes, string(id))
	shown := m.Pictures()
	if len(shown) != 1 || shown[0].AltText != pictured().Chart.Alt() || !strings.Contains(shown[0].AltText, "1. alice: 30 (Mon 30)") {
		t.Fatalf("the message shows %+v", shown)
	}
	if !strings.Contains(m.Shown(), "1. alice — 30\n2. <!channel> — 10") || strings.Contains(m.Shown(), "No picture") || strings.Contains(m.Text, "<!channel>") {
		t.Errorf("its words are %q", m.Shown())
	}
	if blocks := string(m.Blocks); !strings.Contains(blocks, `"k:v7-0:picture"`) || strings.Index(blocks, ":picture") > strings.Index(blocks, ":footer") {
		t.Errorf("its blocks: %s", blocks)
	}
	files := r.slack.Files()
	want, _ := dot(bot.Chart{})
	if len(files) != 1 || !files[0].Completed || !bytes.Equal(files[0].Bytes, want) || files[0].AltText != shown[0].AltText || files[0].ID != shown[0].FileID {
		t.Errorf("uploaded: %+v", files)
	}
	for _, c := range r.slack.Calls(sandbox.UploadMethod) {
		if c.Args["authorization"] != "" {
			t.Error("a token went to the address for files")
		}
	}
	found, ok, err := r.adapter.Find(ctxFor(t), r.outgoing("v7-0", "", pictured()), began)
	if found != id || !ok || err != nil {
		t.Errorf("found %q, %v, %v", found, ok, err)
	}
}

// Whatever fails on the way to a picture, the words are posted once, with the picture or
// with why there is none.
func TestAPictureInBadWeather(t *testing.T) {
	t.Parallel()
	const begin, bytesTo, finish, post = "files.getUploadURLExternal", sandbox.UploadMethod, "files.completeUploadExternal", "chat.postMessage"
	lacking := sandbox.DefaultTeam()
	lacking.Scopes = []string{"chat:write", "channels:history"}
	type trial struct {
		fault func(f *sandbox.Faults)
		setup setup
		later time.Duration // what the first try is told to wait; 0: it works
		doubt bool          // or nobody knows
		why   string        // instead of the picture
		files int           // that are left at Slack, complete or not; -1: any
	}
	soon := func(a *Adapter) { a.stepTime, a.uploadTime = 250*time.Millisecond, 4*time.Second }
	trials := map[string]trial{
		"a missing scope":   {setup: setup{slack: sandbox.Options{Teams: []sandbox.Team{lacking}}}, why: noScope},
		"uploads disabled":  {fault: func(f *sandbox.Faults) { f.Error(begin, 1, "file_uploads_disabled") }, why: noPicture},
		"no drawing":        {setup: setup{config: func(c *Config) { c.Draw = func(bot.Chart) ([]byte, error) { return nil, errors.New("no ink") } }}, why: noPicture},
		"no file named":     {fault: func(f *sandbox.Faults) { f.BareNotOK(begin, 2) }, why: noPicture},
		"never an image":    {setup: setup{slack: sandbox.Options{FileDelay: time.Hour}, tune: func(a *Adapter) { a.unready = 500 * time.Millisecond }}, why: noPicture, files: 1},
		"an image later":    {setup: setup{slack: sandbox.Options{FileDelay: 700 * time.Millisecond}}, files: 1},
		"429 at the post":   {fault: func(f *sandbox.Faults) { f.RateLimit(post, 1, time.Second) }, later: time.Second, files: 1},
		"the post hangs":    {fault: func(f *sandbox.Faults) { f.AcceptThenDrop(post, 1) }, doubt: true, files: 1},
		"429 for an hour":   {fault: func(f *sandbox.Faults) { f.RateLimit(finish, 1, time.Hour) }, why: noPicture, files: 1},
		"a begun one":       {fault: func(f *sandbox.Faults) { f.Error(finish, 2, "file_not_found") }, why: noPicture, files: -1},
		"a file of another": {fault: func(f *sandbox.Faults) { f.AcceptThenError(finish, 2, 502) }, why: noPicture, files: 2},
	}
	for _, step := range []string{begin, bytesTo, finish} {
		trials["429 at "+step] = trial{fault: func(f *sandbox.Faults) { f.RateLimit(step, 1, 2*time.Second) }, later: 2 * time.Second, files: -1}
		trials["502 at "+step] = trial{fault: func(f *sandbox.Faults) { f.ServerError(step, 1, 502) }, files: -1}
		trials["502 twice at "+step] = trial{fault: func(f *sandbox.Faults) { f.ServerError(step, 2, 502) }, why: noPicture, files: -1}
		trials["502 afterwards at "+step] = trial{fault: func(f *sandbox.Faults) { f.AcceptThenError(step, 1, 502) }, files: -1}
		trials["cut at "+step] = trial{fault: func(f *sandbox.Faults) { f.AcceptThenDrop(step, 1) }, files: -1}
		trials["hangs at "+step] = trial{fault: func(f *sandbox.Faults) { f.AcceptThenHang(step, 1) }, files: -1}
		trials["hangs twice at "+step] = trial{fault: func(f *sandbox.Faults) { f.AcceptThenHang(step, 2) }, setup: setup{tune: soon}, why: noPicture, files: -1}
	}
	for name, c := range trials {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := gallery(t, c.setup)
			if c.fault != nil {
				c.fault(r.slack.Faults())
			}
			o := r.outgoing("v7-0", "", pictured())
			began := time.Now()
			id, err := r.adapter.Deliver(ctxFor(t), o)
			var later *bot.RetryError
			switch {
			case c.later > 0:
				if !errors.As(err, &later) || later.After != c.later {
					t.Fatalf("at first: %q, %v", id, err)
				}
				id, err = r.adapter.Deliver(ctxFor(t), o)
			case c.doubt:
				var ok bool
				if !errors.Is(err, bot.ErrInDoubt) {
					t.Fatalf("at first: %q, %v", id, err)
				}
				if id, ok, err = r.adapter.Find(ctxFor(t), o, began); !ok {
					t.Fatal("the message is not found")
				}
			}
			if err != nil {
				t.Fatal(err)
			}
			m, _ := r.slack.Message(quizzes, string(id))
			if n := len(r.slack.Messages(quizzes)); n != 1 {
				t.Errorf("%d messages were made", n)
			}
			if !strings.Contains(m.Shown(), "1. alice — 30") || strings.Contains(m.Shown(), "No picture") != (c.why != "") || !strings.Contains(m.Shown(), c.why) {
				t.Errorf("the words are %q, want %q in them", m.Shown(), c.why)
			}
			if (len(m.Pictures()) == 1) != (c.why == "") {
				t.Errorf("it shows %+v", m.Pictures())
			}
			if n := len(r.slack.Files()); c.files >= 0 && n != c.files {
				t.Errorf("%d files", n)
			}
			if left := len(r.adapter.uploads.known); left != 0 && !c.doubt {
				t.Errorf("%d files are still remembered", left)
			}
			if c.why != "" && !strings.Contains(r.log.String(), "its words go without") {
				t.Error("nothing was logged")
			}
		})
	}
}

// The bytes go nowhere but to Slack, wherever Slack's answer would have them.
func TestAPictureGoesNowhereElse(t *testing.T) {
	t.Parallel()
	var reached atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer elsewhere.Close()
	r := gallery(t, setup{})
	host := strings.TrimPrefix(r.slack.URL(), "http://")
	for _, to := range []string{
		elsewhere.URL + "/upload/v1/x", "https://files.slack.com.evil.example/x", "http://files.slack.com/x", "https://slack.com@" + strings.TrimPrefix(elsewhere.URL, "http://"),
		"http://user@" + host + "/upload/v1/x", "file:///etc/passwd", "gopher://slack.com/", "//files.slack.com/x", "::", "https://evilslack.com/x", "",
	} {
		if err := r.adapter.put(ctxFor(t), to, []byte("x")); !errors.Is(err, errElsewhere) {
			t.Errorf("%s: %v", to, err)
		}
	}
	r.slack.Faults().MisdirectUpload(elsewhere.URL + "/upload/v1/x")
	m, _ := r.slack.Message(quizzes, string(r.deliver(quizzes, "v7-0", pictured())))
	if !strings.Contains(m.Shown(), noPicture) || len(r.slack.Calls("files.completeUploadExternal")) > 0 {
		t.Errorf("%q", m.Shown())
	}
	if reached.Load() > 0 {
		t.Errorf("the bytes were sent elsewhere %d times", reached.Load())
	}
	if strings.Contains(r.log.String(), "/upload/v1/x") {
		t.Error("the address is in the log")
	}
}

// Slack's limits don't hold a picture back for ever: after a minute its words go without.
func TestAPictureIsNotLimitedForEver(t *testing.T) {
	t.Parallel()
	at := time.Now()
	r := gallery(t, setup{tune: func(a *Adapter) { a.now = func() time.Time { return at } }})
	o := r.outgoing("v7-0", "", pictured())
	for range 4 {
		r.slack.Faults().RateLimit("files.getUploadURLExternal", 1, 19*time.Second)
		var later *bot.RetryError
		id, err := r.adapter.Deliver(ctxFor(t), o)
		if err == nil {
			m, _ := r.slack.Message(quizzes, string(id))
			if !strings.Contains(m.Shown(), noPicture) || time.Until(at) < 40*time.Second {
				t.Errorf("after %s: %q", time.Until(at), m.Shown())
			}
			return
		}
		if !errors.As(err, &later) {
			t.Fatal(err)
		}
		at = at.Add(later.After)
	}
	t.Error("the words are still held back")
}

func TestUploadsAreForgotten(t *testing.T) {
	var u uploads
	u.init()
	for i := range 3 * maxUploads {
		u.note(bot.Outgoing{Key: fmt.Sprint(i)}, upload{file: "F"})
	}
	if len(u.known) != maxUploads || len(u.order) != maxUploads {
		t.Errorf("%d and %d are remembered", len(u.known), len(u.order))
	}
	newest := bot.Outgoing{Key: fmt.Sprint(3*maxUploads - 1)}
	if u.of(newest).file != "F" {
		t.Error("the newest is not remembered")
	}
	u.note(newest, upload{})
	if u.of(newest) != (upload{}) || len(u.order) != maxUploads-1 {
		t.Error("it is not forgotten")
	}
}
