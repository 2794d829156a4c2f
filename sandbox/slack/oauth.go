package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// codeLife is how long an OAuth code can be exchanged.
const codeLife = 10 * time.Minute

// consent is what a code was given for. Guarded by Server.mu.
type consent struct {
	team     string
	redirect string   // as the authorize page was told; "": it was not
	scopes   []string // nil: all
	till     time.Time
}

// GrantCode gives a code that oauth.v2.access exchanges once for a
// workspace's bot token, as if an admin had consented.
func (s *Server) GrantCode(teamID string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.grant(consent{team: teamID})
}

// grant gives a code. The caller holds mu.
func (s *Server) grant(c consent) (string, error) {
	if _, ok := s.teams[c.team]; !ok {
		return "", fmt.Errorf("no workspace %s", c.team)
	}
	c.till = s.opt.Now().Add(codeLife)
	code := s.newID("code-")
	s.codes[code] = c
	return code, nil
}

// SetRedirectURLs says which addresses the app's configuration allows the browser to
// be sent back to. The first is taken where the authorize page is told none; a
// longer path of one is allowed. With none, any is.
func (s *Server) SetRedirectURLs(urls ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.redirects = slices.Clone(urls)
}

// redirectFor is where a browser is sent back to; nil when the app's configuration
// doesn't allow it. The caller holds mu.
func (s *Server) redirectFor(asked string) *url.URL {
	allowed := func(base string) bool {
		return asked == base || strings.HasPrefix(asked, strings.TrimSuffix(base, "/")+"/")
	}
	switch {
	case asked == "" && len(s.redirects) > 0:
		asked = s.redirects[0]
	case len(s.redirects) > 0 && !slices.ContainsFunc(s.redirects, allowed):
		return nil
	}
	back, err := url.Parse(asked)
	if err != nil || back.Host == "" {
		return nil
	}
	return back
}

var chooser = template.Must(template.New("authorize").Parse(`<!doctype html><title>Install</title>
<p>Where shall the app be installed?</p>
<ul>{{range .Teams}}<li><a href="{{.Address}}">{{.Name}}</a></li>{{end}}</ul>
<p><a href="{{.Cancel}}">Cancel</a></p>
`))

// serveAuthorize is the consent page. Where there is one workspace, or the query
// names the team, the consent is given at once: it sends the browser back with a
// code and the state. Else it lets the person choose. With "cancel" in the query,
// or DenyConsent, the person declines.
func (s *Server) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	s.mu.Lock()
	defer s.mu.Unlock()
	back := s.redirectFor(q.Get("redirect_uri"))
	switch {
	case q.Get("client_id") != s.opt.ClientID:
		http.Error(w, "invalid_client_id", http.StatusBadRequest)
		return
	case back == nil:
		http.Error(w, "bad_redirect_uri", http.StatusBadRequest)
		return
	case q.Get("scope") == "" && q.Get("user_scope") == "":
		http.Error(w, "invalid_scope", http.StatusBadRequest)
		return
	}
	teamID := q.Get("team")
	if teamID == "" && len(s.teamOrder) == 1 {
		teamID = s.teamOrder[0]
	}
	v := back.Query()
	v.Set("state", q.Get("state"))
	switch {
	case q.Get("cancel") != "" || s.faultState.deny > 0:
		s.faultState.deny = max(0, s.faultState.deny-1)
		v.Set("error", "access_denied")
	case teamID == "":
		s.serveChooser(w, q)
		return
	default:
		code, err := s.grant(consent{team: teamID, redirect: q.Get("redirect_uri"), scopes: strings.Split(q.Get("scope"), ",")})
		if err != nil {
			http.Error(w, "invalid_team", http.StatusBadRequest)
			return
		}
		v.Set("code", code)
	}
	back.RawQuery = v.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

