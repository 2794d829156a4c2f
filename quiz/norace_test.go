//go:build !race

package quiz

const (
	poolsForget = 1
	hostileSize = MaxPackSize
)
