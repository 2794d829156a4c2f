package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"quizbot/bot"
)

// How much is read to find a message.
const (
	findPage  = "200"
	findPages = 5
	// findMargin is how far Slack's clock may be behind ours.
	findMargin = maxSkew
)

type history struct {
	OK       bool   `json:"ok"`
	Error    string `json:"error"`
	Messages []struct {
		TS     string `json:"ts"`
		Blocks []struct {
			BlockID string `json:"block_id"`
		} `json:"blocks"`
	} `json:"messages"`
	More bool `json:"has_more"`
	Meta struct {
		Cursor string `json:"next_cursor"`
	} `json:"response_metadata"`
}

// MadeAt implements bot.Dated: a message's id is when it was made.
func (a *Adapter) MadeAt(m bot.MessageID) time.Time { return timeOf(string(m)) }

// Find implements bot.Finder: every message of ours carries its key in the ids of
// its blocks. It needs the channel's history, which not every installation grants:
// without it the error is bot.ErrUnreachable.
func (a *Adapter) Find(ctx context.Context, o bot.Outgoing, since time.Time) (bot.MessageID, bool, error) {
	team, channel, ok := splitRoom(o.Room)
	if !ok {
		return "", false, fmt.Errorf("room %q is not one of slack's", o.Room)
	}
	at, err := a.workspace(ctx, team)
	if err != nil {
		return "", false, err
	}
	form := url.Values{"channel": {channel}, "limit": {findPage}}
	if !since.IsZero() {
		form.Set("oldest", strconv.FormatInt(since.Add(-findMargin).Unix(), 10))
	}
	for range findPages {
		h, err := a.history(ctx, at, form)
		if err != nil {
			return "", false, fmt.Errorf("read the history of %s: %w", o.Room, err)
		}
		for _, m := range h.Messages {
			for _, b := range m.Blocks {
				if keyOf(b.BlockID) == o.Key {
					return bot.MessageID(m.TS), true, nil
				}
			}
		}
		if !h.More {
			return "", false, nil
		}
		if h.Meta.Cursor == "" {
			break
		}
		form.Set("cursor", h.Meta.Cursor)
	}
	return "", false, fmt.Errorf("read the history of %s: too much was said since", o.Room)
}

// history reads one page, newest first. Only what is used is decoded: the library
// refuses a page for one block that it doesn't know.
func (a *Adapter) history(ctx context.Context, at *workspace, form url.Values) (history, error) {
	var h history
	got, err := a.post(ctx, at.token, "conversations.history", form, maxPage)
	if err != nil {
		return h, err
	}
	if err := json.Unmarshal(got.body, &h); err != nil {
		return h, fmt.Errorf("status %d: %w", got.status, err)
	}
	switch {
	case h.OK:
		return h, nil
	case barred(h.Error):
		return h, fmt.Errorf("%s: %w", h.Error, bot.ErrUnreachable)
	default:
		return h, errors.New(h.Error)
	}
}

// barred: Slack's answer where the bot may not read a channel's history, whenever
// it asks.
func barred(code string) bool {
	switch code {
	case "missing_scope", "not_in_channel", "channel_not_found", "no_permission", "not_allowed_token_type", "team_access_not_granted", "ekm_access_denied":
		return true
	}
	return false
}
