package bot

import "sync"

// folding brings the boards of teams up to date beside play, each team's once at
// a time.
type folding struct {
	mu   sync.Mutex
	busy map[TeamID]bool // true: asked for again meanwhile
}

// fold has the team's boards brought up to date soon, after a question has closed:
// that is when people look at them.
func (b *Bot) fold(team TeamID) {
	f := &b.folding
	f.mu.Lock()
	defer f.mu.Unlock()
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
