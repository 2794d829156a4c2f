// Package slack connects the bot to Slack: over HTTP (events, slash commands,
// interactions) or over Socket Mode, and speaks through the Web API.
//
// It answers Slack only after Submit has returned, so an acknowledged event is
// on disk; Slack sends the others again.
package slack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	slackgo "github.com/slack-go/slack"

	"quizbot/bot"
)

// Core is what the adapter needs of the bot.
type Core interface {
	// Submit returns when the effect is on disk.
	Submit(ctx context.Context, in bot.Incoming) (bot.Reply, error)
}

// Texts are the few sentences that only this adapter has a place for.
type Texts struct {
	Invite string // the bot is not in the channel where it should post
	See    string // label of a link to a message
}

// Config says how to connect.
type Config struct {
	SigningSecrets []string // turns the HTTP side on; two during a rotation
	BotToken       string
	AppToken       string // turns Socket Mode on
	APIURL         string // "": https://slack.com/api/
	Texts          Texts
	Sorry          func(error) bot.Card // what to say when Submit failed
	Transport      http.RoundTripper    // nil: a tuned default
	Now            func() time.Time     // nil: time.Now
}

const (
	defaultAPI = "https://slack.com/api/"
	// apiTime bounds one call of the Web API.
	apiTime = 10 * time.Second
	// ackTime is how long a request of Slack's is held open for Submit; Slack
	// gives up after 3 s.
	ackTime = 2200 * time.Millisecond
	// submitTime bounds a Submit whose answer comes later by response_url.
	submitTime = 60 * time.Second
	// drainTime bounds how long Run waits for what was accepted.
	drainTime    = 4 * time.Second
	replyWorkers = 8
	replyQueue   = 2048
)

// Adapter implements bot.Messenger and bot.Finder.
type Adapter struct {
	config Config
	core   Core
	log    *slog.Logger
	api    *slackgo.Client
	http   *http.Client
	now    func() time.Time
	apiURL *url.URL

	people  people
	pace    pace
	askers  askers
	replies chan func(context.Context)
	work    sync.WaitGroup // requests whose Submit is under way
	skew    skewLog

	mu     sync.Mutex
	self   identity
	reason error // why not ready; nil when ready
	socket error // the same for Socket Mode
}

// identity is who the bot is in its workspace.
type identity struct{ user, bot, team, url string }

var (
	_ bot.Messenger = (*Adapter)(nil)
	_ bot.Finder    = (*Adapter)(nil)
)

// New checks the configuration. It starts nothing.
func New(c Config, core Core, log *slog.Logger) (*Adapter, error) {
	if c.APIURL == "" {
		c.APIURL = defaultAPI
	}
	if !strings.HasSuffix(c.APIURL, "/") {
		c.APIURL += "/"
	}
	u, err := url.Parse(c.APIURL)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("SLACK_API_URL %q is not an address: write it like %s", c.APIURL, defaultAPI)
	}
	if c.BotToken == "" {
		return nil, errors.New("slack has no bot token: set SLACK_BOT_TOKEN (xoxb-…)")
	}
	if len(c.SigningSecrets) == 0 && c.AppToken == "" {
		return nil, errors.New("slack can't hear anything: set SLACK_SIGNING_SECRET (HTTP) or SLACK_APP_TOKEN (Socket Mode)")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Sorry == nil {
		c.Sorry = bot.Sorry
	}
	if c.Transport == nil {
		c.Transport = &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			MaxIdleConnsPerHost: 64, IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 5 * time.Second, ForceAttemptHTTP2: true,
		}
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	a := &Adapter{
		config: c, core: core, log: log.With("platform", platform), now: c.Now, apiURL: u,
		http:    &http.Client{Transport: c.Transport, Timeout: apiTime, CheckRedirect: noRedirect},
		replies: make(chan func(context.Context), replyQueue),
		reason:  errors.New("not connected yet"),
	}
	a.api = slackgo.New(c.BotToken, slackgo.OptionHTTPClient(a.http), slackgo.OptionAPIURL(c.APIURL), slackgo.OptionAppLevelToken(c.AppToken))
	a.people.init()
	a.pace.init()
	a.askers.init()
	if c.AppToken != "" {
		a.socket = errors.New("socket not connected yet")
	}
	return a, nil
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Ready is nil when Slack can be heard and spoken to, else the reason why not.
func (a *Adapter) Ready() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.reason != nil {
		return fmt.Errorf("slack: %w", a.reason)
	}
	if a.socket != nil {
		return fmt.Errorf("slack: %w", a.socket)
	}
	return nil
}

func (a *Adapter) me() identity {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.self
}

func (a *Adapter) setReason(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.reason = err
}

func (a *Adapter) setSocket(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.socket = err
}

// Run finds out who the bot is, keeps the socket where Socket Mode is on, and
// sends private replies, until ctx ends. What was accepted by then is finished.
func (a *Adapter) Run(ctx context.Context) error {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var running, workers sync.WaitGroup
	for range replyWorkers {
		workers.Go(func() {
			for send := range a.replies {
				send(late)
			}
		})
	}
	running.Go(func() { a.identify(ctx) })
	if a.config.AppToken != "" {
		running.Go(func() { a.keepSockets(ctx) })
	}
	<-ctx.Done()
	timer := time.AfterFunc(drainTime, cancel)
	defer timer.Stop()
	running.Wait()
	a.work.Wait()
	close(a.replies)
	workers.Wait()
	return nil
}

// identify calls auth.test until it works.
func (a *Adapter) identify(ctx context.Context) {
	for wait := 500 * time.Millisecond; ; wait = min(2*wait, time.Minute) {
		r, err := a.api.AuthTestContext(ctx)
		if err == nil {
			a.mu.Lock()
			a.self = identity{user: r.UserID, bot: r.BotID, team: r.TeamID, url: r.URL}
			a.reason = nil
			a.mu.Unlock()
			a.log.Info("slack knows the bot", "team", r.TeamID, "user", r.UserID)
			return
		}
		if ctx.Err() != nil {
			return
		}
		a.setReason(fmt.Errorf("auth.test: %w", err))
		a.log.Warn("slack does not know the bot yet", "err", err)
		if fatalAuth(err) {
			wait = time.Minute
		}
		if !sleep(ctx, wait) {
			return
		}
	}
}

// fatalAuth: trying again soon will not help.
func fatalAuth(err error) bool {
	switch apiError(err) {
	case "invalid_auth", "account_inactive", "not_authed", "token_revoked", "token_expired", "not_allowed_token_type", "missing_scope":
		return true
	}
	return false
}

// apiError is the word that Slack's API gives for what went wrong; "" for others.
func apiError(err error) string {
	var e slackgo.SlackErrorResponse
	if errors.As(err, &e) {
		return e.Err
	}
	return ""
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
