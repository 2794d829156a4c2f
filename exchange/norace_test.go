//go:build !race

package exchange

const everyPack = 1 // how many packs there are to one that is played with
