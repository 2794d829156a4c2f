package discord

import (
	"log/slog"
	"maps"
	"time"
)

// Options configures a Server. The zero value is one guild (DefaultGuild) on a
// free port of 127.0.0.1, with Discord's own delays and limits.
type Options struct {
	// Addr is where to listen; "127.0.0.1:0" when empty.
	Addr string

	// Token is the bot's token, AppID the application's id, Bot its user.
	// Empty ones get the values of the Default… constants. The application's
	// id and the bot's differ, as those of old applications do.
	Token string
	AppID string
	Bot   User

	// Users and Guilds are the world at the start; both nil means
	// DefaultUsers() and DefaultGuild(). AddUser and AddGuild extend it.
	Users  []User
	Guilds []Guild

	// HeartbeatInterval is told in HELLO; 41,250 ms when zero.
	HeartbeatInterval time.Duration
	// HeartbeatTimeout is how long a connection lives without a heartbeat; it
	// is then closed with 4009. Twice the interval, at least 10 s, when zero.
	HeartbeatTimeout time.Duration
	// IdentifyInterval is the time in which MaxConcurrency identifies are
	// allowed; a further one gets op 9 with false. 5 s when zero, no limit
	// when negative. MaxConcurrency is 1 when zero.
	IdentifyInterval time.Duration
	MaxConcurrency   int
	// IdentifyLimit is how many identifies there are in a day; 1,000 when
	// zero. One more and every session ends and the token is reset.
	IdentifyLimit int
	// Shards is what /gateway/bot recommends; 1 when zero.
	Shards int
	// SendLimit is how many payloads a client may send in SendWindow before
	// 4008; 120 in 60 s when zero.
	SendLimit  int
	SendWindow time.Duration
	// SessionLife is how long a session without a connection can be resumed,
	// SessionLog how many events are kept for it; 10 min and 16,384 when zero.
	SessionLife time.Duration
	SessionLog  int
	// DisallowedIntents are the privileged intents that are off in the
	// developer portal; asking for one gets 4014. None when zero.
	DisallowedIntents Intent

	// AckTimeout is how long an app may take to acknowledge an interaction;
	// 3 s when zero. TokenLife is how long an interaction's token lives after
	// that; 15 min when zero. NonceLife is how long nonces are remembered;
	// 5 min when zero.
	AckTimeout time.Duration
	TokenLife  time.Duration
	NonceLife  time.Duration

	// Rate is the limit of each bucket (route and channel, guild or
	// webhook) that Rates does not name; when zero, 5 in 5 s for posts and
	// 1,000 in 1 s for the rest. The keys of Rates are routes, such as
	// RouteCreateMessage.
	Rate  Rate
	Rates map[string]Rate
	// Now is the clock for ids, expiry and limits; time.Now when nil. It must
	// be safe for concurrent use. AckTimeout runs on the real clock.
	Now func() time.Time

	// Logger receives what is worth a line; nothing is logged when nil.
	Logger *slog.Logger
}

// Rate is a limit: so many requests in a window.
type Rate struct {
	Limit  int
	Window time.Duration
}

// The values that Options gets where nothing else is said. They open nothing
// but this server.
const (
	DefaultToken     = "sandbox.discord.token"
	DefaultAppID     = "1100000000000000010"
	DefaultBotID     = "1100000000000000011"
	DefaultBotName   = "quizbot"
	DefaultGuildID   = "1100000000004194304"
	DefaultChannelID = "1100000000008388609" // a text channel, #quiz
	DefaultLobbyID   = "1100000000008388610" // a text channel, #lobby
	DefaultAdminRole = "1100000000008388611" // a role with ADMINISTRATOR
	AliceID          = "1100000000000000021" // owns the default guild
	BobID            = "1100000000000000022" // an ordinary member
	CarolID          = "1100000000000000023" // a member with DefaultAdminRole
)

// DefaultUsers are the players of the default guild.
func DefaultUsers() []User {
	return []User{
		{ID: AliceID, Username: "alice", GlobalName: "Alice"},
		{ID: BobID, Username: "bob", GlobalName: "Bob"},
		{ID: CarolID, Username: "carol", GlobalName: "Carol"},
	}
}

// DefaultGuild is a guild with two text channels and the three players.
func DefaultGuild() Guild {
	return Guild{
		ID: DefaultGuildID, Name: "Study Hall", OwnerID: AliceID, Locale: "en-US",
		Roles: []Role{
			{ID: DefaultGuildID, Name: "@everyone", Permissions: EveryonePermissions},
			{ID: DefaultAdminRole, Name: "Quizmasters", Permissions: Administrator, Position: 1},
		},
		Members: []Member{
			{UserID: AliceID},
			{UserID: BobID, Nick: "Bobby"},
			{UserID: CarolID, Roles: []string{DefaultAdminRole}},
		},
		Channels: []Channel{
			{ID: DefaultChannelID, Name: "quiz", Kind: TextChannel},
			{ID: DefaultLobbyID, Name: "lobby", Kind: TextChannel},
		},
	}
}

func orString(p *string, v string) {
	if *p == "" {
		*p = v
	}
}

func orInt(p *int, v int) {
	if *p <= 0 {
		*p = v
	}
}

func orDuration(p *time.Duration, v time.Duration) {
	if *p <= 0 {
		*p = v
	}
}

func (o Options) withDefaults() Options {
	orString(&o.Addr, "127.0.0.1:0")
	orString(&o.Token, DefaultToken)
	orString(&o.AppID, DefaultAppID)
	orString(&o.Bot.ID, DefaultBotID)
	orString(&o.Bot.Username, DefaultBotName)
	o.Bot.Bot = true
	if o.Users == nil && o.Guilds == nil {
		o.Users = DefaultUsers()
		o.Guilds = []Guild{DefaultGuild()}
	}
	orDuration(&o.HeartbeatInterval, 41250*time.Millisecond)
	orDuration(&o.HeartbeatTimeout, max(2*o.HeartbeatInterval, 10*time.Second))
	if o.IdentifyInterval == 0 {
		o.IdentifyInterval = 5 * time.Second
	}
	orInt(&o.MaxConcurrency, 1)
	orInt(&o.IdentifyLimit, 1000)
	orInt(&o.Shards, 1)
	orInt(&o.SendLimit, 120)
	orDuration(&o.SendWindow, time.Minute)
	orDuration(&o.SessionLife, 10*time.Minute)
	orInt(&o.SessionLog, 16384)
	orDuration(&o.AckTimeout, 3*time.Second)
	orDuration(&o.TokenLife, 15*time.Minute)
	orDuration(&o.NonceLife, 5*time.Minute)
	if o.Rate.Limit == 0 {
		rates := map[string]Rate{RouteCreateMessage: {Limit: 5, Window: 5 * time.Second}}
		maps.Copy(rates, o.Rates)
		o.Rates = rates
	}
	orInt(&o.Rate.Limit, 1000)
	orDuration(&o.Rate.Window, time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}
