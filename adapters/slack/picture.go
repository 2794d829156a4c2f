package slack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	slackgo "github.com/slack-go/slack"

	"quizbot/bot"
)

// A picture is uploaded first, without a channel, so that nobody sees the file; the
// message then shows it in a block. So the upload can be repeated without harm, and the
// message is found by its blocks like any other.

const (
	// uploadTime bounds the calls that make a file, stepTime one of them.
	uploadTime = 9 * time.Second
	stepTime   = 4 * time.Second
	// uploadTries is how often a file is begun in that time.
	uploadTries = 2
	// longestLimited is how long a message with a picture waits for Slack's rate limits;
	// after that it goes without.
	longestLimited = time.Minute
	// unready is how long Slack may take to know a new file as an image.
	unready = 8 * time.Second
	// maxUploads is how many files are remembered whose message is not made yet.
	maxUploads = 256

	pictureName = "leaderboard.png"
)

// picture is what a message shows beside its words, or why it doesn't.
type picture struct {
	file string // its id; "": none
	alt  string
	why  string
}

// uploads are the files of messages that are not made yet, so that a message that is tried
// again doesn't leave another file behind.
type uploads struct {
	mu    sync.Mutex
	known map[string]*upload // by room and key
	order []string
}

type upload struct {
	file    string
	limited time.Time // since when Slack has said "later"; zero: it has not
}

func (u *uploads) init() { u.known = map[string]*upload{} }

// of is what is known of a message's file.
func (u *uploads) of(o bot.Outgoing) upload {
	u.mu.Lock()
	defer u.mu.Unlock()
	if known := u.known[string(o.Room)+" "+o.Key]; known != nil {
		return *known
	}
	return upload{}
}

// note remembers what is known of a message's file; the zero upload forgets it.
func (u *uploads) note(o bot.Outgoing, x upload) {
	u.mu.Lock()
	defer u.mu.Unlock()
	name := string(o.Room) + " " + o.Key
	if x == (upload{}) {
		delete(u.known, name)
		u.order = slices.DeleteFunc(u.order, func(s string) bool { return s == name })
		return
	}
	if u.known[name] == nil {
		if len(u.order) >= maxUploads {
			delete(u.known, u.order[0])
			u.order = u.order[1:]
		}
		u.order = append(u.order, name)
	}
	u.known[name] = &x
}

// picture uploads what a message is to show. Its error is a *bot.RetryError where Slack
// says "later".
func (a *Adapter) picture(ctx context.Context, at *workspace, o bot.Outgoing) (picture, error) {
	if o.Card.Chart == nil || a.config.Draw == nil {
		return picture{}, nil
	}
	p := picture{alt: o.Card.Chart.Alt()}
	known := a.uploads.of(o)
	if known.file != "" {
		p.file = known.file
		return p, nil
	}
	png, err := a.config.Draw(*o.Card.Chart)
	if err == nil {
		p.file, err = a.upload(ctx, at, p.alt, png)
	}
	if err == nil {
		a.uploads.note(o, upload{file: p.file})
		return p, nil
	}
	a.doubtToken(at, err)
	var later *bot.RetryError
	if errors.As(classify(err, true), &later) && later.After > 0 {
		if known.limited.IsZero() {
			known.limited = a.now()
		}
		if a.now().Add(later.After).Sub(known.limited) <= longestLimited {
			a.uploads.note(o, known)
			return p, later
		}
	}
	a.uploads.note(o, upload{})
	p.why = a.config.Texts.NoPicture
	if code := apiError(err); code == "missing_scope" || code == "no_permission" || code == "not_allowed_token_type" {
		p.why = a.config.Texts.NoScope
	}
	a.log.Warn("picture not uploaded; its words go without", "room", o.Room, "key", o.Key, "err", err)
	return p, nil
}

// upload makes a file of the bot's own and returns its id. Where Slack stumbles it begins
// another.
func (a *Adapter) upload(ctx context.Context, at *workspace, alt string, png []byte) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, a.uploadTime)
	defer cancel()
	var err error
	for range uploadTries {
		var file string
		if file, err = a.uploadOnce(ctx, at, alt, png); err == nil {
			return file, nil
		}
		var again *bot.RetryError
		if errors.Is(err, errElsewhere) || !errors.As(classify(err, true), &again) || again.After > 0 || ctx.Err() != nil {
			return "", err // refused, or to be tried later
		}
	}
	return "", err
}

