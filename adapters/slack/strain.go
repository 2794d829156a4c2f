package slack

import (
	"sync"
	"time"
)

const (
	// strained is how long arrivals may take on the average before more are refused:
	// those that wait behind them would be answered after Slack has given up, and the
	// work on them would be for nobody.
	strained = 1700 * time.Millisecond
	// alwaysUnderWay is how many may be under way however slow it is, so that it is
	// seen when it has become fast again.
	alwaysUnderWay = 256
)

// strain knows how long arrivals have taken of late.
type strain struct {
	mu   sync.Mutex
	took time.Duration // a running average
}

// note takes in how long one arrival took.
func (s *strain) note(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.took += (d - s.took) / 16
}

// tooMuch says whether one more than n arrivals under way would come too late.
func (s *strain) tooMuch(n int64) bool {
	if n <= alwaysUnderWay {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.took > strained
}
