//go:build chaos

package chaos

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"quizbot/bot"
	"quizbot/store/bolt"
)

const (
	loadRooms, loadPlayers = 1000, 20
	// inFlight is how many presses wait for an answer at most, each on a connection that
	// stays: with more, opening and closing them is what takes the machine's time.
	inFlight = 1500
	stepTime = 5 * time.Second
	// overTime is how long the load is ten times what was sustained, and inPassing the
	// same where the load is not what the run is for.
	overTime, inPassing = time.Minute, 15 * time.Second
	// recoverWithin is how long after that it may take until all is well again.
	recoverWithin = 30 * time.Second
)

// burst is what a load came to.
type burst struct {
	offered, sent      int // a second; what could not even be sent found inFlight waiting
	ok, refused, other int
	p50, p99, most     time.Duration
	rss, goroutines    float64 // the most that was seen
	sorry              int64
}

func (b burst) String() string {
	return fmt.Sprintf("| %d | %d | %d | %d | %d | %s | %s | %s | %.0f | %.0f | %d |",
		b.offered, b.sent, b.ok, b.refused, b.other, b.p50.Round(time.Millisecond), b.p99.Round(time.Millisecond), b.most.Round(time.Millisecond), b.rss/1e6, b.goroutines, b.sorry)
}

// late says that somebody was refused, or answered late.
func (b burst) late() bool { return b.refused+b.other > 0 || b.p99 > time.Second }

const burstHead = "| offered/s | sent/s | 200 | 503 | none in 3 s | p50 | p99 | longest | RSS MB | goroutines | told to wait |\n|---|---|---|---|---|---|---|---|---|---|---|"

// load is a run of presses against one process.
type load struct {
	t     *testing.T
	slack *bareSlack
	proc  *process
	posts []barePost
	next  atomic.Int64
	mu    sync.Mutex
	taken map[[2]int]bool // room and player whose press got a 200
}

func channelOf(room int) string { return fmt.Sprintf("C0L%04d", room) }
func playerOf(room, n int) string {
	return fmt.Sprintf("U0L%04dP%02d", room, n)
}

// offer presses at a rate for a while, whatever the answers are.
func (l *load) offer(rate int, d time.Duration) burst {
	out := burst{offered: rate}
	var mu sync.Mutex
	var took []time.Duration
	var pressing sync.WaitGroup
	slots := make(chan struct{}, inFlight)
	began := time.Now()
	sorry := l.slack.sorry.Load()
	watched := l.watch(&out)
	unsent := 0
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for n := 0; time.Since(began) < d; <-tick.C {
		for due := int(time.Since(began).Seconds() * float64(rate)); n < due; n++ {
			select {
			case slots <- struct{}{}:
			default:
				unsent++
				continue
			}
			at := int(l.next.Add(1))
			pressing.Go(func() {
				defer func() { <-slots }()
				room, player := at%loadRooms, at/loadRooms%loadPlayers
				status, t := l.slack.press(channelOf(room), playerOf(room, player), l.posts[room], at%3)
				mu.Lock()
				defer mu.Unlock()
				switch status {
				case 200:
					out.ok++
					took = append(took, t)
					l.mu.Lock()
					l.taken[[2]int{room, player}] = true
					l.mu.Unlock()
				case 503:
					out.refused++
				default:
					out.other++
				}
			})
		}
	}
	pressing.Wait()
	watched()
	out.sent = int(float64(out.ok+out.refused+out.other) / d.Seconds())
	out.sorry = l.slack.sorry.Load() - sorry
	slices.Sort(took)
	if len(took) > 0 {
		out.p50, out.p99, out.most = took[len(took)/2], took[len(took)*99/100], took[len(took)-1]
	}
	fmt.Println(out)
	return out
}

// watch looks at what the process uses until the result is called.
func (l *load) watch(b *burst) (stop func()) {
	over, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			if v, ok := l.proc.metric("process_resident_memory_bytes"); ok {
				b.rss = max(b.rss, v)
			}
			if v, ok := l.proc.metric("go_goroutines"); ok {
				b.goroutines = max(b.goroutines, v)
			}
			select {
			case <-over:
				return
			case <-time.After(200 * time.Millisecond):
			}
		}
	}()
	return func() { close(over); <-done }
}

// stepBack lets the program go before this process, which stands for machines of other
// people: what they do takes no time of the program's. Threads have a priority each;
// new ones have that of the thread that made them.
func stepBack(t *testing.T) {
	t.Helper()
	mine, err := syscall.Getpriority(syscall.PRIO_PROCESS, 0)
	if err != nil {
		t.Fatal(err)
	}
	nice := 20 - mine + 5 // the system call's own result is 20 less the niceness
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Logf("the presses take the program's time: %v", err)
		return
	}
	for _, thread := range threads {
		if id, err := strconv.Atoi(thread.Name()); err == nil {
			_ = syscall.Setpriority(syscall.PRIO_PROCESS, id, nice) // it may have ended
		}
	}
}

