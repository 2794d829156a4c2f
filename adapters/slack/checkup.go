package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"quizbot/internal/checkup"
)

// pictureScope is all that pictures need.
const pictureScope = "files:write"

// Scopes are what the bot's token needs, as deploy/slack-*.yaml ask for it, and what
// doesn't work without.
func Scopes() map[string]string {
	return map[string]string{
		"app_mentions:read": "mentions are not heard",
		"channels:history":  "answers typed in public channels are not heard",
		"chat:write":        "nothing can be posted",
		"chat:write.public": "nothing can be posted where the bot is not a member",
		"commands":          "/quiz is missing",
		pictureScope:        "leaderboard chart has no picture",
		"groups:history":    "answers typed in private channels are not heard",
		"im:history":        "direct messages are not heard",
		"mpim:history":      "group messages are not heard",
		"users:read":        "players have no names, and nobody is an admin",
	}
}

// Checkup lists what can be looked at of an installation, without a bot that runs.
func Checkup(c Config) []checkup.Check {
	if c.APIURL == "" {
		c.APIURL = defaultAPI
	}
	if !strings.HasSuffix(c.APIURL, "/") {
		c.APIURL += "/"
	}
	if c.Transport == nil {
		c.Transport = &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, ForceAttemptHTTP2: true}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	checks := []checkup.Check{{What: "slack token", Run: c.checkToken}}
	if c.AppToken != "" {
		checks = append(checks, checkup.Check{What: "slack app token", Run: c.checkAppToken})
	}
	if len(c.SigningSecrets) > 0 {
		checks = append(checks, checkup.Check{What: "slack signing secret", Run: c.checkSecrets})
	}
	return checks
}

// answerOf is what the checks read of the Web API's answers.
type answerOf struct {
	OK    bool   `json:"ok"`
	Error string `json:"error"`
	Team  string `json:"team"`
	User  string `json:"user"`
	URL   string `json:"url"`
}

// callBare calls a method with nothing but a token.
func (c Config) callBare(ctx context.Context, method, token string) (answer answerOf, h http.Header, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.APIURL+method, nil)
	if err != nil {
		return answer, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := &http.Client{Transport: c.Transport, CheckRedirect: noRedirect}
	resp, err := client.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return answer, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusTooManyRequests {
		return answer, resp.Header, fmt.Errorf("too many calls; again in %s s", resp.Header.Get("Retry-After"))
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxBody)).Decode(&answer); err != nil {
		return answer, resp.Header, fmt.Errorf("status %d, which is no answer of Slack's", resp.StatusCode)
	}
	return answer, resp.Header, nil
}

const reachCure = "check the network, the proxy (HTTPS_PROXY) and SLACK_API_URL; https://slack-status.com tells whether Slack is down"

func (c Config) checkToken(ctx context.Context) []checkup.Finding {
	const what = "slack token"
	began := c.Now()
	answer, h, err := c.callBare(ctx, "auth.test", c.BotToken)
	if err != nil {
		return []checkup.Finding{{Level: checkup.Fail, What: what, Said: "Slack can't be asked: " + err.Error(), Cure: reachCure}}
	}
	clock := checkup.Clock("slack clock", h, began, c.Now())
	if !answer.OK {
		bad := checkup.Finding{Level: checkup.Fail, What: what, Said: "Slack refuses it: " + answer.Error, Cure: tokenCure(answer.Error)}
		return append([]checkup.Finding{bad}, clock...)
	}
	out := []checkup.Finding{{What: what, Said: fmt.Sprintf("of %s in %s", answer.User, answer.Team)}, checkScopes(h)}
	return append(out, clock...)
}

func tokenCure(code string) string {
	switch code {
	case "not_allowed_token_type":
		return "SLACK_BOT_TOKEN takes the Bot User OAuth Token (xoxb-…), SLACK_APP_TOKEN the app-level token (xapp-…)"
	case "account_inactive", "token_revoked", "token_expired", "invalid_auth", "not_authed":
		return "install the app again (api.slack.com/apps, your app, Install App), and set SLACK_BOT_TOKEN to the Bot User OAuth Token (xoxb-…)"
	}
	return "look the word up under https://docs.slack.dev/reference/methods/auth.test"
}

func checkScopes(h http.Header) checkup.Finding {
	const what = "slack scopes"
	if h.Get("X-OAuth-Scopes") == "" {
		return checkup.Finding{Level: checkup.Warn, What: what, Said: "Slack doesn't say which the token has", Cure: "compare OAuth & Permissions with deploy/slack-http.yaml or deploy/slack-socket.yaml"}
	}
	var have []string
	for scope := range strings.SplitSeq(h.Get("X-OAuth-Scopes"), ",") {
		have = append(have, strings.TrimSpace(scope))
	}
	var missing, lost []string
	for scope, without := range Scopes() {
		if !slices.Contains(have, scope) {
			missing = append(missing, scope)
			lost = append(lost, scope+" ("+without+")")
		}
	}
	if len(missing) == 0 {
		return checkup.Finding{What: what, Said: fmt.Sprintf("all %d are granted", len(Scopes()))}
	}
	slices.Sort(missing)
	slices.Sort(lost)
	level := checkup.Fail
	if len(missing) == 1 && missing[0] == pictureScope { // an installation of before there were pictures
		level = checkup.Warn
	}
	return checkup.Finding{
		Level: level, What: what, Said: "missing: " + strings.Join(lost, ", "),
		Cure: "add " + strings.Join(missing, " ") + " under OAuth & Permissions, Bot Token Scopes, and press Reinstall",
	}
}

// checkAppToken opens no connection: it asks for the address of one, which is never used.
func (c Config) checkAppToken(ctx context.Context) []checkup.Finding {
	const what = "slack app token"
	answer, _, err := c.callBare(ctx, "apps.connections.open", c.AppToken)
	switch {
	case err != nil:
		return []checkup.Finding{{Level: checkup.Fail, What: what, Said: "Slack can't be asked: " + err.Error(), Cure: reachCure}}
	case answer.OK && answer.URL != "":
		return []checkup.Finding{{What: what, Said: "it may open a socket"}}
	}
	cure := "generate one with the scope connections:write (api.slack.com/apps, your app, Basic Information, App-Level Tokens), and set SLACK_APP_TOKEN (xapp-…)"
	if answer.Error == "not_allowed_token_type" {
		cure = tokenCure(answer.Error)
	}
	return []checkup.Finding{{Level: checkup.Fail, What: what, Said: "Slack refuses it: " + answer.Error, Cure: cure}}
}

// checkSecrets can only look at the form: Slack has no call that tells whether a
// signing secret is the right one.
func (c Config) checkSecrets(context.Context) []checkup.Finding {
	const what = "slack signing secret"
	for _, s := range c.SigningSecrets {
		if strings.HasPrefix(s, "xoxb-") || strings.HasPrefix(s, "xapp-") || strings.ContainsAny(s, " \t\"'") {
			return []checkup.Finding{{
				Level: checkup.Fail, What: what, Said: "it doesn't look like one",
				Cure: "set SLACK_SIGNING_SECRET to the Signing Secret (api.slack.com/apps, your app, Basic Information)",
			}}
		}
	}
	return []checkup.Finding{{What: what, Said: "set; whether it is this app's shows when Slack calls (quizbot_refused_requests_total)"}}
}
