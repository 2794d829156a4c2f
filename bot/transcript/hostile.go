package transcript

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"quizbot/bot"
	"quizbot/quiz"
)

// Attacks are what somebody may call themselves, type, or write into a pack, in order
// to ping, to format, to link or to hide.
func Attacks() []string {
	return []string{
		"<!channel>", "<!here|here>", "<!everyone>", "<!subteam^S1|x>", "<@U0BOB>", "<#C0QUIZ|x>", "<https://evil.example|click>", "&lt;!channel&gt;", "&amp;lt;",
		"<<!channel>>", "<!chan\nnel>", "<!date^1^{date}|x>", "@everyone @here @channel", "<@1>", "<@&2>", "<#3>", "</quiz:4>", "<:a:5>", "<a:b:6>", "<t:7:R>", "<sound:0:8>", "<id:customize>",
		"*a* _b_ ~c~ `d`", "**a** __b__ ~~c~~ ***d***", "||a||", "```a\nb", "`", "[l](https://evil.example)", "[l](<https://evil.example>)", "# h", "## h\n### h", "-# s", "> q", ">>> q",
		"- i\n* i\n1. i", "a\n# h", "a\r# h", "a\u2028# h", "a\u0085> q", ":tada:", "\\", "\\*", "\\\\*a*", "_", "__", "*", "a_*b*_", "]( [](", "x](https://evil.example)",
		"\u202egnihton\u202c", "\u2066x\u2069", "\u200b\u2060\ufeff", "a\u200b# h", "\u061cx", "\u3164", "\u2800", "\u00ad", "\U000e0041\U000e0042", "\u034f", "e" + strings.Repeat("\u0301\u0316\u0336", 60),
		strings.Repeat("\u0489", 50), strings.Repeat("e\u0301", 20), strings.Repeat("👩\u200d👩\u200d👧\u200d👦", 30), "❤\ufe0f\ufe0f\ufe0f\ufe0f\ufe0f\ufe0f", "🏳\ufe0f\u200d🌈", "\ud7ff\ufffd", "a\x00b", "\xff\xfe<!here>",
		"\xed\xa0\x80", "\x1b[31m", "\x02" + "0\x03", "\x02999\x03", "a\tb", "", " ", strings.Repeat("W", 300), strings.Repeat("<&>", 100), strings.Repeat("*_~`", 60), strings.Repeat("# ", 90), "1. eve — 999\n2. x", "https://evil.example/a_b_", "javascript:alert(1)",
	}
}

// Hostile plays long conversations in which names, topics, answers, buttons and packs
// are Attacks, on a whole core, and returns every card that was said: to a room as it
// was delivered, to one person as a message without a key; and every form that was shown. It is to run in a bubble of
// testing/synctest. store is empty.
func Hostile(t *testing.T, store bot.Store, seed uint64) ([]bot.Outgoing, []bot.Form) {
	t.Helper()
	h := &hostile{t: t, chance: rand.New(rand.NewPCG(seed, seed))}
	pool := h.pool()
	h.core = bot.New(bot.Config{
		Store: store, Messengers: map[string]bot.Messenger{"test": h}, Log: slog.New(slog.DiscardHandler), Seed: func() uint64 { return seed }, Zone: hostileZone,
	}, pool)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- h.core.Run(ctx) }()
	for _, words := range []string{"leaderboard", "review"} { // before anybody has answered
		h.say(h.by("test:T/#a"), words)
	}
	for range 900 {
		h.act(pool)
	}
	h.scenes()
	h.typing()
	h.games()
	h.duels()
	h.reviews()
	h.alone()
	h.choices()
	h.clockwork(pool, store)
	h.boards(pool)
	h.flood()
	time.Sleep(25 * time.Hour) // the bubble's clock: what stays open for a day closes
	h.say(h.by(h.room()), "leaderboard")
	empty, err := quiz.NewPool(nil)
	if err != nil {
		t.Fatal(err)
	}
	h.core.SetPool(empty)
	for _, words := range []string{"stop", "stop", "stop", "", "topics", "start"} {
		in := h.by("test:T/#empty")
		in.Role = bot.Admin
		h.say(in, words)
	}
	time.Sleep(24 * time.Hour) // daily questions have nothing to ask
	synctest.Wait()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	for _, err := range []error{bot.ErrBusy, bot.ErrStopped, errors.New("<!channel>")} {
		h.said = append(h.said, bot.Outgoing{Card: bot.Sorry(err)})
	}
	return h.said, h.forms
}

type hostile struct {
	t      *testing.T
	core   *bot.Bot
	chance *rand.Rand
	next   int

	mu      sync.Mutex
	said    []bot.Outgoing
	forms   []bot.Form
	buttons []bot.Choice
	posts   []string
}

