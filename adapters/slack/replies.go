package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	slackgo "github.com/slack-go/slack"

	"quizbot/bot"
	"quizbot/internal/failpoint"
)

const (
	// replyTries bounds how often a reply is tried when Slack says "later".
	replyTries = 5
	// maxResponses bounds how many response_urls are called at once.
	maxResponses = 64
	// ephemeralsAtOnce is for one channel.
	ephemeralsAtOnce = 4
)

// answer sends what a person reads, after Slack has its acknowledgement. Where
// Slack says "later", the reply waits in the lane of its own way: it holds up
// what goes the same way to the same channel, and nothing else. When too much
// waits it is dropped: private words are no part of the record.
func (a *Adapter) answer(arrived arrival, reply bot.Reply) {
	a.answerThen(arrived, reply, func() {})
}

// tell is answer, and returns when the reply was sent or given up.
func (a *Adapter) tell(arrived arrival, reply bot.Reply) {
	done := make(chan struct{})
	a.answerThen(arrived, reply, func() { close(done) })
	select {
	case <-done:
	case <-a.late.Done():
	}
}

func (a *Adapter) answerThen(arrived arrival, reply bot.Reply, then func()) {
	shows := reply.Form != nil && arrived.trigger != "" && !arrived.form
	if reply.Card == nil && !shows {
		then()
		return
	}
	public, to := reply.Public, arrived.to
	way, width := a.way(to, public)
	if shows {
		way, width = "form "+arrived.trigger, 1 // it waits for nobody
	}
	queued := a.replies.do(way, width, func() {
		defer then()
		var err error
		if shows {
			err = a.showForm(arrived, reply)
		} else {
			failpoint.Reach(failpoint.SlackReplying)
			err = a.sendReply(a.late, *reply.Card, public, to)
			failpoint.Reach(failpoint.SlackReplied)
		}
		if err != nil {
			a.meter.Replied(platform, "failed")
			a.log.Warn("reply not sent", "id", arrived.in.ID, "room", arrived.in.Room, "err", err)
			return
		}
		a.meter.Replied(platform, "sent")
	})
	if !queued {
		defer then()
		a.meter.Replied(platform, "dropped")
		a.log.Warn("a reply was dropped: too many wait, or the bot stops", "id", arrived.in.ID, "room", arrived.in.Room)
	}
}

// way names the lane of a reply, and how many of that lane are sent at once. Each
// response_url is its own; the Web API's limits are by method and channel.
func (a *Adapter) way(to address, public bool) (name string, width int) {
	switch {
	case !public && a.follows(to.responseURL):
		return to.responseURL, 1
	case public || to.private:
		return "post " + to.team + "/" + to.channel, 1
	default:
		return "ephemeral " + to.team + "/" + to.channel, ephemeralsAtOnce
	}
}

func (a *Adapter) sendReply(ctx context.Context, c bot.Card, public bool, to address) error {
	var err error
	for range replyTries {
		err = a.tryReply(ctx, c, public, to)
		var retry *bot.RetryError
		if !errors.As(err, &retry) {
			return err
		}
		if !sleep(ctx, jittered(min(max(retry.After, time.Second), time.Minute))) {
			return err
		}
	}
	return err
}

func (a *Adapter) tryReply(ctx context.Context, c bot.Card, public bool, to address) error {
	followable := a.follows(to.responseURL)
	if !public && followable {
		err := a.respond(ctx, to.responseURL, a.responseMessage(c, "ephemeral", to))
		if !errors.Is(err, errSpent) || to.channel == "" || to.user == "" {
			return err
		}
		followable = false
	}
	at, err := a.workspace(ctx, to.team)
	switch {
	case err != nil && absent(err):
		return err
	case err != nil:
		return &bot.RetryError{Err: err}
	}
	r := render(c, blockName("reply"), at.link(to.channel, c.See), a.config.Texts.See)
	options := []slackgo.MsgOption{
		slackgo.MsgOptionText(r.text, false), slackgo.MsgOptionDisableMarkdown(), slackgo.MsgOptionBlocks(r.blocks...),
		slackgo.MsgOptionDisableLinkUnfurl(), slackgo.MsgOptionDisableMediaUnfurl(),
	}
	if to.thread != "" {
		options = append(options, slackgo.MsgOptionTS(to.thread))
	}
	if public || to.private {
		if err := a.pace.of(to.team, to.channel).Wait(ctx); err != nil {
			return err
		}
		_, _, err = at.api.PostMessageContext(ctx, to.channel, options...)
	} else {
		_, err = at.api.PostEphemeralContext(ctx, to.channel, to.user, options...)
	}
	if err == nil {
		return nil
	}
	a.doubtToken(at, err)
	err = classify(err, false)
	if followable && errors.Is(err, bot.ErrUnreachable) {
		return a.respond(ctx, to.responseURL, a.responseMessage(c, "in_channel", to))
	}
	return err
}

// responseMessage is a message as a response_url or a command's response takes it.
type responseMessage struct {
	ResponseType    string         `json:"response_type,omitempty"`
	ReplaceOriginal *bool          `json:"replace_original,omitempty"`
	Text            string         `json:"text"`
	Markdown        bool           `json:"mrkdwn"` // of the text: never, for names hold stars
	Blocks          slackgo.Blocks `json:"blocks"`
}

func (a *Adapter) responseMessage(c bot.Card, kind string, to address) responseMessage {
	link := ""
	if at, err := a.workspace(a.late, to.team); err == nil {
		link = at.link(to.channel, c.See)
	}
	r := render(c, blockName("reply"), link, a.config.Texts.See)
	m := responseMessage{ResponseType: kind, Text: r.text, Blocks: slackgo.Blocks{BlockSet: r.blocks}}
	if kind == "" {
		m.ResponseType = "ephemeral"
	} else {
		m.ReplaceOriginal = &to.replace
	}
	return m
}

// follows: a response_url is only followed to Slack, or to where the API is.
func (a *Adapter) follows(to string) bool {
	u, err := url.Parse(to)
	if err != nil || to == "" || u.User != nil {
		return false
	}
	if a.config.APIURL != defaultAPI && u.Host == a.apiURL.Host {
		return true
	}
	host := strings.ToLower(u.Hostname())
	return u.Scheme == "https" && (host == "slack.com" || strings.HasSuffix(host, ".slack.com"))
}

// errSpent: the response_url is used up or too old, or Slack stumbled over it; the
// same private words go another way. Said twice to one person they do no harm.
var errSpent = errors.New("response_url is of no use")

func (a *Adapter) respond(ctx context.Context, to string, m responseMessage) error {
	if !a.follows(to) {
		return fmt.Errorf("response_url leads elsewhere and was not followed")
	}
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	select {
	case a.slots <- struct{}{}:
		defer func() { <-a.slots }()
	case <-ctx.Done():
		return ctx.Err()
	}
	resp, err := a.http.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // the address is a secret of its own
		}
		if ctx.Err() != nil {
			return fmt.Errorf("response_url: %w", err)
		}
		return fmt.Errorf("%w: %w", errSpent, err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	switch {
	case resp.StatusCode == http.StatusTooManyRequests:
		after, err := time.ParseDuration(resp.Header.Get("Retry-After") + "s")
		if err != nil || after < 0 {
			after = limitedFor
		}
		return &bot.RetryError{After: after, Err: errors.New("response_url: 429")}
	case resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone || resp.StatusCode >= 500:
		return fmt.Errorf("%w: status %d", errSpent, resp.StatusCode)
	case resp.StatusCode >= 300:
		return fmt.Errorf("response_url: status %d", resp.StatusCode)
	}
	return nil
}
