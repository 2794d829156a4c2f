package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"quizbot/bot"
	sandbox "quizbot/sandbox/slack"
)

// register keeps installations as a database does, and can be made to fail.
type register struct {
	mu     sync.Mutex
	all    map[string]Installation
	ended  map[string]string
	finds  int
	broken error
}

func newRegister() *register {
	return &register{all: map[string]Installation{}, ended: map[string]string{}}
}

func (g *register) Find(_ context.Context, team string) (Installation, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.finds++
	in, ok := g.all[team]
	switch {
	case g.broken != nil:
		return in, g.broken
	case !ok:
		return in, ErrNotInstalled
	}
	return in, nil
}

func (g *register) Keep(_ context.Context, in Installation) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.broken != nil {
		return g.broken
	}
	g.all[in.Team] = in
	g.ended[in.Team] = ""
	return nil
}

func (g *register) End(_ context.Context, team, token, why string) (bool, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.broken != nil {
		return false, g.broken
	}
	if g.all[team].Token != token || token == "" {
		return false, nil
	}
	delete(g.all, team)
	g.ended[team] = why
	return true, nil
}

func (g *register) List(context.Context) (map[string]string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return maps.Clone(g.ended), g.broken
}

func (g *register) why(team string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.ended[team]
}

func (g *register) has(team string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, ok := g.all[team]
	return ok
}

func (g *register) breaks(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.broken = err
}

// The second workspace.
const (
	team2    = "T2"
	quizzes2 = "C2QUIZ"
	dora     = "U2DORA"
)

func other() sandbox.Team {
	return sandbox.Team{
		ID: team2, Name: `Other <script>alert(1)</script>`, BotToken: "xoxb-sandbox-T2", BotUserID: "U2QUIZBOT", BotID: "B2QUIZBOT", Pending: true,
		Users:    []sandbox.User{{ID: dora, Name: "dora", Admin: true}},
		Channels: []sandbox.Channel{{ID: quizzes2, Name: "quiz", Members: []string{dora}, BotMember: true}},
	}
}

// many is a rig whose workspaces install the app themselves: none has yet.
type many struct {
	*rig
	kept *register
	now  *clock
}

// clock can be put forward.
type clock struct {
	mu sync.Mutex
	by time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.by)
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.by += d
}

func playMany(t *testing.T, s setup) *many {
	t.Helper()
	first := sandbox.DefaultTeam()
	first.Pending = true
	s.slack.Teams = []sandbox.Team{first, other()}
	m := &many{kept: newRegister(), now: &clock{}}
	inner := s.config
	s.config = func(c *Config) {
		c.BotToken, c.ClientID, c.ClientSecret, c.Installations, c.Now = "", sandbox.DefaultClientID, sandbox.DefaultClientSecret, m.kept, m.now.now
		c.Texts.Pages = Pages{
			Installed: Page{"Installed", "In NAME."}, Denied: Page{"Denied", ""}, Expired: Page{"Begin again", ""}, Failed: Page{"Later", ""},
			Refused: Page{"Refused", ""}, OrgWide: Page{"One workspace", ""}, Rotating: Page{"Rotating", ""},
		}
		if inner != nil {
			inner(c)
		}
	}
	m.rig = play(t, s)
	if m.ears != nil {
		m.adapter.SetPublicURL(m.ears.URL)
		m.slack.SetRedirectURLs(m.ears.URL + "/slack/oauth_redirect")
	}
	return m
}

