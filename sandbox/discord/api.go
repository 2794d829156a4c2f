package discord

import (
	"context"
	"encoding/json"
	"errors"
	"hash/fnv"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Routes as Calls, Rates and the faults name them; {} stands for an id.
const (
	RouteCreateMessage    = "POST /channels/{}/messages"
	RouteEditMessage      = "PATCH /channels/{}/messages/{}"
	RouteWriteMessage     = "messages" // in faults: create or edit
	RouteDeleteMessage    = "DELETE /channels/{}/messages/{}"
	RouteListMessages     = "GET /channels/{}/messages"
	RouteGetMessage       = "GET /channels/{}/messages/{}"
	RouteGatewayBot       = "GET /gateway/bot"
	RouteListCommands     = "GET /applications/{}/commands"
	RouteOverwriteCommand = "PUT /applications/{}/commands"
	RouteCreateCommand    = "POST /applications/{}/commands"
	RouteCallback         = "POST /interactions/{}/{}/callback"
	RouteFollowUp         = "POST /webhooks/{}/{}"
	RouteGetOriginal      = "GET /webhooks/{}/{}/messages/@original"
	RouteEditOriginal     = "PATCH /webhooks/{}/{}/messages/@original"
	RouteDeleteOriginal   = "DELETE /webhooks/{}/{}/messages/@original"
	RouteGetFollowUp      = "GET /webhooks/{}/{}/messages/{}"
	RouteEditFollowUp     = "PATCH /webhooks/{}/{}/messages/{}"
	RouteDeleteFollowUp   = "DELETE /webhooks/{}/{}/messages/{}"
	RouteGetMe            = "GET /users/@me"
	RouteCreateDM         = "POST /users/@me/channels"
)

// Call is one request to the REST API.
type Call struct {
	Seq       int // 1, 2, … in the order of arrival
	Route     string
	Path      string // without /api/vN; tokens of interactions included
	Body      []byte // of a multipart request, the JSON in it
	Files     int    // in it
	UserAgent string
	At        time.Time
	Status    int    // 0 while it is not answered, and when the connection was cut
	Code      int    // Discord's own, of an error
	Fault     string // which fault was applied; empty for none
}

// Calls lists the calls of a route in the order of arrival; "" lists all.
func (s *Server) Calls(route string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Call
	for _, c := range s.calls {
		if route == "" || c.Route == route {
			out = append(out, *c)
		}
	}
	return out
}

// reply is the answer to a call.
type reply struct {
	status int
	code   int
	body   any // nil: none
}

func apiError(status, code int, message string) reply {
	return reply{status: status, code: code, body: obj{"code": code, "message": message}}
}

var (
	unauthorized   = apiError(401, 0, "401: Unauthorized")
	notFound       = apiError(404, 0, "404: Not Found")
	unknownChannel = apiError(404, 10003, "Unknown Channel")
	unknownMessage = apiError(404, 10008, "Unknown Message")
	unknownWebhook = apiError(404, 10015, "Unknown Webhook")
	unknownAct     = apiError(404, 10062, "Unknown interaction")
	missingAccess  = apiError(403, 50001, "Missing Access")
	noPermission   = apiError(403, 50013, "Missing Permissions")
	emptyMessage   = apiError(400, 50006, "Cannot send an empty message")
	alreadyAcked   = apiError(400, 40060, "Interaction has already been acknowledged.")
	cannotDM       = apiError(403, 50007, "Cannot send messages to this user")
	notAuthor      = apiError(403, 50005, "Cannot edit a message authored by another user")
)

// request is a call on its way to its handler.
type request struct {
	http *http.Request
	body []byte
	ids  []string     // path parameters, in order
	file map[int]file // of a multipart request, by number
	bad  *reply       // its form is none
}

type handler struct {
	route string
	path  *regexp.Regexp
	open  bool // needs no bot token
	do    func(*Server, request) reply
}

func route(name string, do func(*Server, request) reply) handler {
	_, pattern, _ := strings.Cut(name, " ")
	h := handler{route: name, do: do, path: regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\{\}`, "([^/]+)") + "$")}
	h.open = strings.Contains(name, "/interactions/") || strings.Contains(name, "/webhooks/")
	return h
}

func handlers() []handler {
	return []handler{
		route("GET /gateway", (*Server).getGateway),
		route(RouteGatewayBot, (*Server).getGatewayBot),
		route(RouteGetMe, func(s *Server, _ request) reply { return reply{status: 200, body: s.userJSON(s.opt.Bot.ID)} }),
		route(RouteCreateDM, (*Server).createDM),
		route("GET /users/{}", (*Server).getUser),
		route("GET /applications/@me", (*Server).getApplication),
		route("GET /oauth2/applications/@me", (*Server).getApplication),
		route("GET /channels/{}", (*Server).getChannel),
		route("GET /guilds/{}", (*Server).getGuild),
		route(RouteCreateMessage, (*Server).createMessage),
		route(RouteListMessages, (*Server).listMessages),
		route(RouteGetMessage, (*Server).getMessage),
		route(RouteEditMessage, (*Server).editMessage),
		route(RouteDeleteMessage, (*Server).deleteMessage),
		route(RouteListCommands, (*Server).listCommands),
		route(RouteOverwriteCommand, (*Server).overwriteCommands),
		route(RouteCreateCommand, (*Server).createCommand),
		route(RouteCallback, (*Server).callback),
		route(RouteFollowUp, (*Server).followUp),
		route(RouteGetOriginal, (*Server).getOriginal),
		route(RouteEditOriginal, (*Server).editOriginal),
		route(RouteDeleteOriginal, (*Server).deleteOriginal),
		route(RouteGetFollowUp, (*Server).getOriginal),
		route(RouteEditFollowUp, (*Server).editOriginal),
		route(RouteDeleteFollowUp, (*Server).deleteOriginal),
	}
}

var version = regexp.MustCompile(`^/api/v(9|10)(/.*)$`)

const maxRequest = 25 << 20

func (s *Server) apiRoutes() http.Handler {
	all := handlers()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m := version.FindStringSubmatch(r.URL.Path)
		if m == nil {
			http.NotFound(w, r)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
		if err != nil { // too large, or the client has gone
			http.Error(w, "request entity too large", http.StatusRequestEntityTooLarge)
			return
		}
		name, do, req := "", (*handler)(nil), request{http: r, body: body}
		for i := range all {
			method, _, _ := strings.Cut(all[i].route, " ")
			if ids := all[i].path.FindStringSubmatch(m[2]); ids != nil && method == r.Method {
				name, do, req.ids = all[i].route, &all[i], ids[1:]
				break
			}
		}
		message, files, bad := parts(r.Header.Get("Content-Type"), body)
		if len(files) > 0 && name != RouteCreateMessage { // see the package's words on what is not simulated
			out := apiError(400, 50035, "Invalid Form Body")
			bad = &out
		}
		req.body, req.file, req.bad = message, files, bad
		s.serveCall(w, r, name, m[2], do, req)
	})
}

func (s *Server) serveCall(w http.ResponseWriter, r *http.Request, name, path string, do *handler, req request) {
	s.mu.Lock()
	call := &Call{Seq: len(s.calls) + 1, Route: name, Path: path, Body: req.body, Files: len(req.file), UserAgent: r.UserAgent(), At: s.opt.Now()}
	if name == "" {
		call.Route = r.Method + " " + path
	}
	s.calls = append(s.calls, call)
	fault := s.takeCallFault(name)
	call.Fault = fault.kind
	s.changed(Event{Kind: CallMade, Call: *call})
	s.mu.Unlock()

	if fault.pause > 0 && !wait(r.Context(), fault.pause) {
		return
	}
	header := w.Header()
	var out reply
	switch fault.kind {
	case faultDrop:
		panic(http.ErrAbortHandler)
	case faultRefuse:
		out = fault.reply
		for k, v := range fault.header {
			header[k] = v
		}
	default:
		out = s.answer(header, r, name, do, req)
	}
	s.mu.Lock()
	if fault.kind != faultAcceptDrop && fault.kind != faultAcceptHang {
		call.Status, call.Code = out.status, out.code
	}
	s.changed(Event{Kind: CallMade, Call: *call})
	s.mu.Unlock()
	switch fault.kind {
	case faultAcceptHang:
		<-r.Context().Done()
		return
	case faultAcceptDrop:
		panic(http.ErrAbortHandler)
	case faultAcceptError:
		out = fault.reply
	}
	if html, ok := out.body.(string); ok {
		header.Set("Content-Type", "text/html")
		w.WriteHeader(out.status)
		_, _ = io.WriteString(w, html)
		return
	}
	header.Set("Content-Type", "application/json")
	w.WriteHeader(out.status)
	if out.body != nil {
		_, _ = w.Write(encode(out.body))
	}
}

func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (s *Server) answer(header http.Header, r *http.Request, name string, do *handler, req request) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	if do == nil {
		return notFound
	}
	if !do.open && (s.tokenRevoked || r.Header.Get("Authorization") != "Bot "+s.opt.Token) {
		return unauthorized
	}
	if !do.open {
		if out, limited := s.limit(header, name, req); limited {
			return out
		}
	}
	if req.bad != nil {
		return *req.bad
	}
	return do.do(s, req)
}

// bucket is what is left of one limit.
type bucket struct {
	left int
	full time.Time // when all of it is back
}

// bucketHash names a route's bucket; with the call's major parameter, it is what
// a limit belongs to.
func bucketHash(route string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(route))
	return strconv.FormatUint(h.Sum64(), 16)
}

// limit takes one from a call's bucket and tells of it in the headers.
func (s *Server) limit(header http.Header, name string, req request) (reply, bool) {
	rate, ok := s.opt.Rates[name]
	if !ok {
		rate = s.opt.Rate
	}
	major := ""
	if len(req.ids) > 0 {
		major = req.ids[0]
	}
	key := name + " " + major
	now := s.opt.Now()
	b := s.buckets[key]
	if b == nil || !now.Before(b.full) {
		b = &bucket{left: rate.Limit, full: now.Add(rate.Window)}
		s.buckets[key] = b
	}
	after := b.full.Sub(now).Seconds()
	limited := b.left == 0
	if !limited {
		b.left--
	}
	header.Set("X-RateLimit-Bucket", bucketHash(name))
	header.Set("X-RateLimit-Limit", strconv.Itoa(rate.Limit))
	header.Set("X-RateLimit-Remaining", strconv.Itoa(b.left))
	header.Set("X-RateLimit-Reset-After", strconv.FormatFloat(after, 'f', 3, 64))
	header.Set("X-RateLimit-Reset", strconv.FormatFloat(float64(b.full.UnixMilli())/1000, 'f', 3, 64))
	if !limited {
		return reply{}, false
	}
	header.Set("X-RateLimit-Scope", "user")
	header.Set("Retry-After", strconv.Itoa(int(after)+1))
	return reply{status: 429, body: obj{"message": "You are being rate limited.", "retry_after": after, "global": false}}, true
}

// The handlers below are called with mu held.

func (s *Server) getGateway(request) reply {
	return reply{status: 200, body: obj{"url": s.gatewayURL()}}
}

func (s *Server) getGatewayBot(request) reply {
	s.renewStarts()
	return reply{status: 200, body: obj{
		"url": s.gatewayURL(), "shards": s.opt.Shards,
		"session_start_limit": obj{
			"total": s.opt.IdentifyLimit, "remaining": s.startsLeft,
			"reset_after": max(0, s.startsDay.Sub(s.opt.Now()).Milliseconds()), "max_concurrency": s.opt.MaxConcurrency,
		},
	}}
}

func (s *Server) getApplication(request) reply {
	return reply{status: 200, body: obj{"id": s.opt.AppID, "name": s.opt.Bot.Username, "bot": s.userJSON(s.opt.Bot.ID), "flags": s.appFlags()}}
}

// appFlags are the application's flags: which privileged intents an app of few servers
// may use (GATEWAY_PRESENCE_LIMITED, GATEWAY_GUILD_MEMBERS_LIMITED and
// GATEWAY_MESSAGE_CONTENT_LIMITED).
func (s *Server) appFlags() int {
	flags := 0
	for intent, flag := range map[Intent]int{1 << 8: 1 << 13, 1 << 1: 1 << 15, IntentMessageContent: 1 << 19} {
		if s.faultState.disallowed&intent == 0 {
			flags |= flag
		}
	}
	return flags
}

func (s *Server) getUser(r request) reply {
	if s.users[r.ids[0]] == nil {
		return apiError(404, 10013, "Unknown User")
	}
	return reply{status: 200, body: s.userJSON(r.ids[0])}
}

func (s *Server) getChannel(r request) reply {
	c := s.channels[r.ids[0]]
	switch {
	case c == nil:
		return unknownChannel
	case !s.permissions(c, s.opt.Bot.ID).has(ViewChannel):
		return missingAccess
	}
	return reply{status: 200, body: s.channelJSON(c)}
}

func (s *Server) getGuild(r request) reply {
	g := s.guilds[r.ids[0]]
	if g == nil || g.removed {
		return apiError(404, 10004, "Unknown Guild")
	}
	return reply{status: 200, body: s.guildJSON(g, false)}
}

func (s *Server) createDM(r request) reply {
	var in struct {
		Recipient string `json:"recipient_id"`
	}
	f := &form{}
	if out, ok := f.decode(r.body, &in); !ok {
		return out
	}
	c, err := s.openDM(in.Recipient)
	if errors.Is(err, errUnknownUser) {
		return apiError(400, 50033, "Invalid Recipient(s)")
	}
	return reply{status: 200, body: s.channelJSON(c)}
}

func (s *Server) listMessages(r request) reply {
	c := s.channels[r.ids[0]]
	switch {
	case c == nil:
		return unknownChannel
	case !s.permissions(c, s.opt.Bot.ID).has(ViewChannel | ReadMessageHistory):
		return missingAccess
	}
	q := r.http.URL.Query()
	limit, err := strconv.Atoi(q.Get("limit"))
	if err != nil || limit < 1 || limit > 100 {
		limit = 50
	}
	after, before := q.Get("after"), q.Get("before")
	var found []*Message
	for _, m := range c.messages {
		if !m.Deleted && m.EphemeralFor == "" && (after == "" || compareIDs(m.ID, after) > 0) && (before == "" || compareIDs(m.ID, before) < 0) {
			found = append(found, m)
		}
	}
	switch extra := len(found) - limit; {
	case extra <= 0:
	case after != "": // the next ones
		found = found[:limit]
	default: // the latest ones
		found = found[extra:]
	}
	list := []json.RawMessage{}
	for _, m := range slices.Backward(found) { // the newest first, in either case
		list = append(list, encode(s.messageJSON(m, false)))
	}
	return reply{status: 200, body: list}
}

func (s *Server) getMessage(r request) reply {
	m := s.messages[r.ids[1]]
	if c := s.channels[r.ids[0]]; c == nil {
		return unknownChannel
	} else if !s.permissions(c, s.opt.Bot.ID).has(ViewChannel | ReadMessageHistory) {
		return missingAccess
	}
	if m == nil || m.Deleted || m.EphemeralFor != "" || m.ChannelID != r.ids[0] {
		return unknownMessage
	}
	return reply{status: 200, body: s.messageJSON(m, false)}
}
