package discord

import (
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

func TestIdentifyReadyAndGuilds(t *testing.T) {
	s := start(t, Options{HeartbeatInterval: 7 * time.Second})
	bot := want(t, s, 200, 0, "GET", "/gateway/bot", nil)
	address, _ := dig(bot.json, "url").(string)
	if address != s.GatewayURL() || dig(bot.json, "session_start_limit", "remaining") != 1000.0 {
		t.Fatalf("gateway/bot: %s", bot.raw)
	}
	l := dial(t, address, "v=10&encoding=json")
	if ms := l.expect(opHello).get("heartbeat_interval"); ms != 7000.0 {
		t.Fatalf("heartbeat_interval %v", ms)
	}
	l.send(opHeartbeat, nil)
	l.expect(opAck)
	l.send(opIdentify, identifyBody(testIntents, 0, 1))
	ready := l.event("READY")
	for _, c := range []struct {
		want any
		path []any
	}{
		{DefaultBotID, []any{"user", "id"}},
		{DefaultAppID, []any{"application", "id"}},
		{s.ResumeURL(), []any{"resume_gateway_url"}},
		{DefaultGuildID, []any{"guilds", 0, "id"}},
		{true, []any{"guilds", 0, "unavailable"}},
		{10.0, []any{"v"}},
	} {
		if got := ready.get(c.path...); got != c.want {
			t.Errorf("READY %v: %v, want %v", c.path, got, c.want)
		}
	}
	g := l.event("GUILD_CREATE")
	for _, c := range []struct {
		want any
		path []any
	}{
		{AliceID, []any{"owner_id"}},
		{DefaultGuildID, []any{"roles", 0, "id"}},
		{"8", []any{"roles", 1, "permissions"}},
		{DefaultChannelID, []any{"channels", 0, "id"}},
		{DefaultBotID, []any{"members", 0, "user", "id"}},
	} {
		if got := g.get(c.path...); got != c.want {
			t.Errorf("GUILD_CREATE %v: %v, want %v", c.path, got, c.want)
		}
	}
	if *ready.S != 1 || *g.S != 2 {
		t.Errorf("sequence %d, %d, want 1, 2", *ready.S, *g.S)
	}
	l.send(opHeartbeat, 2)
	l.expect(opAck)
	c := s.Connections()[0]
	if c.Heartbeats != 2 || c.Seq != 2 || !c.Ready || c.Closed {
		t.Errorf("connection: %+v", c)
	}
	if got := dig(call(t, s, "GET", "/gateway/bot", nil).json, "session_start_limit", "remaining"); got != 999.0 {
		t.Errorf("remaining %v, want 999", got)
	}
}

func TestCloseCodes(t *testing.T) {
	s := start(t, Options{DisallowedIntents: IntentGuildMembers})
	identify := func(change func(obj)) func(*link) {
		return func(l *link) {
			d := identifyBody(testIntents)
			change(d)
			l.send(opIdentify, d)
		}
	}
	for _, c := range []struct {
		name string
		code int
		do   func(*link)
	}{
		{"an unknown opcode", 4001, func(l *link) { l.send(99, nil) }},
		{"no JSON", 4002, func(l *link) { l.sendRaw([]byte("{")) }},
		{"4,097 bytes", 4002, func(l *link) {
			b := `{"op":1,"d":null,"x":"`
			l.sendRaw([]byte(b + strings.Repeat("x", 4097-len(b)-2) + `"}`))
		}},
		{"no intents", 4002, identify(func(d obj) { delete(d, "intents") })},
		{"not identified", 4003, func(l *link) { l.send(opMembers, obj{}) }},
		{"a wrong token", 4004, identify(func(d obj) { d["token"] = "no" })},
		{"a shard too many", 4010, identify(func(d obj) { d["shard"] = []int{2, 2} })},
		{"an unknown intent", 4013, identify(func(d obj) { d["intents"] = 1 << 40 })},
		{"an intent that is off", 4014, identify(func(d obj) { d["intents"] = IntentGuildMembers })},
		{"a resume with a wrong token", 4004, func(l *link) { l.send(opResume, obj{"token": "no", "session_id": "x", "seq": 1}) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := greeted(t, s.GatewayURL())
			c.do(l)
			l.closed(c.code)
		})
	}
	t.Run("identified twice", func(t *testing.T) {
		l := online(t, s, testIntents)
		l.send(opIdentify, identifyBody(testIntents))
		l.closed(4005)
	})
	t.Run("a version of old", func(t *testing.T) { dial(t, s.GatewayURL(), "v=6&encoding=json").closed(4012) })
	t.Run("another encoding", func(t *testing.T) { dial(t, s.GatewayURL(), "v=9&encoding=etf").closed(4012) })
}

func TestSendLimit(t *testing.T) {
	s := start(t, Options{SendLimit: 3, SendWindow: time.Hour})
	l := greeted(t, s.GatewayURL())
	for range 3 {
		l.send(opHeartbeat, nil)
		l.expect(opAck)
	}
	l.send(opHeartbeat, nil)
	l.closed(4008)
}

func TestClientWithoutHeartbeat(t *testing.T) {
	s := start(t, Options{HeartbeatInterval: 10 * time.Millisecond, HeartbeatTimeout: 20 * time.Millisecond})
	l := greeted(t, s.GatewayURL())
	l.closed(4009)
}

func TestIdentifyIntervalAndBudget(t *testing.T) {
	now := newClock()
	s := start(t, Options{IdentifyInterval: 5 * time.Second, IdentifyLimit: 4, Now: now.Now})
	first := online(t, s, testIntents)
	early := greeted(t, s.GatewayURL())
	early.send(opIdentify, identifyBody(testIntents))
	if resumable := early.expect(opInvalid).get(); resumable != false {
		t.Errorf("op 9 with %v", resumable)
	}
	now.add(5 * time.Second)
	early.send(opIdentify, identifyBody(testIntents))
	early.event("READY")
	now.add(5 * time.Second)
	online(t, s, testIntents)
	now.add(5 * time.Second)
	fifth := greeted(t, s.GatewayURL())
	fifth.send(opIdentify, identifyBody(testIntents))
	fifth.closed(4004)
	first.closed(4004)
	want(t, s, 401, 0, "GET", "/users/@me", nil)
	s.Faults().RestoreToken()
	now.add(24 * time.Hour)
	online(t, s, testIntents)
	if n := len(s.Identifies()); n != 6 {
		t.Errorf("%d identifies, want 6", n)
	}
}

func TestResumeReplaysWhatWasMissed(t *testing.T) {
	s := start(t, Options{})
	l := online(t, s, testIntents)
	say(t, s, DefaultChannelID, BobID, "first")
	l.event("MESSAGE_CREATE")
	if n := s.Faults().Cut(); n != 1 {
		t.Fatalf("%d connections cut", n)
	}
	l.broken()
	say(t, s, DefaultChannelID, BobID, "second")
	say(t, s, DefaultChannelID, BobID, "third")
	from := l.seq
	l = l.resume(s)
	for n, text := range []string{"second", "third"} {
		p := l.event("MESSAGE_CREATE")
		if p.get("content") != text || *p.S != from+int64(n)+1 {
			t.Errorf("replayed %v as %d, want %s as %d", p.get("content"), *p.S, text, from+int64(n)+1)
		}
	}
	if p := l.event("RESUMED"); *p.S != from+3 {
		t.Errorf("RESUMED is %d, want %d", *p.S, from+3)
	}
	say(t, s, DefaultChannelID, BobID, "fourth")
	if p := l.event("MESSAGE_CREATE"); p.get("content") != "fourth" {
		t.Errorf("got %v", p.get("content"))
	}
	if r := s.Resumes(); len(r) != 1 || !r[0].OK || r[0].Seq != from {
		t.Errorf("resumes: %+v", r)
	}
	if !s.Connections()[1].Resuming {
		t.Error("the second connection was not at the resume address")
	}
}

func TestResumesThatFail(t *testing.T) {
	invalid := func(t *testing.T, l *link) {
		t.Helper()
		if p := l.expect(opInvalid); p.get() != false {
			t.Errorf("op 9 with %v, want false", p.get())
		}
	}
	t.Run("an unknown session", func(t *testing.T) {
		s := start(t, Options{})
		invalid(t, (&link{t: t, session: "session-0", seq: 1}).resume(s))
	})
	t.Run("closed by the client with 1000", func(t *testing.T) {
		s := start(t, Options{})
		l := online(t, s, testIntents)
		err := l.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, ""), time.Now().Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		l.closed(1000)
		hold(t, s, "the connection to end", func() bool { return s.Connections()[0].Closed })
		if c := s.Connections()[0]; c.ClientCode != 1000 {
			t.Errorf("client's code %d", c.ClientCode)
		}
		invalid(t, l.resume(s))
	})
	t.Run("a number from the future", func(t *testing.T) {
		s := start(t, Options{})
		l := online(t, s, testIntents)
		s.Faults().Cut()
		l.broken()
		l.seq += 100
		l.resume(s).closed(4007)
		l.seq = 1
		invalid(t, l.resume(s))
	})
	t.Run("more than is kept", func(t *testing.T) {
		s := start(t, Options{SessionLog: 2})
		l := online(t, s, testIntents)
		s.Faults().Cut()
		l.broken()
		for range 3 {
			say(t, s, DefaultChannelID, BobID, "hi")
		}
		invalid(t, l.resume(s))
	})
	t.Run("too late", func(t *testing.T) {
		s := start(t, Options{SessionLife: time.Nanosecond})
		l := online(t, s, testIntents)
		s.Faults().Cut()
		l.broken()
		invalid(t, l.resume(s))
	})
}

