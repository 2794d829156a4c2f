package discord

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"quizbot/bot"
)

func TestIDs(t *testing.T) {
	for _, c := range []struct{ guild, channel, team, room string }{
		{"1", "2", "discord:1", "discord:1/2"},
		{"", "3", "discord:dm/3", "discord:dm/3"},
	} {
		team, room := teamID(c.guild, c.channel), roomID(c.guild, c.channel)
		if string(team) != c.team || string(room) != c.room {
			t.Errorf("%v: %s %s", c, team, room)
		}
		if guild, channel, ok := splitRoom(room); !ok || guild != c.guild || channel != c.channel {
			t.Errorf("%s is split into %q %q %v", room, guild, channel, ok)
		}
	}
	for _, bad := range []bot.RoomID{"", "slack:T/C", "discord:", "discord:1", "discord:1/"} {
		if _, _, ok := splitRoom(bad); ok {
			t.Errorf("%q is a room", bad)
		}
	}
	if at := timeOf("175928847299117063"); !at.Equal(time.UnixMilli(1462015105796)) {
		t.Errorf("the documented example is of %s", at)
	}
	for _, odd := range []string{"", "x", "0", "12", "-5", "99999999999999999999999"} {
		if at := timeOf(odd); !at.IsZero() {
			t.Errorf("%q is of %s", odd, at)
		}
	}
	a, b := nonceOf("discord:1/2", "r1-ask"), nonceOf("discord:1/2", "r2-ask")
	if a == b || len(a) > 25 || a != nonceOf("discord:1/2", "r1-ask") {
		t.Errorf("nonces %q %q", a, b)
	}
}

func nobody(string, string, []string) bot.Role { return bot.Member }

func TestDecodeMessages(t *testing.T) {
	message := func(rest string) string {
		return `{"id":"1462015105796175","channel_id":"2","guild_id":"1","type":0,"author":{"id":"9","username":"ann","global_name":"Ann"},` + rest + `}`
	}
	for name, c := range map[string]struct {
		json      string
		ok        bool
		text      string
		addressed bool
	}{
		"a line":                  {message(`"content":"GET"`), true, "GET", false},
		"the prefix":              {message(`"content":"!quiz  websocket"`), true, "websocket", true},
		"the prefix alone":        {message(`"content":"!QUIZ"`), true, "", true},
		"a longer word":           {message(`"content":"!quizzes"`), true, "!quizzes", false},
		"a mention":               {message(`"content":"<@5> websocket"`), true, "websocket", true},
		"an old mention":          {message(`"content":"<@!5>: help"`), true, "help", true},
		"a mention behind":        {message(`"content":"help <@5>"`), true, "help ", true},
		"a mention and prefix":    {message(`"content":"<@5> !quiz help"`), true, "help", true},
		"somebody else's mention": {message(`"content":"<@6> help"`), true, "@6 help", false},
		"no content":              {message(`"content":""`), true, "", false},
		"a bot":                   {strings.Replace(message(`"content":"x"`), `"username"`, `"bot":true,"username"`, 1), false, "", false},
		"itself":                  {strings.Replace(message(`"content":"x"`), `"id":"9"`, `"id":"5"`, 1), false, "", false},
		"a webhook":               {message(`"content":"x","webhook_id":"7"`), false, "", false},
		"a join":                  {strings.Replace(message(`"content":"x"`), `"type":0`, `"type":7`, 1), false, "", false},
		"no author":               {`{"id":"1","channel_id":"2","content":"x"}`, false, "", false},
		"null author":             {`{"id":"1","channel_id":"2","content":"x","author":null,"member":null,"message_reference":null}`, false, "", false},
		"nothing":                 {`{}`, false, "", false},
		"odd components":          {message(`"content":"x","components":[{"type":99,"new":{}}],"poll":{"question":{}},"embeds":[{"fields":null}]`), true, "x", false},
	} {
		a, ok, err := decodeMessage([]byte(c.json), "5", nobody)
		if err != nil || ok != c.ok || ok && (a.in.Text != c.text || a.in.Addressed != c.addressed || a.in.Name != "Ann" || a.in.ID != "discord:m:1462015105796175") {
			t.Errorf("%s: %+v %v %v", name, a.in, ok, err)
		}
	}
	for _, broken := range []string{``, `null`, `[]`, `{"id":5}`, `{"author":"x"}`, `{"content":{}}`} {
		if _, ok, _ := decodeMessage([]byte(broken), "5", nobody); ok {
			t.Errorf("%s is a message", broken)
		}
	}
}

