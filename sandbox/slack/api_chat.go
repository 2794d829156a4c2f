package slack

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// draft is what an app wants a message to say.
type draft struct {
	text        string
	blocks      json.RawMessage
	attachments json.RawMessage
	bare        bool // parse=full or link_names
}

// readDraft checks what a message would say; the reply is set when Slack would
// refuse it. The caller holds mu.
func (s *Server) readDraft(t *team, a args) (draft, *reply) {
	d := draft{
		text: a["text"], blocks: a.raw("blocks"), attachments: a.raw("attachments"),
		bare: a["parse"] == "full" || a.flag("link_names"),
	}
	if string(d.blocks) == "[]" {
		d.blocks = nil
	}
	if d.blocks != nil {
		if !json.Valid(d.blocks) {
			out := fail("invalid_blocks_format")
			return d, &out
		}
		if problems := append(checkBlocks(d.blocks), s.checkFiles(t, d.blocks)...); len(problems) > 0 {
			out := refuse("invalid_blocks", problems)
			return d, &out
		}
		if utf8.RuneCount(d.blocks) > 4*maxBlocksTotal || blockTextLength(d.blocks) > maxBlocksTotal {
			out := fail("msg_blocks_too_long")
			return d, &out
		}
	}
	if d.attachments != nil {
		var list []any
		if json.Unmarshal(d.attachments, &list) != nil {
			out := fail("invalid_attachments")
			return d, &out
		}
		if len(list) == 0 {
			d.attachments = nil
		}
	}
	if strings.TrimSpace(d.text) == "" && d.blocks == nil && d.attachments == nil {
		out := fail("no_text")
		return d, &out
	}
	if utf8.RuneCountInString(d.text) > maxMessageText {
		out := fail("msg_too_long")
		return d, &out
	}
	return d, nil
}

func blockTextLength(raw json.RawMessage) int {
	var blocks []any
	if decode(raw, &blocks) != nil {
		return 0
	}
	n := 0
	eachText(blocks, "", func(t blockText) { n += utf8.RuneCountInString(t.text) })
	return n
}

// channelFor finds the conversation that an app names: an id, a #name, or a
// user's id, which means the DM. The error is Slack's.
func (s *Server) channelFor(q *request, post bool) (*channel, string) {
	name := q.args["channel"]
	if name == "" {
		return nil, "channel_not_found"
	}
	c, ok := s.channels[name]
	if !ok && post {
		if _, isUser := q.team.users[name]; isUser {
			c, ok = s.channels[s.dm(q.team, name)], true
		} else {
			for _, id := range s.channelOrder {
				if k := s.channels[id]; k.Team == q.team.ID && k.Name != "" && k.Name == strings.TrimPrefix(name, "#") {
					c, ok = k, true
				}
			}
		}
	}
	switch {
	case !ok || c.Team != q.team.ID:
		return nil, "channel_not_found"
	case c.Kind != Public && !c.BotMember:
		return nil, "channel_not_found"
	}
	return c, ""
}

// channelToPost finds where an app may post.
func (s *Server) channelToPost(q *request) (*channel, string) {
	c, code := s.channelFor(q, true)
	switch {
	case code != "":
		return nil, code
	case c.Archived:
		return nil, "is_archived"
	case !c.BotMember && !slices.Contains(q.team.Scopes, "chat:write.public"):
		return nil, "not_in_channel"
	case c.ReadOnly:
		return nil, "restricted_action"
	}
	return c, ""
}

func (s *Server) chatPostMessage(q *request) reply {
	c, code := s.channelToPost(q)
	if code != "" {
		return fail(code)
	}
	d, bad := s.readDraft(q.team, q.args)
	if bad != nil {
		return *bad
	}
	thread, code := s.threadFor(c, q.args["thread_ts"])
	if code != "" {
		return fail(code)
	}
	if wait, ok := s.admit(c); !ok {
		return tooMany(wait)
	}
	m := s.add(c, &Message{
		User: q.team.BotUserID, BotID: q.team.BotID, Text: d.text, Blocks: d.blocks, Attachments: d.attachments,
		ThreadTS: thread, Via: q.call.Method, Broadcast: q.flag("reply_broadcast"), Metadata: q.raw("metadata"),
	})
	s.recordPings(c, m, d.bare, false)
	s.echo(c, m, "")
	return done(map[string]any{"channel": c.ID, "ts": m.TS, "message": m.wire(c)})
}

