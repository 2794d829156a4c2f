package discord

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/bwmarrin/discordgo"

	"quizbot/bot"
	"quizbot/internal/failpoint"
)

// Types of an interaction's callback.
const (
	callbackMessage   = 4
	callbackDefer     = 5 // a message will follow
	callbackDeferEdit = 6 // nothing, or an edit will follow
	callbackEdit      = 7
	callbackSuggest   = 8
	callbackModal     = 9
)

// callback is the body of an interaction's answer.
type callback struct {
	Type int `json:"type"`
	Data any `json:"data,omitempty"`
}

const (
	replyTries = 8
	// longestPause is between two tries.
	longestPause = 10 * time.Second
	// replyTime is how long a reply is worth the wait.
	replyTime = 2 * time.Minute
	// callbackTime is how long after it was received an interaction can still be answered.
	callbackTime = 2900 * time.Millisecond
)

// callback turns the outcome of a press or a command into its answer.
func (a *Adapter) callback(arrived arrival, reply bot.Reply, err error) callback {
	if err == nil && reply.Form != nil && arrived.act.Type != interactModal {
		return callback{Type: callbackModal, Data: renderForm(*reply.Form)}
	}
	card := a.cardOf(arrived, reply, err)
	switch {
	case card == nil:
		return callback{Type: callbackDeferEdit}
	case arrived.private && err == nil && !reply.Public:
		return callback{Type: callbackEdit, Data: a.body(arrived, *card, true)}
	}
	body := a.body(arrived, *card, false)
	if !reply.Public || err != nil {
		body.Flags = flagEphemeral
	}
	return callback{Type: callbackMessage, Data: body}
}

// cardOf is what the person reads; nil when a press needs no word.
func (a *Adapter) cardOf(arrived arrival, reply bot.Reply, err error) *bot.Card {
	if err != nil {
		sorry := a.config.Sorry(err)
		return &sorry
	}
	if reply.Card != nil || arrived.act.Type == interactComponent {
		return reply.Card
	}
	if reply.Seen {
		return &bot.Card{Title: a.config.Texts.Done}
	}
	return &bot.Card{Title: a.config.Texts.Below}
}

func (a *Adapter) place(guild, channel string) place {
	return place{guild: guild, channel: channel, see: a.config.Texts.See}
}

func (a *Adapter) body(arrived arrival, c bot.Card, edit bool) *body {
	guild, channel, _ := splitRoom(arrived.in.Room)
	b := render(c, a.place(guild, channel))
	if edit {
		b.replace()
	}
	return b
}

// deferral says that an answer will come.
func (a *Adapter) deferral(arrived arrival) callback {
	if arrived.private {
		return callback{Type: callbackDeferEdit}
	}
	return callback{Type: callbackDefer, Data: map[string]int{"flags": flagEphemeral}}
}

// put answers an interaction, with another try where Discord stumbled. It fails
// with codeAcknowledged where another answer was taken before.
func (a *Adapter) put(arrived arrival, received time.Time, c callback) error {
	ctx, cancel := context.WithTimeout(a.late, max(callbackTime-a.now().Sub(received), 500*time.Millisecond))
	defer cancel()
	endpoint := discordgo.EndpointInteractionResponse(arrived.act.ID, arrived.act.Token)
	failpoint.Reach(failpoint.DiscordAnswering)
	defer failpoint.Reach(failpoint.DiscordAnswered)
	var err, before error
	for pause := 100 * time.Millisecond; ; pause *= 2 {
		before, err = err, a.call(ctx, urgent, http.MethodPost, endpoint, c, nil)
		if err == nil || codeOf(err) == codeAcknowledged && before != nil {
			a.meter.Acknowledged(platform, kindOf(arrived.act.Type), a.now().Sub(received))
			return nil // the try before was taken
		}
		if !passing(err) || !sleep(ctx, jittered(pause)) {
			break
		}
	}
	if codeOf(err) == codeAcknowledged {
		return err // by the process before, or by a promise that seemed lost
	}
	a.meter.Replied(platform, "failed")
	a.log.Warn("interaction not answered", "id", arrived.in.ID, "room", arrived.in.Room, "err", err)
	return err
}

