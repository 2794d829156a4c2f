// Package slack connects the bot to Slack: over HTTP (events, slash commands,
// interactions) or over Socket Mode, and speaks through the Web API.
//
// It answers Slack only when the core has saved what was said, so an acknowledged
// answer is on disk; Slack sends the events again that are not acknowledged.
package slack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	slackgo "github.com/slack-go/slack"
	"golang.org/x/time/rate"

	"quizbot/bot"
)

// Core is what the adapter needs of the bot.
type Core interface {
	// Queue gives what was said its place in the order of its room, at once, and
	// returns a function that waits until the effect is on disk.
	Queue(in bot.Incoming) func(context.Context) (bot.Reply, error)
	// Full says that a press would be refused now.
	Full() bool
	// CatchUp looks for what was said while the adapter could not listen.
	CatchUp(g bot.Gap)
}

// Texts are the few sentences that only this adapter has a place for.
type Texts struct {
	Invite  string // the bot is not in the channel where it should post
	Refused string // Slack refuses a post there for another reason; its code is added
	See     string // label of a link to a message
	Cancel  string // closes a form that was not sent
	// Why a message has no picture: the token lacks files:write; for now.
	NoScope, NoPicture string
	Pages              Pages // what the browser shows when a workspace has installed the app
}

// Config says how to connect.
type Config struct {
	SigningSecrets []string // turns the HTTP side on; two during a rotation
	BotToken       string   // one workspace's; "": those of Installations
	AppToken       string   // turns Socket Mode on
	// ClientID and ClientSecret turn the install flow on, with which many workspaces
	// install the app; what they grant is kept in Installations.
	ClientID, ClientSecret string
	Installations          Installations
	PublicURL              string // where browsers reach the bot; "": what the app's settings say
	APIURL                 string // "": https://slack.com/api/
	Texts                  Texts
	Sorry                  func(error) bot.Card // what to say when something was not taken in
	// Draw makes a PNG of a chart; nil: charts are left to their words.
	Draw      func(bot.Chart) ([]byte, error)
	Meter     bot.LinkMeter     // nil: nobody counts
	Transport http.RoundTripper // nil: a tuned default
	Now       func() time.Time  // nil: time.Now
}

const (
	defaultAPI = "https://slack.com/api/"
	// apiTime bounds one call of the Web API.
	apiTime = 10 * time.Second
	// ackTime is how long a request of Slack's is held open for the core; Slack
	// gives up after 3 s.
	ackTime = 2200 * time.Millisecond
	// submitTime bounds what the core may take when the answer comes later by
	// response_url.
	submitTime = 60 * time.Second
	// drainTime bounds how long Run waits for what was accepted.
	drainTime = 4 * time.Second
	// maxUnderWay bounds what waits for the core, in all rooms together.
	maxUnderWay = 8192
	// maxInRoom is for one room: as much as the core lets wait there, and as much
	// again that is being looked up.
	maxInRoom = 4096
	// maxInLane bounds the replies that wait for one way of sending them, maxReplies
	// all of them.
	maxInLane  = 512
	maxReplies = 4096
	// sorryRate is how many people a second are told that the bot is busy, after
	// sorryBurst at once.
	sorryRate, sorryBurst = 50, 100
)

// Adapter implements bot.Messenger, bot.Finder and bot.Historian.
type Adapter struct {
	config Config
	core   Core
	log    *slog.Logger
	meter  bot.LinkMeter
	api    *slackgo.Client // of the only token, and of the app token
	http   *http.Client
	now    func() time.Time
	apiURL *url.URL

	spaces    *workspaces // nil with one token
	tickets   *tickets
	checks    *lanes // tokens in doubt, by workspace
	installs  chan struct{}
	strangers strangers

	people    people
	pace      pace
	histories histories
	askers    askers
	answered  memory         // deliveries that this process has answered
	rooms     *lanes         // arrivals on their way into the core, by room
	underWay  atomic.Int64   // arrivals that have no outcome yet
	sorries   *rate.Limiter  // how many are told that the bot is busy
	sockets   atomic.Int32   // that are open
	replies   *lanes         // what single people are to read, by the way it takes
	slots     chan struct{}  // held by a response_url while it is called
	large     chan struct{}  // held by a large request while it is read
	work      sync.WaitGroup // requests and arrivals that are being worked on
	speaking  sync.WaitGroup // replies that are being sent
	strange   strange
	heard     atomic.Int64  // when Slack last said anything, in Unix nanoseconds; 0: never
	recheck   chan struct{} // asks for another auth.test
	healed    chan struct{} // asks for it now, where one has failed
	ackTime   time.Duration
	silence   time.Duration
	patience  time.Duration // with the lookup of a name

	uploads                       uploads
	uploadTime, stepTime, unready time.Duration // bounds of pictures

	// late ends, by cut, when draining has taken too long.
	late context.Context
	cut  context.CancelFunc

	mu      sync.Mutex
	self    identity
	public  string    // where browsers reach the bot
	reason  error     // why not ready; nil when ready
	socket  error     // the same for Socket Mode
	was     bool      // ready, at some time
	since   time.Time // when it stopped to be
	stopped bool      // nothing more is taken in
}