func TestContentWithoutItsIntent(t *testing.T) {
	s := start(t, Options{})
	poor, rich := online(t, s, testIntents&^IntentMessageContent), online(t, s, testIntents)
	dm, err := s.OpenDM(BobID)
	if err != nil {
		t.Fatal(err)
	}
	mine := post(t, s, obj{"content": "from the bot"})
	for _, l := range []*link{poor, rich} {
		if got := l.event("MESSAGE_CREATE").get("content"); got != "from the bot" {
			t.Errorf("own message: %v", got)
		}
	}
	for _, c := range []struct {
		name, channel, text, poor string
		opts                      []SayOption
	}{
		{"plain", DefaultChannelID, "!quiz", "", nil},
		{"mention", DefaultChannelID, "<@" + DefaultBotID + "> quiz", "<@" + DefaultBotID + "> quiz", nil},
		{"reply", DefaultChannelID, "42", "42", []SayOption{ReplyTo(mine.ID)}},
		{"quiet reply", DefaultChannelID, "43", "", []SayOption{ReplyTo(mine.ID), Quietly()}},
		{"direct", dm, "!quiz", "!quiz", nil},
	} {
		say(t, s, c.channel, BobID, c.text, c.opts...)
		if got := poor.event("MESSAGE_CREATE").get("content"); got != c.poor {
			t.Errorf("%s: %q without the intent, want %q", c.name, got, c.poor)
		}
		if got := rich.event("MESSAGE_CREATE").get("content"); got != c.text {
			t.Errorf("%s: %q with the intent, want %q", c.name, got, c.text)
		}
	}
}

