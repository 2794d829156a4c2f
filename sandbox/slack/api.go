package slack

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Call is one request to the Web API, or to a response_url (Method
// "response_url").
type Call struct {
	Seq    int // 1, 2, … in the order of arrival
	Method string
	Team   string // of the token; empty when it was no good
	// Args are the arguments; structured ones as their JSON. Without the token.
	Args        map[string]string
	ContentType string
	At          time.Time
	Latency     time.Duration // zero while the answer is not out
	Done        bool
	Status      int    // HTTP; 0 when the connection was cut or left hanging
	OK          bool   // the call had its effect and said so
	Error       string // Slack's error code
	Fault       string // which fault was applied; empty for none
	Made        bool   // the effect took place, whatever the app heard
}

// Calls lists the calls of a method in the order of arrival, unfinished ones
// too; "" lists all.
func (s *Server) Calls(method string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Call{}
	for _, c := range s.calls {
		if method == "" || c.Method == method {
			d := *c
			d.Args = maps.Clone(c.Args)
			out = append(out, d)
		}
	}
	return out
}

// args are a request's arguments.
type args map[string]string

func (a args) raw(key string) json.RawMessage {
	v := strings.TrimSpace(a[key])
	if v == "" || v == "null" {
		return nil
	}
	return json.RawMessage(v)
}

func (a args) flag(key string) bool {
	v := a[key]
	return v == "true" || v == "1" || v == "True"
}

func (a args) number(key string, otherwise int) int {
	if n, err := strconv.Atoi(a[key]); err == nil && n > 0 {
		return n
	}
	return otherwise
}

// reply is what a method answers.
type reply struct {
	fields   map[string]any
	err      string // Slack's error code; empty: ok
	problems []string
	status   int // 200 when zero
	header   http.Header
	plain    string // a body that is not JSON
	cut      bool   // close the connection without a word
	hang     bool   // never answer
}

func fail(code string) reply { return reply{err: code} }

func refuse(code string, problems []string) reply { return reply{err: code, problems: problems} }

func done(fields map[string]any) reply { return reply{fields: fields} }

// request is one call being served. Its handler runs with Server.mu held.
type request struct {
	args
	team    *team
	call    *Call
	inQuery bool // it came with a query
}

// method is one entry of the Web API.
type method struct {
	serve func(*Server, *request) reply
	scope string // needed of the bot token; empty: none
	token tokenKind
}

type tokenKind int

const (
	botToken tokenKind = iota
	appToken
	noToken
)

func lookup(name string) (method, bool) {
	switch name {
	case "api.test":
		return method{serve: (*Server).apiTest, token: noToken}, true
	case "oauth.v2.access":
		return method{serve: (*Server).oauthAccess, token: noToken}, true
	case "apps.connections.open":
		return method{serve: (*Server).connectionsOpen, token: appToken}, true
	case "auth.revoke":
		return method{serve: (*Server).authRevoke}, true
	case "auth.test":
		return method{serve: (*Server).authTest}, true
	case "chat.postMessage":
		return method{serve: (*Server).chatPostMessage, scope: "chat:write"}, true
	case "chat.postEphemeral":
		return method{serve: (*Server).chatPostEphemeral, scope: "chat:write"}, true
	case "chat.update":
		return method{serve: (*Server).chatUpdate, scope: "chat:write"}, true
	case "chat.delete":
		return method{serve: (*Server).chatDelete, scope: "chat:write"}, true
	case "chat.getPermalink":
		return method{serve: (*Server).chatGetPermalink}, true
	case "files.getUploadURLExternal":
		return method{serve: (*Server).filesGetUploadURL, scope: "files:write"}, true
	case "files.completeUploadExternal":
		return method{serve: (*Server).filesCompleteUpload, scope: "files:write"}, true
	case "users.info":
		return method{serve: (*Server).usersInfo, scope: "users:read"}, true
	case "conversations.info":
		return method{serve: (*Server).conversationsInfo, scope: "channels:read"}, true
	case "conversations.members":
		return method{serve: (*Server).conversationsMembers, scope: "channels:read"}, true
	case "conversations.history":
		return method{serve: (*Server).conversationsHistory, scope: "channels:history"}, true
	case "conversations.replies":
		return method{serve: (*Server).conversationsReplies, scope: "channels:history"}, true
	case "conversations.open":
		return method{serve: (*Server).conversationsOpen, scope: "im:write"}, true
	case "views.open":
		return method{serve: (*Server).viewsOpen}, true
	case "views.push":
		return method{serve: (*Server).viewsPush}, true
	case "views.update":
		return method{serve: (*Server).viewsUpdate}, true
	case "views.publish":
		return method{serve: (*Server).viewsPublish}, true
	}
	return method{}, false
}

func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("method")
	a, contentType, readErr := readArgs(r)
	token := a["token"]
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		token = strings.TrimSpace(bearer)
	}
	delete(a, "token")
	if id, secret, ok := r.BasicAuth(); ok && name == "oauth.v2.access" {
		a["client_id"], a["client_secret"] = id, secret
	}
	s.answer(w, r, name, a, contentType, func(q *request) reply {
		if readErr != nil {
			return fail("invalid_json")
		}
		q.inQuery = r.URL.RawQuery != ""
		return s.serveMethod(q, name, token)
	})
}

