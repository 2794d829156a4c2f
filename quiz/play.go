package quiz

import (
	"slices"
	"time"
)

// How each input is played: see Step.

func (s *step) say(e Event)     { s.events = append(s.events, e) }
func (s *step) refuse(r Reason) { s.say(Refused{Reason: r}) }

func (s *step) seed(seed uint64) {
	if s.room.Seed == 0 {
		s.room.Seed = max(seed, 1)
	}
}

// free reports that nothing holds the room, and refuses otherwise.
func (s *step) free() bool {
	if round, ok := s.room.Open(); ok {
		s.say(Refused{Reason: Occupied, Round: round})
		return false
	}
	if s.room.Game != nil {
		s.refuse(s.between())
		return false
	}
	return true
}

func (s *step) ask(in Ask) {
	if in.Topic != "" {
		if _, ok := s.pool.Topic(in.Topic); !ok {
			s.refuse(NoTopic)
			return
		}
	}
	if in.Open != 0 && (in.Open < MinOpen || in.Open > MaxOpen) {
		s.refuse(BadOpen)
		return
	}
	if !in.Daily && !s.free() {
		return
	}
	s.seed(in.Seed)
	before := s.room
	round, ok := s.draw(in.Topic, in.By)
	round = round.openFor(in)
	switch {
	case !ok:
		s.refuse(NoQuestions)
	case round.Long() && (!in.Daily && s.long(in.By) >= MaxLongEach || s.long("") >= MaxLong):
		s.room = before
		s.refuse(TooManyLong)
	default:
		s.open(round)
		if g := s.room.Game; g != nil { // it goes on beside it
			g.Others = append(slices.Clip(g.Others), round.No)
		}
		s.say(Asked{Round: round})
	}
}

// long counts the open rounds that block nobody: of one player, or with "" all.
func (s *step) long(by string) int {
	n := 0
	for _, round := range s.room.Rounds {
		if round.Long() && (by == "" || round.By == by) {
			n++
		}
	}
	return n
}

// draw makes the next round without opening it.
func (s *step) draw(topic, by string) (Round, bool) {
	pack, q, drawn, ok := s.pool.draw(s.room, topic)
	if !ok {
		return Round{}, false
	}
	s.room.Drawn = drawn
	return s.round(pack, q, by), true
}

// round puts a question to the room, without opening it.
func (s *step) round(pack Pack, q Question, by string) Round {
	s.room.Last++
	round := Round{
		No: s.room.Last, Pack: pack.ID, Title: pack.Title, Question: q, By: by,
		Points: q.Difficulty.Points(), Limit: q.TimeLimit(), Asked: s.now,
	}
	switch q.Kind {
	case Choice, Multi:
		round.Shown = shuffle(s.room.Seed, round.No, len(q.Options))
	case Order:
		round.Shown = shuffle(s.room.Seed, round.No, len(q.Steps))
		if slices.IsSorted(round.Shown) { // the right order would give itself away
			round.Shown = append(round.Shown[1:len(round.Shown):len(round.Shown)], round.Shown[0])
		}
	case TrueFalse:
		round.Shown = []int{0, 1}
	case Text, Number:
	}
	return round
}

func (s *step) open(round Round) { s.room.Rounds = append(s.room.Rounds, round) }

func (s *step) start(in Start) {
	if title, ok := s.playable(&in); ok {
		s.begin(in.game(), title)
	}
}

// playable reports that such a game can begin now, completes what nobody said of it, and
// returns the title of its topic; else it refuses.
func (s *step) playable(in *Start) (title string, ok bool) {
	if in.Topic != "" {
		pack, ok := s.pool.Topic(in.Topic)
		if !ok {
			s.refuse(NoTopic)
			return "", false
		}
		in.Topic, title = pack.ID, pack.Title
	}
	if in.Count == 0 {
		in.Count = DefaultCount
	}
	switch {
	case in.Count < 1 || in.Count > MaxCount:
		s.refuse(BadCount)
		return "", false
	case in.Each != 0 && (in.Each < MinSeconds*time.Second || in.Each > MaxSeconds*time.Second):
		s.refuse(BadTime)
		return "", false
	case in.Teams != nil && (len(in.Teams) < MinTeams || len(in.Teams) > MaxTeams):
		s.refuse(BadTeams)
		return "", false
	case in.Teams != nil && in.Variant != Plain:
		s.refuse(TeamVariant)
		return "", false
	case !s.free():
		return "", false
	case len(s.pool.Packs()) == 0:
		s.refuse(NoQuestions)
		return "", false
	}
	s.seed(in.Seed)
	switch {
	case in.Variant == Accuracy:
		in.Speed = SpeedOff
	case in.Speed == "":
		in.Speed = SpeedGentle
	}
	return title, true
}

