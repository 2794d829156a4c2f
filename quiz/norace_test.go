//go:build !race

package quiz

const (
	poolsForget = 1
	hostileSize = MaxPackSize
	farLines    = 600 // lines before a fault
	seeds       = 200 // of random play
	simLearners = 200 // of what a review is worth
)
