//go:build chaos

package chaos

import (
	"cmp"
	"fmt"
	"strings"
)

// findings are what a check has found wrong.
type findings struct {
	lost, repeated int
	lines          []string
}

func (f *findings) add(format string, args ...any) {
	f.lines = append(f.lines, fmt.Sprintf(format, args...))
}

// compareRecords holds what players were told against the ledger.
func (c *campaign) compareRecords(b *books) findings {
	var f findings
	known := map[string]bool{}
	for _, p := range c.on {
		for _, r := range c.records[p.name()].list() {
			k := entryKey(p.room(r.room), r.round, p.user(r.player))
			e, there := b.by[k]
			known[k] = true
			if bad := r.wronged(); bad != "" && c.once("wronged "+k) {
				f.add("%s: %s; the database has %+v", bad, r, e)
			}
			switch {
			case !there && r.owed():
				if c.once("lost " + k) {
					f.lost++
					f.add("LOST: %s; the database has no such answer", r)
				}
			case there && (e.Right != r.right || r.points >= 0 && r.points != e.Points):
				if c.once("other " + k) {
					f.add("ANOTHER: %s; the database has %+v", r, e)
				}
			}
		}
	}
	for k, e := range b.by {
		if !known[k] && c.once("invented "+k) {
			f.add("INVENTED: nobody gave %+v", e)
		}
	}
	for _, k := range b.doubled {
		if c.once("doubled " + k) {
			f.repeated++
			f.add("TWICE in the ledger: %s", k)
		}
	}
	for _, line := range b.faults {
		if c.once(line) {
			f.add("%s", line)
		}
	}
	c.compareMessages(&f)
	return f
}

// compareMessages looks for posts that were made twice.
func (c *campaign) compareMessages(f *findings) {
	for _, p := range c.on {
		for _, channel := range c.channels[p.name()] {
			seen := map[string]string{}
			for _, m := range p.messages(channel) {
				if m.key == "" {
					continue
				}
				if before, twice := seen[m.key]; twice && c.once("post "+channel+m.key) {
					f.repeated++
					f.add("POSTED TWICE on %s in %s: %s as %s and %s: %q", p.name(), channel, m.key, before, m.id, titleOf(m.text))
				}
				seen[m.key] = m.id
			}
		}
	}
}

// once is true the first time that something is found.
func (c *campaign) once(what string) bool {
	before := c.reported[what]
	c.reported[what] = true
	return !before
}

// compareRooms holds the rooms against what stands in them, when everything is over.
func (c *campaign) compareRooms(b *books) findings {
	var f findings
	silent := 0
	for _, p := range c.on {
		for _, r := range c.rooms {
			if r.on != p {
				continue
			}
			snap := b.rooms[p.room(r.channel)]
			room := snap.State.Room
			if len(room.Rounds) > 0 || room.Game != nil {
				f.add("OPEN for ever: %s has rounds %+v and game %+v", r.channel, room.Rounds, room.Game)
			}
			if len(snap.Outbox) > 0 {
				f.add("NOT SENT: %s keeps %d messages, the first is %+v", r.channel, len(snap.Outbox), snap.Outbox[0])
			}
			if r.accepted > room.Last {
				f.add("FORGOTTEN: %s took %d requests and asked %d questions", r.channel, r.accepted, room.Last)
			}
			asked, closed := map[int]bool{}, 0
			started, ended := 0, 0
			for _, m := range p.messages(r.channel) {
				no := m.round()
				switch {
				case no > 0:
					asked[no] = true
				case strings.HasPrefix(m.text, "A game of"):
					started++
				case startsWithAny(m.text, "The game is over", "The game was stopped"):
					ended++
				}
				if m.closed() {
					closed++
				} else if no > 0 {
					f.add("NOT CLOSED: %s shows %q, message %s of round %d", r.channel, titleOf(m.text), m.id, no)
				}
				if m.closed() && len(m.buttons) > 0 {
					f.add("BUTTONS stay on the closed message %s in %s", m.id, r.channel)
				}
			}
			if closed != room.Last {
				f.add("RESULTS: %s asked %d questions and shows %d results", r.channel, room.Last, closed)
			}
			if ended != started {
				f.add("GAMES: %s started %d and ended %d", r.channel, started, ended)
			}
			if p.name() == "slack" {
				silent += room.Last - len(asked)
			} else if len(asked) != room.Last {
				f.add("QUESTIONS: %s asked %d and shows %d", r.channel, room.Last, len(asked))
			}
			c.comparePodiums(&f, r, b)
		}
	}
	if silent > c.kills {
		f.add("QUESTIONS: %d of Slack were never seen, after %d kills", silent, c.kills)
	}
	return f
}

