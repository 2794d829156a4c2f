package slack

import (
	"log/slog"
	"time"
)

// Options configures a Server. The zero value is one workspace (DefaultTeam)
// on a free port of 127.0.0.1, with Slack's own delays.
type Options struct {
	// Addr is where to listen; "127.0.0.1:0" when empty.
	Addr string

	// The app, as its configuration page shows it. Empty ones get the values
	// of the Default… constants.
	AppID, ClientID, ClientSecret string
	SigningSecret, AppToken       string
	// Command is the app's slash command; DefaultCommand when empty.
	Command string
	// PlainCommands: "Escape channels, users, and links" is off for the command, so that
	// what looks like a mention in it reaches the app as plain text.
	PlainCommands bool

	// Teams are the workspaces; nil means one, DefaultTeam().
	Teams []Team

	// The app's request URLs; SetRequestURLs changes them later.
	EventsURL, CommandsURL, InteractionsURL string

	// SocketMode turns delivery over sockets on. While no socket is connected
	// the request URLs are used, when set.
	SocketMode bool

	// AckTimeout is how long the app may take; 3 s when zero.
	AckTimeout time.Duration
	// RetryDelays are the pauses before the first, second, third retry of an
	// event over HTTP; nil means 0, 1 min, 5 min. Empty and not nil: no retry.
	RetryDelays []time.Duration
	// SocketRetryDelay is the pause before an envelope that was not
	// acknowledged is sent again, at most three times; 1 s when zero.
	SocketRetryDelay time.Duration
	// SocketPing is the interval of WebSocket pings; 10 s when zero.
	SocketPing time.Duration
	// WarningGrace is how long a socket lives after a disconnect frame with
	// the reason "warning"; 10 s when zero.
	WarningGrace time.Duration
	// MaxSockets is how many sockets an app may hold; 10 when zero.
	MaxSockets int

	// TriggerLife is how long a trigger_id can be used; 3 s when zero.
	TriggerLife time.Duration
	// ResponseURLLife and ResponseURLUses bound a response_url; 30 min and 5
	// when zero.
	ResponseURLLife time.Duration
	ResponseURLUses int

	// MessageInterval, when positive, is the strict limit on messages: one per
	// interval and channel, after MessageBurst (at least 1) at once. Beyond it
	// chat.postMessage and chat.postEphemeral get 429.
	MessageInterval time.Duration
	MessageBurst    int

	// FileDelay is how long a completed file is not known as an image yet: messages that
	// show it are refused.
	FileDelay time.Duration

	// NoEcho keeps the app's own messages, edits and deletions from coming
	// back to it as events.
	NoEcho bool

	// Now is the clock for ts, signatures and expiry; time.Now when nil. It
	// must be safe for concurrent use.
	Now func() time.Time

	// Logger receives what is worth a line; nothing is logged when nil.
	Logger *slog.Logger
}

// The values that Options gets where nothing else is said. They open nothing
// but this server.
const (
	DefaultAppID         = "A0SANDBOX"
	DefaultClientID      = "1000.2000"
	DefaultClientSecret  = "sandbox-client-secret"
	DefaultSigningSecret = "sandbox-signing-secret"
	DefaultCommand       = "/quiz"
	DefaultAppToken      = "xapp-1-A0SANDBOX-sandbox"
	DefaultBotToken      = "xoxb-sandbox-T0SANDBOX"
)

func (o Options) withDefaults() Options {
	str := func(p *string, v string) {
		if *p == "" {
			*p = v
		}
	}
	dur := func(p *time.Duration, v time.Duration) {
		if *p <= 0 {
			*p = v
		}
	}
	str(&o.Addr, "127.0.0.1:0")
	str(&o.AppID, DefaultAppID)
	str(&o.ClientID, DefaultClientID)
	str(&o.ClientSecret, DefaultClientSecret)
	str(&o.SigningSecret, DefaultSigningSecret)
	str(&o.AppToken, DefaultAppToken)
	str(&o.Command, DefaultCommand)
	if o.Teams == nil {
		o.Teams = []Team{DefaultTeam()}
	}
	dur(&o.AckTimeout, 3*time.Second)
	if o.RetryDelays == nil {
		o.RetryDelays = []time.Duration{0, time.Minute, 5 * time.Minute}
	}
	dur(&o.SocketRetryDelay, time.Second)
	dur(&o.SocketPing, 10*time.Second)
	dur(&o.WarningGrace, 10*time.Second)
	dur(&o.TriggerLife, 3*time.Second)
	dur(&o.ResponseURLLife, 30*time.Minute)
	if o.ResponseURLUses <= 0 {
		o.ResponseURLUses = 5
	}
	if o.MaxSockets <= 0 {
		o.MaxSockets = 10
	}
	if o.MessageBurst <= 0 {
		o.MessageBurst = 1
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}
