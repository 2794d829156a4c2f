package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"quizbot/internal/checkup"
)

// Flags of an application: it may read what messages say, as one that Discord has
// reviewed, or as one with few servers.
const (
	flagContent        = 1 << 18
	flagContentLimited = 1 << 19
)

// leastIdentifies is how many should be left of a day: a restart and some lost
// sessions of each shard use them up.
const leastIdentifies = 50

// Checkup lists what can be looked at of an installation, without a bot that runs. It
// identifies to no gateway.
func Checkup(c Config) []checkup.Check {
	if c.APIURL == "" {
		c.APIURL = defaultAPI
	}
	c.APIURL = strings.TrimSuffix(c.APIURL, "/")
	if c.Transport == nil {
		c.Transport = &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, ForceAttemptHTTP2: true}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return []checkup.Check{
		{What: "discord token", Run: c.checkToken},
		{What: "discord intents", Run: c.checkIntents},
		{What: "discord gateway", Run: c.checkGateway},
	}
}

const (
	reachCure = "check the network, the proxy (HTTPS_PROXY) and DISCORD_API_URL; https://discordstatus.com tells whether Discord is down"
	tokenCure = "set DISCORD_TOKEN to the bot's token (discord.com/developers/applications, your app, Bot, Reset Token)"
)

// get calls the API once; what isn't 200 is an apiError.
func (c Config) get(ctx context.Context, path string, out any) (http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.APIURL+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bot "+strings.TrimSpace(strings.TrimPrefix(c.Token, "Bot ")))
	req.Header.Set("User-Agent", "DiscordBot (quizbot, 1)")
	client := &http.Client{Transport: c.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return resp.Header, &apiError{status: resp.StatusCode}
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxReply)).Decode(out); err != nil {
		return resp.Header, fmt.Errorf("an answer that is none of Discord's: %w", err)
	}
	return resp.Header, nil
}

func (c Config) checkToken(ctx context.Context) []checkup.Finding {
	const what = "discord token"
	var me struct {
		Username string `json:"username"`
		Bot      bool   `json:"bot"`
	}
	began := c.Now()
	h, err := c.get(ctx, "/users/@me", &me)
	clock := checkup.Clock("discord clock", h, began, c.Now())
	f := checkup.Finding{What: what, Said: "of " + me.Username}
	switch {
	case statusOf(err) == http.StatusUnauthorized:
		f = checkup.Finding{Level: checkup.Fail, What: what, Said: "Discord refuses it (401)", Cure: tokenCure}
	case err != nil:
		f = checkup.Finding{Level: checkup.Fail, What: what, Said: "Discord can't be asked: " + err.Error(), Cure: reachCure}
	}
	return append([]checkup.Finding{f}, clock...)
}

// checkIntents says nothing where the token is no good: that is said already.
func (c Config) checkIntents(ctx context.Context) []checkup.Finding {
	const what = "discord intents"
	var app struct {
		Name  string `json:"name"`
		Flags int    `json:"flags"`
	}
	_, err := c.get(ctx, "/applications/@me", &app)
	switch {
	case statusOf(err) == http.StatusUnauthorized:
		return nil
	case err != nil:
		return []checkup.Finding{{Level: checkup.Fail, What: what, Said: "Discord can't be asked: " + err.Error(), Cure: reachCure}}
	case app.Flags&flagContent != 0:
		return []checkup.Finding{{What: what, Said: "message content is allowed"}}
	case app.Flags&flagContentLimited != 0:
		return []checkup.Finding{{What: what, Said: "message content is allowed, while the app is small (Discord reviews it beyond 10,000 users)"}}
	}
	return []checkup.Finding{{
		Level: checkup.Warn, What: what, Said: "message content is not allowed: !quiz and answers typed in a channel are not heard; /quiz, buttons and mentions are",
		Cure: "discord.com/developers/applications, your app, Bot, Privileged Gateway Intents: switch Message Content on, and restart quizbot",
	}}
}

func (c Config) checkGateway(ctx context.Context) []checkup.Finding {
	const what = "discord gateway"
	var g gatewayBot
	_, err := c.get(ctx, "/gateway/bot", &g)
	switch {
	case statusOf(err) == http.StatusUnauthorized:
		return nil
	case err != nil:
		return []checkup.Finding{{Level: checkup.Fail, What: what, Said: "Discord can't be asked: " + err.Error(), Cure: reachCure}}
	}
	out := []checkup.Finding{{What: what, Said: "it greets, and recommends " + shardWords(g.Shards)}}
	if err := greet(ctx, g.URL); err != nil {
		out[0] = checkup.Finding{
			Level: checkup.Fail, What: what, Said: "it can't be reached: " + err.Error(),
			Cure: "let this machine and its proxy open WebSockets (wss) to gateway.discord.gg and *.discord.gg, port 443",
		}
	}
	left := checkup.Finding{What: "discord identifies", Said: fmt.Sprintf("%d of %d are left today", g.Limit.Remaining, g.Limit.Total)}
	reset := time.Duration(g.Limit.ResetAfter) * time.Millisecond
	switch {
	case g.Limit.Total == 0:
		return out
	case g.Limit.Remaining <= 0:
		left.Level, left.Cure = checkup.Fail, fmt.Sprintf("wait %s: quizbot connects when there are new ones; find out what restarts it so often", reset.Round(time.Minute))
	case g.Limit.Remaining < max(leastIdentifies, 2*g.Shards):
		left.Level, left.Cure = checkup.Warn, fmt.Sprintf("find out what restarts it so often, or which other process uses the token; there are new ones in %s", reset.Round(time.Minute))
	}
	return append(out, left)
}

func shardWords(n int) string {
	if n <= 1 {
		return "1 shard"
	}
	return fmt.Sprintf("%d shards", n)
}

// greet opens a connection to the gateway and leaves when it has said hello.
func greet(ctx context.Context, address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	u.RawQuery = "v=9&encoding=json"
	d := websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: defaultTiming().dial}
	if end, ok := ctx.Deadline(); ok { // the library heeds no context once the handshake has begun
		d.HandshakeTimeout = time.Until(end)
	}
	conn, resp, err := d.DialContext(ctx, u.String(), nil)
	if resp != nil && resp.Body != nil {
		_ = resp.Body.Close()
	}
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if end, ok := ctx.Deadline(); ok {
		_ = conn.SetReadDeadline(end)
	}
	var hello frame
	if err := conn.ReadJSON(&hello); err != nil {
		return fmt.Errorf("no hello: %w", err)
	}
	if hello.Op != opHello {
		return fmt.Errorf("opcode %d instead of hello", hello.Op)
	}
	return nil
}
