package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"quizbot/bot"
)

const (
	// findMargin is how far Discord's clock may be behind ours.
	findMargin = 10 * time.Second
	findPage   = 100 // Discord's limit
	findPages  = 10
)

// posted is a message as Discord's history shows it.
type posted struct {
	ID         string          `json:"id"`
	Author     user            `json:"author"`
	Content    string          `json:"content"`
	Embeds     []embed         `json:"embeds"`
	Components []row           `json:"components"`
	Nonce      json.RawMessage `json:"nonce"` // a text or a number
}

// MadeAt implements bot.Dated: a message's id holds when it was made.
func (a *Adapter) MadeAt(m bot.MessageID) time.Time { return timeOf(string(m)) }

// Find implements bot.Finder: it reads what the bot said in the channel. Its error is
// bot.ErrUnreachable where the bot may not read it.
func (a *Adapter) Find(ctx context.Context, o bot.Outgoing, since time.Time) (bot.MessageID, bool, error) {
	guild, channel, ok := splitRoom(o.Room)
	if !ok {
		return "", false, fmt.Errorf("room %q is not one of discord's: %w", o.Room, bot.ErrRejected)
	}
	self, err := a.me(ctx)
	if err != nil {
		return "", false, fmt.Errorf("look for a message: %w", err)
	}
	nonce, wants := nonceOf(o.Room, o.Key), []*body{render(o.Card, a.place(guild, channel))}
	if o.Card.Chart != nil { // it may have been made without its picture
		for _, why := range []string{a.config.Texts.NoPicture, a.config.Texts.NoFiles} {
			wants = append(wants, render(explained(o.Card, why), a.place(guild, channel)))
		}
	}
	after := snowflakeOf(since.Add(-findMargin))
	for range findPages {
		var page []posted
		query := url.Values{"limit": {strconv.Itoa(findPage)}, "after": {strconv.FormatUint(after, 10)}}
		if err := a.call(ctx, urgent, http.MethodGet, discordgo.EndpointChannelMessages(channel)+"?"+query.Encode(), nil, &page); err != nil {
			return "", false, fmt.Errorf("look for a message: %w", a.classify(err, false))
		}
		for _, m := range page {
			if m.Author.ID == self && slices.ContainsFunc(wants, func(want *body) bool { return m.is(want, nonce) }) {
				return bot.MessageID(m.ID), true, nil
			}
			if n, err := strconv.ParseUint(m.ID, 10, 64); err == nil {
				after = max(after, n)
			}
		}
		if len(page) < findPage {
			return "", false, nil
		}
	}
	return "", false, errors.New("look for a message: too much was said in its channel since")
}

// is says whether m was made of want: by its nonce, which the history may lack, by
// its buttons, whose ids no other message has, or else by its words.
func (m posted) is(want *body, nonce string) bool {
	if named := strings.Trim(string(m.Nonce), `"`); named != "" && named != "null" {
		return named == nonce
	}
	var wanted []row
	if want.Components != nil {
		wanted = *want.Components
	}
	if has, wants := buttonIDs(m.Components), buttonIDs(wanted); len(has) > 0 || len(wants) > 0 {
		return slices.Equal(has, wants)
	}
	var embeds []embed
	if want.Embeds != nil {
		embeds = *want.Embeds
	}
	return strings.TrimSpace(m.Content) == strings.TrimSpace(want.Content) && slices.EqualFunc(m.Embeds, embeds, func(a, b embed) bool {
		return strings.TrimSpace(a.Description) == strings.TrimSpace(b.Description)
	})
}

func buttonIDs(rows []row) []string {
	var ids []string
	for _, r := range rows {
		for _, b := range r.Components {
			ids = append(ids, b.CustomID)
		}
	}
	return ids
}

// me is the bot's user id; READY names it, but a look may come before.
func (a *Adapter) me(ctx context.Context) (string, error) {
	if self, _ := a.ids(); self != "" {
		return self, nil
	}
	var me user
	if err := a.call(ctx, urgent, http.MethodGet, discordgo.EndpointUser("@me"), nil, &me); err != nil {
		return "", err
	}
	a.setSelf(me.ID, "")
	return me.ID, nil
}
