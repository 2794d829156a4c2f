package bot

import (
	"maps"
	"slices"
	"strings"
)

// Some messages are no questions, and yet a later one edits them: a challenge, and what has
// the button to join. Their keys are "d3-TAG" and "t7-TAG", the keys of what edits them
// "d3-end-TAG" and "t7-made-TAG". A room's marks say what the first became: under its key
// as long as the second is not decided, and then, where its post was still on its way, under
// what both begin with, "d3", until the second is delivered.

// edited are the keys of messages, other than questions, that a later one will edit.
func (p *plan) edited() []string {
	var out []string
	for _, c := range p.room.Challenges {
		out = append(out, p.dareKey(c.No))
	}
	if g := p.room.Game; g != nil && g.Joining() {
		out = append(out, p.joinKey(g.First))
	}
	return out
}

// mark takes the message with that key from a press on it, where it is not known yet.
func (p *plan) mark(key string, in Incoming) {
	if in.Pressed != "" && p.marks[key] == "" && !p.inReplies() {
		p.settle(Receipt{Key: key, Message: in.Pressed})
	}
}

// marked are the marks that are still needed.
func (p *plan) marked() map[string]MessageID {
	out := maps.Clone(p.marks)
	edited := p.edited()
	maps.DeleteFunc(out, func(key string, m MessageID) bool {
		_, ended := ending(key)
		return !ended && (m == "" || !slices.Contains(edited, key))
	})
	if len(out) == 0 {
		return nil
	}
	return out
}

// ending reports that a key of the marks is of a message whose end is on its way.
func ending(key string) (stem string, ends bool) {
	stem, _, whole := strings.Cut(key, "-")
	return stem, !whole
}

// outEnd adds what edits the message with that key for the last time. Where that one is still
// on its way, what it becomes is kept for this one to find.
func (p *plan) outEnd(key string, o Outgoing, n *naming) {
	o.Edit, o.Target = key, p.marks[key]
	if stem, _ := ending(key); o.Target == "" && !p.inReplies() {
		p.setMark(stem, "")
		p.keepState()
	}
	p.out(o, n)
}

// noteMark keeps what a message became that another edits.
func (p *plan) noteMark(r Receipt) {
	stem, _ := ending(r.Key)
	_, ends := p.marks[stem]
	own := r.Key == stem+"-"+p.tag()
	switch {
	case ends && own && r.Message != "":
		p.setMark(stem, r.Message)
	case ends && !own && strings.HasSuffix(r.Key, "-"+p.tag()):
		p.marks = maps.Clone(p.marks)
		delete(p.marks, stem)
	case r.Message != "" && slices.Contains(p.edited(), r.Key):
		p.setMark(r.Key, r.Message)
	default:
		return
	}
	p.keepState()
}

func (p *plan) setMark(key string, m MessageID) {
	p.marks = maps.Clone(p.marks)
	if p.marks == nil {
		p.marks = map[string]MessageID{}
	}
	p.marks[key] = m
}

// awaited are the marks of a room without those of ends that its outbox has no more: one may
// be gone with a player who was forgotten.
func awaited(s Snapshot) map[string]MessageID {
	out := maps.Clone(s.State.Marks)
	maps.DeleteFunc(out, func(key string, _ MessageID) bool {
		_, ends := ending(key)
		return ends && !slices.ContainsFunc(s.Outbox, func(l Line) bool { return strings.HasPrefix(l.Edit, key+"-") })
	})
	return out
}

// markOf looks up what a message became whose end was decided before that was known; "" where
// it is none of those, or nobody knows.
func (b *Bot) markOf(ref RoomRef, key string) (MessageID, error) {
	stem, _ := ending(key)
	snap, err := b.store.Room(b.ctx, ref.Team, ref.Room)
	return snap.State.Marks[stem], err
}
