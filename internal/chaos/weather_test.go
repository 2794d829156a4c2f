//go:build chaos

package chaos

import (
	"context"
	"time"

	"quizbot/sandbox/discord"
	"quizbot/sandbox/slack"
)

// weather is one way in which a platform behaves badly for a while.
type weather struct {
	name string
	// blow sets some calls up to go wrong; it is called again and again.
	blow func(s *slack.Faults, d *discord.Faults)
	// every is the time between; half a second when zero.
	every time.Duration
}

// weathers lists what platforms do to an app, by their documents and by experience.
func weathers() []weather {
	return []weather{
		{name: "Slack 429, Retry-After 1 s", blow: func(s *slack.Faults, _ *discord.Faults) { s.RateLimit(slack.WriteMethod, 3, time.Second) }},
		{name: "Slack 429 without Retry-After", blow: func(s *slack.Faults, _ *discord.Faults) { s.RateLimitWithoutHeader(slack.WriteMethod, 1) }},
		{name: "Slack ratelimited in the body", blow: func(s *slack.Faults, _ *discord.Faults) { s.RateLimitInBody(slack.WriteMethod, 2) }},
		{name: "Slack 500, nothing done", blow: func(s *slack.Faults, _ *discord.Faults) { s.ServerError(slack.WriteMethod, 2, 500) }},
		{name: "Slack 502 after the effect", blow: func(s *slack.Faults, _ *discord.Faults) { s.AcceptThenError("chat.postMessage", 1, 502) }},
		{name: "Slack cuts connections", blow: func(s *slack.Faults, _ *discord.Faults) {
			s.Drop(slack.AnyMethod, 2)
			s.AcceptThenDrop(slack.WriteMethod, 1)
			s.KillSockets()
		}, every: 1500 * time.Millisecond},
		{name: "Slack accepts and hangs", blow: func(s *slack.Faults, _ *discord.Faults) { s.AcceptThenHang(slack.WriteMethod, 1) }, every: 2 * time.Second},
		{name: "Slack answers after 2 s", blow: func(s *slack.Faults, _ *discord.Faults) { s.Slow(slack.AnyMethod, 10, 2*time.Second) }},
		{name: "Slack delivers twice", blow: func(s *slack.Faults, _ *discord.Faults) { s.RepeatEvents(1, true) }},
		{name: "Discord 429 for a route", blow: func(_ *slack.Faults, d *discord.Faults) {
			d.RateLimit(discord.RouteWriteMessage, 3, time.Second, discord.ScopeUser)
		}},
		{name: "Discord 429, global", blow: func(_ *slack.Faults, d *discord.Faults) {
			d.RateLimit(discord.RouteWriteMessage, 1, time.Second, discord.ScopeGlobal)
		}, every: 1500 * time.Millisecond},
		{name: "Discord 429 without Retry-After", blow: func(_ *slack.Faults, d *discord.Faults) {
			d.RateLimitWithoutHeader(discord.RouteWriteMessage, 2, 500*time.Millisecond, discord.ScopeShared)
		}},
		{name: "Discord 429 as HTML", blow: func(_ *slack.Faults, d *discord.Faults) { d.RateLimitBare(discord.RouteWriteMessage, 1) }, every: time.Second},
		{name: "Discord 500, nothing done", blow: func(_ *slack.Faults, d *discord.Faults) { d.ServerError("", 3, 500) }},
		{name: "Discord 502 after the effect", blow: func(_ *slack.Faults, d *discord.Faults) { d.AcceptThenError(discord.RouteCreateMessage, 2, 502) }},
		{name: "Discord cuts connections", blow: func(_ *slack.Faults, d *discord.Faults) {
			d.Drop("", 2)
			d.AcceptThenDrop(discord.RouteCreateMessage, 1)
			d.AcceptThenDrop(discord.RouteCallback, 1)
		}},
		{name: "Discord accepts and hangs", blow: func(_ *slack.Faults, d *discord.Faults) {
			d.AcceptThenHang(discord.RouteWriteMessage, 1)
			d.AcceptThenHang(discord.RouteCallback, 1)
		}, every: 2 * time.Second},
		{name: "Discord answers after 1 s", blow: func(_ *slack.Faults, d *discord.Faults) { d.Slow("", 10, time.Second) }},
		{name: "Discord delivers twice", blow: func(_ *slack.Faults, d *discord.Faults) { d.RepeatEvents(1) }},
		{name: "the gateway is cut", blow: func(_ *slack.Faults, d *discord.Faults) { d.Cut() }, every: 3 * time.Second},
		{name: "the gateway cuts events", blow: func(_ *slack.Faults, d *discord.Faults) { d.CutEvents(1) }, every: 3 * time.Second},
		{name: "the gateway asks to reconnect", blow: func(_ *slack.Faults, d *discord.Faults) { d.Reconnect() }, every: 3 * time.Second},
		{name: "the gateway ends the session", blow: func(_ *slack.Faults, d *discord.Faults) { d.Invalidate(false) }, every: 8 * time.Second},
	}
}

// blowOn lets the weather be so until ctx ends, then has it clear.
func (w weather) blowOn(ctx context.Context, s *slack.Server, d *discord.Server) {
	every := w.every
	if every == 0 {
		every = 500 * time.Millisecond
	}
	for ctx.Err() == nil {
		w.blow(s.Faults(), d.Faults())
		pause(ctx, every)
	}
	s.Faults().Clear()
	d.Faults().Clear()
}