func TestMessageEventsNameTheSpeaker(t *testing.T) {
	s := start(t, Options{})
	l := online(t, s, testIntents)
	m := say(t, s, DefaultChannelID, CarolID, "hello")
	p := l.event("MESSAGE_CREATE")
	if p.get("author", "global_name") != "Carol" || p.get("member", "roles", 0) != DefaultAdminRole || p.get("guild_id") != DefaultGuildID {
		t.Errorf("message event: %s", p.D)
	}
	if err := s.EditSaid(ctxFor(t), m.ID, "hello again"); err != nil {
		t.Fatal(err)
	}
	if p = l.event("MESSAGE_UPDATE"); p.get("content") != "hello again" || p.get("edited_timestamp") == nil {
		t.Errorf("edit event: %s", p.D)
	}
	if err := s.DeleteSaid(ctxFor(t), m.ID); err != nil {
		t.Fatal(err)
	}
	if p = l.event("MESSAGE_DELETE"); p.get("id") != m.ID {
		t.Errorf("delete event: %s", p.D)
	}
}

func TestIntentsAndShards(t *testing.T) {
	s := start(t, Options{})
	dm, err := s.OpenDM(BobID)
	if err != nil {
		t.Fatal(err)
	}
	const guild, room = "1100000000008388608", "1100000000008390000"
	if _, err := s.AddGuild(Guild{ID: guild, Members: []Member{{UserID: BobID}}, Channels: []Channel{{ID: room}}}); err != nil {
		t.Fatal(err)
	}
	if got := [2]int{ShardOf(DefaultGuildID, 2), ShardOf(guild, 2)}; got != [2]int{0, 1} {
		t.Fatalf("shards %v", got)
	}
	zero, one := online(t, s, testIntents, 0, 2), online(t, s, testIntents, 1, 2)
	silent := online(t, s, IntentGuilds)
	say(t, s, room, BobID, "in the guild")
	say(t, s, dm, BobID, "direct")
	if p := zero.event("MESSAGE_CREATE"); p.get("content") != "direct" {
		t.Errorf("shard 0 heard %v first", p.get("content"))
	}
	if p := one.event("MESSAGE_CREATE"); p.get("content") != "in the guild" {
		t.Errorf("shard 1 heard %v", p.get("content"))
	}
	s.Faults().Reconnect()
	one.expect(opReconnect) // and no direct message before it
	silent.expect(opReconnect)
}