// game is one that has ended: what the ledger says of it, and its newest table.
type game struct {
	sums  map[string]int
	table string
}

// wrong says what the table has that the ledger hasn't. Whoever has no points need not
// be on it: an answer that came late and was wrong corrects nothing.
func (g game) wrong(called func(string) string) []string {
	var out []string
	_, of := points(g.table)
	listed := map[string]int{}
	for name, n := range of {
		listed[called(name)] = n
		if sum, ok := g.sums[called(name)]; !ok || sum != n {
			out = append(out, fmt.Sprintf("gives %s %d points, the ledger says %d", name, n, sum))
		}
	}
	for name, n := range g.sums {
		if _, ok := listed[name]; !ok && n != 0 {
			out = append(out, fmt.Sprintf("leaves out %s with %d points: %q", name, n, g.table))
		}
	}
	return out
}

// comparePodiums holds each game's table against the ledger. Where answers came late,
// a corrected table follows.
func (c *campaign) comparePodiums(f *findings, r *room, b *books) {
	names := map[string]string{}
	for _, p := range r.players {
		id := string(r.on.user(p))
		names["player "+id[strings.LastIndexAny(id, ":/")+1:]] = r.names[p] // whose name the platform didn't tell
	}
	called := func(name string) string { return cmp.Or(names[name], name) }
	var ended []game
	sums, rounds, in := map[string]int{}, 0, false
	for _, m := range r.on.messages(r.channel) {
		switch no := m.round(); {
		case strings.HasPrefix(m.text, "A game of"):
			sums, rounds, in = map[string]int{}, 0, true
		case in && no > 0:
			rounds++
			for _, p := range r.players {
				if e, ok := b.by[entryKey(r.on.room(r.channel), no, r.on.user(p))]; ok {
					sums[r.names[p]] += e.Points
				}
			}
		case in && strings.HasPrefix(m.text, "The game is over"):
			in = false
			if rounds == 2 { // else a question in doubt was never seen, so that its sums are not known here
				ended = append(ended, game{sums: sums, table: m.text})
			}
		case strings.HasPrefix(m.text, "Some answers of the last game reached me late") && len(ended) > 0:
			of := len(ended) - 1
			for i, g := range ended { // two games may have ended before it
				if len(g.wrong(called)) > 0 && len(game{g.sums, m.text}.wrong(called)) == 0 {
					of = i
				}
			}
			ended[of].table = m.text
		}
	}
	for _, g := range ended {
		for _, how := range g.wrong(called) {
			f.add("PODIUM: %s %s", r.channel, how)
		}
	}
}

// compareBoard holds what the program's own leaderboard says against the ledger.
func (c *campaign) compareBoard(f *findings, p platform, text string, b *books) {
	names, of := points(text)
	sums := map[string]int{}
	for user, n := range b.sums(p.name() + ":") {
		sums[c.nameOf[string(user)]] = n
	}
	if want := min(10, len(sums)); len(names) < want {
		f.add("LEADERBOARD: %s lists %d players of %d: %q", p.name(), len(names), len(sums), text)
	}
	least := 1 << 30
	for _, name := range names[:min(10, len(names))] {
		if sums[name] != of[name] {
			f.add("LEADERBOARD: %s gives %s %d points, the ledger says %d", p.name(), name, of[name], sums[name])
		}
		least = min(least, of[name])
	}
	above := 0
	for _, n := range sums {
		if n > least {
			above++
		}
	}
	if above > 9 {
		f.add("LEADERBOARD: %s leaves out somebody with more than %d points", p.name(), least)
	}
}
