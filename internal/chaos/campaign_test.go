//go:build chaos

package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"quizbot/internal/failpoint"
	"quizbot/sandbox/slack"
)

const (
	allRooms = 20 // of each platform
	perRoom  = 8
	// readyWithin is how long a start may take; Discord lets one identify in 5 s.
	readyWithin = 40 * time.Second
	// restWithin is how long everything may take to close once nobody asks any more.
	restWithin = 90 * time.Second
)

// campaign is one run: the platforms, the players, what they were told, and the lives
// of the program.
type campaign struct {
	t        *testing.T
	seed     uint64
	rng      *rand.Rand
	slack    *slackSide
	discord  *discordSide
	on       []platform
	channels map[string][]string // by platform
	records  map[string]*records
	rooms    []*room
	nameOf   map[string]string // by the product's id
	tally    tally
	table    table
	reported map[string]bool
	kills    int
	doubts   int
	before   []*row // of the faults that the life before ended with

	db, packs, public, admin string
	failed                   bool
}

// newCampaign makes the platforms with so many rooms each, and so many players in a room.
func newCampaign(t *testing.T, rooms, players int) *campaign {
	c := &campaign{
		t: t, seed: newSeed(t), slack: startSlack(t, rooms, players), discord: startDiscord(t, rooms, players),
		channels: map[string][]string{}, records: map[string]*records{}, nameOf: map[string]string{}, reported: map[string]bool{},
		db: filepath.Join(t.TempDir(), "quizbot.db"), packs: writePack(t), public: freeAddress(t), admin: freeAddress(t),
	}
	c.rng = chance(c.seed)
	c.on = []platform{c.slack, c.discord}
	c.settle(c.slack, rooms, players, slackChannel, slackPlayer, "s")
	c.settle(c.discord, rooms, players, discordChannel, discordPlayer, "d")
	c.slack.watch(c.route("slack"))
	c.discord.watch(c.route("discord"))
	return c
}

// settle makes the rooms of a platform.
func (c *campaign) settle(on platform, rooms, perRoom int, channel func(int) string, player func(int, int) string, letter string) {
	c.records[on.name()] = newRecords()
	for i := range rooms {
		names := map[string]string{}
		var players []string
		for n := range perRoom {
			id := player(i, n)
			players = append(players, id)
			names[id] = fmt.Sprintf("%s%03dp%03d", letter, i, n)
			c.nameOf[string(on.user(id))] = names[id]
		}
		c.channels[on.name()] = append(c.channels[on.name()], channel(i))
		c.rooms = append(c.rooms, newRoom(on, channel(i), players, names, c.records[on.name()], &c.tally, chance(c.seed, int(letter[0]), i)))
	}
}

// route hands what is posted to its room.
func (c *campaign) route(name string) func(message) {
	by := map[string]*room{}
	for _, r := range c.rooms {
		if r.on.name() == name {
			by[r.channel] = r
		}
	}
	return func(m message) {
		if r := by[m.channel]; r != nil {
			r.hear(m)
		}
	}
}

// env is the configuration of one life; Slack speaks over HTTP or over a socket.
func (c *campaign) env(socket bool, points string) []string {
	env := []string{
		"QUIZBOT_DB=" + c.db, "QUIZBOT_ADMIN_LISTEN=" + c.admin, "QUIZBOT_PACKS=" + c.packs,
		"SLACK_BOT_TOKEN=" + slack.DefaultBotToken, "SLACK_API_URL=" + c.slack.s.APIURL(),
		"DISCORD_TOKEN=" + c.discord.s.Token(), "DISCORD_API_URL=" + c.discord.s.APIURL(),
		failpoint.Env + "=" + points,
	}
	c.slack.s.SetSocketMode(socket)
	if socket {
		c.slack.s.SetRequestURLs("", "", "")
		return append(env, "SLACK_APP_TOKEN="+c.slack.s.AppToken())
	}
	c.slack.s.SetAppURL("http://" + c.public)
	return append(env, "SLACK_SIGNING_SECRET="+c.slack.s.SigningSecret(), "QUIZBOT_LISTEN="+c.public)
}