func (a *Adapter) uploadOnce(ctx context.Context, at *workspace, alt string, png []byte) (string, error) {
	var begun *slackgo.GetUploadURLExternalResponse
	err := a.step(ctx, func(ctx context.Context) (err error) {
		begun, err = at.api.GetUploadURLExternalContext(ctx, slackgo.GetUploadURLExternalParameters{FileName: pictureName, FileSize: len(png), AltTxt: alt})
		return err
	})
	switch {
	case err != nil:
		return "", fmt.Errorf("files.getUploadURLExternal: %w", err)
	case begun.FileID == "" || begun.UploadURL == "":
		return "", errors.New("files.getUploadURLExternal named no file")
	}
	err = a.step(ctx, func(ctx context.Context) error { return a.put(ctx, begun.UploadURL, png) })
	if err != nil {
		return "", fmt.Errorf("upload of a file: %w", err)
	}
	err = a.step(ctx, func(ctx context.Context) error {
		_, err := at.api.CompleteUploadExternalContext(ctx, slackgo.CompleteUploadExternalParameters{Files: []slackgo.FileSummary{{ID: begun.FileID, Title: pictureName}}})
		return err
	})
	if err != nil {
		return "", fmt.Errorf("files.completeUploadExternal: %w", err)
	}
	return begun.FileID, nil
}

func (a *Adapter) step(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, a.stepTime)
	defer cancel()
	return do(ctx)
}

// errElsewhere: Slack's answer names an address that is none of Slack's.
var errElsewhere = errors.New("the address for the file leads elsewhere and was not followed")

// put sends the bytes of a file to where Slack wants them. The address is as little
// trusted as a response_url, and no token goes with them: the library's own call would
// send one.
func (a *Adapter) put(ctx context.Context, to string, png []byte) error {
	if !a.follows(to) {
		return errElsewhere
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(png))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	resp, err := a.http.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // the address is a secret of its own
		}
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	switch {
	case resp.StatusCode == http.StatusTooManyRequests:
		after, err := time.ParseDuration(resp.Header.Get("Retry-After") + "s")
		if err != nil {
			after = limitedFor
		}
		return &slackgo.RateLimitedError{RetryAfter: after}
	case resp.StatusCode != http.StatusOK:
		return slackgo.StatusCodeError{Code: resp.StatusCode, Status: http.StatusText(resp.StatusCode)}
	}
	return nil
}

// explain adds to a card why it has no picture.
func (p picture) explain(c bot.Card) bot.Card {
	switch {
	case p.why == "":
	case c.Footer == "":
		c.Footer = p.why
	default:
		c.Footer += " · " + p.why
	}
	return c
}

// speak posts or edits a message that may show a file. Slack refuses it for as long as it does not know
// the file as an image; then nothing was made. Where that lasts the message goes without.
func (a *Adapter) speak(ctx context.Context, at *workspace, o bot.Outgoing, p picture, draw func(picture) rendered) (bot.MessageID, error) {
	team, channel, _ := splitRoom(o.Room)
	began := a.now()
	for wait := 300 * time.Millisecond; ; wait *= 2 {
		id, err := a.send(ctx, at, channel, o.Target, draw(p), true)
		if p.file == "" || err == nil || !badFile(err) {
			if p.file != "" && err == nil {
				a.uploads.note(o, upload{})
			}
			return id, err
		}
		if a.now().Add(wait).Sub(began) > a.unready || !sleep(ctx, wait) {
			a.log.Warn("slack doesn't show a picture that was uploaded; its words go without", "room", o.Room, "key", o.Key, "err", err)
			a.uploads.note(o, upload{})
			p = picture{why: a.config.Texts.NoPicture}
		}
		if err := a.pace.of(team, channel).Wait(ctx); err != nil {
			return "", &bot.RetryError{Err: err}
		}
	}
}

// badFile: Slack understood the message, but not the file in it.
func badFile(err error) bool {
	var e slackgo.SlackErrorResponse
	return errors.As(err, &e) && e.Err == "invalid_blocks" && slices.ContainsFunc(e.ResponseMetadata.Messages, func(s string) bool {
		return strings.Contains(s, "slack_file") || strings.Contains(s, "slack file")
	})
}
