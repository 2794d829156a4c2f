package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	slackgo "github.com/slack-go/slack"

	"quizbot/bot"
)

// Deliver implements bot.Messenger. Slack has no way to make a post idempotent,
// so a post whose outcome is not known is bot.ErrInDoubt and is looked up.
func (a *Adapter) Deliver(ctx context.Context, o bot.Outgoing) (bot.MessageID, error) {
	_, channel, ok := splitRoom(o.Room)
	if !ok {
		return "", fmt.Errorf("room %q is not one of slack's: %w", o.Room, bot.ErrRejected)
	}
	if err := a.pace.of(channel).Wait(ctx); err != nil {
		return "", &bot.RetryError{Err: err}
	}
	r := render(o.Card, blockName(o.Key), a.link(channel, o.Card.See), a.config.Texts.See)
	id, err := a.send(ctx, channel, o.Target, r, true)
	if err != nil && badMessage(err) {
		a.log.Error("slack refuses the blocks of a message; sending its text alone", "room", o.Room, "key", o.Key, "err", err)
		id, err = a.send(ctx, channel, o.Target, r, false)
	}
	if err != nil {
		if word := apiError(err); word == "not_in_channel" || word == "channel_not_found" {
			a.inviteMe(o.Room)
		}
		a.doubtToken(err)
		return "", classify(err, o.Target != "")
	}
	return id, nil
}

func (a *Adapter) send(ctx context.Context, channel string, target bot.MessageID, r rendered, withBlocks bool) (bot.MessageID, error) {
	options := []slackgo.MsgOption{
		slackgo.MsgOptionText(r.text, false), slackgo.MsgOptionDisableLinkUnfurl(), slackgo.MsgOptionDisableMediaUnfurl(),
	}
	if withBlocks {
		options = append(options, slackgo.MsgOptionBlocks(r.blocks...))
	}
	if target != "" {
		_, _, _, err := a.api.UpdateMessageContext(ctx, channel, string(target), options...)
		return target, err
	}
	_, ts, err := a.api.PostMessageContext(ctx, channel, options...)
	if err == nil && ts == "" {
		err = errNoTS
	}
	return bot.MessageID(ts), err
}

var errNoTS = errors.New("slack did not say which message it made")

// limitedFor is how long to wait where Slack says "later" and not how much later.
const limitedFor = 5 * time.Second

// badMessage: Slack understood who and where, but not what.
func badMessage(err error) bool {
	switch apiError(err) {
	case "invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "no_text", "invalid_arguments":
		return true
	}
	return false
}

// classify turns an error of the Web API into one of the core's.
func classify(err error, edit bool) error {
	var limited *slackgo.RateLimitedError
	var status slackgo.StatusCodeError
	switch {
	case errors.As(err, &limited):
		return &bot.RetryError{After: limited.RetryAfter, Err: err}
	case errors.As(err, &status) && status.Code == http.StatusTooManyRequests:
		return &bot.RetryError{After: limitedFor, Err: err}
	}
	switch apiError(err) {
	case "", unsaid:
	case "ratelimited", "rate_limited":
		return &bot.RetryError{After: limitedFor, Err: err}
	case "not_in_channel", "channel_not_found", "is_archived", "restricted_action", "account_inactive", "token_revoked",
		"invalid_auth", "not_authed", "token_expired", "missing_scope", "no_permission", "ekm_access_denied", "team_access_not_granted",
		"restricted_action_read_only_channel", "restricted_action_thread_only_channel", "restricted_action_non_threadable_channel":
		return fmt.Errorf("%w: %w", bot.ErrUnreachable, err)
	case "message_not_found", "cant_update_message", "edit_window_closed":
		return fmt.Errorf("%w: %w", bot.ErrGone, err)
	case "internal_error", "fatal_error":
		// "the server could not complete your operation": some of it may have succeeded.
		if edit {
			return &bot.RetryError{Err: err}
		}
		return fmt.Errorf("%w: %w", bot.ErrInDoubt, err)
	case "service_unavailable", "request_timeout":
		return &bot.RetryError{Err: err}
	default:
		return fmt.Errorf("%w: %w", bot.ErrRejected, err)
	}
	if edit || notSent(err) {
		return &bot.RetryError{Err: err}
	}
	return fmt.Errorf("%w: %w", bot.ErrInDoubt, err)
}

