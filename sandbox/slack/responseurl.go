package slack

import (
	"encoding/json"
	"io"
	"net/http"
	"time"
)

// responseURL is a response_url that was given out. Guarded by Server.mu.
type responseURL struct {
	channel *channel
	user    string
	message *Message // the one that was acted on; nil for commands
	till    time.Time
	uses    int
}

// newResponseURL gives out a response_url. The caller holds mu.
func (s *Server) newResponseURL(c *channel, user string, m *Message) string {
	token := s.newID("R")
	s.responseURLs[token] = &responseURL{channel: c, user: user, message: m, till: s.opt.Now().Add(s.opt.ResponseURLLife)}
	return s.url() + "/response/" + token
}

// serveResponseURL takes what an app says through a response_url. Success is
// the text "ok".
func (s *Server) serveResponseURL(w http.ResponseWriter, r *http.Request) {
	body, readErr := io.ReadAll(r.Body)
	a := args{}
	var fields map[string]json.RawMessage
	if raw := string(body); readErr == nil && json.Unmarshal(body, &fields) != nil {
		// A form with a payload field is accepted too.
		if form, ok := formPayload(raw); ok && json.Unmarshal(form, &fields) != nil {
			fields = nil
		}
	}
	for k, v := range fields {
		a[k] = textOf(v)
	}
	token := r.PathValue("token")
	s.answer(w, r, ResponseURLMethod, a, r.Header.Get("Content-Type"), func(q *request) reply {
		u, ok := s.responseURLs[token]
		if !ok {
			return reply{err: "no_service", status: http.StatusNotFound}
		}
		q.call.Team = u.channel.Team
		switch {
		case s.opt.Now().After(u.till):
			return reply{err: "expired_url", status: http.StatusNotFound}
		case u.uses >= s.opt.ResponseURLUses:
			return reply{err: "used_url", status: http.StatusNotFound}
		case fields == nil:
			return reply{err: "invalid_payload", status: http.StatusBadRequest}
		}
		code, problems := s.respond(u.channel, u.user, u.message, a, ResponseURLMethod)
		if code != "" {
			return reply{err: code, problems: problems, status: http.StatusBadRequest}
		}
		u.uses++
		return reply{plain: "ok", header: http.Header{"Content-Type": {"text/html"}}}
	})
}

// respond does what an app asks for through a response_url, or in the body of
// its answer to a command: a new message, or a change to the one acted on. An
// ephemeral message stays so, a message for all too. The caller holds mu.
func (s *Server) respond(c *channel, user string, original *Message, a args, via string) (string, []string) {
	if a.flag("delete_original") {
		if original == nil || original.Deleted {
			return "message_not_found", nil
		}
		s.remove(c, original)
		if !original.Ephemeral {
			s.echo(c, original, "message_deleted")
		}
		return "", nil
	}
	d, bad := s.readDraft(c.team, a)
	if bad != nil {
		return bad.err, bad.problems
	}
	if a.flag("replace_original") && original != nil && !original.Deleted {
		original.Via = via
		s.edit(c, original, d.text, d.blocks, d.attachments)
		s.recordPings(c, original, d.bare, true)
		if !original.Ephemeral {
			s.echo(c, original, "message_changed")
		}
		return "", nil
	}
	inChannel := a["response_type"] == "in_channel"
	m := &Message{
		User: c.team.BotUserID, BotID: c.team.BotID, Text: d.text, Blocks: d.blocks, Attachments: d.attachments,
		ThreadTS: a["thread_ts"], Via: via, Ephemeral: !inChannel,
	}
	if m.Ephemeral {
		m.To = user
	}
	s.add(c, m)
	s.recordPings(c, m, d.bare, false)
	if inChannel {
		s.echo(c, m, "")
	}
	return "", nil
}
