package slack

import (
	"slices"
	"strconv"
	"strings"
)

func (s *Server) apiTest(q *request) reply {
	if code := q.args["error"]; code != "" {
		return reply{err: code, fields: map[string]any{"args": map[string]string(q.args)}}
	}
	return done(map[string]any{"args": map[string]string(q.args)})
}

func (s *Server) authTest(q *request) reply {
	return done(map[string]any{
		"url": "https://" + q.team.Domain + ".slack.com/", "team": q.team.Name, "team_id": q.team.ID,
		"user": q.team.BotName, "user_id": q.team.BotUserID, "bot_id": q.team.BotID,
		"app_id": s.opt.AppID, "is_enterprise_install": false,
	})
}

func (s *Server) usersInfo(q *request) reply {
	u, ok := q.team.users[q.args["user"]]
	if !ok {
		return fail("user_not_found")
	}
	tz := u.TZ
	if tz == "" {
		tz = "Etc/UTC"
	}
	return done(map[string]any{"user": map[string]any{
		"id": u.ID, "team_id": q.team.ID, "name": u.Name, "real_name": u.RealName, "deleted": u.Deleted,
		"tz": tz, "tz_label": tz, "tz_offset": 0,
		"is_admin": u.Admin, "is_owner": u.Owner, "is_primary_owner": false,
		"is_restricted": false, "is_ultra_restricted": false, "is_bot": u.Bot, "is_app_user": false,
		"updated": s.opt.Now().Unix(),
		"profile": map[string]any{
			"real_name": u.RealName, "real_name_normalized": u.RealName,
			"display_name": u.DisplayName, "display_name_normalized": u.DisplayName, "team": q.team.ID,
		},
	}})
}

func (s *Server) conversationsInfo(q *request) reply {
	c, code := s.channelFor(q, false)
	if code != "" {
		return fail(code)
	}
	return done(map[string]any{"channel": c.wire(q.flag("include_num_members"))})
}

// wire is the conversation as the API shows it.
func (c *channel) wire(count bool) map[string]any {
	out := map[string]any{
		"id": c.ID, "created": 1700000000, "is_archived": c.Archived, "is_org_shared": false,
		"is_im": c.Kind == IM, "context_team_id": c.Team,
	}
	if c.Kind == IM {
		if len(c.Members) > 0 {
			out["user"] = c.Members[0]
		}
		out["is_open"] = true
		return out
	}
	out["name"], out["name_normalized"] = c.Name, c.Name
	out["is_channel"] = c.Kind == Public
	out["is_group"] = c.Kind == Private
	out["is_mpim"] = c.Kind == MPIM
	out["is_private"] = c.Kind != Public
	out["is_member"] = c.BotMember
	out["is_general"] = c.Name == "general"
	out["is_shared"], out["is_ext_shared"] = false, false
	out["topic"] = map[string]any{"value": "", "creator": "", "last_set": 0}
	out["purpose"] = map[string]any{"value": "", "creator": "", "last_set": 0}
	if count {
		n := len(c.Members)
		if c.BotMember {
			n++
		}
		out["num_members"] = n
	}
	return out
}

func (s *Server) conversationsMembers(q *request) reply {
	c, code := s.channelFor(q, false)
	if code != "" {
		return fail(code)
	}
	members := slices.Clone(c.Members)
	if c.BotMember {
		members = append(members, c.team.BotUserID)
	}
	page, next, code := paginate(members, q.args, 100)
	if code != "" {
		return fail(code)
	}
	return done(map[string]any{"members": page, "response_metadata": map[string]any{"next_cursor": next}})
}

// paginate cuts out the page that limit and cursor ask for.
func paginate[T any](all []T, a args, limit int) (page []T, next, code string) {
	from := 0
	if c := a["cursor"]; c != "" {
		n, err := strconv.Atoi(strings.TrimPrefix(c, "next:"))
		if err != nil || n < 0 || n > len(all) {
			return nil, "", "invalid_cursor"
		}
		from = n
	}
	to := min(from+a.number("limit", limit), len(all))
	if to < len(all) {
		next = "next:" + strconv.Itoa(to)
	}
	return append([]T{}, all[from:to]...), next, ""
}

func (s *Server) conversationsHistory(q *request) reply {
	c, code := s.channelToRead(q)
	if code != "" {
		return fail(code)
	}
	return s.page(c, q, 100, func(m *Message) bool {
		return m.ThreadTS == "" || m.ThreadTS == m.TS || m.Broadcast
	}, true)
}

func (s *Server) conversationsReplies(q *request) reply {
	c, code := s.channelToRead(q)
	if code != "" {
		return fail(code)
	}
	root := s.find(c.ID, q.args["ts"])
	if root == nil || root.Deleted || root.Ephemeral {
		return fail("thread_not_found")
	}
	ts := root.TS
	if root.ThreadTS != "" {
		ts = root.ThreadTS
	}
	return s.page(c, q, 1000, func(m *Message) bool { return m.TS == ts || m.ThreadTS == ts }, false)
}

func (s *Server) channelToRead(q *request) (*channel, string) {
	c, code := s.channelFor(q, false)
	if code == "" && !c.BotMember {
		code = "not_in_channel"
	}
	return c, code
}

// page answers with the messages wanted between oldest and latest.
func (s *Server) page(c *channel, q *request, limit int, want func(*Message) bool, newestFirst bool) reply {
	var found []any
	oldest, latest := q.args["oldest"], q.args["latest"]
	inclusive := q.flag("inclusive")
	for _, m := range c.messages {
		if m.Deleted || m.Ephemeral || !want(m) {
			continue
		}
		if oldest != "" && (tsLess(m.TS, oldest) || m.TS == oldest && !inclusive) {
			continue
		}
		if latest != "" && (tsLess(latest, m.TS) || m.TS == latest && !inclusive) {
			continue
		}
		found = append(found, m.wire(c))
	}
	if newestFirst {
		slices.Reverse(found)
	}
	page, next, code := paginate(found, q.args, limit)
	if code != "" {
		return fail(code)
	}
	return done(map[string]any{
		"messages": page, "has_more": next != "",
		"response_metadata": map[string]any{"next_cursor": next},
	})
}

// tsLess compares two ts as the numbers they are.
func tsLess(a, b string) bool {
	x, _ := strconv.ParseFloat(a, 64)
	y, _ := strconv.ParseFloat(b, 64)
	return x < y
}

func (s *Server) conversationsOpen(q *request) reply {
	if id := q.args["channel"]; id != "" {
		c, code := s.channelFor(q, false)
		if code != "" {
			return fail(code)
		}
		return done(map[string]any{"channel": map[string]any{"id": c.ID}})
	}
	users := strings.Split(q.args["users"], ",")
	if len(users) != 1 || users[0] == "" {
		return fail("invalid_user_combination")
	}
	if _, ok := q.team.users[users[0]]; !ok {
		return fail("user_not_found")
	}
	_, had := q.team.dms[users[0]]
	c := s.channels[s.dm(q.team, users[0])]
	out := map[string]any{"id": c.ID}
	if q.flag("return_im") {
		out = c.wire(false)
	}
	return done(map[string]any{"channel": out, "already_open": had, "no_op": had})
}
