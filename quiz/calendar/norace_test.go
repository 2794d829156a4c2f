//go:build !race

package calendar

const (
	around = 40
	sample = 4
)
