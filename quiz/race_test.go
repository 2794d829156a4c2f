//go:build race

package quiz

// The race detector makes pools forget what they hold, and all of it many times slower:
// regular expressions are made anew each time, files are a sixty-fourth of the largest,
// random play has fewer seeds, and the simulation fewer learners. All of it runs in full without the detector.
const (
	poolsForget = 20
	hostileSize = MaxPackSize / 64
	farLines    = 150
	seeds       = 25
	simLearners = 40
)
