package slack

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// GrantCode gives a code that oauth.v2.access exchanges once for a
// workspace's bot token, as if an admin had consented.
func (s *Server) GrantCode(teamID string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.teams[teamID]; !ok {
		return "", fmt.Errorf("no workspace %s", teamID)
	}
	code := s.newID("code-")
	s.codes[code] = teamID
	return code, nil
}

// serveAuthorize is the consent page, with the consent given at once: it sends
// the browser back with a code and the state. The query may name the team.
func (s *Server) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("client_id") != s.opt.ClientID {
		http.Error(w, "invalid_client_id", http.StatusBadRequest)
		return
	}
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || back.Host == "" {
		http.Error(w, "bad_redirect_uri", http.StatusBadRequest)
		return
	}
	teamID := q.Get("team")
	if teamID == "" {
		s.mu.Lock()
		teamID = s.teamOrder[0]
		s.mu.Unlock()
	}
	code, err := s.GrantCode(teamID)
	if err != nil {
		http.Error(w, "invalid_team", http.StatusBadRequest)
		return
	}
	v := back.Query()
	v.Set("code", code)
	v.Set("state", q.Get("state"))
	back.RawQuery = v.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

func (s *Server) oauthAccess(q *request) reply {
	switch {
	case q.args["client_id"] != s.opt.ClientID:
		return fail("invalid_client_id")
	case q.args["client_secret"] != s.opt.ClientSecret:
		return fail("bad_client_secret")
	}
	teamID, ok := s.codes[q.args["code"]]
	if !ok {
		return fail("invalid_code")
	}
	delete(s.codes, q.args["code"])
	w := s.teams[teamID]
	w.revoked = ""
	installer := ""
	for _, id := range w.order {
		if w.users[id].Admin && installer == "" {
			installer = id
		}
	}
	scopes := w.Scopes
	if scopes == nil {
		scopes = []string{
			"app_mentions:read", "channels:history", "chat:write", "commands", "groups:history",
			"im:history", "mpim:history", "users:read",
		}
	}
	q.call.Team = teamID
	return done(map[string]any{
		"app_id": s.opt.AppID, "authed_user": map[string]any{"id": installer},
		"scope": strings.Join(scopes, ","), "token_type": "bot", "access_token": w.BotToken,
		"bot_user_id": w.BotUserID, "team": map[string]any{"id": w.ID, "name": w.Name},
		"enterprise": nil, "is_enterprise_install": false,
	})
}

// formPayload takes the payload field out of a form.
func formPayload(body string) ([]byte, bool) {
	form, err := url.ParseQuery(body)
	if err != nil || form.Get("payload") == "" {
		return nil, false
	}
	return []byte(form.Get("payload")), true
}
