package discord

import (
	"encoding/json"
	"slices"
	"time"
)

// Identify is one IDENTIFY.
type Identify struct {
	At      time.Time
	Intents Intent
	Shard   [2]int
}

// Resume is one RESUME.
type Resume struct {
	At      time.Time
	Session string
	Seq     int64
	OK      bool
}

// session is what a client identified for and can resume.
type session struct {
	id      string
	intents Intent
	shard   [2]int
	seq     int64
	log     []logged
	lagging [][]byte // frames that Faults.Lag keeps back
	conn    *conn    // nil while disconnected
	left    time.Time
	dead    bool
}

// end makes a session that nobody can resume.
func (x *session) end() { x.dead, x.log = true, nil }

// expired says whether nobody has resumed a session in time, and ends it then.
func (s *Server) expired(x *session) bool {
	if x.conn == nil && time.Since(x.left) > s.opt.SessionLife {
		x.end()
	}
	return x.dead
}

type logged struct {
	seq   int64
	frame []byte
}

// refuse closes a connection and says that it is over.
func (c *conn) refuse(code int, text string) bool {
	c.close(code, text)
	return true
}

// renewStarts fills the day's identifies up again. The caller holds mu.
func (s *Server) renewStarts() {
	if now := s.opt.Now(); !now.Before(s.startsDay) {
		s.startsDay, s.startsLeft = now.Add(24*time.Hour), s.opt.IdentifyLimit
	}
}

func (s *Server) identify(c *conn, raw json.RawMessage) (over bool) {
	var d struct {
		Token      string          `json:"token"`
		Intents    *Intent         `json:"intents"`
		Shard      *[2]int         `json:"shard"`
		Properties json.RawMessage `json:"properties"`
	}
	if json.Unmarshal(raw, &d) != nil || d.Intents == nil || isNull(d.Properties) {
		c.close(4002, "Error while decoding payload.")
		return true
	}
	shard := [2]int{0, 1}
	if d.Shard != nil {
		shard = *d.Shard
	}
	now := s.opt.Now()
	s.identifies = append(s.identifies, Identify{At: now, Intents: *d.Intents, Shard: shard})
	s.renewStarts()
	s.startsLeft--
	s.changed(Event{Kind: ConnectionChanged, Connection: *c.log})
	switch {
	case c.session != nil:
		return c.refuse(4005, "Already authenticated.")
	case s.startsLeft < 0:
		s.revoke()
		return true
	case s.tokenRevoked || d.Token != s.opt.Token && d.Token != "Bot "+s.opt.Token:
		return c.refuse(4004, "Authentication failed.")
	case shard[1] < 1 || shard[0] < 0 || shard[0] >= shard[1]:
		return c.refuse(4010, "Invalid shard.")
	case *d.Intents&^allIntents != 0:
		return c.refuse(4013, "Invalid intent(s).")
	case *d.Intents&s.faultState.disallowed != 0:
		return c.refuse(4014, "Disallowed intent(s).")
	}
	key := shard[0] % s.opt.MaxConcurrency
	if s.opt.IdentifyInterval > 0 {
		recent := slices.DeleteFunc(s.starts[key], func(t time.Time) bool { return now.Sub(t) >= s.opt.IdentifyInterval })
		s.starts[key] = append(recent, now)
		if len(recent) > 0 {
			c.send(opInvalid, false)
			return false
		}
	}
	switch f := &s.faultState; {
	case f.refusedIdentifies > 0:
		f.refusedIdentifies--
		c.send(opInvalid, false)
		return false
	case f.reconnectStarts > 0:
		f.reconnectStarts--
		c.send(opReconnect, nil)
		return false
	case f.closedStarts > 0:
		f.closedStarts--
		return c.refuse(f.closeCode, "")
	case f.silentIdentifies > 0:
		f.silentIdentifies--
		return false
	}
	x := &session{id: "session-" + s.newID(), intents: *d.Intents, shard: shard, conn: c}
	s.sessions[x.id] = x
	c.session, c.log.Session, c.log.Ready = x, x.id, true
	var waiting []obj
	for _, id := range s.guildOrder {
		if !s.guilds[id].removed && ShardOf(id, shard[1]) == shard[0] {
			waiting = append(waiting, obj{"id": id, "unavailable": true})
		}
	}
	s.tell(x, "READY", encode(obj{
		"v": c.version, "user": s.userJSON(s.opt.Bot.ID), "session_id": x.id, "resume_gateway_url": s.resumeURL(), "shard": shard,
		"guilds": waiting, "application": obj{"id": s.opt.AppID, "flags": s.appFlags()}, "private_channels": []any{}, "_trace": []string{"sandbox"},
	}))
	if x.intents&IntentGuilds != 0 {
		for _, w := range waiting {
			if g := s.guilds[w["id"].(string)]; !g.unavailable {
				s.tell(x, "GUILD_CREATE", encode(s.guildJSON(g, true)))
			}
		}
	}
	s.changed(Event{Kind: ConnectionChanged, Connection: *c.log})
	return false
}

