package slack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	slackgo "github.com/slack-go/slack"

	"quizbot/bot"
)

// Deliver implements bot.Messenger. Slack has no way to make a post idempotent,
// so a post whose outcome is not known is bot.ErrInDoubt and is looked up.
func (a *Adapter) Deliver(ctx context.Context, o bot.Outgoing) (bot.MessageID, error) {
	team, channel, ok := splitRoom(o.Room)
	if !ok {
		return "", fmt.Errorf("room %q is not one of slack's: %w", o.Room, bot.ErrRejected)
	}
	at, err := a.workspace(ctx, team)
	switch {
	case err != nil && absent(err):
		return "", fmt.Errorf("%w: %w", bot.ErrUnreachable, err)
	case err != nil:
		return "", &bot.RetryError{Err: err}
	}
	shows, err := a.picture(ctx, at, o)
	if err != nil {
		return "", err
	}
	if o.Target == "" { // edits are not under the limit of one message a second
		if err := a.pace.of(team, channel).Wait(ctx); err != nil {
			return "", &bot.RetryError{Err: err}
		}
	}
	draw := func(p picture) rendered {
		return render(p.explain(o.Card), blockName(o.Key), at.link(channel, o.Card.See), a.config.Texts.See).with(p, blockName(o.Key))
	}
	id, err := a.speak(ctx, at, o, shows, draw)
	if err != nil && badMessage(err) {
		a.log.Error("slack refuses the blocks of a message; sending its text alone", "room", o.Room, "key", o.Key, "err", err)
		id, err = a.send(ctx, at, channel, o.Target, draw(picture{why: shows.why}), false)
	}
	if err != nil {
		a.doubtToken(at, err)
		kind := classify(err, o.Target != "")
		if o.Target == "" && (errors.Is(kind, bot.ErrUnreachable) || errors.Is(kind, bot.ErrRejected)) {
			a.explain(o.Room, apiError(err))
		}
		return "", kind
	}
	a.works()
	return id, nil
}

func (a *Adapter) send(ctx context.Context, at *workspace, channel string, target bot.MessageID, r rendered, withBlocks bool) (bot.MessageID, error) {
	options := []slackgo.MsgOption{
		slackgo.MsgOptionText(r.text, false), slackgo.MsgOptionDisableMarkdown(),
		slackgo.MsgOptionDisableLinkUnfurl(), slackgo.MsgOptionDisableMediaUnfurl(),
	}
	if withBlocks {
		options = append(options, slackgo.MsgOptionBlocks(r.blocks...))
	}
	if target != "" {
		_, _, _, err := at.api.UpdateMessageContext(ctx, channel, string(target), options...)
		return target, err
	}
	_, ts, err := at.api.PostMessageContext(ctx, channel, options...)
	if err == nil && ts == "" {
		err = errNoTS
	}
	return bot.MessageID(ts), err
}

var errNoTS = errors.New("slack did not say which message it made")

// limitedFor is how long to wait where Slack says "later" and not how much later.
const limitedFor = 5 * time.Second

// mostAsked is the longest wait that Slack is taken to mean.
const mostAsked = time.Hour

// asked is how long to wait where Slack asks for d.
func asked(d time.Duration) time.Duration {
	if d < 0 {
		return limitedFor
	}
	return min(d, mostAsked)
}

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
		return &bot.RetryError{After: asked(limited.RetryAfter), Err: err}
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
		return &bot.DoubtError{Settles: settlesAnswered, Err: err}
	case "service_unavailable", "request_timeout":
		return &bot.RetryError{Err: err}
	default:
		return fmt.Errorf("%w: %w", bot.ErrRejected, err)
	}
	if edit || notSent(err) {
		return &bot.RetryError{Err: err}
	}
	return &bot.DoubtError{Settles: settles(err), Err: err}
}

// How long a message may still appear after its post has failed.
const (
	settlesAnswered = time.Second      // Slack has answered, so it is done with it
	settlesBroken   = 5 * time.Second  // the connection broke
	settlesUnheard  = 30 * time.Second // we gave up waiting; Slack goes on
)

func settles(err error) time.Duration {
	var status slackgo.StatusCodeError
	var timeout net.Error
	switch {
	case errors.As(err, &status), apiError(err) == unsaid:
		return settlesAnswered
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), errors.As(err, &timeout) && timeout.Timeout():
		return settlesUnheard
	default:
		return settlesBroken
	}
}

// notSent: the request never left, so the message surely was not made.
func notSent(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	return errors.As(err, &op) && op.Op == "dial" || errors.As(err, &dns)
}

// link is a web address that opens a message.
func (w *workspace) link(channel string, m bot.MessageID) string {
	if m == "" || w.url == "" {
		return ""
	}
	return strings.TrimSuffix(w.url, "/") + "/archives/" + channel + "/p" + strings.ReplaceAll(string(m), ".", "")
}

// explain tells whoever last used a command in the room why nothing came.
func (a *Adapter) explain(room bot.RoomID, code string) {
	to, ok := a.askers.take(room, a.now())
	if !ok {
		return
	}
	card := bot.Card{Title: a.config.Texts.Refused, Footer: code}
	if code == "not_in_channel" || code == "channel_not_found" {
		card = bot.Card{Title: a.config.Texts.Invite}
	}
	if card.Title == "" {
		return
	}
	arrived := arrival{in: bot.Incoming{Room: room}, to: address{team: teamOf(room), responseURL: to}}
	a.answer(arrived, bot.Reply{Card: &card})
}