// Deliver implements bot.Messenger.
func (h *hostile) Deliver(_ context.Context, o bot.Outgoing) (bot.MessageID, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := refusal(o.Room); err != nil {
		return "", err
	}
	h.keep(o)
	if o.Target != "" {
		return o.Target, nil
	}
	h.posts = append(h.posts, "m"+strconv.Itoa(len(h.posts)))
	return bot.MessageID(h.posts[len(h.posts)-1]), nil
}

func (h *hostile) keep(o bot.Outgoing) {
	h.said = append(h.said, o)
	for _, c := range o.Card.Choices {
		if c.ID != "" {
			h.buttons = append(h.buttons, c)
		}
	}
}

func pick[T any](h *hostile, from []T) T { return from[h.chance.IntN(len(from))] }

func (h *hostile) attack() string {
	s := pick(h, Attacks())
	if h.chance.IntN(3) == 0 {
		s += pick(h, []string{"", " ", "\n", "x"}) + pick(h, Attacks())
	}
	return s
}

func (h *hostile) room() bot.RoomID {
	return pick(h, []bot.RoomID{"test:T/#a", "test:T/#b", "test:T/@c"})
}

// by is something of somebody who has a new name each time.
func (h *hostile) by(room bot.RoomID) bot.Incoming {
	h.next++
	in := bot.Incoming{
		ID: "test:d" + strconv.Itoa(h.next), Team: "test:T", Room: room, User: bot.UserID(fmt.Sprintf("test:T/U%d", h.chance.IntN(12))), Name: h.attack(), At: time.Now(),
		Private: room == "test:T/@c",
	}
	if h.chance.IntN(6) == 0 {
		in.Role = bot.Admin
	}
	if h.chance.IntN(6) == 0 {
		in.Name = "" // the platform didn't tell
	}
	return in
}

func (h *hostile) say(in bot.Incoming, words string) {
	in.Text, in.Addressed = words, true
	h.submit(in)
}

func (h *hostile) submit(in bot.Incoming) {
	reply, err := h.core.Submit(context.Background(), in)
	if err != nil {
		h.t.Errorf("%+v: %v", in, err)
	}
	h.mu.Lock()
	if reply.Form != nil {
		h.forms = append(h.forms, *reply.Form)
	}
	for _, f := range reply.Faults {
		h.keep(bot.Outgoing{Room: in.Room, Card: bot.Card{Title: f.Text}})
	}
	if reply.Card != nil {
		h.keep(bot.Outgoing{Room: in.Room, Card: *reply.Card})
	}
	h.mu.Unlock()
	if reply.Form != nil {
		h.fill(in, *reply.Form)
	}
}

// fill sends a form off, that was shown to the sender of in, with nearly as many fields as it has.
func (h *hostile) fill(in bot.Incoming, f bot.Form) {
	h.next++
	in.ID, in.Choice, in.Text = "test:d"+strconv.Itoa(h.next), f.ID, ""
	in.Fields = nil
	for _, field := range f.Fields {
		in.Fields = append(in.Fields, bot.Filled{Field: field.ID, Value: pick(h, []string{"plain", "443", "A or B", h.attack(), h.attack()})})
	}
	if h.chance.IntN(9) == 0 {
		in.Fields[0].Field = h.attack()
	}
	h.submit(in)
}

// act is one thing that somebody does.
func (h *hostile) act(pool *quiz.Pool) {
	in := h.by(h.room())
	topic := pick(h, pool.Packs()).ID
	h.mu.Lock()
	var button bot.Choice
	message := ""
	if len(h.buttons) > 0 {
		button = h.buttons[max(0, len(h.buttons)-1-h.chance.IntN(20))]
	}
	if len(h.posts) > 0 {
		message = h.posts[max(0, len(h.posts)-1-h.chance.IntN(4))]
	}
	h.mu.Unlock()
	switch h.chance.IntN(12) {
	case 0:
		h.say(in, h.attack())
	case 1:
		h.say(in, pick(h, []string{topic, "ask " + topic, topic + " for 1h", "start " + topic + " 3 each 5", "start 2 each 5", "start 2", "start " + h.attack(), "ask " + h.attack(), "start 99999", "start 2 each 1", "start 2 each " + h.attack()}))
	case 2:
		h.say(in, pick(h, []string{"stop", "skip", "hint", "hint", "hint"}))
	case 3:
		h.say(in, pick(h, []string{"leaderboard", "leaderboard today here", "leaderboard chart", "leaderboard here chart", "leaderboard " + h.attack(), "me", "topics", "help", "review " + h.attack(), "add", "topcis", "stop " + h.attack()}))
	case 4:
		in.Text = pick(h, []string{"A", "B", "A B", "1", "A, B or C", h.attack()})
		in.ReplyTo = bot.MessageID(message)
		h.submit(in)
	case 5:
		in.Text = h.attack()
		h.submit(in)
	case 6: // right, perhaps
		in.Text = pick(h, []string{"plain", "443", "true", "B A", "plain or 443"})
		h.submit(in)
	case 7: // given in time, and late
		in.At, in.Again, in.Text = in.At.Add(-time.Duration(h.chance.IntN(20))*time.Second), true, pick(h, []string{"plain", "443", "A", h.attack()})
		h.submit(in)
	case 8:
		time.Sleep(time.Duration(h.chance.IntN(9)) * time.Second) // the bubble's clock
		synctest.Wait()
	default:
		in.Choice = button.ID
		if h.chance.IntN(20) == 0 {
			in.Choice = h.attack()
		}
		if in.Choice != "" {
			h.submit(in)
		}
	}
}

