//go:build race

package exchange

// everyPack: the race detector makes all of it many times slower, and finds the same in a
// few packs as in all.
const everyPack = 6
