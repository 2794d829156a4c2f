package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	slackgo "github.com/slack-go/slack"
	"golang.org/x/time/rate"

	"quizbot/bot"
)

const (
	// historyPages bounds what is read of one channel or thread.
	historyPages = 3
	// historyGap and historyBurst keep to Slack's fifty calls a minute for these methods.
	historyGap   = 1200 * time.Millisecond
	historyBurst = 20
	// historyRest is for how long nothing is read where Slack says "later", not when.
	historyRest = time.Minute
)

// errResting: Slack wants no more reading of histories for now.
var errResting = errors.New("slack allows no more reading of histories for now")

// histories keeps the pace of reading what was said, and knows when it has to be.
type histories struct {
	mu     sync.Mutex
	limits map[string]*rate.Limiter // by workspace
	rest   map[string]time.Time     // by workspace: nothing is read before
	missed bool                     // something may have been said that was not heard
	since  time.Time                // since then; zero: since before the start
}

func (h *histories) init() {
	h.limits, h.rest, h.missed = map[string]*rate.Limiter{}, map[string]time.Time{}, true
}

// turn waits until a history of the workspace may be read.
func (h *histories) turn(ctx context.Context, team string, now time.Time) error {
	h.mu.Lock()
	if len(h.limits) >= maxPaced {
		clear(h.limits)
		clear(h.rest)
	}
	limit, ok := h.limits[team]
	if !ok {
		limit = rate.NewLimiter(rate.Every(historyGap), historyBurst)
		h.limits[team] = limit
	}
	rest := h.rest[team].Sub(now)
	h.mu.Unlock()
	if rest > 0 {
		return &bot.RetryError{After: rest, Err: errResting}
	}
	if err := limit.Wait(ctx); err != nil { // nothing was asked of Slack
		return &bot.RetryError{Err: err}
	}
	return nil
}

func (h *histories) pause(team string, until time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rest[team] = until
}

// deafSince notes that nothing is heard any more since then.
func (a *Adapter) deafSince(t time.Time) {
	h := &a.histories
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.missed {
		h.missed, h.since = true, t
	}
}

// hears has the core look for what was said before Slack was heard, once it is.
func (a *Adapter) hears() {
	if a.Ready() != nil {
		return
	}
	h := &a.histories
	h.mu.Lock()
	missed := h.missed
	h.missed = false
	gap := bot.Gap{Platform: platform, Since: h.since}
	h.mu.Unlock()
	if missed {
		a.core.CatchUp(gap)
	}
}

// Missed implements bot.Historian: it reads the channel's history, and the threads
// under the questions. The deliveries have the names that events have. It needs the
// channel's history, which not every installation grants.
func (a *Adapter) Missed(ctx context.Context, m bot.Missing) ([]bot.Said, error) {
	team, channel, ok := splitRoom(m.Room)
	if !ok {
		return nil, fmt.Errorf("room %q is not one of slack's", m.Room)
	}
	if !a.begin() {
		return nil, bot.ErrStopped
	}
	defer a.work.Done()
	at, err := a.workspace(ctx, team)
	if err != nil {
		return nil, err
	}
	oldest := fmt.Sprintf("%d.%06d", m.Since.Unix(), m.Since.Nanosecond()/1000)
	lines, err := a.lines(ctx, at, "conversations.history", url.Values{"channel": {channel}, "oldest": {oldest}})
	for _, question := range m.Questions {
		if slices.ContainsFunc(lines, func(l line) bool { return l.TS == string(question) && l.Replies == 0 }) {
			continue
		}
		replies, threadErr := a.lines(ctx, at, "conversations.replies", url.Values{"channel": {channel}, "ts": {string(question)}, "oldest": {oldest}})
		if apiError(threadErr) != "thread_not_found" {
			err = errors.Join(err, threadErr)
		}
		lines = append(lines, replies...)
	}
	slices.SortStableFunc(lines, func(x, y line) int { return timeOf(x.TS).Compare(timeOf(y.TS)) })
	lines = slices.CompactFunc(lines, func(x, y line) bool { return x.TS == y.TS })
	return a.said(lines, at, team, channel), err
}