// scenes are what chance rarely plays: an answer that comes when its game is over, and
// more questions for a day than a room may have.
func (h *hostile) scenes() {
	late := h.by("test:T/#late")
	h.say(late, "start last 1 each 5")
	time.Sleep(quiz.FirstGap + 2*time.Second) // the bubble's clock
	synctest.Wait()
	answer := h.by("test:T/#late")
	answer.Text, answer.Again = "plain", true
	time.Sleep(time.Minute)
	synctest.Wait()
	h.submit(answer)
	time.Sleep(time.Minute)
	for range 40 {
		h.say(h.by("test:T/#late"), "long")
		time.Sleep(2 * time.Second)
		synctest.Wait()
	}
}

// typing fills in forms, with whatever people write.
func (h *hostile) typing() {
	for i := range 24 {
		h.say(h.by("test:T/#forms"), []string{"last", "figure"}[i%2])
		synctest.Wait()
		h.press(h.by("test:T/#forms"))
		time.Sleep(2 * time.Minute) // the bubble's clock
		synctest.Wait()
	}
}

// games are played in every way there is, with pauses, one of which nobody ends.
func (h *hostile) games() {
	say := func(user, words string, addressed bool) {
		in := h.by("test:T/#games")
		in.User, in.Role, in.Text, in.Addressed = bot.UserID("test:T/"+user), bot.Member, words, addressed
		h.submit(in)
	}
	wait := func(d time.Duration) {
		time.Sleep(d) // the bubble's clock
		synctest.Wait()
	}
	both := func() {
		say("G1", "plain", false)
		say("G2", "plain", false)
	}
	all := func(words ...string) {
		for _, w := range words {
			say("G1", w, true)
		}
	}
	all("pause", "start last 9 each 5 elimination", "resume")
	wait(quiz.FirstGap + time.Second)
	both()
	all("pause", "resume", "pause")
	wait(6 * time.Second)
	all("last", "resume")
	wait(time.Second)
	all("pause")
	wait(quiz.MaxPause + time.Minute)
	all("start last 1 each 5 sudden death speed off")
	for range 2 { // its question, and one more
		wait(quiz.Gap + time.Second)
		both()
		wait(6 * time.Second)
	}
	all("stop")
}

// reviews has everybody repeat what was asked of them, days later: in a room, where all
// would read along, and in direct messages.
func (h *hostile) reviews() {
	time.Sleep(100 * time.Hour) // the bubble's clock
	synctest.Wait()
	for i := range 12 {
		by := func(room bot.RoomID) bot.Incoming {
			in := h.by(room)
			in.User, in.Private = bot.UserID(fmt.Sprintf("test:T/U%d", i)), room != "test:T/#a"
			return in
		}
		aloud := by("test:T/#a")
		aloud.Aloud = true
		h.say(aloud, "review")
		h.say(by("test:T/#a"), "me")
		elsewhere := by("test:T/#a")
		elsewhere.Team = "test:elsewhere"
		h.say(elsewhere, "me")
		for range 3 {
			h.say(by("test:T/#a"), "review")
			for h.press(by("test:T/#a")) {
				time.Sleep(time.Second) // as fast as one may for long
			}
		}
		direct := bot.RoomID(fmt.Sprintf("test:T/@d%d", i))
		for range 40 {
			h.say(by(direct), pick(h, []string{"review", "plain", "443", "A", "B", "skip", "review"}))
			time.Sleep(4 * time.Second)
			synctest.Wait()
		}
	}
}

