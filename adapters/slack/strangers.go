package slack

import (
	"errors"
	"sync"
)

// maxStrangers is how many workspaces the log can name that are none of the bot's.
const maxStrangers = 1024

// strangers are the workspaces that spoke to the bot without having installed it.
type strangers struct {
	mu   sync.Mutex
	told map[string]struct{}
}

func (s *strangers) init() { s.told = map[string]struct{}{} }

// first is true once for each.
func (s *strangers) first(team string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, told := s.told[team]; told || len(s.told) >= maxStrangers {
		return false
	}
	s.told[team] = struct{}{}
	return true
}

// strangerError: what came is of a workspace in which the bot is nobody. It is
// acknowledged and left alone.
type strangerError struct {
	team string
	err  error
}

func (e *strangerError) Error() string { return "workspace " + e.team + ": " + e.err.Error() }

func (e *strangerError) Unwrap() error { return e.err }

// estranged reports that something came from a stranger, and says so once in the log.
func (a *Adapter) estranged(err error) bool {
	var from *strangerError
	if !errors.As(err, &from) {
		return false
	}
	if a.strangers.first(from.team) {
		a.log.Warn("unknown workspace", "team", from.team, "err", from.err, "cure", "what it sends is left alone; install the app there at /slack/install, or remove it from that workspace")
	}
	return true
}

// unreadError: the database can't say whose something is.
type unreadError struct{ err error }

func (e *unreadError) Error() string { return e.err.Error() }

func (e *unreadError) Unwrap() error { return e.err }