// threadFor is the thread that a reply belongs to: naming a reply means its
// parent.
func (s *Server) threadFor(c *channel, ts string) (string, string) {
	if ts == "" {
		return "", ""
	}
	for _, m := range c.messages {
		if m.TS == ts && !m.Ephemeral {
			if m.ThreadTS != "" {
				return m.ThreadTS, ""
			}
			return m.TS, ""
		}
	}
	return "", "thread_not_found"
}

func (s *Server) chatPostEphemeral(q *request) reply {
	c, code := s.channelToPost(q)
	if code != "" {
		return fail(code)
	}
	user := q.args["user"]
	if user == "" {
		return fail("user_not_found")
	}
	if _, ok := q.team.users[user]; !ok || !c.has(user) {
		return fail("user_not_in_channel")
	}
	d, bad := s.readDraft(q.team, q.args)
	if bad != nil {
		return *bad
	}
	if wait, ok := s.admit(c); !ok {
		return tooMany(wait)
	}
	m := s.add(c, &Message{
		User: q.team.BotUserID, BotID: q.team.BotID, Text: d.text, Blocks: d.blocks, Attachments: d.attachments,
		ThreadTS: q.args["thread_ts"], Via: q.call.Method, Ephemeral: true, To: user,
	})
	s.recordPings(c, m, d.bare, false)
	return done(map[string]any{"message_ts": m.TS})
}

func (s *Server) chatUpdate(q *request) reply {
	c, code := s.channelFor(q, false)
	if code != "" {
		return fail(code)
	}
	m := s.find(c.ID, q.args["ts"])
	switch {
	case m == nil || m.Deleted || m.Ephemeral:
		return fail("message_not_found")
	case m.BotID != q.team.BotID:
		return fail("cant_update_message")
	case c.Archived:
		return fail("is_archived")
	}
	d, bad := s.readDraft(q.team, q.args)
	if bad != nil {
		return *bad
	}
	s.edit(c, m, d.text, d.blocks, d.attachments)
	s.recordPings(c, m, d.bare, true)
	s.echo(c, m, "message_changed")
	return done(map[string]any{"channel": c.ID, "ts": m.TS, "text": m.Text, "message": m.wire(c)})
}

func (s *Server) chatDelete(q *request) reply {
	c, code := s.channelFor(q, false)
	if code != "" {
		return fail(code)
	}
	m := s.find(c.ID, q.args["ts"])
	switch {
	case m == nil || m.Deleted || m.Ephemeral:
		return fail("message_not_found")
	case m.BotID != q.team.BotID:
		return fail("cant_delete_message")
	}
	s.remove(c, m)
	s.echo(c, m, "message_deleted")
	return done(map[string]any{"channel": c.ID, "ts": m.TS})
}

func (s *Server) chatGetPermalink(q *request) reply {
	c, code := s.channelFor(q, false)
	if code != "" {
		return fail(code)
	}
	m := s.find(c.ID, q.args["message_ts"])
	if m == nil || m.Deleted || m.Ephemeral {
		return fail("message_not_found")
	}
	link := fmt.Sprintf("%s/archives/%s/p%s", s.url(), c.ID, strings.Replace(m.TS, ".", "", 1))
	if m.ThreadTS != "" && m.ThreadTS != m.TS {
		link += "?thread_ts=" + m.ThreadTS + "&cid=" + c.ID
	}
	return done(map[string]any{"channel": c.ID, "permalink": link})
}

// admit takes one message from a channel's allowance; when there is none, it
// says how long until the next.
func (s *Server) admit(c *channel) (time.Duration, bool) {
	every := s.opt.MessageInterval
	if every <= 0 {
		return 0, true
	}
	now := s.opt.Now().UnixNano()
	if c.bucketAt != 0 {
		c.bucketFull += float64(now-c.bucketAt) / float64(every)
		c.bucketFull = min(c.bucketFull, float64(s.opt.MessageBurst))
	}
	c.bucketAt = now
	if c.bucketFull < 1 {
		return time.Duration((1 - c.bucketFull) * float64(every)), false
	}
	c.bucketFull--
	return 0, true
}

// tooMany is 429 with Retry-After in whole seconds, rounded up.
func tooMany(wait time.Duration) reply {
	return reply{
		err: "ratelimited", status: http.StatusTooManyRequests,
		header: http.Header{"Retry-After": {fmt.Sprint(int(math.Ceil(wait.Seconds())))}},
	}
}