// serveMethod checks the token and does what the method does. mu is held.
func (s *Server) serveMethod(q *request, name, token string) reply {
	m, ok := lookup(name)
	if !ok {
		return fail("unknown_method")
	}
	switch m.token {
	case appToken:
		switch {
		case token == "":
			return fail("not_authed")
		case token != s.opt.AppToken && strings.HasPrefix(token, "xoxb-"):
			return fail("not_allowed_token_type")
		case token != s.opt.AppToken:
			return fail("invalid_auth")
		}
	case botToken:
		switch token {
		case "":
			return fail("not_authed")
		case s.opt.AppToken:
			return fail("not_allowed_token_type")
		}
		q.team = s.teamByToken(token)
		if code := s.deadTokens[token]; code != "" {
			return fail(code)
		}
		if q.team == nil {
			return fail("invalid_auth")
		}
		if q.team.revoked != "" {
			return fail(q.team.revoked)
		}
		q.call.Team = q.team.ID
		if m.scope != "" && q.team.Scopes != nil && !slices.Contains(q.team.Scopes, m.scope) {
			return reply{err: "missing_scope", fields: map[string]any{
				"needed": m.scope, "provided": strings.Join(q.team.Scopes, ","),
			}}
		}
	}
	return m.serve(s, q)
}

func (s *Server) teamByToken(token string) *team {
	for _, w := range s.teams {
		if w.BotToken == token {
			return w
		}
	}
	return nil
}

// answer records a call, applies the faults that are set for it, and writes
// what serve answers. serve runs with mu held, and not at all when a fault
// comes first.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, name string, a args, contentType string, serve func(*request) reply) {
	start := time.Now()
	s.mu.Lock()
	call := &Call{
		Seq: len(s.calls) + 1, Method: name, Args: maps.Clone(a), ContentType: contentType, At: s.opt.Now(),
	}
	delete(call.Args, "client_secret")
	s.calls = append(s.calls, call)
	f := s.takeFault(name)
	call.Fault = string(f.kind)
	s.changed(Event{Kind: CallBegan, Call: *call})
	s.mu.Unlock()

	f.delay(s.ctx) // Slack goes on when the client has left

	s.mu.Lock()
	out, before := f.before()
	scopes := ""
	if !before {
		q := &request{args: a, call: call}
		out = serve(q)
		if q.team != nil {
			scopes = q.team.grantedScopes()
		}
		call.Made = out.err == ""
		out = f.after(out)
	}
	body := out.body()
	call.Error = out.err
	s.mu.Unlock()

	status := out.status
	if status == 0 {
		status = http.StatusOK
	}
	if out.hang {
		select {
		case <-r.Context().Done():
		case <-s.ctx.Done():
		}
	}
	cut := out.hang || out.cut
	if !cut {
		h := w.Header()
		maps.Copy(h, out.header)
		if h.Get("Content-Type") == "" {
			h.Set("Content-Type", "application/json; charset=utf-8")
		}
		if scopes != "" {
			h.Set("X-OAuth-Scopes", scopes)
		}
		h.Set("X-Slack-Req-Id", strconv.Itoa(call.Seq))
		h.Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(status)
		_, _ = w.Write(body)
	}

	s.mu.Lock()
	call.Done, call.Latency = true, time.Since(start)
	if !cut {
		call.Status = status
		call.OK = out.err == "" && status == http.StatusOK && !out.silentFailure()
	}
	snapshot := *call
	snapshot.Args = maps.Clone(call.Args)
	s.changed(Event{Kind: CallMade, Team: call.Team, Call: snapshot})
	s.mu.Unlock()
	if cut {
		panic(http.ErrAbortHandler)
	}
}

func (r reply) silentFailure() bool { ok, set := r.fields["ok"].(bool); return set && !ok }

func (r reply) body() []byte {
	if r.plain != "" {
		return []byte(r.plain)
	}
	out := map[string]any{"ok": r.err == ""}
	maps.Copy(out, r.fields)
	if r.err != "" {
		out["error"] = r.err
	}
	if len(r.problems) > 0 {
		short := make([]string, len(r.problems))
		for i, p := range r.problems {
			short[i] = strings.TrimPrefix(p, "[ERROR] ")
		}
		out["errors"] = short
		out["response_metadata"] = map[string]any{"messages": r.problems}
	}
	b, err := json.Marshal(out)
	if err != nil {
		return []byte(`{"ok":false,"error":"fatal_error"}`)
	}
	return b
}

// readArgs reads a request's arguments from its query, its form or its JSON.
func readArgs(r *http.Request) (args, string, error) {
	a := args{}
	for k, v := range r.URL.Query() {
		a[k] = v[0]
	}
	contentType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		contentType = ""
	}
	switch contentType {
	case "application/json":
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return a, contentType, err
		}
		if len(bytes.TrimSpace(body)) == 0 { // a method without arguments
			return a, contentType, nil
		}
		var m map[string]json.RawMessage
		if err := json.Unmarshal(body, &m); err != nil {
			return a, contentType, errors.New("not a JSON object")
		}
		for k, v := range m {
			a[k] = textOf(v)
		}
	case "multipart/form-data":
		if err := r.ParseMultipartForm(1 << 20); err != nil {
			return a, contentType, err
		}
		for k, v := range r.MultipartForm.Value {
			a[k] = v[0]
		}
	default:
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return a, contentType, err
		}
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return a, contentType, err
		}
		for k, v := range form {
			a[k] = v[0]
		}
	}
	return a, contentType, nil
}

// textOf is a JSON value as a form would carry it.
func textOf(v json.RawMessage) string {
	var text string
	if json.Unmarshal(v, &text) == nil && string(v) != "null" {
		return text
	}
	if string(v) == "null" {
		return ""
	}
	return string(v)
}
