package discord

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/bwmarrin/discordgo"

	"quizbot/bot"
)

// Discord's own error codes that mean something to us.
const (
	codeUnknownChannel = 10003
	codeUnknownGuild   = 10004
	codeUnknownMessage = 10008
	codeMissingAccess  = 50001
	codeNotAuthor      = 50005
	codeCannotDM       = 50007
	codeNoPermission   = 50013
	codeOldEdits       = 30046
	codeArchivedThread = 50083
	codeAcknowledged   = 40060
)

// Deliver implements bot.Messenger. The nonce makes it safe to repeat.
func (a *Adapter) Deliver(ctx context.Context, o bot.Outgoing) (bot.MessageID, error) {
	guild, channel, ok := splitRoom(o.Room)
	if !ok {
		return "", fmt.Errorf("room %q is not one of discord's: %w", o.Room, bot.ErrRejected)
	}
	if o.Round > 0 && guild != "" && a.deaf.Load() && !pressable(o.Card) {
		o.Card.Footer += " · " + a.config.Texts.Mention
	}
	var made struct {
		ID string `json:"id"`
	}
	var err error
	if o.Target != "" {
		b := render(o.Card, a.place(guild, channel))
		b.replace()
		err = a.call(ctx, urgent, http.MethodPatch, discordgo.EndpointChannelMessage(channel, string(o.Target)), b, &made)
	} else {
		err = a.post(ctx, discordgo.EndpointChannelMessages(channel), o, a.place(guild, channel), &made)
	}
	if err != nil {
		err = a.classify(err, o.Target != "")
		switch {
		case o.Target != "":
		case errors.Is(err, bot.ErrUnreachable):
			a.tellAsker(o.Room, bot.Card{Title: a.config.Texts.Barred})
		case errors.Is(err, bot.ErrRejected):
			a.tellAsker(o.Room, bot.Card{Title: a.config.Texts.Refused, Footer: err.Error()})
		}
		return "", err
	}
	if o.Target != "" {
		return o.Target, nil
	}
	if made.ID == "" {
		return "", &bot.RetryError{Err: errors.New("discord named no message")}
	}
	return bot.MessageID(made.ID), nil
}

// pressable: the card can be answered by a button.
func pressable(c bot.Card) bool {
	return slices.ContainsFunc(c.Choices, func(x bot.Choice) bool { return x.ID != "" })
}

// classify turns a refusal into one of the core's errors.
func (a *Adapter) classify(err error, edit bool) error {
	var e *apiError
	if !errors.As(err, &e) {
		return &bot.RetryError{Err: err} // lost on the way; the nonce makes a repeat safe
	}
	switch {
	case e.status == http.StatusTooManyRequests:
		return &bot.RetryError{After: e.retryAfter, Err: err}
	case e.status >= 500:
		return &bot.RetryError{Err: err}
	case e.status == http.StatusUnauthorized:
		return &bot.RetryError{After: e.retryAfter, Err: err}
	}
	switch e.code {
	case codeUnknownMessage, codeNotAuthor, codeOldEdits:
		return fmt.Errorf("%w: %w", bot.ErrGone, err)
	case codeUnknownChannel, codeUnknownGuild, codeMissingAccess, codeNoPermission, codeCannotDM, codeArchivedThread:
		return fmt.Errorf("%w: %w", bot.ErrUnreachable, err)
	}
	switch {
	case e.status == http.StatusForbidden && e.code == 0:
		return &bot.RetryError{Err: err} // of something before Discord: it says nothing of the room
	case e.status == http.StatusForbidden:
		return fmt.Errorf("%w: %w", bot.ErrUnreachable, err)
	case e.status == http.StatusNotFound && edit:
		return fmt.Errorf("%w: %w", bot.ErrGone, err)
	case e.status == http.StatusNotFound:
		return fmt.Errorf("%w: %w", bot.ErrUnreachable, err)
	case e.status == http.StatusRequestTimeout || e.status == http.StatusConflict:
		return &bot.RetryError{Err: err}
	}
	return fmt.Errorf("%w: %w", bot.ErrRejected, err)
}
