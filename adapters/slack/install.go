package slack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	slackgo "github.com/slack-go/slack"

	"quizbot/bot"
)

const (
	// installTime bounds what an installation may take once Slack has sent its code.
	installTime = 20 * time.Second
	// maxInstalls bounds how many are under way at once.
	maxInstalls = 16
	// maxCode bounds Slack's code, in bytes.
	maxCode = 512

	redirectPath = "/slack/oauth_redirect"
)

// SetPublicURL says where browsers reach the bot, like https://quiz.example.com, when
// that is known only once it listens. Call it before anything is served.
func (a *Adapter) SetPublicURL(address string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.public = strings.TrimSuffix(address, "/")
}

// publicURL is where browsers reach the bot; "" where nobody said so. It is never
// taken from a request: who makes a request can write anything there.
func (a *Adapter) publicURL() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.public
}

// redirectURI is where Slack sends browsers back to; "" leaves it to the app's settings.
func (a *Adapter) redirectURI() string {
	if base := a.publicURL(); base != "" {
		return base + redirectPath
	}
	return ""
}

// authorizeURL is Slack's page that asks for consent.
func (a *Adapter) authorizeURL(state string) string {
	u := url.URL{Scheme: "https", Host: "slack.com", Path: "/oauth/v2/authorize"}
	if a.config.APIURL != defaultAPI {
		u.Scheme, u.Host = a.apiURL.Scheme, a.apiURL.Host
	}
	q := url.Values{"client_id": {a.config.ClientID}, "scope": {strings.Join(scopes(), ",")}, "state": {state}}
	if back := a.redirectURI(); back != "" {
		q.Set("redirect_uri", back)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// cookie ties an installation to the browser that began it. Browsers take one of a
// name that begins with __Secure- over https alone.
func (a *Adapter) cookie(value string, age time.Duration) *http.Cookie {
	c := &http.Cookie{
		Name: "__Secure-quizbot-install", Value: value, Path: "/slack", HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode, MaxAge: int(age / time.Second),
	}
	if strings.HasPrefix(a.publicURL(), "http://") {
		c.Name, c.Secure = "quizbot-install", false
	}
	if value == "" {
		c.MaxAge = -1
	}
	return c
}

// serveInstall sends the browser to Slack's page of consent.
func (a *Adapter) serveInstall(w http.ResponseWriter, _ *http.Request) {
	cookie, state := a.tickets.issue()
	private(w.Header())
	http.SetCookie(w, a.cookie(cookie, ticketLife))
	w.Header().Set("Location", a.authorizeURL(state))
	w.WriteHeader(http.StatusFound)
}

// serveRedirect ends an installation: Slack has sent the browser back.
func (a *Adapter) serveRedirect(w http.ResponseWriter, r *http.Request) {
	private(w.Header())
	pages, q := a.config.Texts.Pages, r.URL.Query()
	cookie, _ := r.Cookie(a.cookie("", 0).Name)
	brought := ""
	if cookie != nil {
		brought = cookie.Value
	}
	switch err := a.tickets.redeem(q.Get("state"), brought); {
	case errors.Is(err, errManyTickets):
		a.show(w, http.StatusServiceUnavailable, pages.Failed)
		return
	case err != nil:
		a.log.Warn("installation refused", "reason", err)
		a.show(w, http.StatusBadRequest, pages.Expired)
		return
	}
	http.SetCookie(w, a.cookie("", 0))
	code := q.Get("code")
	switch {
	case q.Get("error") == "access_denied":
		a.log.Info("an installation was declined at Slack")
		a.show(w, http.StatusOK, pages.Denied)
		return
	case q.Get("error") != "" || code == "" || len(code) > maxCode:
		a.log.Warn("installation without a code", "error", bounded(q.Get("error")))
		a.show(w, http.StatusBadRequest, pages.Refused)
		return
	}
	if !a.begin() {
		a.show(w, http.StatusServiceUnavailable, pages.Failed)
		return
	}
	defer a.work.Done()
	in, err := a.install(code)
	var no *noInstallError
	switch {
	case errors.As(err, &no):
		a.log.Warn("installation refused", "team", in.Team, "reason", err)
		a.show(w, no.status, no.page)
	case err != nil:
		a.log.Error("installation failed", "team", in.Team, "err", err)
		a.show(w, http.StatusServiceUnavailable, pages.Failed)
	default:
		a.log.Info("a workspace has installed the app", "team", in.Team)
		page := pages.Installed
		page.Body = strings.ReplaceAll(page.Body, "NAME", in.Name)
		a.show(w, http.StatusOK, page)
	}
}

// bounded is what somebody wrote into an address, for the log.
func bounded(s string) string { return s[:min(len(s), 100)] }

// noInstallError: the installation can't be, however often it is tried.
type noInstallError struct {
	why    string
	status int
	page   Page
}

func (e *noInstallError) Error() string { return e.why }

// granted is what Slack gives for a code.
type granted struct {
	Token     string `json:"access_token"`
	Refresh   string `json:"refresh_token"`
	TokenType string `json:"token_type"`
	Scope     string `json:"scope"`
	BotUser   string `json:"bot_user_id"`
	OrgWide   bool   `json:"is_enterprise_install"`
	Team      struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"team"`
	Enterprise struct {
		ID string `json:"id"`
	} `json:"enterprise"`
}

var slackID = regexp.MustCompile(`^[A-Z][A-Z0-9]{1,63}$`)

// install exchanges a code for a token and keeps what was installed. Once the code
// is given it goes on, also where the browser has left.
func (a *Adapter) install(code string) (in Installation, err error) {
	ctx, cancel := context.WithTimeout(a.late, installTime)
	defer cancel()
	select {
	case a.installs <- struct{}{}:
		defer func() { <-a.installs }()
	default:
		return in, bot.ErrBusy
	}
	form := url.Values{"client_id": {a.config.ClientID}, "client_secret": {a.config.ClientSecret}, "code": {code}}
	if back := a.redirectURI(); back != "" {
		form.Set("redirect_uri", back)
	}
	var g granted
	header, err := a.call(ctx, "oauth.v2.access", form, &g)
	if err != nil {
		return in, a.exchangeFailed(err)
	}
	in = Installation{
		Team: g.Team.ID, Name: g.Team.Name, Enterprise: g.Enterprise.ID, BotUser: g.BotUser, Scopes: g.Scope, Token: g.Token, At: a.clockOf(header),
	}
	if err := a.acceptable(g); err != nil {
		a.giveBack(ctx, g.Token)
		return in, err
	}
	if missing := lacking(g.Scope); len(missing) > 0 {
		a.log.Warn("installation lacks scopes", "team", in.Team, "missing", missing)
	}
	a.complete(ctx, &in)
	if err := a.spaces.keep(ctx, in); err != nil {
		return in, fmt.Errorf("keep the installation: %w", err)
	}
	a.recount()
	return in, nil
}

// exchangeFailed tells what can't be from what may go well next time. The error
// carries Slack's word alone.
func (a *Adapter) exchangeFailed(err error) error {
	pages := a.config.Texts.Pages
	switch code := apiError(err); code {
	case "invalid_code", "code_already_used", "code_expired":
		return &noInstallError{"oauth.v2.access: " + code, http.StatusBadRequest, pages.Expired}
	case "invalid_client_id", "bad_client_secret", "bad_redirect_uri", "invalid_scope", "oauth_authorization_url_mismatch":
		return &noInstallError{
			"oauth.v2.access: " + code + ": compare SLACK_CLIENT_ID, SLACK_CLIENT_SECRET and QUIZBOT_PUBLIC_URL with the app's settings", http.StatusBadGateway, pages.Refused,
		}
	}
	return fmt.Errorf("oauth.v2.access: %w", err)
}

// acceptable refuses what the bot can't work with.
func (a *Adapter) acceptable(g granted) error {
	pages := a.config.Texts.Pages
	switch {
	case g.OrgWide || g.Team.ID == "" && g.Enterprise.ID != "":
		return &noInstallError{"it is for a whole organisation; the bot is installed workspace by workspace", http.StatusBadRequest, pages.OrgWide}
	case g.Refresh != "":
		return &noInstallError{"the app has token rotation on; the bot needs one without, see deploy/", http.StatusBadRequest, pages.Rotating}
	case !slackID.MatchString(g.Team.ID) || !slackID.MatchString(g.BotUser) || g.Token == "" || strings.HasPrefix(g.Token, "xoxp-") || g.TokenType != "" && g.TokenType != "bot":
		return &noInstallError{"oauth.v2.access gave no bot token of a workspace", http.StatusBadGateway, pages.Refused}
	}
	return nil
}

func lacking(granted string) []string {
	has := strings.Split(granted, ",")
	return slices.DeleteFunc(scopes(), func(s string) bool { return slices.Contains(has, s) })
}

// complete adds what only auth.test tells: the bot's own id, and the workspace's
// address, from which links to messages are made. The bot can do without.
func (a *Adapter) complete(ctx context.Context, in *Installation) {
	r, err := a.client(in.Token).AuthTestContext(ctx)
	switch {
	case err != nil:
		a.log.Warn("no links to messages after an installation", "team", in.Team, "err", err)
	case r.TeamID == in.Team:
		in.Bot, in.URL = r.BotID, r.URL
	}
}

// giveBack revokes a token that is not kept.
func (a *Adapter) giveBack(ctx context.Context, token string) {
	if token == "" {
		return
	}
	if _, err := a.client(token).SendAuthRevokeContext(ctx, token); err != nil {
		var answered slackgo.SlackErrorResponse
		a.log.Warn("unused token not given back", "answered", errors.As(err, &answered), "reason", apiError(err))
	}
}

// clockOf is Slack's time of an answer, for comparing with the times of events.
func (a *Adapter) clockOf(h http.Header) time.Time {
	at, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		at = a.now()
	}
	return at.Truncate(time.Second)
}