var (
	_ bot.Messenger = (*Adapter)(nil)
	_ bot.Finder    = (*Adapter)(nil)
	_ bot.Historian = (*Adapter)(nil)
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
	if many := c.ClientID != "" && c.ClientSecret != "" && c.Installations != nil; c.BotToken == "" && !many {
		return nil, errors.New("slack has no bot token: set SLACK_BOT_TOKEN (xoxb-…), or SLACK_CLIENT_ID and SLACK_CLIENT_SECRET for many workspaces")
	}
	c.SigningSecrets = slices.DeleteFunc(slices.Clone(c.SigningSecrets), func(s string) bool { return strings.TrimSpace(s) == "" })
	if len(c.SigningSecrets) == 0 && c.AppToken == "" {
		return nil, errors.New("slack can't hear anything: set SLACK_SIGNING_SECRET (HTTP) or SLACK_APP_TOKEN (Socket Mode)")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Sorry == nil {
		c.Sorry = bot.Sorry
	}
	if c.Meter == nil {
		c.Meter = bot.NoMeter{}
	}
	transport := c.Transport
	if transport == nil {
		transport = &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			MaxIdleConnsPerHost: 64, IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 5 * time.Second, ForceAttemptHTTP2: true,
		}
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	a := &Adapter{
		config: c, core: core, log: log.With("platform", platform), meter: c.Meter, now: c.Now, apiURL: u,
		http:  &http.Client{Transport: outspoken{transport, c.Meter}, Timeout: apiTime, CheckRedirect: noRedirect},
		slots: make(chan struct{}, maxResponses), large: make(chan struct{}, maxLarge), recheck: make(chan struct{}, 1), healed: make(chan struct{}, 1), sorries: rate.NewLimiter(sorryRate, sorryBurst),
		reason: errors.New("not connected yet"), ackTime: ackTime, silence: silence, patience: lookupTime,
		uploadTime: uploadTime, stepTime: stepTime, unready: unready,
	}
	a.rooms = newLanes(&a.work, maxInRoom, maxUnderWay, func(fn func()) { a.guarded("arrival", fn) })
	a.replies = newLanes(&a.speaking, maxInLane, maxReplies, func(fn func()) { a.guarded("reply", fn) })
	a.late, a.cut = context.WithCancel(context.Background())
	a.checks = newLanes(&a.work, 1, maxChecks, func(fn func()) { a.guarded("token check", fn) })
	a.api = a.client(c.BotToken)
	if c.BotToken == "" {
		a.spaces = newWorkspaces(c.Installations, a.now, a.open)
		a.tickets, a.installs = newTickets(a.now), make(chan struct{}, maxInstalls)
	}
	a.SetPublicURL(c.PublicURL)
	a.strangers.init()
	a.people.init()
	a.pace.init()
	a.histories.init()
	a.uploads.init()
	a.askers.init()
	a.answered.init()
	if c.AppToken != "" {
		a.socket = errors.New("socket not connected yet")
	}
	return a, nil
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Ready is nil when Slack can be heard and spoken to, else the reason why not.
func (a *Adapter) Ready() error { return a.Link().Err }

// Link is how the adapter and Slack stand. Over HTTP no connection is kept.
func (a *Adapter) Link() bot.Link {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := bot.Link{Err: a.missing(), Since: a.since}
	if a.config.AppToken != "" {
		l.Wanted = 1
		if a.socket == nil {
			l.Connected = 1
		}
	}
	if at := a.heard.Load(); at != 0 {
		l.Heard = time.Unix(0, at)
	}
	return l
}

// missing is why Slack can't be heard or spoken to. The caller holds mu.
func (a *Adapter) missing() error {
	for _, err := range []error{a.reason, a.socket} {
		switch {
		case err != nil && fatalAuth(err):
			return &bot.BarredError{Err: fmt.Errorf("slack: %w", err)}
		case err != nil:
			return fmt.Errorf("slack: %w", err)
		}
	}
	if a.spaces != nil {
		if err := a.spaces.ready(); err != nil {
			return &bot.BarredError{Err: fmt.Errorf("slack: %w", err)}
		}
	}
	return nil
}

// changed notes since when something is missing. The caller holds mu.
func (a *Adapter) changed() {
	switch ready := a.missing() == nil; {
	case ready:
		a.was, a.since = true, time.Time{}
	case a.was && a.since.IsZero():
		a.since = a.now()
	}
}

// hear notes that Slack has said something.
func (a *Adapter) hear() { a.heard.Store(a.now().UnixNano()) }

func (a *Adapter) setReason(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.reason = err
	a.changed()
}

func (a *Adapter) setSocket(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.socket = err
	a.changed()
}

// Run finds out who the bot is, keeps the socket where Socket Mode is on, and
// sends private replies, until ctx ends. What was accepted by then is finished, if
// that takes no longer than a few seconds. It can be called once.
func (a *Adapter) Run(ctx context.Context) error {
	defer a.cut()
	var running sync.WaitGroup
	running.Go(func() { a.identify(ctx) })
	if a.config.AppToken != "" {
		running.Go(func() { a.keepSockets(ctx) })
	}
	<-ctx.Done()
	timer := time.AfterFunc(drainTime, a.cut)
	defer timer.Stop()
	running.Wait()
	a.drain()
	if a.config.Transport == nil {
		a.http.CloseIdleConnections()
	}
	return nil
}

// begin counts a request in; false when the adapter has stopped.
func (a *Adapter) begin() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stopped {
		return false
	}
	a.work.Add(1)
	return true
}

// drain takes in nothing more and waits for what was accepted. Of what is said
// afterwards, nothing is sent.
func (a *Adapter) drain() {
	a.mu.Lock()
	a.stopped = true
	a.mu.Unlock()
	a.work.Wait()
	a.replies.close()
	a.speaking.Wait()
}

// guarded keeps a panic in fn from taking the process down.
func (a *Adapter) guarded(what string, fn func()) {
	defer func() {
		if p := recover(); p != nil {
			a.meter.Panicked(platform)
			a.log.Error(what+" panicked", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	fn()
}
