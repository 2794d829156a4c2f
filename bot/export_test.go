package bot

import "time"

// TagOf lets tests make up buttons.
var TagOf = tagOf

// MaxInAll is how much waits in all rooms together.
const MaxInAll = maxInAll

// Limits are those on one bot, without it.
type Limits struct{ l *limits }

// NewLimits begins with nobody known.
func NewLimits() Limits { return Limits{newLimits()} }

// Refuse judges a delivery.
func (l Limits) Refuse(in Incoming, now time.Time) (Reply, bool) { return l.l.refuse(in, now) }

// Known is how many keys and deliveries are remembered.
func (l Limits) Known() int {
	n := len(l.l.known.fresh) + len(l.l.known.old)
	for _, a := range l.l.all() {
		n += len(a.fresh) + len(a.old)
	}
	return n
}

// RewritePress reads what a button says, and writes it again.
func RewritePress(s string) (string, bool) {
	p, ok := parsePress(s)
	return p.String(), ok
}