// serveChooser lets the person choose among the workspaces. The caller holds mu.
func (s *Server) serveChooser(w http.ResponseWriter, q url.Values) {
	type choice struct {
		Name    string
		Address template.URL
	}
	with := func(key, value string) template.URL {
		changed := maps.Clone(q)
		changed.Set(key, value)
		return template.URL("?" + changed.Encode())
	}
	page := struct {
		Teams  []choice
		Cancel template.URL
	}{Cancel: with("cancel", "1")}
	for _, id := range s.teamOrder {
		page.Teams = append(page.Teams, choice{s.teams[id].Name, with("team", id)})
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = chooser.Execute(w, page)
}

func (s *Server) oauthAccess(q *request) reply {
	switch {
	case q.inQuery:
		return fail("invalid_arguments") // Slack allows it; a secret in an address is a mistake
	case q.args["client_id"] != s.opt.ClientID:
		return fail("invalid_client_id")
	case q.args["client_secret"] != s.opt.ClientSecret:
		return fail("bad_client_secret")
	}
	given, ok := s.codes[q.args["code"]]
	delete(s.codes, q.args["code"])
	switch {
	case !ok:
		return fail("invalid_code")
	case !s.opt.Now().Before(given.till):
		return fail("code_expired")
	case given.redirect != q.args["redirect_uri"]:
		return fail("bad_redirect_uri")
	}
	w := s.teams[given.team]
	s.installed(w, given.scopes)
	installer := ""
	for _, id := range w.order {
		if w.users[id].Admin && installer == "" {
			installer = id
		}
	}
	scopes := w.Scopes
	if scopes == nil {
		scopes = []string{
			"app_mentions:read", "channels:history", "chat:write", "commands", "files:write", "groups:history",
			"im:history", "mpim:history", "users:read",
		}
	}
	q.call.Team = w.ID
	answer := map[string]any{
		"app_id": s.opt.AppID, "authed_user": map[string]any{"id": installer},
		"scope": strings.Join(scopes, ","), "token_type": "bot", "access_token": w.BotToken,
		"bot_user_id": w.BotUserID, "team": map[string]any{"id": w.ID, "name": w.Name},
		"enterprise": nil, "is_enterprise_install": false,
	}
	if change := s.faultState.grant; change != nil {
		s.faultState.grant = nil
		change(answer)
	}
	return done(answer)
}

// installed makes the app's token good. One whose token was good until now keeps it;
// a token that was revoked stays dead, and a new one takes its place. The caller
// holds mu.
func (s *Server) installed(w *team, scopes []string) {
	if w.revoked != "" && !w.Pending {
		s.deadTokens[w.BotToken] = w.revoked
		w.generation++
		base, _, _ := strings.Cut(w.BotToken, "~")
		w.BotToken = base + "~" + strconv.Itoa(w.generation)
	}
	w.Pending, w.revoked, w.gone = false, "", false
	if scopes != nil {
		w.Scopes = scopes
	}
	for _, id := range w.dms {
		s.channels[id].BotMember = true
	}
	s.changed(Event{Kind: WorkspaceChanged, Team: w.ID})
}

// authRevoke ends the token that asks for it.
func (s *Server) authRevoke(q *request) reply {
	q.team.revoked = "token_revoked"
	return done(map[string]any{"revoked": true})
}

// Uninstall removes the app from a workspace, as an admin does: its token dies
// (account_inactive), the bot leaves all conversations, the slash command is gone,
// and the app is told by tokens_revoked and app_uninstalled, in that order or,
// where reversed is set, the other way around. A later installation gets a new
// token; the bot has to be invited again. It waits for the first attempt of each event.
func (s *Server) Uninstall(ctx context.Context, teamID string, reversed bool) ([]*Delivery, error) {
	s.mu.Lock()
	w, ok := s.teams[teamID]
	if !ok || !s.running() {
		s.mu.Unlock()
		return nil, fmt.Errorf("no workspace %s, or not running", teamID)
	}
	w.revoked, w.gone = "account_inactive", true
	for _, id := range s.channelOrder {
		if c := s.channels[id]; c.Team == teamID {
			c.BotMember = false
		}
	}
	s.changed(Event{Kind: WorkspaceChanged, Team: teamID})
	told := []*Delivery{
		s.farewell(w, map[string]any{"type": "tokens_revoked", "tokens": map[string]any{"oauth": []any{}, "bot": []any{w.BotUserID}}}),
		s.farewell(w, map[string]any{"type": "app_uninstalled"}),
	}
	if reversed {
		slices.Reverse(told)
	}
	ds := s.sendEvents(false, told...)
	s.mu.Unlock()
	return ds, waitFirst(ctx, ds)
}

// farewell is an event about an installation that is over, so that it names none as
// its authorization. The caller holds mu.
func (s *Server) farewell(w *team, inner map[string]any) *Delivery {
	d := s.outer(w, inner)
	var outer map[string]any
	if decode(d.Payload, &outer) == nil {
		delete(outer, "authorizations")
		delete(outer, "context_team_id")
		delete(outer, "context_enterprise_id")
		if raw, err := json.Marshal(outer); err == nil {
			d.Payload = raw
		}
	}
	return d
}

// formPayload takes the payload field out of a form.
func formPayload(body string) ([]byte, bool) {
	form, err := url.ParseQuery(body)
	if err != nil || form.Get("payload") == "" {
		return nil, false
	}
	return []byte(form.Get("payload")), true
}
