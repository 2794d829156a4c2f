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
	"time"

	"github.com/bwmarrin/discordgo"
	"golang.org/x/time/rate"

	"quizbot/bot"
)

const (
	// historyPages bounds what is read of one channel, the newest of it first.
	historyPages = 5
	// historyRate and historyBurst keep what is read of all channels well below
	// Discord's fifty calls a second for one bot, most of which are for messages.
	historyRate  = 20
	historyBurst = 10
	// flagHasThread is of a message under which a thread hangs.
	flagHasThread = 1 << 5
)

func historyPace() *rate.Limiter { return rate.NewLimiter(historyRate, historyBurst) }

// Missed implements bot.Historian: it reads the channel's history, and the threads
// under the questions. The deliveries have the names that the gateway's have.
func (a *Adapter) Missed(ctx context.Context, m bot.Missing) ([]bot.Said, error) {
	guild, channel, ok := splitRoom(m.Room)
	if !ok {
		return nil, fmt.Errorf("room %q is not one of discord's: %w", m.Room, bot.ErrRejected)
	}
	self, err := a.me(ctx)
	if err != nil {
		return nil, fmt.Errorf("read what was missed: %w", err)
	}
	lines, err := a.linesSince(ctx, channel, m.Since)
	out := a.said(lines, guild, self, bot.Place{})
	for _, question := range m.Questions {
		if guild == "" || slices.ContainsFunc(lines, func(l message) bool { return l.ID == string(question) && l.Flags&flagHasThread == 0 }) {
			continue
		}
		// A thread that hangs under a message has that message's id.
		replies, threadErr := a.linesSince(ctx, string(question), m.Since)
		if codeOf(threadErr) == codeUnknownChannel {
			continue // there is none
		}
		err = errors.Join(err, threadErr)
		out = append(out, a.said(replies, guild, self, bot.Place{Room: m.Room, Message: question})...)
	}
	slices.SortStableFunc(out, func(x, y bot.Said) int { return x.At.Compare(y.At) })
	return out, err
}

// linesSince reads the messages of a channel from a time on, oldest first; of too many
// the newest, with an error.
func (a *Adapter) linesSince(ctx context.Context, channel string, from time.Time) ([]message, error) {
	var out []message
	query := url.Values{"limit": {strconv.Itoa(findPage)}}
	for range historyPages {
		if err := a.pace.Wait(ctx); err != nil {
			return out, err
		}
		var page []json.RawMessage // newest first
		if err := a.call(ctx, later, http.MethodGet, discordgo.EndpointChannelMessages(channel)+"?"+query.Encode(), nil, &page); err != nil {
			return out, fmt.Errorf("read the history of channel %s: %w", channel, a.classify(err, false))
		}
		for _, raw := range page {
			var m message
			if err := json.Unmarshal(raw, &m); err != nil {
				a.log.Warn("message not understood", "err", err)
				continue
			}
			if timeOf(m.ID).Before(from) {
				return out, nil
			}
			out = slices.Insert(out, 0, m)
			query.Set("before", m.ID)
		}
		if len(page) < findPage {
			return out, nil
		}
	}
	return out, fmt.Errorf("read the history of channel %s: more than %d messages since %s", channel, len(out), from.Format(time.RFC3339))
}

// said are the lines of people among messages, but for those that were edited since.
func (a *Adapter) said(lines []message, guild, self string, under bot.Place) []bot.Said {
	var out []bot.Said
	for _, m := range lines {
		if m.Edited != nil {
			continue // what it said when it was written is nowhere to be read any more
		}
		m.GuildID = guild // the history doesn't say it
		arrived, ok := readMessage(m, self, a.guilds.roleOf)
		if !ok {
			continue
		}
		arrived.in.Under = under
		out = append(out, bot.Said{Incoming: arrived.in, Tell: func(r bot.Reply) {
			a.guard("history", func() { a.replyTo(arrived, r) })
		}})
	}
	return out
}

// catchUp has the core look for what was said before a new session, which hears
// nothing of it.
func (s *shard) catchUp() {
	s.a.core.CatchUp(bot.Gap{Platform: platform, Since: s.listened, Rooms: s.has})
}

// has says whether a room's events come to this shard; direct messages come to the first.
func (s *shard) has(room bot.RoomID) bool {
	guild, _, ok := splitRoom(room)
	if guild == "" {
		return ok && s.id == 0
	}
	n, err := strconv.ParseUint(guild, 10, 64)
	return err == nil && int((n>>22)%uint64(s.count)) == s.id
}