// TestLoad finds the rate of presses that the program takes on this machine, then
// offers ten times as many for a while, and looks whether it recovers.
func TestLoad(t *testing.T) {
	over := inPassing
	if *loadMode {
		over = overTime
	}
	fake := startBareSlack(t)
	db, public, admin := filepath.Join(t.TempDir(), "quizbot.db"), freeAddress(t), freeAddress(t)
	fake.app = "http://" + public
	packs := t.TempDir()
	pack := "pack: " + topic + "\nquestions:\n  - {id: q, ask: Which of them, seconds: 3600, options: [{text: oak, correct: true}, {text: reed}, {text: moss}]}\n"
	if err := os.WriteFile(filepath.Join(packs, "p.yaml"), []byte(pack), 0o600); err != nil {
		t.Fatal(err)
	}
	proc := startProcess(t, []string{
		"QUIZBOT_DB=" + db, "QUIZBOT_ADMIN_LISTEN=" + admin, "QUIZBOT_LISTEN=" + public, "QUIZBOT_PACKS=" + packs, "QUIZBOT_LOG=error",
		"SLACK_BOT_TOKEN=xoxb-load", "SLACK_SIGNING_SECRET=" + fake.secret, "SLACK_API_URL=" + fake.server.URL + "/api/",
	})
	if _, ok := proc.ready(readyWithin); !ok {
		t.Fatalf("not ready:\n%s", proc.log())
	}
	stepBack(t)
	l := &load{t: t, slack: fake, proc: proc, taken: map[[2]int]bool{}}
	for room := range loadRooms {
		if status := fake.ask(channelOf(room)); status != 200 {
			t.Fatalf("asking in room %d: status %d", room, status)
		}
	}
	for room := range loadRooms {
		post, ok := fake.question(channelOf(room), 30*time.Second)
		if !ok {
			t.Fatalf("room %d has no question:\n%s", room, proc.log())
		}
		l.posts = append(l.posts, post)
	}
	fmt.Printf("%d rooms with %d players each\n%s\n", loadRooms, loadPlayers, burstHead)
	sustained := 0
	for rate := 200; rate <= 12800; rate = rate * 3 / 2 {
		b := l.offer(rate, stepTime)
		if b.late() || b.sent < rate*95/100 {
			break
		}
		sustained = rate
	}
	if sustained == 0 {
		t.Fatal("not even the least load was sustained")
	}
	fmt.Printf("sustained: %d/s\n", sustained)
	crowd := l.offer(10*sustained, over)
	began := time.Now()
	var after burst
	for again := true; again; again = after.late() && time.Since(began) < recoverWithin {
		after = l.offer(sustained/2, stepTime)
	}
	fmt.Printf("at half of what was sustained all was well again after %s\n", time.Since(began).Round(time.Second))
	if crowd.rss > 1.5e9 || crowd.goroutines > 60_000 {
		t.Errorf("ten times the load was not bounded: %s", crowd)
	}
	if crowd.ok == 0 {
		t.Error("nobody was answered under ten times the load")
	}
	if after.late() {
		t.Errorf("it did not recover: %s", after)
	}
	if status, err := proc.stop(); status != 0 || err != nil {
		t.Errorf("it ended with status %d (%v):\n%s", status, err, proc.log())
	}
	l.compare(db)
}

// compare looks for the answer of everybody whose press was taken.
func (l *load) compare(db string) {
	engine, err := bolt.Open(db, bolt.Options{})
	if err != nil {
		l.t.Fatal(err)
	}
	defer func() { _ = engine.Close() }()
	entries, err := ledger(l.t.Context(), engine, "slack:T0LOAD")
	if err != nil {
		l.t.Fatal(err)
	}
	have := map[bot.UserID]int{}
	for _, e := range entries {
		have[e.Player]++
	}
	lost := 0
	for at := range l.taken {
		if n := have[bot.UserID("slack:T0LOAD/"+playerOf(at[0], at[1]))]; n != 1 {
			if lost++; lost <= 10 {
				l.t.Errorf("%s was acknowledged and has %d answers", playerOf(at[0], at[1]), n)
			}
		}
	}
	fmt.Printf("%d players were acknowledged, %d answers are in the ledger, %d lost or doubled\n", len(l.taken), len(entries), lost)
}
