package slack

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"quizbot/bot"
)

// TestStrain: what takes too long for Slack keeps more from being taken in, but for a
// few, by which it is seen that all is well again.
func TestStrain(t *testing.T) {
	t.Parallel()
	now := time.Now()
	r := play(t, setup{tune: func(a *Adapter) { a.now = func() time.Time { return now } }})
	open := gated(r, bot.Reply{Card: card("Right")}, nil)
	arrive := func(n int) *pending {
		return r.adapter.take(arrival{team: team, user: alice, in: bot.Incoming{ID: fmt.Sprint("id", n), Room: bot.RoomID(fmt.Sprint("slack:T/C", n))}})
	}
	var waiting []*pending
	for n := range 4 * alwaysUnderWay { // nothing has been slow: all may wait
		waiting = append(waiting, arrive(n))
	}
	for range 64 {
		r.adapter.strain.note(3 * time.Second)
	}
	refused := arrive(-1)
	<-refused.done
	if !errors.Is(refused.err, bot.ErrBusy) {
		t.Errorf("one more was taken in: %v", refused.err)
	}
	open()
	for _, p := range waiting {
		if <-p.done; p.err != nil {
			t.Errorf("one that waited: %v", p.err)
		}
	}
	again := arrive(-2)
	if <-again.done; again.err != nil {
		t.Errorf("nothing is under way, and it is refused: %v", again.err)
	}
}