// notSent: the request never left, so the message surely was not made.
func notSent(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	return errors.As(err, &op) && op.Op == "dial" || errors.As(err, &dns)
}

// link is a web address that opens a message.
func (a *Adapter) link(channel string, m bot.MessageID) string {
	base := a.me().url
	if m == "" || base == "" {
		return ""
	}
	return strings.TrimSuffix(base, "/") + "/archives/" + channel + "/p" + strings.ReplaceAll(string(m), ".", "")
}

// inviteMe tells whoever last used a command in the room why nothing came.
func (a *Adapter) inviteMe(room bot.RoomID) {
	to, ok := a.askers.take(room, a.now())
	if !ok || a.config.Texts.Invite == "" {
		return
	}
	a.later(func(ctx context.Context) {
		card := bot.Card{Title: a.config.Texts.Invite}
		if err := a.respond(ctx, to, a.responseMessage(card, "ephemeral", address{})); err != nil {
			a.log.Warn("reply not sent", "room", room, "err", err)
		}
	})
}

// later queues something to send; when too much waits, it is dropped: private
// words are no part of the record.
func (a *Adapter) later(send func(context.Context)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		a.log.Warn("a private reply was dropped: stopping")
		return
	}
	select {
	case a.replies <- send:
	default:
		a.log.Warn("a private reply was dropped: too many wait")
	}
}

// answer sends what a person reads, after Slack has its acknowledgement.
func (a *Adapter) answer(arrived arrival, reply bot.Reply) {
	if reply.Card == nil {
		return
	}
	card, public, to := *reply.Card, reply.Public, arrived.to
	a.later(func(ctx context.Context) {
		if err := a.sendReply(ctx, card, public, to); err != nil {
			a.log.Warn("reply not sent", "id", arrived.in.ID, "room", arrived.in.Room, "err", err)
		}
	})
}

// replyTries bounds how often a reply is tried when Slack says "later".
const replyTries = 5

func (a *Adapter) sendReply(ctx context.Context, c bot.Card, public bool, to address) error {
	var err error
	for range replyTries {
		err = a.tryReply(ctx, c, public, to)
		var retry *bot.RetryError
		if !errors.As(err, &retry) {
			return err
		}
		if !sleep(ctx, min(max(retry.After, time.Second), time.Minute)) {
			return err
		}
	}
	return err
}

func (a *Adapter) tryReply(ctx context.Context, c bot.Card, public bool, to address) error {
	followable := a.follows(to.responseURL)
	if !public && followable {
		err := a.respond(ctx, to.responseURL, a.responseMessage(c, "ephemeral", to))
		if !errors.Is(err, errSpent) {
			return err
		}
		followable = false
	}
	r := render(c, blockName("reply"), a.link(to.channel, c.See), a.config.Texts.See)
	options := []slackgo.MsgOption{
		slackgo.MsgOptionText(r.text, false), slackgo.MsgOptionBlocks(r.blocks...),
		slackgo.MsgOptionDisableLinkUnfurl(), slackgo.MsgOptionDisableMediaUnfurl(),
	}
	if to.thread != "" {
		options = append(options, slackgo.MsgOptionTS(to.thread))
	}
	var err error
	if public || to.private {
		_, _, err = a.api.PostMessageContext(ctx, to.channel, options...)
	} else {
		_, err = a.api.PostEphemeralContext(ctx, to.channel, to.user, options...)
	}
	if err == nil {
		return nil
	}
	a.doubtToken(err)
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
	Blocks          slackgo.Blocks `json:"blocks"`
}

func (a *Adapter) responseMessage(c bot.Card, kind string, to address) responseMessage {
	r := render(c, blockName("reply"), a.link(to.channel, c.See), a.config.Texts.See)
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

// errSpent: the response_url is used up or too old, so nothing was said by it.
var errSpent = errors.New("response_url is spent")

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
	resp, err := a.http.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // the address is a secret of its own
		}
		return fmt.Errorf("response_url: %w", err)
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
	case resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone:
		return errSpent
	case resp.StatusCode >= 300:
		return fmt.Errorf("response_url: status %d", resp.StatusCode)
	}
	return nil
}