// game is the game that was asked for, before it begins.
func (in Start) game() Game {
	return Game{Topic: in.Topic, By: in.By, Count: in.Count, Each: in.Each, Speed: in.Speed, Variant: in.Variant, Teams: in.Teams}
}

// begin lets a game begin.
func (s *step) begin(g Game, title string) {
	g.First, g.Next = s.room.Last+1, s.now.Add(FirstGap)
	if g.Joining() {
		g.Next = s.now.Add(JoinTime)
	}
	s.room.Game = &g
	s.say(Started{Game: g, Title: title})
}

// next asks the game's next question.
func (s *step) next() {
	game := s.room.Game
	if game.Review {
		s.nextReview()
		return
	}
	round, ok := s.draw(game.Topic, game.By)
	if !ok { // the pack is gone since the game began
		s.end(true)
		return
	}
	if game.Each > 0 {
		round.Limit = game.Each
	} else if round.Long() {
		round.Limit = readingTime(round.Question)
	}
	if game.Joining() {
		s.makeTeams()
	}
	round.InGame = true
	if game.Done < game.Count && game.Variant != Accuracy { // whose questions bring their own points alone
		round.Speed = game.Speed
	}
	game.Worth = append(slices.Clip(game.Worth), round.Points)
	game.Done++
	game.Next = time.Time{}
	s.open(round)
	s.say(Asked{Round: round, Nth: game.Done, Of: game.Count})
}

func (s *step) end(stopped bool) {
	game := *s.room.Game
	s.room.Game = nil
	ended := Ended{Game: game, Stopped: stopped || s.halt, Idle: s.idle}
	s.say(ended)
	if !game.Review {
		s.keepGame(ended)
	}
}

// close ends a round and adds it up.
func (s *step) close(no int, early bool) {
	i := s.room.index(no)
	round := s.room.Rounds[i]
	s.room.Rounds = slices.Delete(s.room.Rounds, i, i+1)
	closed := Closed{Round: round, Early: early}
	game := s.room.Game
	if round.InGame && game != nil {
		closed.Nth, closed.Of = game.Done, game.Count
	}
	s.say(closed)
	s.keep(closed)
	if !round.InGame || game == nil {
		return
	}
	if early && !s.whole && game.has(no) {
		game.Cut = game.Cut.with(game.nth(no))
	}
	game.Closed = game.Done
	game.addUp(no, round.Answers)
	if game.Review {
		s.reviewed(round, early)
		return
	}
	if s.halt || game.decided() {
		s.end(false)
		return
	}
	if game.Paused.IsZero() {
		game.Next = s.now.Add(Gap)
	} else {
		game.Paused = s.now
	}
	s.say(Scored{Game: *game})
}

// steered is the open round that somebody wants to steer: the one that is meant,
// else the one that holds the room, else the newest long one that is theirs to
// steer. ok is false, and the reason said, when there is nothing for them; with a
// game between two questions there is no round.
func (s *step) steered(no int, by string, admin bool) (round Round, open, ok bool) {
	if round, open = s.room.Round(no); !open {
		round, open = s.room.Open()
	}
	if !open && s.room.Game == nil {
		for _, r := range slices.Backward(s.room.Rounds) {
			if admin || r.By == by {
				return r, true, true
			}
		}
		if len(s.room.Rounds) == 0 {
			s.refuse(NothingOpen)
		} else {
			s.refuse(NotYours)
		}
		return Round{}, false, false
	}
	owner := round.By
	if !open || round.InGame && s.room.Game != nil {
		owner = s.room.Game.By
	}
	if by != owner && !admin {
		s.refuse(NotYours)
		return Round{}, false, false
	}
	return round, open, true
}

