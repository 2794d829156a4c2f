//go:build !race

package bot_test

const (
	onDisk = true
	seeds  = 30 // of what is played at random
)