// plan is one life of the program: how it ends, and in which weather it lives.
type plan struct {
	point  failpoint.Point // where it is killed; "": anywhere
	nth    int
	after  time.Duration // before that, the point kills nobody; without a point, when it is killed
	socket bool
	in     weather
}

func (p plan) String() string {
	weather := p.in.name
	if weather == "" {
		weather = "fair"
	}
	way := map[bool]string{true: "Socket Mode", false: "HTTP"}[p.socket]
	if p.point == "" {
		return fmt.Sprintf("kill -9 after %s (Slack over %s, weather: %s)", p.after, way, weather)
	}
	return fmt.Sprintf("kill at %s, number %d after %s (Slack over %s, weather: %s)", p.point, p.nth, p.after, way, weather)
}

// fault names the row of the table.
func (p plan) fault() string {
	if p.point == "" {
		return "kill -9 at a moment of chance"
	}
	return "kill -9 at `" + string(p.point) + "`"
}

// identifyTime is how long after the last identify Discord is spoken to again.
const identifyTime = 6 * time.Second

// planFor draws how the point is to be reached.
func (c *campaign) planFor(p failpoint.Point, n int) plan {
	out := plan{point: p, nth: 1 + c.rng.IntN(12), after: time.Duration(c.rng.IntN(2500)) * time.Millisecond, socket: n%2 == 1}
	switch {
	case p == failpoint.SlackAnswering:
		out.socket = false
	case p == failpoint.SlackAcking || p == failpoint.SlackAcked:
		out.socket = true
	case strings.HasPrefix(string(p), "discord-"):
		out.after = identifyTime
	case p == "":
		out.after = time.Duration(500+c.rng.IntN(9000)) * time.Millisecond
	}
	return out
}

// TestChaos plays, kills, restarts and compares until the time is over and each point
// has killed at least once.
func TestChaos(t *testing.T) {
	t.Parallel()
	c := newCampaign(t, allRooms, perRoom)
	soak := time.Duration(0)
	if *playFor >= 5*time.Minute {
		soak = *playFor * 3 / 5
	}
	end := time.Now().Add(*playFor - soak)
	enough := c.start()
	points := slices.Clone(failpoint.All())
	c.rng.Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
	storms := weathers()
	c.rng.Shuffle(len(storms), func(i, j int) { storms[i], storms[j] = storms[j], storms[i] })
	hard := end.Add(*playFor + time.Minute)
	for n := 0; len(points) > 0 || time.Now().Before(end); n++ {
		var point failpoint.Point
		if len(points) > 0 && n%6 != 5 {
			point, points = points[0], points[1:]
		}
		again := len(points) == 0 && n%3 > 0
		if again {
			all := failpoint.All()
			point = all[c.rng.IntN(len(all))]
		}
		p := c.planFor(point, n)
		if len(points) == 0 { // no hurry: let all be well in between
			p.after += identifyTime
		}
		if n%3 > 0 { // every third life has fair weather
			p.in = storms[0]
			storms = append(storms[1:], storms[0])
		}
		if !c.live(n, p) && !again {
			points = append(points, point)
		}
		if time.Now().After(hard) && len(points) > 0 {
			c.fail("the points %q were never reached", points)
			break
		}
	}
	if soak > 0 {
		c.soak(soak)
	}
	c.end(enough)
	c.print()
}

// start has all rooms play until enough is called, which waits until they are done.
func (c *campaign) start() (enough func()) {
	asking := make(chan struct{})
	var playing sync.WaitGroup
	for _, r := range c.rooms {
		playing.Go(func() { r.play(c.t.Context(), asking) })
	}
	enough = sync.OnceFunc(func() {
		close(asking)
		playing.Wait()
	})
	c.t.Cleanup(enough)
	return enough
}

// fail reports something wrong, with what is needed to look at it again.
func (c *campaign) fail(format string, args ...any) {
	c.failed = true
	c.t.Errorf("seed %d: "+format, append([]any{c.seed}, args...)...)
}