// browser keeps cookies and goes where it is sent only when told to.
type browser struct {
	t      *testing.T
	client *http.Client
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, &http.Client{
		Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// get opens an address and returns its status, where it leads to, and its text.
func (b *browser) get(address string) (*http.Response, string) {
	b.t.Helper()
	resp, err := b.client.Get(address)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp, string(text)
}

// begin opens the install page and returns Slack's page that it leads to.
func (m *many) begin(b *browser) *url.URL {
	m.t.Helper()
	resp, text := b.get(m.ears.URL + "/slack/install")
	to, err := resp.Location()
	if resp.StatusCode != http.StatusFound || err != nil {
		m.t.Fatalf("install: %d %v %s", resp.StatusCode, err, text)
	}
	return to
}

// consent agrees at Slack for a workspace and returns where the browser is sent back to.
func (m *many) consent(b *browser, page *url.URL, team string) *url.URL {
	m.t.Helper()
	q := page.Query()
	q.Set("team", team)
	page.RawQuery = q.Encode()
	resp, text := b.get(page.String())
	back, err := resp.Location()
	if err != nil {
		m.t.Fatalf("consent: %d %s", resp.StatusCode, text)
	}
	return back
}

// install installs the app in a workspace, and invites it where it is not.
func (m *many) install(team string) {
	m.t.Helper()
	b := newBrowser(m.t)
	resp, text := b.get(m.consent(b, m.begin(b), team).String())
	if resp.StatusCode != http.StatusOK || !strings.Contains(text, "Installed") {
		m.t.Fatalf("install in %s: %d %s", team, resp.StatusCode, text)
	}
	for _, c := range m.slack.Channels(team) {
		if c.ID != outside {
			if err := m.slack.ChangeChannel(c.ID, func(c *sandbox.Channel) { c.BotMember = true }); err != nil {
				m.t.Fatal(err)
			}
		}
	}
}

func TestInstallPages(t *testing.T) {
	m := playMany(t, setup{})
	b := newBrowser(t)
	resp, _ := b.get(m.ears.URL + "/slack/install")
	to, err := resp.Location()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(to.String(), m.slack.URL()+"/oauth/v2/authorize?") || to.Query().Get("client_id") != sandbox.DefaultClientID ||
		to.Query().Get("redirect_uri") != m.ears.URL+"/slack/oauth_redirect" || to.Query().Get("scope") != strings.Join(scopes(), ",") {
		t.Errorf("leads to %s", to)
	}
	cookies := resp.Cookies()
	if len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].Secure || cookies[0].SameSite != http.SameSiteLaxMode || cookies[0].Path != "/slack" || cookies[0].MaxAge != 600 {
		t.Errorf("cookies %+v", cookies)
	}
	if strings.Contains(to.String(), cookies[0].Value) || strings.Contains(to.String(), sandbox.DefaultClientSecret) {
		t.Errorf("a secret in the address %s", to)
	}
	resp, text := b.get(m.consent(b, to, team2).String())
	if resp.StatusCode != http.StatusOK || strings.Contains(text, "<script>") || !strings.Contains(text, "Other &lt;script&gt;") {
		t.Errorf("%d %s", resp.StatusCode, text)
	}
	for header, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"} {
		if got := resp.Header.Get(header); got != want {
			t.Errorf("%s: %q", header, got)
		}
	}
	if csp := resp.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") {
		t.Error(csp)
	}
	in, err := m.kept.Find(t.Context(), team2)
	if err != nil || in.Token != m.slack.BotToken(team2) || in.BotUser != "U2QUIZBOT" || in.Bot != "B2QUIZBOT" || in.URL == "" || in.At.IsZero() {
		t.Errorf("%+v %v", in, err)
	}
	for _, c := range m.slack.Calls("") {
		if strings.Contains(fmt.Sprint(c.Args), sandbox.DefaultClientSecret) || c.Error != "" {
			t.Errorf("%+v", c)
		}
	}
	for _, secret := range []string{in.Token, sandbox.DefaultClientSecret, cookies[0].Value, to.Query().Get("state")} {
		if strings.Contains(m.log.String(), secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
	for _, method := range []string{http.MethodPost, http.MethodHead, http.MethodPut} {
		req, _ := http.NewRequestWithContext(t.Context(), method, m.ears.URL+"/slack/install", nil)
		resp, err := b.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", method, resp.StatusCode)
		}
	}
}

// TestAttacksOnTheState: none of them installs anything, or spends Slack's code.
func TestAttacksOnTheState(t *testing.T) {
	for name, attack := range map[string]func(m *many, victim *browser) string{
		"the attacker's address in the victim's browser": func(m *many, _ *browser) string {
			attacker := newBrowser(m.t)
			return m.consent(attacker, m.begin(attacker), team2).String()
		},
		"the same, in the middle of the victim's own": func(m *many, victim *browser) string {
			m.begin(victim)
			attacker := newBrowser(m.t)
			return m.consent(attacker, m.begin(attacker), team2).String()
		},
		"the attacker's code with the victim's older state": func(m *many, victim *browser) string {
			own := m.begin(victim).Query().Get("state")
			m.begin(victim) // a newer cookie
			attacker := newBrowser(m.t)
			back := m.consent(attacker, m.begin(attacker), team2)
			q := back.Query()
			q.Set("state", own)
			back.RawQuery = q.Encode()
			return back.String()
		},
		"no state": func(m *many, victim *browser) string {
			back := m.consent(victim, m.begin(victim), team2)
			return back.Scheme + "://" + back.Host + back.Path + "?code=" + back.Query().Get("code")
		},
		"no query": func(m *many, victim *browser) string {
			m.begin(victim)
			return m.ears.URL + "/slack/oauth_redirect"
		},
		"a changed state": func(m *many, victim *browser) string {
			back := m.consent(victim, m.begin(victim), team2)
			q := back.Query()
			state := []byte(q.Get("state"))
			state[30] ^= 1 // in its time
			q.Set("state", string(state))
			back.RawQuery = q.Encode()
			return back.String()
		},
		"too late": func(m *many, victim *browser) string {
			back := m.consent(victim, m.begin(victim), team2)
			m.now.add(ticketLife)
			return back.String()
		},
		"a made up state": func(m *many, victim *browser) string {
			m.begin(victim)
			return m.ears.URL + "/slack/oauth_redirect?code=code-1&state=" + strings.Repeat("A", 75)
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := playMany(t, setup{})
			victim := newBrowser(t)
			resp, text := victim.get(attack(m, victim))
			if resp.StatusCode != http.StatusBadRequest || !strings.Contains(text, "Begin again") {
				t.Errorf("%d %s", resp.StatusCode, text)
			}
			if calls := m.slack.Calls("oauth.v2.access"); len(calls) > 0 || m.kept.has(team2) || m.kept.has(team) {
				t.Errorf("calls %+v", calls)
			}
		})
	}
}