func (s *step) stop(in Stop) {
	if s.withdraw(in) {
		return
	}
	round, open, ok := s.steered(in.Round, in.By, in.Admin)
	if !ok {
		return
	}
	if game := s.room.Game; game != nil && (!open || round.InGame) {
		s.halt = true // so that closing its question ends it
	}
	if open {
		s.close(round.No, true)
		return
	}
	s.end(true)
}

func (s *step) skip(in Skip) {
	round, open, ok := s.steered(in.Round, in.By, in.Admin)
	switch {
	case !ok:
	case open:
		s.whole = in.All
		s.close(round.No, true)
	case s.room.Game.Review, s.room.Game.Joining() && s.room.Game.Paused.IsZero():
		s.next() // nobody else needs the gap, or everybody is there
	default:
		s.refuse(s.between())
	}
}

func (s *step) hint(in Hint) {
	round, open, ok := s.steered(in.Round, in.By, in.Admin)
	if !ok {
		return
	}
	if !open || round.Hinted || round.Question.Hint == "" {
		s.refuse(NoHint)
		return
	}
	round.Hinted = true
	s.room.Rounds[s.room.index(round.No)] = round
	s.say(Hinted{Round: round})
}

func (s *step) give(in Give) {
	i := s.room.index(in.Round)
	if i < 0 {
		s.giveLate(in)
		return
	}
	round := s.room.Rounds[i]
	if before, ok := round.Answer(in.Player); ok {
		s.say(Repeated{Round: round, Answer: before})
		return
	}
	if round.over(in.At) {
		s.say(Late{Round: in.Round})
		return
	}
	if s.room.Bars(in.Round, in.Player) {
		s.refuse(DuelOnly)
		return
	}
	if !s.inOwnTime(round, in) {
		return
	}
	a := s.priced(round, graded(round, in), in.Pace)
	round.Answers = append(slices.Clip(round.Answers), a)
	s.room.Rounds[i] = round
	joined := s.enter(in)
	s.say(Answered{Round: round, Answer: a, Joined: joined})
	if round.Review {
		s.answeredReview(round.No)
	}
}

// graded is what was given, with what it is worth by itself.
func graded(round Round, in Give) Answer {
	a := Answer{Player: in.Player, Name: in.Name, At: in.At, Given: in.Given, Right: Grade(round.Question, in.Given)}
	if a.Right {
		a.Points = round.Points
	}
	return a
}

func (s *step) posted(in Posted) {
	i := s.room.index(in.Round)
	if i < 0 || !s.room.Rounds[i].Closes.IsZero() {
		return
	}
	round := &s.room.Rounds[i]
	round.Opened = s.now
	if !in.At.IsZero() && in.At.Before(s.now) {
		round.Opened = in.At
		if in.At.Before(round.Asked) {
			round.Opened = round.Asked
		}
	}
	round.Closes = round.Opened.Add(round.Limit)
}

func (s *step) lost(in Lost) {
	i := s.room.index(in.Round)
	if i < 0 {
		return
	}
	inGame := s.room.Rounds[i].InGame
	s.room.Rounds = slices.Delete(s.room.Rounds, i, i+1)
	switch {
	case !inGame || s.room.Game == nil:
	case in.Mute:
		s.room.Game = nil
	default:
		s.end(true)
	}
}

func (s *step) tick() {
	s.tellLate()
	for _, round := range slices.Clone(s.room.Rounds) {
		if !round.Closes.IsZero() && !s.now.Before(round.Closes.Add(Settle)) {
			s.close(round.No, false)
		}
	}
	s.expire()
	g := s.room.Game
	switch {
	case g == nil:
	case !g.Next.IsZero() && !s.now.Before(g.Next):
		s.next()
	case !g.Paused.IsZero() && !s.room.asking() && !s.now.Before(g.Paused.Add(MaxPause)):
		s.idle = true
		s.end(true)
	}
}
