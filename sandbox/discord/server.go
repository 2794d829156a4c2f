package discord

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"quizbot/sandbox/feed"
)

// Server is a local Discord. Make it with New, run it with Start, end it with
// Close. Every method is safe for concurrent use.
type Server struct {
	opt    Options
	faults Faults

	mu           sync.Mutex
	started      bool
	closing      bool
	lastID       uint64
	tokenRevoked bool

	users        map[string]*User
	guilds       map[string]*guild
	guildOrder   []string
	channels     map[string]*channel
	channelOrder []string
	dms          map[string]string // player → channel
	messages     map[string]*Message
	nonces       map[string]nonceEntry // author/nonce → message
	pings        []Ping

	commands         map[string][]*command // guild, "" for global
	interactions     map[string]*interaction
	interactionOrder []string
	tokens           map[string]*interaction
	acks             []Ack

	sessions   map[string]*session
	conns      []*conn // live ones
	connLog    []*Connection
	identifies []Identify
	resumes    []Resume
	starts     map[int][]time.Time // identifies by concurrency bucket
	startsLeft int
	startsDay  time.Time // when startsLeft is full again

	calls      []*Call
	buckets    map[string]*bucket
	faultState faultState
	feed       feed.Feed[Event]

	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
	http   *http.Server
	ln     net.Listener
}

// New makes a server; nothing runs before Start. It panics when Options.Users
// and Options.Guilds contradict themselves, since that is a mistake in the
// caller's source.
func New(opt Options) *Server {
	opt = opt.withDefaults()
	s := &Server{
		opt:          opt,
		users:        map[string]*User{},
		guilds:       map[string]*guild{},
		channels:     map[string]*channel{},
		dms:          map[string]string{},
		messages:     map[string]*Message{},
		nonces:       map[string]nonceEntry{},
		commands:     map[string][]*command{},
		interactions: map[string]*interaction{},
		tokens:       map[string]*interaction{},
		sessions:     map[string]*session{},
		starts:       map[int][]time.Time{},
		startsLeft:   opt.IdentifyLimit,
		buckets:      map[string]*bucket{},
	}
	s.faults.s = s
	s.faultState.disallowed = opt.DisallowedIntents
	if err := s.populate(); err != nil {
		panic("sandbox/discord: " + err.Error())
	}
	return s
}

func (s *Server) populate() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range append([]User{s.opt.Bot}, s.opt.Users...) {
		if _, err := s.addUser(u); err != nil {
			return err
		}
	}
	for _, g := range s.opt.Guilds {
		if _, err := s.addGuild(g); err != nil {
			return err
		}
	}
	return nil
}

// Start listens and serves until Close is called or ctx ends; after ctx has
// ended Close is still needed, to wait. A server can be started once.
func (s *Server) Start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started || s.closing {
		return errors.New("discord sandbox: started or closed before")
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", s.opt.Addr)
	if err != nil {
		return fmt.Errorf("discord sandbox: listen: %w", err)
	}
	s.started = true
	s.ln = ln
	s.ctx, s.cancel = context.WithCancel(ctx)
	s.http = &http.Server{
		Handler:           s.routes(),
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return s.ctx },
	}
	s.wg.Go(func() { _ = s.http.Serve(ln) })
	s.wg.Go(func() {
		<-s.ctx.Done()
		s.shut()
	})
	return nil
}

// shut closes what can block a goroutine. It runs once the context has ended.
func (s *Server) shut() {
	s.mu.Lock()
	s.closing = true
	conns := append([]*conn(nil), s.conns...)
	s.mu.Unlock()
	s.feed.Close()
	_ = s.http.Close()
	for _, c := range conns {
		_ = c.ws.Close()
	}
}

// Close stops the server and waits for all it has started; connections are
// cut. It may be called more than once.
func (s *Server) Close() error {
	s.mu.Lock()
	if !s.started {
		s.closing = true
		s.mu.Unlock()
		s.feed.Close()
		s.feed.Wait()
		s.wg.Wait()
		return nil
	}
	s.mu.Unlock()
	s.cancel()
	s.wg.Wait()
	s.feed.Wait()
	return nil
}

// begin counts a goroutine in, unless the server is closing. Each true needs
// one s.wg.Done.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing || !s.started || s.ctx.Err() != nil {
		return false
	}
	s.wg.Add(1)
	return true
}

func (s *Server) host() string {
	if s.ln == nil {
		return ""
	}
	return s.ln.Addr().String()
}

// URL is the server's base address, "http://127.0.0.1:PORT"; only the scheme
// before Start.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return "http://" + s.host()
}

// APIURL is the value for DISCORD_API_URL: URL() + "/api/v9".
func (s *Server) APIURL() string { return s.URL() + "/api/v9" }

// GatewayURL is what GET /gateway answers, ws://127.0.0.1:PORT/gateway;
// ResumeURL is what READY tells, ws://127.0.0.1:PORT/resume.
func (s *Server) GatewayURL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gatewayURL()
}

func (s *Server) gatewayURL() string { return "ws://" + s.host() + "/gateway" }

// ResumeURL is the address for resuming.
func (s *Server) ResumeURL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.resumeURL()
}

func (s *Server) resumeURL() string { return "ws://" + s.host() + "/resume" }

// Token is the bot's token.
func (s *Server) Token() string { return s.opt.Token }

// AppID is the application's id.
func (s *Server) AppID() string { return s.opt.AppID }

// BotID is the id of the bot's user.
func (s *Server) BotID() string { return s.opt.Bot.ID }

func (s *Server) routes() http.Handler {
	api := s.apiRoutes()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.begin() {
			http.Error(w, "closing", http.StatusServiceUnavailable)
			return
		}
		defer s.wg.Done()
		switch path := r.URL.Path; path {
		case "/gateway", "/gateway/", "/resume", "/resume/":
			s.serveGateway(w, r)
		default:
			if strings.HasPrefix(path, "/attachments/") {
				s.serveAttachment(w, r)
				return
			}
			api.ServeHTTP(w, r)
		}
	})
}