// press presses a button of what was said last; false when there is none.
func (h *hostile) press(in bot.Incoming) bool {
	h.mu.Lock()
	var ids []string
	for _, c := range h.said[len(h.said)-1].Card.Choices {
		if c.ID != "" && c.Text != "Start over" {
			ids = append(ids, c.ID)
		}
	}
	h.mu.Unlock()
	if len(ids) == 0 {
		return false
	}
	in.Choice = pick(h, ids)
	h.submit(in)
	return true
}

// flood is one who has answered nothing or once, and says too much at once.
func (h *hostile) flood() {
	fresh := func() bot.Incoming {
		in := h.by("test:T/#fresh")
		in.User = "test:T/U99"
		return in
	}
	h.say(fresh(), "review")
	h.say(fresh(), "last")
	synctest.Wait()
	h.say(fresh(), "plain")
	h.say(fresh(), "me")
	for range 40 {
		in := h.by("test:T/#a")
		in.User = "test:T/U99"
		h.say(in, "me")
	}
}

// pool has packs in which every text is an attack, as far as a pack may hold it.
func (h *hostile) pool() *quiz.Pool {
	var texts []string
	for _, a := range Attacks() {
		if _, err := quiz.ParsePack("p", packOf("p", a, "b")); err == nil {
			texts = append(texts, a)
		}
	}
	if len(texts) < len(Attacks())/2 {
		h.t.Fatalf("only %d of %d attacks may stand in a pack", len(texts), len(Attacks()))
	}
	var packs []quiz.Pack
	for i, a := range texts {
		other := texts[(i*7+3)%len(texts)]
		pack, err := quiz.ParsePack("p", packOf(fmt.Sprintf("t%d", i), a, other))
		if err != nil {
			h.t.Fatalf("%q and %q: %v", a, other, err)
		}
		packs = append(packs, pack)
	}
	last := quiz.Question{ID: "q", Kind: quiz.Text, Ask: "x", Accept: []string{"plain"}, Difficulty: quiz.Easy}
	long := quiz.Question{ID: "q", Kind: quiz.TrueFalse, Ask: "x", Difficulty: quiz.Easy, Seconds: quiz.MaxSeconds}
	alone := quiz.Question{ID: "q", Kind: quiz.TrueFalse, Ask: "x", Truth: true, Difficulty: quiz.Easy, Hint: "y", Seconds: quiz.MaxSeconds}
	packs = append(packs, quiz.Pack{ID: "alone", Title: "Alone", Questions: []quiz.Question{alone}}, quiz.Pack{ID: "last", Title: "Last", Questions: []quiz.Question{last}}, quiz.Pack{ID: "long", Title: "Long", Questions: []quiz.Question{long}})
	figure := quiz.Question{ID: "q", Kind: quiz.Number, Ask: "x", Answer: 443, Unit: "<!here>", Difficulty: quiz.Easy}
	packs = append(packs, quiz.Pack{ID: "figure", Title: "Figure", Questions: []quiz.Question{figure}})
	pool, err := quiz.NewPool(packs)
	if err != nil {
		h.t.Fatal(err)
	}
	return pool
}

// packOf is a pack with a question of each kind that holds the texts, as YAML takes it.
func packOf(id, a, b string) []byte {
	type m = map[string]any
	short := func(s string, n int) string {
		if r := []rune(s); len(r) > n {
			return string(r[:n])
		}
		return s
	}
	option, unit := short(a, 190), short(a, 50)
	question := func(n int, kind string, more m) m {
		q := m{"id": fmt.Sprintf("q%d", n), "kind": kind, "ask": a, "explain": b, "source": short(b, 150), "hint": short(a, 290), "seconds": 5 + n%3}
		for k, v := range more {
			q[k] = v
		}
		return q
	}
	options := []m{{"text": option + " 1", "correct": true, "why": b}, {"text": option + " 2", "why": a}, {"text": "plain"}}
	several := []m{{"text": option + " 1", "correct": true, "why": b}, {"text": option + " 2", "why": a}, {"text": "plain", "correct": true}}
	raw, err := json.Marshal(m{"pack": id, "title": short(a, 80), "aliases": []string{"alias of " + id}, "questions": []m{
		question(0, "choice", m{"options": options}), question(1, "multi", m{"options": several}), question(2, "truefalse", m{"answer": true}),
		question(3, "text", m{"accept": []string{"plain", "x " + option}}), question(4, "number", m{"answer": 443, "unit": unit, "tolerance": 0.5}),
		question(5, "order", m{"steps": []string{option + " 1", option + " 2", "plain"}}),
		question(6, "choice", m{"options": options, "seconds": 86_400}), question(7, "truefalse", m{"answer": false, "ask": strings.Repeat(short(a, 3400)+" ", 1+3300/(1+len(a)))}),
	}})
	if err != nil {
		panic(err) // texts always are JSON
	}
	return raw
}