func TestAStateIsGoodOnce(t *testing.T) {
	m := playMany(t, setup{})
	b := newBrowser(t)
	to := m.begin(b)
	at, _ := url.Parse(m.ears.URL + "/slack")
	cookies := b.client.Jar.Cookies(at)
	first := m.consent(b, to, team2)
	if resp, text := b.get(first.String()); resp.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", resp.StatusCode, text)
	}
	if left := b.client.Jar.Cookies(at); len(left) > 0 {
		t.Errorf("cookies are left: %v", left)
	}
	// With the cookie back in place, and a fresh code of Slack's.
	for _, c := range cookies {
		c.Path = "/slack"
	}
	b.client.Jar.SetCookies(at, cookies)
	again := m.consent(b, to, team)
	if resp, text := b.get(again.String()); resp.StatusCode != http.StatusBadRequest || !strings.Contains(text, "Begin again") {
		t.Errorf("%d %s", resp.StatusCode, text)
	}
	if m.kept.has(team) || len(m.slack.Calls("oauth.v2.access")) != 1 {
		t.Error("it was used twice")
	}
}

func TestInstallationsThatAreNot(t *testing.T) {
	for name, c := range map[string]struct {
		fault   func(m *many)
		status  int
		words   string
		revoked bool
	}{
		"declined":      {func(m *many) { m.slack.Faults().DenyConsent(1) }, 200, "Denied", false},
		"spent code":    {func(m *many) { m.slack.Faults().Error("oauth.v2.access", 1, "code_already_used") }, 400, "Begin again", false},
		"wrong secret":  {func(m *many) { m.slack.Faults().Error("oauth.v2.access", 1, "bad_client_secret") }, 502, "Refused", false},
		"Slack is down": {func(m *many) { m.slack.Faults().Error("oauth.v2.access", 1, "service_unavailable") }, 503, "Later", false},
		"nonsense":      {func(m *many) { m.slack.Faults().Garbage("oauth.v2.access", 1) }, 503, "Later", false},
		"bare":          {func(m *many) { m.slack.Faults().BareNotOK("oauth.v2.access", 1) }, 503, "Later", false},
		"database":      {func(m *many) { m.kept.breaks(fmt.Errorf("disk is full")) }, 503, "Later", false},
		"organisation": {func(m *many) {
			m.slack.Faults().ChangeGrant(func(a map[string]any) {
				a["is_enterprise_install"], a["team"], a["enterprise"] = true, nil, map[string]any{"id": "E1", "name": "Org"}
			})
		}, 400, "One workspace", true},
		"rotation": {func(m *many) {
			m.slack.Faults().ChangeGrant(func(a map[string]any) { a["refresh_token"], a["expires_in"] = "xoxe-1-secret", 43200 })
		}, 400, "Rotating", true},
		"no bot token": {func(m *many) {
			m.slack.Faults().ChangeGrant(func(a map[string]any) { a["token_type"] = "user" })
		}, 502, "Refused", true},
		"a hostile id": {func(m *many) {
			m.slack.Faults().ChangeGrant(func(a map[string]any) { a["team"] = map[string]any{"id": "T2/../T1", "name": "x"} })
		}, 502, "Refused", true},
	} {
		t.Run(name, func(t *testing.T) {
			m := playMany(t, setup{})
			c.fault(m)
			b := newBrowser(t)
			resp, text := b.get(m.consent(b, m.begin(b), team2).String())
			if resp.StatusCode != c.status || !strings.Contains(text, c.words) {
				t.Errorf("%d %s, want %d %s", resp.StatusCode, text, c.status, c.words)
			}
			m.kept.breaks(nil)
			if m.kept.has(team2) {
				t.Error("it is installed")
			}
			if n := len(m.slack.Calls("auth.revoke")); n > 0 != c.revoked {
				t.Errorf("the token was given back %d times", n)
			}
			for _, secret := range []string{"xoxb-", "xoxe-", sandbox.DefaultClientSecret} {
				if strings.Contains(m.log.String()+text, secret) {
					t.Errorf("%q is shown", secret)
				}
			}
		})
	}
}