// live is one life of the program, from its start to its end and what is found then.
// It is false when the point that should have killed it was not reached.
func (c *campaign) live(n int, p plan) bool {
	points := ""
	if p.point != "" {
		points = fmt.Sprintf("%s=kill@%d+%s", p.point, p.nth, p.after)
	}
	proc := startProcess(c.t, c.env(p.socket, points))
	ctx, clear := context.WithCancel(context.Background())
	var blowing sync.WaitGroup
	if p.in.blow != nil {
		blowing.Go(func() { p.in.blowOn(ctx, c.slack.s, c.discord.s) })
	}
	ready := make(chan struct{})
	var took, closing time.Duration
	go func() {
		defer close(ready)
		var ok bool
		if took, ok = proc.ready(readyWithin); !ok {
			took = 0
			return
		}
		closing = c.overdue(proc)
	}()
	reached := true
	if p.point == "" {
		select {
		case <-proc.over:
		case <-time.After(p.after):
		}
	} else {
		select {
		case <-proc.over:
		case <-time.After(p.after + 14*time.Second):
			reached = false
		}
	}
	early := proc.ended() && p.point == ""
	proc.kill()
	<-ready
	clear()
	blowing.Wait()
	c.kills++
	c.doubts += proc.doubts()
	log := proc.log()
	if early || p.point != "" && reached && !strings.Contains(log, "failpoint "+string(p.point)) {
		c.fail("life %d, %s: the program ended by itself:\n%s", n, p, log)
	}
	b, err := readBooks(c.t.TempDir(), c.db, c.on, c.channels, time.Now())
	if err != nil {
		c.fail("life %d, %s: the database cannot be read: %v", n, p, err)
		return reached
	}
	if p.in.name == "" && closing > lateInFairWeather {
		c.fail("life %d, %s: overdue results took %s", n, p, closing)
	}
	f := c.compareRecords(b)
	c.again(took, closing)
	c.note(p, reached, f)
	for _, line := range f.lines {
		c.fail("life %d, %s: %s", n, p, line)
	}
	if len(f.lines) > 0 {
		c.t.Logf("the program's last words:\n%s", log)
	}
	fmt.Printf("life %3d  %-90s ready %5.1fs  overdue %5.1fs  answers %5d  acknowledged %5d\n", n, p, took.Seconds(), closing.Seconds(), len(b.by), c.tally.acked.Load())
	return reached
}

// again writes down how soon after the faults of the life before all was well.
func (c *campaign) again(ready, closing time.Duration) {
	for _, r := range c.before {
		if ready > 0 {
			r.ready = append(r.ready, ready)
			r.closed = append(r.closed, closing)
		}
	}
}

// note writes a life into the table.
func (c *campaign) note(p plan, reached bool, f findings) {
	faults := []string{p.fault()}
	if !reached {
		faults[0] = "kill -9 at a moment of chance"
	}
	if p.in.name != "" {
		faults = append(faults, p.in.name)
	}
	c.before = nil
	for _, name := range faults {
		r := c.table.of(name)
		r.tried++
		r.lost += f.lost
		r.repeated += f.repeated
		c.before = append(c.before, r)
	}
}

// lateInFairWeather is how long after being ready an overdue result may take where
// nothing else is wrong: 2 s, and what a busy machine needs.
const lateInFairWeather = 5 * time.Second

