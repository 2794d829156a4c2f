//go:build !race

package store_test

const (
	onDisk = true
	seeds  = 8 // of what is done at random
)