func (s *Server) resume(c *conn, raw json.RawMessage) (over bool) {
	var d struct {
		Token   string `json:"token"`
		Session string `json:"session_id"`
		Seq     int64  `json:"seq"`
	}
	if json.Unmarshal(raw, &d) != nil {
		c.close(4002, "Error while decoding payload.")
		return true
	}
	x := s.sessions[d.Session]
	gone := x == nil || s.expired(x)
	record := Resume{At: s.opt.Now(), Session: d.Session, Seq: d.Seq}
	defer func() {
		s.resumes = append(s.resumes, record)
		s.changed(Event{Kind: ConnectionChanged, Connection: *c.log})
	}()
	switch {
	case c.session != nil:
		return c.refuse(4005, "Already authenticated.")
	case s.tokenRevoked || d.Token != s.opt.Token && d.Token != "Bot "+s.opt.Token:
		return c.refuse(4004, "Authentication failed.")
	case s.faultState.refusedResumes > 0:
		s.faultState.refusedResumes--
		if x != nil && !s.faultState.resumable {
			x.end()
		}
		c.send(opInvalid, s.faultState.resumable)
		return false
	case s.faultState.reconnectStarts > 0:
		s.faultState.reconnectStarts--
		c.send(opReconnect, nil)
		return false
	case s.faultState.closedStarts > 0:
		s.faultState.closedStarts--
		if x != nil && ends(s.faultState.closeCode) {
			x.end()
		}
		return c.refuse(s.faultState.closeCode, "")
	case gone || len(x.log) > 0 && d.Seq < x.log[0].seq-1:
		c.send(opInvalid, false)
		return false
	case d.Seq > x.seq:
		x.end()
		c.close(4007, "Invalid seq.")
		return true
	}
	if x.conn != nil && x.conn != c {
		x.conn.log.Ready = false
		_ = x.conn.ws.Close()
	}
	record.OK = true
	x.conn, c.session, c.log.Session, c.log.Ready = c, x, x.id, true
	x.lagging = nil // the log has them
	for _, l := range x.log {
		if l.seq > d.Seq {
			c.put(l.frame, false)
		}
	}
	s.tell(x, "RESUMED", encode(obj{"_trace": []string{"sandbox"}}))
	return false
}

// tell sends an event to one session and keeps it for a resume. The caller holds mu.
func (s *Server) tell(x *session, name string, d []byte) {
	x.seq++
	frame := encode(obj{"op": opDispatch, "t": name, "s": x.seq, "d": json.RawMessage(d)})
	x.log = append(x.log, logged{x.seq, frame})
	if len(x.log) > s.opt.SessionLog {
		x.log = x.log[1:]
	}
	if s.faultState.lag && name != "READY" && name != "RESUMED" {
		x.lagging = append(x.lagging, frame)
		return
	}
	if x.conn != nil {
		cut := s.faultState.cutEvents > 0
		if cut {
			s.faultState.cutEvents--
		}
		x.conn.put(frame, cut)
		if cut {
			x.conn.leave(false)
		}
	}
}

// dispatch sends an event to the sessions that it concerns; those without the
// intent for content get reduced, where there is one. The caller holds mu.
func (s *Server) dispatch(guildID string, needs Intent, name string, full, reduced []byte) {
	if g := s.guilds[guildID]; g != nil && g.unavailable {
		return
	}
	for _, x := range s.sessions {
		if s.expired(x) || ShardOf(guildID, x.shard[1]) != x.shard[0] || x.intents&needs != needs {
			continue
		}
		d := full
		if reduced != nil && x.intents&IntentMessageContent == 0 {
			d = reduced
		}
		for range 1 + s.faultState.repeats {
			s.tell(x, name, d)
		}
	}
}

// Connections lists every gateway connection, oldest first.
func (s *Server) Connections() []Connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Connection, 0, len(s.connLog))
	for _, c := range s.connLog {
		out = append(out, *c)
	}
	return out
}

// Identifies lists every IDENTIFY, oldest first.
func (s *Server) Identifies() []Identify {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.identifies)
}

// Resumes lists every RESUME, oldest first.
func (s *Server) Resumes() []Resume {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.resumes)
}