// line is a message as a history shows it.
type line struct {
	TS      string
	Replies int
	raw     map[string]json.RawMessage
}

func (l *line) UnmarshalJSON(data []byte) error {
	var known struct {
		TS      string `json:"ts"`
		Replies int    `json:"reply_count"`
	}
	err := errors.Join(json.Unmarshal(data, &known), json.Unmarshal(data, &l.raw))
	l.TS, l.Replies = known.TS, known.Replies
	return err
}

// said are the lines of people, as if they came as events, but for those that were
// edited since. Everybody is looked up at
// the same time.
func (a *Adapter) said(lines []line, at *workspace, team, channel string) []bot.Said {
	var out []bot.Said
	var names []func() person
	for _, l := range lines {
		if _, edited := l.raw["edited"]; edited {
			continue // what it said when it was written is nowhere to be read any more
		}
		l.raw["channel"], _ = json.Marshal(channel)
		inner, err := json.Marshal(l.raw)
		if err != nil {
			continue
		}
		body, err := json.Marshal(map[string]any{"type": "event_callback", "team_id": team, "event": json.RawMessage(inner)})
		if err != nil {
			continue
		}
		_, arrived, ok, err := decodeEvent(body, at.in)
		if err != nil {
			a.log.Warn("message of a history not understood", "err", err)
		}
		if !ok || err != nil {
			continue
		}
		names = append(names, a.who(arrived.team, arrived.user))
		out = append(out, bot.Said{Incoming: arrived.in, Tell: func(r bot.Reply) { a.tell(arrived, r) }})
	}
	for i := range out {
		out[i].Name = names[i]().name
	}
	return out
}

// lines reads the pages of a history.
func (a *Adapter) lines(ctx context.Context, at *workspace, method string, form url.Values) ([]line, error) {
	var out []line
	form.Set("limit", findPage)
	for range historyPages {
		var page struct {
			Messages []line `json:"messages"`
			More     bool   `json:"has_more"`
			Meta     struct {
				Cursor string `json:"next_cursor"`
			} `json:"response_metadata"`
		}
		if err := a.fetch(ctx, at, method, form, &page); err != nil {
			return out, fmt.Errorf("%s: %w", method, err)
		}
		out = append(out, page.Messages...)
		if !page.More || page.Meta.Cursor == "" {
			return out, nil
		}
		form.Set("cursor", page.Meta.Cursor)
	}
	return out, fmt.Errorf("%s: more than %d messages", method, len(out))
}

// fetch calls a method that reads a history, at the pace that Slack allows. Only what
// is used is decoded: the library refuses a page for one block that it doesn't know.
// Where another try may help, its error is a bot.RetryError.
func (a *Adapter) fetch(ctx context.Context, at *workspace, method string, form url.Values, out any) error {
	h := &a.histories
	if err := h.turn(ctx, at.team, a.now()); err != nil {
		return err
	}
	got, err := a.post(ctx, at.token, method, form, maxPage)
	resting := func(rest time.Duration) error {
		h.pause(at.team, a.now().Add(rest))
		return &bot.RetryError{After: rest, Err: errResting}
	}
	switch {
	case got.status == http.StatusTooManyRequests:
		rest := historyRest
		if n, err := strconv.Atoi(got.header.Get("Retry-After")); err == nil && n > 0 {
			rest = min(time.Duration(n)*time.Second, mostAsked)
		}
		return resting(rest)
	case err != nil:
		return &bot.RetryError{Err: err}
	case got.status >= http.StatusInternalServerError:
		return &bot.RetryError{Err: slackgo.StatusCodeError{Code: got.status, Status: http.StatusText(got.status)}}
	}
	var answer struct {
		OK    bool   `json:"ok"`
		Error string `json:"error"`
	}
	switch err := json.Unmarshal(got.body, &answer); {
	case err != nil:
		return &bot.RetryError{Err: fmt.Errorf("status %d: %w", got.status, err)}
	case answer.Error == "ratelimited" || answer.Error == "rate_limited":
		return resting(historyRest)
	case !answer.OK:
		return slackgo.SlackErrorResponse{Err: answer.Error}
	}
	return json.Unmarshal(got.body, out)
}