func TestGuildsComeAndGo(t *testing.T) {
	s := start(t, Options{})
	l := online(t, s, testIntents)
	if err := s.SetUnavailable(DefaultGuildID, true); err != nil {
		t.Fatal(err)
	}
	if p := l.event("GUILD_DELETE"); p.get("unavailable") != true {
		t.Errorf("outage: %s", p.D)
	}
	say(t, s, DefaultChannelID, BobID, "nobody hears")
	other := greeted(t, s.GatewayURL())
	other.send(opIdentify, identifyBody(testIntents))
	other.event("READY")
	if err := s.SetUnavailable(DefaultGuildID, false); err != nil {
		t.Fatal(err)
	}
	l.event("GUILD_CREATE")
	other.event("GUILD_CREATE")
	if err := s.SetRole(DefaultGuildID, Role{ID: "1100000000000000500", Name: "new", Permissions: ManageGuild}); err != nil {
		t.Fatal(err)
	}
	if p := l.event("GUILD_ROLE_CREATE"); p.get("role", "permissions") != "32" {
		t.Errorf("role: %s", p.D)
	}
	if err := s.RemoveGuild(DefaultGuildID); err != nil {
		t.Fatal(err)
	}
	if p := l.event("GUILD_DELETE"); p.get("id") != DefaultGuildID || p.get("unavailable") != nil {
		t.Errorf("removal: %s", p.D)
	}
	want(t, s, 403, 50001, "POST", quizMessages, obj{"content": "hi"})
	if _, err := s.AddGuild(DefaultGuild()); err != nil {
		t.Fatal(err)
	}
	if p := l.event("GUILD_CREATE"); p.get("channels", 1, "id") != DefaultLobbyID {
		t.Errorf("invited again: %s", p.D)
	}
	want(t, s, 200, 0, "POST", quizMessages, obj{"content": "hi"})
}