// overdue waits until what should have closed while nobody was there is closed, and
// returns how long that took from being ready on. A question's time counts as players see
// it: from when the platform made its message, whatever the program knew of it when it died.
func (c *campaign) overdue(proc *process) time.Duration {
	ready := time.Now()
	due := map[*room][]string{}
	for _, r := range c.rooms {
		if posts := r.overdue(ready); len(posts) > 0 {
			due[r] = posts
		}
	}
	for !proc.ended() && time.Since(ready) < restWithin {
		for r, posts := range due {
			if r.closed(posts) {
				delete(due, r)
			}
		}
		if len(due) == 0 {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	return time.Since(ready).Round(50 * time.Millisecond)
}

// end lets everything close in fair weather, asks for the leaderboards, stops the
// program in good order and compares for the last time.
func (c *campaign) end(enough func()) {
	proc := startProcess(c.t, c.env(false, ""))
	took, ok := proc.ready(readyWithin)
	if !ok {
		c.fail("the last life was not ready within %s:\n%s", readyWithin, proc.log())
	}
	c.again(took, c.overdue(proc))
	enough()
	atRest := func() bool {
		waiting, ok := proc.metric("quizbot_outbox_messages")
		if !ok || waiting > 0 {
			return false
		}
		for _, r := range c.rooms {
			if r.unfinished() {
				return false
			}
		}
		return true
	}
	if !eventually(restWithin, atRest) {
		c.fail("not everything had closed %s after the last question:\n%s", restWithin, proc.log())
	}
	texts := map[string]string{}
	for _, p := range c.on {
		texts[p.name()] = c.leaderboard(p)
	}
	c.doubts += proc.doubts()
	if status, err := proc.stop(); err != nil || status != 0 {
		c.fail("after SIGINT it ended with status %d (%v):\n%s", status, err, proc.log())
	}
	b, err := readBooks(c.t.TempDir(), c.db, c.on, c.channels, time.Now())
	if err != nil {
		c.fail("the database cannot be read at the end: %v", err)
		return
	}
	all := []findings{c.compareRecords(b), c.compareRooms(b)}
	var boards findings
	for _, p := range c.on {
		c.compareBoard(&boards, p, texts[p.name()], b)
	}
	for _, f := range append(all, boards) {
		for _, line := range f.lines {
			c.fail("at the end: %s", line)
		}
	}
	if b.unsent > 0 {
		c.fail("at the end %d rooms have messages that were not sent", b.unsent)
	}
	if c.doubts > c.kills {
		c.fail("%d messages were given up in doubt in %d kills", c.doubts, c.kills)
	}
	if len(b.by) == 0 {
		c.fail("nobody has answered anything")
	}
	c.summary(b)
}

// unfinished reports that a question or a game is open.
func (r *room) unfinished() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	started := 0
	for _, m := range r.seen {
		if m.round() > 0 && !m.closed() {
			return true
		}
		if strings.HasPrefix(m.text, "A game of") {
			started++
		}
	}
	return started > r.games
}

// leaderboard asks the program for a team's table and returns what it posted.
func (c *campaign) leaderboard(p platform) string {
	ctx, cancel := context.WithTimeout(c.t.Context(), 20*time.Second)
	defer cancel()
	var at *room
	for _, r := range c.rooms {
		if r.on == p {
			at = r
			break
		}
	}
	o := p.command(ctx, at.channel, at.players[0], "leaderboard")
	if strings.Contains(o.card, "Leaderboard") {
		return o.card
	}
	text := ""
	at.wait(ctx, 20*time.Second, func() bool {
		for _, m := range at.seen {
			if strings.Contains(titleOf(m.text), "Leaderboard") {
				text = m.text
			}
		}
		return text != ""
	})
	if text == "" {
		c.fail("%s shows no leaderboard: %+v", p.name(), o)
	}
	return text
}

// summary prints how much was played.
func (c *campaign) summary(b *books) {
	fmt.Printf("%d players in %d rooms: %d questions and %d games asked for, %d presses, %d lines, %d second tries, %d late; %d acknowledged, %d failed and tried again; %d answers in the ledger; %d kills, %d messages given up in doubt\n",
		len(c.nameOf), len(c.rooms), c.tally.asks.Load(), c.tally.games.Load(), c.tally.presses.Load(), c.tally.lines.Load(), c.tally.repeats.Load(), c.tally.late.Load(),
		c.tally.acked.Load(), c.tally.failed.Load(), len(b.by), c.kills, c.doubts)
}

func (c *campaign) print() {
	text := c.table.Markdown()
	fmt.Println(text)
	if *reportFile != "" {
		if err := os.WriteFile(*reportFile, []byte(text), 0o644); err != nil {
			c.t.Error(err)
		}
	}
}
