// Package store says what is kept and under which key, once for every engine.
//
// An engine is an ordered key-value transaction per team. Inside a team the
// keys are (parts are escaped and ended, see keys.go):
//
//	v ROOM                  revision of the room, 8 bytes; written by every commit
//	r ROOM                  the room without its answers, JSON; written when it changed
//	f ROOM ROUND            a round that was closed of late, without its answers, JSON; gone within hours
//	g ROOM ROUND PLAYER     that player's own time at an async question: from when to when; gone with the round
//	e DAY ID                delivery that was accepted; two days are remembered
//	l SEQ                   the ledger: one answer, JSON; the truth about all points
//	a ROOM ROUND PLAYER     ledger number of that player's answer: the guard against a second
//	i PLAYER SEQ            the ledger by player: the entry of that number is that player's
//	p PLAYER                what the player is called
//	o ROOM SEQ              message in the outbox, JSON
//	k ROOM KEY              outbox number of a message that is not settled
//	m ROOM KEY              message that an outbox key became
//	w ROOM MESSAGE          round whose question that message shows
//	n NAME                  counters: "ledger", "folded", "outbox"
//	t TIME ROOM             wake time of a room (indexed over all teams)
//	u ROOM                  room with messages in the outbox (indexed over all teams)
//	y ROOM                  the wake time that stands under t
//	s BOARD PLAYER          points on a board
//	b BOARD ^POINTS PLAYER  the board in order, best first
//	h BOARD LEVEL ^POINTS   how many players have those points (0) or that range (1), on boards of many
//	c BOARD                 how many players are in its order; the first bit says that there is h of it
//	x PLAYER                the player's record, JSON
//	q PLAYER PACK QUESTION  that player's newest answers to that question: when, and how rated, JSON
//	j PLAYER                player who has answered here (indexed over all teams)
//	d                       the team's settings, JSON
//	P PLAYER                the player's own settings, JSON, in the team "players"
//	R PLAYER PACK QUESTION  which answer of that player to that question was rated, and what it changed; 20 bytes
//	S PLAYER                the player's strength: logit and number of rated answers, 16 bytes
//	D PACK QUESTION         the question's difficulty, in the same way
//	F SPAN PLAYER           how the player did in that week or month: see quiz.Form, 16 bytes
//	H PLAYER                player who is hidden: has points on boards (s) and no place (b), and is not counted (h, c)
//	z NAME                  a value of the program's own, in the team "program"
//
// The ledger may have holes: what a person wants forgotten, and what is older than
// the operator keeps, is deleted from it, from a, from i and from q.
//
// BOARD is "SPAN\nROOM", "SPAN/TOPIC\nROOM", "SPAN+improved\n" or "all+rating\n"; see places.go. Everything
// from s to x, and from R to F, follows from the ledger and is folded from it later, in batches; whoever
// reads it folds first. The counter "undone" says how far it was folded when a rated answer was deleted last. What stands under q and j follows from it too,
// and is written together with it.
package store
