//go:build race

package quiz

// The race detector makes pools forget what they hold, and all of it many times slower:
// regular expressions are made anew each time, and files are an eighth of the largest.
const (
	poolsForget = 20
	hostileSize = MaxPackSize / 8
)
