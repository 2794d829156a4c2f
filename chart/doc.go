// Package chart draws a bot.Chart: horizontal bars, a player each, as a PNG.
//
// It is pure: the same chart gives the same bytes. What it takes is bounded, whatever
// the chart holds: so many bars, so much of each text, a canvas of at most Width by
// MaxHeight.
//
// The letters are those of the Go fonts: Latin, Greek and Cyrillic. A name in another
// script is not drawn as boxes: Chart.Nameless stands in its place, with the rank that
// the text beside the picture has too, and Chart.Cut says so below.
package chart
