package quiz

import "time"

// A game that is paused asks nothing until it is resumed, and holds its room as long.

// between says why a game that asks nothing at the moment stands in the way.
func (s *step) between() Reason {
	if s.room.Game.Paused.IsZero() {
		return BetweenTurns
	}
	return GamePaused
}

// steersGame reports that somebody may steer the game, and says why not otherwise.
func (s *step) steersGame(by string, admin bool) bool {
	switch g := s.room.Game; {
	case g == nil || g.Review: // a review waits for its player anyway
		s.refuse(NoGame)
		return false
	case by != g.By && !admin:
		s.refuse(NotYours)
		return false
	default:
		return true
	}
}

func (s *step) pause(in Pause) {
	if !s.steersGame(in.By, in.Admin) {
		return
	}
	g := s.room.Game
	if !g.Paused.IsZero() {
		s.refuse(GamePaused)
		return
	}
	g.Paused, g.Next = s.now, time.Time{}
	s.say(Paused{Game: *g, Open: s.room.asking()})
}

func (s *step) resume(in Resume) {
	if !s.steersGame(in.By, in.Admin) {
		return
	}
	g := s.room.Game
	if g.Paused.IsZero() {
		s.refuse(NotPaused)
		return
	}
	g.Paused = time.Time{}
	open := s.room.asking()
	if !open {
		g.Next = s.now.Add(FirstGap)
	}
	s.say(Resumed{Game: *g, Open: open})
}