func TestDecodeInteractions(t *testing.T) {
	const who = `"member":{"user":{"id":"9","username":"ann"},"nick":"Annie","permissions":"32"}`
	for name, c := range map[string]struct {
		json         string
		ok           bool
		text, choice string
	}{
		"a command":           {`{"id":"1","type":2,"token":"t","channel_id":"2","guild_id":"1",` + who + `,"data":{"name":"quiz","options":[{"name":"start","type":1,"options":[{"name":"topic","type":3,"value":"web socket"},{"name":"count","type":4,"value":5},{"name":"seconds","type":4,"value":30}]}]}}`, true, "start web socket 5 each 30", ""},
		"a schedule":          {`{"id":"1","type":2,"token":"t","channel_id":"2","guild_id":"1",` + who + `,"data":{"name":"quiz","options":[{"name":"schedule","type":1,"options":[{"name":"for","type":3,"value":"8h"},{"name":"zone","type":3,"value":"Europe/Berlin"},{"name":"topics","type":3,"value":"tls, http"},{"name":"time","type":3,"value":"09:30"},{"name":"days","type":3,"value":"mon-fri"}]}]}}`, true, "schedule 09:30 Europe/Berlin mon-fri tls, http for 8h", ""},
		"a command's setting": {`{"id":"1","type":2,"token":"t","channel_id":"2","guild_id":"1",` + who + `,"data":{"name":"quiz","options":[{"name":"start","type":1,"options":[{"name":"variant","type":3,"value":"elimination"},{"name":"speed","type":3,"value":"off"},{"name":"count","type":4,"value":5}]}]}}`, true, "start 5 speed off elimination", ""},
		"a long question":     {`{"id":"1","type":2,"token":"t","channel_id":"2","guild_id":"1",` + who + `,"data":{"name":"quiz","options":[{"name":"ask","type":1,"options":[{"name":"for","type":3,"value":"2 days"},{"name":"topic","type":3,"value":"web socket"}]}]}}`, true, "ask web socket for 2 days", ""},
		"a plain question":    {`{"id":"1","type":2,"token":"t","channel_id":"2",` + who + `,"data":{"name":"quiz","options":[{"name":"ask","type":1,"options":[]}]}}`, true, "ask", ""},
		"a board":             {`{"id":"1","type":2,"token":"t","channel_id":"2",` + who + `,"data":{"name":"quiz","options":[{"name":"leaderboard","type":1,"options":[{"name":"period","type":3,"value":"week"},{"name":"here","type":5,"value":true}]}]}}`, true, "leaderboard week here", ""},
		"a picture":           {`{"id":"1","type":2,"token":"t","channel_id":"2",` + who + `,"data":{"name":"quiz","options":[{"name":"leaderboard","type":1,"options":[{"name":"chart","type":5,"value":true},{"name":"here","type":5,"value":true}]}]}}`, true, "leaderboard here chart", ""},
		"a switch off":        {`{"id":"1","type":2,"token":"t","channel_id":"2",` + who + `,"data":{"name":"quiz","options":[{"name":"leaderboard","type":1,"options":[{"name":"here","type":5,"value":false}]}]}}`, true, "leaderboard", ""},
		"a press":             {`{"id":"1","type":3,"token":"t","channel_id":"2",` + who + `,"message":{"id":"3","flags":64},"data":{"custom_id":"a:1:0","component_type":2}}`, true, "", "a:1:0"},
		"a public press":      {`{"id":"1","type":3,"token":"t","channel_id":"2",` + who + `,"message":{"id":"3"},"data":{"custom_id":"a:1:0","component_type":2}}`, true, "", "a:1:0"},
		"a topic like a word": {`{"id":"1","type":2,"token":"t","channel_id":"2",` + who + `,"data":{"name":"quiz","options":[{"name":"ask","type":1,"options":[{"name":"topic","type":3,"value":"stop"}]}]}}`, true, "ask stop", ""},
		"a select":            {`{"id":"1","type":3,"token":"t","channel_id":"2",` + who + `,"data":{"custom_id":"x","component_type":3,"values":["a:1:1"]}}`, true, "", "a:1:1"},
		"a modal":             {`{"id":"1","type":5,"token":"t","channel_id":"2",` + who + `,"data":{"custom_id":"x","components":[{"type":18}]}}`, false, "", ""},
		"a filled modal":      {`{"id":"1","type":5,"token":"t","channel_id":"2",` + who + `,"data":{"custom_id":"a:1.t:=","components":[{"type":10},{"type":18,"component":{"type":4,"custom_id":"answer","value":"x"}}]}}`, true, "", "a:1.t:="},
		"a ping":              {`{"id":"1","type":1,"token":"t"}`, false, "", ""},
		"nobody":              {`{"id":"1","type":3,"token":"t","channel_id":"2","data":{"custom_id":"a:1:0"}}`, false, "", ""},
		"no data":             {`{"id":"1","type":3,"token":"t","channel_id":"2",` + who + `}`, false, "", ""},
		"no member's user":    {`{"id":"1","type":3,"token":"t","channel_id":"2","member":{"roles":[]},"data":{"custom_id":"a:1:0"}}`, false, "", ""},
		"a direct press":      {`{"id":"1","type":3,"token":"t","channel_id":"2","user":{"id":"9","username":"ann"},"data":{"custom_id":"a:1:0"}}`, true, "", "a:1:0"},
	} {
		a, ok, err := decodeInteraction([]byte(c.json))
		if err != nil || ok != c.ok || ok && (a.in.Text != c.text || a.in.Choice != c.choice || a.in.User != "discord:9") {
			t.Errorf("%s: %+v %v %v", name, a.in, ok, err)
		}
		if want := map[string]bot.MessageID{"a public press": "3"}[name]; a.in.Pressed != want {
			t.Errorf("%s: pressed on %q, not %q", name, a.in.Pressed, want)
		}
		if name == "a press" && (!a.private || a.in.Role != bot.Admin || a.in.Name != "Annie") {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// Where something was pressed, and by whom with which rights, follows from what Discord
// says of the interaction, not of the message or of anything that it holds; and rights
// are those of now, whatever they were.
func TestInteractionsBelongWhereTheyHappen(t *testing.T) {
	for permissions, role := range map[string]bot.Role{"32": bot.Admin, "8": bot.Admin, "0": bot.Member, "": bot.Member, "-1": bot.Member, "32x": bot.Member} {
		a, ok, err := decodeInteraction([]byte(`{"id":"1","type":3,"token":"t","channel_id":"2","guild_id":"1","channel":{"id":"66","guild_id":"67"},"guild":{"id":"68"},
			"member":{"user":{"id":"9","username":"ann"},"permissions":"` + permissions + `"},"user":{"id":"10","username":"eve"},
			"message":{"id":"3","channel_id":"77","guild_id":"88","author":{"id":"11"},"member":{"permissions":"8"},"interaction":{"user":{"id":"12"}}},
			"data":{"custom_id":"a:1:0","component_type":2,"resolved":{"members":{"9":{"permissions":"8"}}},"channel_id":"99","guild_id":"98"}}`))
		in := a.in
		if err != nil || !ok || in.Team != "discord:1" || in.Room != "discord:1/2" || in.User != "discord:9" || in.Private || in.Role != role {
			t.Errorf("with the permissions %q: %+v %v %v", permissions, in, ok, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"id":"1","channel_id":"2","content":"!quiz","author":{"id":"9"},"member":{"roles":["1"]},"message_reference":{"message_id":"3"}}`))
	f.Add([]byte(`{"id":"1","type":4,"token":"t","channel_id":"2","user":{"id":"9"},"data":{"options":[{"type":1,"options":[{"name":"topic","focused":true,"value":1}]}]}}`))
	f.Add([]byte(`{"id":"1","roles":[{"id":"1","permissions":"8"}],"owner_id":"2","threads":[{"id":"3","parent_id":"4","type":11}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var g guilds
		g.init()
		for _, event := range []string{"GUILD_CREATE", "GUILD_ROLE_UPDATE", "GUILD_ROLE_DELETE", "THREAD_CREATE", "THREAD_LIST_SYNC", "GUILD_DELETE", "THREAD_DELETE"} {
			g.take(event, data)
		}
		if a, ok, err := decodeMessage(data, "5", g.roleOf); ok && err == nil && (a.in.Room == "" || a.in.User == "discord:" || a.in.ID == "discord:m:") {
			t.Fatalf("%s became %+v", data, a.in)
		}
		if a, ok, err := decodeInteraction(data); ok && err == nil {
			if a.in.Room == "" || a.in.User == "discord:" {
				t.Fatalf("%s became %+v", data, a.in)
			}
			focused(a.act.Data.Options)
		}
	})
}

func TestRolesFollowTheServer(t *testing.T) {
	var g guilds
	g.init()
	g.take("GUILD_CREATE", []byte(`{"id":"1","owner_id":"7","roles":[{"id":"1","permissions":"0"},{"id":"2","permissions":"32"},{"id":"3","permissions":"0"}]}`))
	check := func(user, role string, want bot.Role) {
		t.Helper()
		if got := g.roleOf("1", user, []string{role}); got != want {
			t.Errorf("%s with the role %s: %v, want %v", user, role, got, want)
		}
	}
	check("7", "3", bot.Admin)
	check("8", "2", bot.Admin)
	check("8", "3", bot.Member)
	g.take("GUILD_ROLE_UPDATE", []byte(`{"guild_id":"1","role":{"id":"3","permissions":"8"}}`))
	check("8", "3", bot.Admin)
	g.take("GUILD_ROLE_DELETE", []byte(`{"guild_id":"1","role_id":"2"}`))
	check("8", "2", bot.Member)
	g.take("GUILD_DELETE", []byte(`{"id":"1","unavailable":true}`))
	check("7", "3", bot.Admin)
	g.take("GUILD_DELETE", []byte(`{"id":"1"}`))
	check("7", "3", bot.Member)
}

// hostile is what somebody may write into a name, an answer or a pack.
const hostile = "@everyone @here <@1> <@&2> <#3> </quiz:4> <:a:5> **b** __u__ ~~s~~ ||x|| `c` ```d``` [l](https://e) # h\n# h\n> q\n- i\n-# s \\*"

// What gives an answer away by its title is hidden as a whole.
func TestVeiled(t *testing.T) {
	card := bot.Card{Title: "Right · 10 points", Body: []string{"It only reads."}, Footer: "Hidden.", Reveals: true, Veiled: true}
	if b := render(card, place{guild: "1", channel: "2", spoiler: true}); b.Content != "||Right · 10 points\n\nIt only reads.||\n-# Hidden." {
		t.Errorf("%q", b.Content)
	}
	if b := render(card, place{channel: "2"}); b.Content != "Right · 10 points\nIt only reads.\n-# Hidden." {
		t.Errorf("in direct messages: %q", b.Content)
	}
}

func TestHostileTextsAreInert(t *testing.T) {
	card := bot.Card{
		Title: hostile, Body: []string{hostile, hostile}, Table: []string{hostile, "1. alice — 30"}, Footer: hostile,
		Choices: []bot.Choice{{Letter: "A", Text: hostile, ID: "a:1:0"}, {Letter: "B", Text: "short"}},
	}
	b := render(card, place{guild: "1", channel: "2", spoiler: true})
	text := b.Content
	if b.Embeds != nil {
		for _, e := range *b.Embeds {
			text += e.Description
		}
	}
	for _, ping := range []string{"@everyone", "@here", "<@1>", "<@&2>", "<#3>"} {
		if strings.Contains(strings.ReplaceAll(text, "\\"+ping, ""), ping) {
			t.Errorf("%q is live in %q", ping, text)
		}
	}
	blocks := strings.Split(text, "\n```\n")
	if len(blocks) != 3 {
		t.Fatalf("%d fences in %q", len(blocks)-1, text)
	}
	text = blocks[0] + "\n" + blocks[2] // inside a fence nothing is markup
	for _, live := range []string{"@everyone", "@here", "<@1>", "<@&2>", "<#3>", " **b", "__u", " ~~", " ||x", "](https"} {
		rest := text
		for {
			i := strings.Index(rest, live)
			if i < 0 {
				break
			}
			if live != "](https" && (i == 0 || rest[i-1] != '\\') || live == "](https" && !strings.Contains(rest[:i], "\\[") {
				t.Fatalf("%q is live in %q", live, text)
			}
			rest = rest[i+len(live):]
		}
	}
	raw, err := json.Marshal(b)
	if err != nil || !strings.Contains(string(raw), `"allowed_mentions":{"parse":[],"replied_user":false}`) {
		t.Errorf("body %s %v", raw, err)
	}
}

// Whatever a card holds, Discord's limits hold.
func TestLimits(t *testing.T) {
	full := bot.Card{Title: "T", Body: []string{strings.Repeat("word ", 700)}, Footer: "f"}
	for i := range 10 {
		full.Choices = append(full.Choices, bot.Choice{ID: "a:1:" + string(rune('0'+i)), Letter: string(rune('A' + i)), Text: strings.Repeat("x", 190) + string(rune('0'+i))})
	}
	b := render(full, place{guild: "1", channel: "2"})
	text := b.Content
	for _, e := range *b.Embeds {
		text += e.Description
	}
	for _, c := range full.Choices {
		if !strings.Contains(text, c.Letter+". "+c.Text) {
			t.Errorf("option %s is not there in full", c.Letter)
		}
	}
	if strings.Count(text, "word") != 700 {
		t.Errorf("the question is cut: %d of 700 words", strings.Count(text, "word"))
	}
	r := rand.New(rand.NewPCG(1, 1))
	parts := []string{"*", "_", "|", "`", "\\", "\n", "<@1>", "@everyone", "word ", "ä", "👩‍👩‍👧", "``` ", strings.Repeat("y", 300), "https://example.com/a_b_c "}
	long := func(n int) string {
		var s strings.Builder
		for range r.IntN(n + 1) {
			s.WriteString(parts[r.IntN(len(parts))])
		}
		return s.String()
	}
	for range 400 {
		c := bot.Card{Title: long(20), Footer: long(10), Reveals: true}
		for range r.IntN(4) {
			c.Body = append(c.Body, long(60))
		}
		for range r.IntN(4) {
			c.After = append(c.After, long(40))
		}
		for range r.IntN(80) {
			c.Table = append(c.Table, long(8))
		}
		for i := range r.IntN(30) {
			c.Choices = append(c.Choices, bot.Choice{ID: "a:" + string(rune('a'+i)), Letter: []string{"", "A"}[r.IntN(2)], Text: long(4), Mark: "✓", Counted: true})
		}
		checkLimits(t, render(c, place{guild: "1", channel: "2", spoiler: r.IntN(2) == 0, see: "See"}))
	}
}

// balanced: every fence and every spoiler ends where it began.
func balanced(t *testing.T, text string) {
	t.Helper()
	for i, part := range strings.Split(text, "```") {
		if i%2 == 0 && strings.Count(part, "||")%2 != 0 {
			t.Fatalf("a spoiler is open in %q", text)
		}
	}
	if strings.Count(text, "```")%2 != 0 {
		t.Fatalf("a fence is open in %q", text)
	}
}

func checkLimits(t *testing.T, b *body) {
	t.Helper()
	if n := utf8.RuneCountInString(b.Content); n > maxContent || strings.TrimSpace(b.Content) == "" {
		t.Fatalf("content of %d characters", n)
	}
	balanced(t, b.Content)
	if b.Embeds != nil {
		total := 0
		for _, e := range *b.Embeds {
			balanced(t, e.Description)
			n := utf8.RuneCountInString(e.Description)
			total += n
			if n > 4096 || n == 0 {
				t.Fatalf("an embed of %d characters", n)
			}
		}
		if total > 6000 || len(*b.Embeds) > 10 {
			t.Fatalf("%d embeds of %d characters", len(*b.Embeds), total)
		}
	}
	if b.Components != nil {
		if len(*b.Components) > 5 {
			t.Fatalf("%d rows", len(*b.Components))
		}
		for _, row := range *b.Components {
			if len(row.Components) == 0 || len(row.Components) > 5 {
				t.Fatalf("a row of %d", len(row.Components))
			}
			for _, c := range row.Components {
				if n := utf8.RuneCountInString(c.Label); n < 1 || n > 80 || len(c.CustomID) > 100 {
					t.Fatalf("a button of %d characters, id of %d", n, len(c.CustomID))
				}
			}
		}
	}
}

// Wherever a table begins, its lines are in fences, and all are shown or counted.
func TestTablesStayInFences(t *testing.T) {
	for n := 0; n < 9000; n += 83 {
		for _, lines := range []int{1, 10, 40, 400} {
			c := bot.Card{Title: "T", Footer: strings.Repeat("f", n%400), See: "1"}
			if n > 0 {
				c.Body = []string{strings.Repeat("word ", n/5)}
			}
			for i := range lines {
				c.Table = append(c.Table, strconv.Itoa(i+1)+". [click](http://evil.example) **bold** player — 30")
			}
			b := render(c, place{guild: "1", channel: "2", see: "See"})
			checkLimits(t, b)
			texts := []string{b.Content}
			if b.Embeds != nil {
				for _, e := range *b.Embeds {
					texts = append(texts, e.Description)
				}
			}
			shown, said := 0, 0
			for _, text := range texts {
				for i, part := range strings.Split(text, "```") {
					switch here := strings.Count(part, "[click]"); {
					case i%2 == 0 && here > 0:
						t.Fatalf("a line outside of a fence: %q", text)
					default:
						shown += here
					}
					if m := regexp.MustCompile(`… (\d+) more`).FindStringSubmatch(part); m != nil {
						said, _ = strconv.Atoi(m[1])
					}
				}
			}
			if shown+said != lines || shown == 0 {
				t.Fatalf("%d characters before %d lines: %d are shown, %d counted", n, lines, shown, said)
			}
			if last := texts[len(texts)-1]; !strings.Contains(last, "discord.com/channels/1/2/1") {
				t.Fatalf("no link at the end of %q", last)
			}
		}
	}
}

func FuzzRender(f *testing.F) {
	f.Add("Right · 10 points", hostile, "1. alice — 30", "GET")
	f.Add("", "", "", "")
	f.Fuzz(func(t *testing.T, title, text, line, option string) {
		b := render(bot.Card{
			Title: title, Body: []string{text}, After: []string{text, line}, Table: []string{line}, Footer: text,
			Choices: []bot.Choice{{ID: "a:1:0", Letter: "A", Text: option}, {Letter: "B", Text: text}},
		}, place{guild: "1", channel: "2", spoiler: true})
		checkLimits(t, b)
		raw, err := json.Marshal(b)
		if err != nil || strings.Contains(string(raw), "@everyone") || strings.Contains(string(raw), "@here") {
			t.Fatalf("%s %v", raw, err)
		}
	})
}

// A text that is cut between two embeds becomes no heading there, and the counts of
// a closed question are shown however long the question is.
func TestLongTexts(t *testing.T) {
	c := bot.Card{Title: "Closed", Body: []string{strings.Repeat("# ", 1750)}, After: []string{strings.Repeat("be_cause ", 110)}}
	for i := range 10 {
		c.Choices = append(c.Choices, bot.Choice{Letter: string(rune('A' + i)), Text: strings.Repeat("a_b*", 50), Mark: "✗", Counted: true, Count: 70 + i})
	}
	b := render(c, place{guild: "1", channel: "2"})
	checkLimits(t, b)
	all := b.Content
	for _, e := range *b.Embeds {
		if strings.HasPrefix(e.Description, "#") {
			t.Errorf("an embed begins with %q", e.Description[:10])
		}
		all += e.Description
	}
	for i := range 10 {
		if !strings.Contains(all, "— "+strconv.Itoa(70+i)) {
			t.Errorf("option %d has no count", i)
		}
	}
}

func TestPlainTextStaysPlain(t *testing.T) {
	for _, s := range []string{"Which HTTP method opens it?", "snake_case_name", "C++ & C#", "a < b, 50% (so)", "v1.2 is out", "1.5 s", "e.g. x; y: z", "GET /a/b?c=d", "http://localhost:8080/a", "a::b", "at 12:30", "one: two: three"} {
		if got := escape(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
}

// What Discord would draw as an emoji or count anew is shown as it was written.
func TestTextThatDiscordWouldChange(t *testing.T) {
	for s, want := range map[string]string{
		"lst[a:b:c]": `lst\[a\:b:c]`, "1:100:2": `1\:100:2`, ":x: and :o:": `\:x: and \:o:`, "12:30:45": `12\:30:45`,
		"1. Mercury\n3. Earth": `1\. Mercury` + "\n" + `3\. Earth`, " 7. indented": ` 7\. indented`, "2.": `2\.`,
	} {
		if got := escape(s); got != want {
			t.Errorf("%q became %q, want %q", s, got, want)
		}
	}
}

// An edit takes back the mark that hides embeds where it needs them.
func TestEditsNameTheirFlags(t *testing.T) {
	ask := "See https://example.com/spec. " + strings.Repeat("word ", 250)
	first := render(bot.Card{Title: "?", Body: []string{ask}}, place{guild: "1", channel: "2"})
	last := render(bot.Card{Title: "Closed", Body: []string{ask, strings.Repeat("because ", 120)}}, place{guild: "1", channel: "2"})
	raw, err := json.Marshal(last)
	if err != nil || first.Flags != flagNoUnfurl || last.Embeds == nil || !strings.Contains(string(raw), `"flags":0`) {
		t.Errorf("flags %d, then %s %v", first.Flags, raw, err)
	}
}

// The number to resume from never passes an event that is still under way.
func TestSequence(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 5))
		q := newSequence()
		underWay, highest := map[int64]bool{}, int64(0)
		n := int64(r.IntN(50))
		for range 300 {
			if r.IntN(2) == 0 {
				n += int64(1 + r.IntN(2)*r.IntN(3))
				if !q.begin(n) {
					t.Fatalf("seed %d: %d is known already", seed, n)
				}
				if q.begin(n) {
					t.Fatalf("seed %d: %d is new twice", seed, n)
				}
				underWay[n], highest = true, n
			} else {
				for m := range underWay {
					q.end(m)
					delete(underWay, m)
					break
				}
			}
			least := highest
			for m := range underWay {
				least = min(least, m-1)
			}
			if got := q.handled(); got > least || q.newest() != highest {
				t.Fatalf("seed %d: resumes from %d, but %d is under way", seed, got, least+1)
			}
		}
		for m := range underWay {
			q.end(m)
		}
		if highest > 0 && q.handled() != highest {
			t.Fatalf("seed %d: all is handled, yet it resumes from %d of %d", seed, q.handled(), highest)
		}
	}
}

type memory struct{ x Identified }

func (m *memory) Load(context.Context) (Identified, error)   { return m.x, nil }
func (m *memory) Save(_ context.Context, x Identified) error { m.x = x; return nil }

func TestIdentifies(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	kept := &memory{}
	open := func() *identifies {
		x := &identifies{}
		x.init(kept)
		return x
	}
	take := func(x *identifies, shard int, at time.Time) (time.Duration, bool) {
		wait, spent, err := x.take(t.Context(), shard, at)
		if err != nil {
			t.Fatal(err)
		}
		return wait, spent
	}
	x := open()
	if wait, _ := take(x, 0, now); wait != 0 {
		t.Errorf("the first waits %s", wait)
	}
	if wait, _ := take(x, 1, now.Add(time.Second)); wait < 4*time.Second {
		t.Errorf("the second waits %s", wait)
	}
	x.configure(16)
	if wait, _ := take(x, 1, now.Add(6*time.Second)); wait != 0 {
		t.Errorf("another bucket waits %s", wait)
	}
	if wait, _ := take(open(), 0, now.Add(7*time.Second)); wait < 4*time.Second {
		t.Errorf("after a restart it waits %s", wait)
	}
	used := 2
	for at := now.Add(time.Minute); ; at = at.Add(6 * time.Second) {
		if _, spent := take(open(), 0, at); spent {
			break
		}
		if used++; used > 1000 {
			t.Fatal("a thousand identifies in a day")
		}
	}
	if wait, spent := take(open(), 0, now.Add(24*time.Hour)); spent || wait != 0 {
		t.Errorf("on the next day: %s %v", wait, spent)
	}
}

func TestShards(t *testing.T) {
	for s, want := range map[string]int{"auto": 0, "": 0, "0/1": 1, "0,2/4": 2, "1, 3 / 4": 2} {
		if ids, _, err := parseShards(s); err != nil || len(ids) != want {
			t.Errorf("%q: %v %v", s, ids, err)
		}
	}
	for _, s := range []string{"0", "4/4", "0,0/4", "a/2", "0,/2", "-1/2", "0/0", "/"} {
		if _, _, err := parseShards(s); err == nil {
			t.Errorf("%q is accepted", s)
		}
	}
}