// complete sends what a deferral promised. A deferral is for one person's eyes, so
// what is for all comes as a message of its own.
func (a *Adapter) complete(arrived arrival, reply bot.Reply, err error) {
	card := a.cardOf(arrived, reply, err)
	if card == nil {
		if arrived.private {
			return
		}
		card = &bot.Card{Title: a.config.Texts.Done}
	}
	_, app := a.ids()
	if arrived.act.App != "" {
		app = arrived.act.App
	}
	forAll := reply.Public && err == nil
	ctx, cancel := context.WithTimeout(a.late, time.Minute)
	defer cancel()
	var sendErr error
	if own := *card; !forAll || !arrived.private {
		if forAll {
			own = bot.Card{Title: a.config.Texts.Below}
		}
		endpoint := discordgo.EndpointWebhookMessage(app, arrived.act.Token, "@original")
		sendErr = a.again(ctx, passing, func() error {
			return a.call(ctx, later, http.MethodPatch, endpoint, a.body(arrived, own, true), nil)
		})
	}
	if forAll && sendErr == nil {
		// It has no nonce, so it is sent again only where it surely was not made.
		sendErr = a.again(ctx, refused, func() error {
			return a.call(ctx, later, http.MethodPost, discordgo.EndpointWebhookToken(app, arrived.act.Token), a.body(arrived, *card, false), nil)
		})
	}
	a.replied(sendErr)
	if sendErr != nil {
		a.log.Warn("late answer not sent", "id", arrived.in.ID, "room", arrived.in.Room, "err", sendErr)
	}
}

// replyTo answers a line. In a server that is seen by all, so that a body that
// gives the answer away is put behind a spoiler.
func (a *Adapter) replyTo(arrived arrival, reply bot.Reply) {
	guild, channel, _ := splitRoom(arrived.in.Room)
	card := *reply.Card
	where := a.place(guild, channel)
	where.spoiler = card.Reveals && guild != ""
	ctx, cancel := context.WithTimeout(a.late, replyTime)
	defer cancel()
	err := a.again(ctx, passing, func() error {
		b := render(card, where)
		b.Reference = &reference{MessageID: arrived.message.ID}
		b.Nonce, b.EnforceNonce = nonceOf(arrived.in.Room, "reply/"+arrived.in.ID), true
		return a.call(ctx, later, http.MethodPost, discordgo.EndpointChannelMessages(channel), b, nil)
	})
	a.replied(err)
	if err != nil {
		a.log.Warn("reply not sent", "id", arrived.in.ID, "room", arrived.in.Room, "err", err)
	}
}

// replied counts a reply, or why it was not sent.
func (a *Adapter) replied(err error) {
	switch {
	case err == nil:
		a.meter.Replied(platform, "sent")
	case errors.Is(err, errCrowded):
		a.meter.Replied(platform, "dropped")
	default:
		a.meter.Replied(platform, "failed")
	}
}

// kindOf is what an interaction is counted as.
func kindOf(interactionType int) string {
	switch interactionType {
	case interactCommand:
		return "command"
	case interactAutocomplete:
		return "suggestion"
	case interactModal:
		return "form"
	}
	return "press"
}

// again does something until it works or its error is not one to repeat it after.
func (a *Adapter) again(ctx context.Context, repeat func(error) bool, do func() error) error {
	var err error
	pause := 500 * time.Millisecond
	for range replyTries {
		if err = do(); err == nil || !repeat(err) {
			return err
		}
		wait := pause
		var e *apiError
		if errors.As(err, &e) {
			wait = max(wait, e.retryAfter)
		}
		pause = min(2*pause, longestPause)
		if !sleep(ctx, jittered(wait)) {
			return err
		}
	}
	return err
}

// passing: the same may work a little later.
func passing(err error) bool {
	status := statusOf(err)
	if status == 0 {
		return !errors.Is(err, context.Canceled) && !errors.Is(err, errCrowded)
	}
	return status == http.StatusTooManyRequests || status >= 500
}

// refused: it surely had no effect, and may work later.
func refused(err error) bool { return statusOf(err) == http.StatusTooManyRequests }

// maxSuggestions is Discord's limit.
const maxSuggestions = 25

// suggest completes a topic or a time zone while it is typed.
func (a *Adapter) suggest(arrived arrival, received time.Time) {
	type choice struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	choices := []choice{}
	switch name, typed := focused(arrived.act.Data.Options); name {
	case "topic":
		for _, t := range a.core.Suggest(typed, maxSuggestions) {
			name := t.ID
			if t.Title != "" && t.Title != t.ID {
				name += " · " + t.Title
			}
			choices = append(choices, choice{Name: clip(oneLine(name), 100), Value: clip(t.ID, 100)})
		}
	case "zone":
		for _, zone := range a.core.SuggestZones(typed, maxSuggestions) {
			choices = append(choices, choice{Name: zone, Value: zone})
		}
	}
	_ = a.put(arrived, received, callback{Type: callbackSuggest, Data: map[string]any{"choices": choices}})
}
