//go:build race

package calendar

// There is nothing to race here: the detector only makes it slow.
const (
	around = 1  // settings of clocks that are looked at in each zone
	sample = 60 // of so many zones one is looked at closely
)
