//go:build race

package store_test

// The race detector looks at every byte of every page that is written to a file, and
// makes all of it many times slower. The same tests run on files, and with all seeds,
// without it.
const (
	onDisk = false
	seeds  = 2
)
