//go:build race

package bot_test

// The race detector looks at every byte of every page that is written to a file, which
// takes most of the time; what it can find in the core, it finds with any store. And it
// makes everything many times slower: the same tests run on files, and with all seeds,
// without it.
const (
	onDisk = false
	seeds  = 8
)
