package discord

import "sync"

// maxAnswered bounds how many interactions are remembered as taken; a repeated
// one comes within moments.
const maxAnswered = 20_000

// answered knows which interactions this process has taken up. Discord accepts
// one answer to each.
type answered struct {
	mu       sync.Mutex
	new, old map[string]bool
}

func (s *answered) init() { s.new, s.old = map[string]bool{}, map[string]bool{} }

// claim is true the first time.
func (s *answered) claim(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.new[id] || s.old[id] {
		return false
	}
	if len(s.new) >= maxAnswered/2 {
		s.old, s.new = s.new, map[string]bool{}
	}
	s.new[id] = true
	return true
}
