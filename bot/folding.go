package bot

import "sync"

// folding brings the boards of teams up to date beside play, each team's once at
// a time.
type folding struct {
	mu   sync.Mutex
	busy map[TeamID]bool // true: asked for again meanwhile
	// gathered counts a team's answers since its boards were last asked for here.
	gathered map[TeamID]int
}

// foldEach is after how many answers boards are brought up to date though no question
// closes (one can be open for a day): so many fold in less time than anybody notices
// who looks at a board.
const foldEach = 250

// gather notes that n answers of a team were saved.
func (b *Bot) gather(team TeamID, n int) {
	f := &b.folding
	f.mu.Lock()
	if len(f.gathered) >= maxRooms {
		clear(f.gathered)
	}
	f.gathered[team] += n
	enough := f.gathered[team] >= foldEach
	f.mu.Unlock()
	if enough {
		b.fold(team)
	}
}

// fold has the team's boards brought up to date soon, after a question has closed:
// that is when people look at them.
func (b *Bot) fold(team TeamID) {
	f := &b.folding
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.gathered, team)
	if _, busy := f.busy[team]; busy {
		f.busy[team] = true
		return
	}
	f.busy[team] = false
	b.work.Go(func() {
		for again := true; again; {
			if err := b.store.Fold(b.ctx, team); err != nil && b.ctx.Err() == nil {
				b.log.Warn("boards not brought up to date; whoever reads them does it", "team", team, "err", err)
			}
			f.mu.Lock()
			if again = f.busy[team] && b.ctx.Err() == nil; again {
				f.busy[team] = false
			} else {
				delete(f.busy, team)
			}
			f.mu.Unlock()
		}
	})
}
