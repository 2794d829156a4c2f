package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"quizbot/sandbox/feed"
)

// Server is a local Slack. Make it with New, run it with Start, end it with
// Close. Every method is safe for concurrent use.
type Server struct {
	opt    Options
	faults Faults

	mu           sync.Mutex
	started      bool
	closing      bool
	teams        map[string]*team
	teamOrder    []string
	channels     map[string]*channel
	channelOrder []string
	urls         requestURLs
	socketMode   bool
	counter      int   // for ids
	lastTS       int64 // microseconds; the last ts given out
	views        map[string]*View
	viewOrder    []string
	triggers     map[string]*trigger
	responseURLs map[string]*responseURL
	files        map[string]*file
	fileOrder    []string
	uploads      map[string]*file   // by the address that takes their bytes
	codes        map[string]consent // by OAuth code
	redirects    []string           // where browsers may be sent back to
	deadTokens   map[string]string  // tokens of earlier installations, and the error they get
	tickets      map[string]bool    // Socket Mode tickets not used yet
	sockets      []*socket
	nextSocket   int
	waitingAcks  map[string]*pendingAck
	inputs       map[inputKey]json.RawMessage
	calls        []*Call
	pings        []Ping
	deliveries   []*Delivery
	feed         feed.Feed[Event]
	faultState   faultState
	acked        map[string]int // envelope id → acknowledgements
	oversized    int            // acknowledgements dropped for their size

	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
	http   *http.Server
	ln     net.Listener
	client *http.Client
}

// New makes a server; nothing runs before Start. It panics when Options.Teams
// contradict themselves, since that is a mistake in the caller's source.
func New(opt Options) *Server {
	opt = opt.withDefaults()
	s := &Server{
		opt:          opt,
		teams:        map[string]*team{},
		channels:     map[string]*channel{},
		views:        map[string]*View{},
		triggers:     map[string]*trigger{},
		responseURLs: map[string]*responseURL{},
		files:        map[string]*file{},
		uploads:      map[string]*file{},
		codes:        map[string]consent{},
		deadTokens:   map[string]string{},
		tickets:      map[string]bool{},
		waitingAcks:  map[string]*pendingAck{},
		acked:        map[string]int{},
		inputs:       map[inputKey]json.RawMessage{},
		socketMode:   opt.SocketMode,
		urls:         requestURLs{opt.EventsURL, opt.CommandsURL, opt.InteractionsURL},
	}
	s.faults.s = s
	for _, t := range opt.Teams {
		if err := s.addTeam(t); err != nil {
			panic("sandbox/slack: " + err.Error())
		}
	}
	return s
}

// Start listens and serves until Close is called or ctx ends; after ctx has
// ended Close is still needed, to wait. A server can be started once.
func (s *Server) Start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started {
		return errors.New("slack sandbox: started before")
	}
	if s.closing {
		return errors.New("slack sandbox: closed")
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", s.opt.Addr)
	if err != nil {
		return fmt.Errorf("slack sandbox: listen: %w", err)
	}
	s.started = true
	s.ln = ln
	s.ctx, s.cancel = context.WithCancel(ctx)
	s.client = &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: 64},
		CheckRedirect: func(_ *http.Request, via []*http.Request) error {
			if len(via) > 2 {
				return errTooManyRedirects
			}
			return nil
		},
	}
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
	sockets := s.sockets
	s.mu.Unlock()
	s.feed.Close()
	_ = s.http.Close()
	for _, k := range sockets {
		k.kill()
	}
}

// Close stops the server and waits for all it has started. Deliveries that
// still wait for a retry are given up. It may be called more than once.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closing = s.closing || !s.started
	if !s.started {
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
	s.client.CloseIdleConnections()
	return nil
}

// begin counts a goroutine in, unless the server is closing. Each true needs
// one s.wg.Done.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.beginLocked()
}

func (s *Server) beginLocked() bool {
	if s.closing || !s.started || s.ctx.Err() != nil {
		return false
	}
	s.wg.Add(1)
	return true
}

// URL is the server's base address, "http://127.0.0.1:PORT"; empty before
// Start.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.url()
}

func (s *Server) url() string {
	if s.ln == nil {
		return ""
	}
	return "http://" + s.ln.Addr().String()
}

// APIURL is the value for SLACK_API_URL: URL() + "/api/".
func (s *Server) APIURL() string { return s.URL() + "/api/" }

// SigningSecret, AppToken, AppID, ClientID and ClientSecret are what the app's
// configuration page would show.
func (s *Server) SigningSecret() string { return s.opt.SigningSecret }

// AppToken is the token for Socket Mode, xapp-….
func (s *Server) AppToken() string { return s.opt.AppToken }

// AppID is the app's id, A….
func (s *Server) AppID() string { return s.opt.AppID }

// ClientID identifies the app in OAuth.
func (s *Server) ClientID() string { return s.opt.ClientID }

// ClientSecret proves the app in OAuth.
func (s *Server) ClientSecret() string { return s.opt.ClientSecret }

// BotToken is a workspace's bot token; empty when there is no such workspace.
func (s *Server) BotToken(teamID string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w, ok := s.teams[teamID]; ok {
		return w.BotToken
	}
	return ""
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/api/{method}", s.serveAPI)
	mux.HandleFunc("POST /response/{token}", s.serveResponseURL)
	mux.HandleFunc("POST /upload/v1/{address}", s.serveUpload)
	mux.HandleFunc("GET /files-pri/{file}/{name}", s.serveFile)
	mux.HandleFunc("GET /link", s.serveSocket)
	mux.HandleFunc("GET /oauth/v2/authorize", s.serveAuthorize)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.begin() {
			http.Error(w, "closing", http.StatusServiceUnavailable)
			return
		}
		defer s.wg.Done()
		r.Body = http.MaxBytesReader(w, r.Body, 4<<20)
		mux.ServeHTTP(w, r)
	})
}

// newID gives a fresh id with a prefix. The caller holds mu.
func (s *Server) newID(prefix string) string {
	s.counter++
	return fmt.Sprintf("%s%09X", prefix, s.counter)
}

// newTS gives the next ts: seconds and six digits, later than every other.
// The caller holds mu.
func (s *Server) newTS() string {
	us := s.opt.Now().UnixMicro()
	if us <= s.lastTS {
		us = s.lastTS + 1
	}
	s.lastTS = us
	return fmt.Sprintf("%d.%06d", us/1e6, us%1e6)
}