// Nothing that stands in an address is shown.
func TestNothingIsReflected(t *testing.T) {
	m := playMany(t, setup{})
	b := newBrowser(t)
	state := m.begin(b).Query().Get("state")
	resp, text := b.get(m.ears.URL + "/slack/oauth_redirect?" + url.Values{"state": {state}, "error": {"<script>evil</script>"}, "code": {"evil"}}.Encode())
	if resp.StatusCode != http.StatusBadRequest || strings.Contains(text, "evil") || !strings.Contains(text, "Refused") {
		t.Errorf("%d %s", resp.StatusCode, text)
	}
}

// The address that Slack sends back to, and how the cookie is kept, follow from the
// settings alone, whatever a request says of itself.
func TestTheHostOfARequestIsNotBelieved(t *testing.T) {
	m := playMany(t, setup{})
	for _, c := range []struct {
		public, redirect, cookie string
		secure                   bool
	}{
		{"https://quiz.example.com/", "https://quiz.example.com/slack/oauth_redirect", "__Secure-quizbot-install", true},
		{"", "", "__Secure-quizbot-install", true},
		{"http://127.0.0.1:7", "http://127.0.0.1:7/slack/oauth_redirect", "quizbot-install", false},
	} {
		m.adapter.SetPublicURL(c.public)
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, m.ears.URL+"/slack/install", nil)
		req.Host = "evil.example.com"
		for _, h := range []string{"X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded"} {
			req.Header.Set(h, "evil.example.com")
		}
		resp, err := newBrowser(t).client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		to, _ := resp.Location()
		if to.Query().Get("redirect_uri") != c.redirect || strings.Contains(fmt.Sprint(resp.Header), "evil") {
			t.Errorf("%q: %s %v", c.public, to, resp.Header)
		}
		if k := resp.Cookies()[0]; k.Name != c.cookie || k.Secure != c.secure {
			t.Errorf("%q: %+v", c.public, k)
		}
	}
}

func TestAuthorizeAtSlackItself(t *testing.T) {
	a, err := New(Config{ClientID: "1.2", ClientSecret: "s", SigningSecrets: []string{"s"}, Installations: newRegister()}, newCore(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer a.cut()
	if got := a.authorizeURL("x"); !strings.HasPrefix(got, "https://slack.com/oauth/v2/authorize?client_id=1.2&scope=") {
		t.Error(got)
	}
	a, err = New(Config{ClientID: "1.2", ClientSecret: "s", SigningSecrets: []string{"s"}, Installations: newRegister(), APIURL: "https://user:hush@proxy.example/slack/api/"}, newCore(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer a.cut()
	if got := a.authorizeURL("x"); !strings.HasPrefix(got, "https://proxy.example/oauth/v2/authorize?") || strings.Contains(got, "hush") {
		t.Error(got)
	}
}

// With one token nobody can install anything.
func TestNoInstallPagesWithOneToken(t *testing.T) {
	r := play(t, setup{config: func(c *Config) { c.ClientID, c.ClientSecret, c.Installations = "1", "s", newRegister() }})
	for _, path := range []string{"/slack/install", "/slack/oauth_redirect"} {
		if resp, _ := newBrowser(t).get(r.ears.URL + path); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, resp.StatusCode)
		}
	}
}

func TestTickets(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	k := newTickets(func() time.Time { return at })
	cookie, state := k.issue()
	if err := newTickets(k.now).redeem(state, cookie); !errors.Is(err, errOthersTicket) {
		t.Errorf("of another process: %v", err)
	}
	for range 2 * maxTickets { // each is forgotten in time
		at = at.Add(time.Second)
		cookie, state := k.issue()
		if err := k.redeem(state, cookie); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(k.used); n > maxTickets {
		t.Errorf("%d are remembered", n)
	}
	for k.redeem(func() (string, string) { c, s := k.issue(); return s, c }()) == nil {
	}
	cookie, state = k.issue()
	if err := k.redeem(state, cookie); !errors.Is(err, errManyTickets) {
		t.Errorf("beyond the bound: %v", err)
	}
	at = at.Add(ticketLife)
	cookie, state = k.issue()
	if err := k.redeem(state, cookie); err != nil {
		t.Errorf("once they are old: %v", err)
	}
}

// outgoingTo is a message to a channel of a workspace.
func outgoingTo(team, channel, key string) bot.Outgoing {
	return bot.Outgoing{Key: key, Room: roomID(team, channel), Card: question()}
}

// eventOf is a signed event as Slack delivers it.
func eventOf(t *testing.T, team string, inner map[string]any, at time.Time) []byte {
	t.Helper()
	raw, err := json.Marshal(map[string]any{
		"type": "event_callback", "team_id": team, "event_id": "Ev1", "event_time": at.Unix(), "event": inner,
	})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
