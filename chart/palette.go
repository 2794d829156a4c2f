package chart

import (
	"image"
	"image/color"
	"math"
)

// steps is how many mixtures of a paper and an ink a palette has: the edges of letters.
const steps = 16

// colours are all that a picture is made of.
func colours() color.Palette {
	var out color.Palette
	for _, on := range []struct{ paper, ink color.RGBA }{{paper, ink}, {paper, pale}} {
		out = append(out, mixtures(on.paper, on.ink)...)
	}
	for _, shade := range shades() {
		out = append(out, mixtures(shade, over(shade))...)
	}
	return append(out, border, base)
}

func mixtures(paper, ink color.RGBA) (out color.Palette) {
	for i := range steps {
		mix := func(a, b uint8) uint8 {
			return uint8((int(a)*(steps-1-i) + int(b)*i + (steps-1)/2) / (steps - 1))
		}
		out = append(out, color.RGBA{mix(paper.R, ink.R), mix(paper.G, ink.G), mix(paper.B, ink.B), 0xff})
	}
	return out
}

// indexed is the picture with a palette: a third of the bytes, and no difference that
// anybody sees.
func indexed(img *image.RGBA) *image.Paletted {
	palette := colours()
	out := image.NewPaletted(img.Bounds(), palette)
	known := map[[4]uint8]uint8{}
	var last [4]uint8 // most pixels are as the one before
	var index uint8
	for i := 0; i+4 <= len(img.Pix); i += 4 {
		if c := [4]uint8(img.Pix[i : i+4]); c != last || i == 0 {
			var ok bool
			if index, ok = known[c]; !ok {
				index = uint8(palette.Index(color.RGBA{c[0], c[1], c[2], c[3]}))
				known[c] = index
			}
			last = c
		}
		out.Pix[i/4] = index
	}
	return out
}

// contrast of two colours, from 1 to 21, as WCAG 2 measures it.
func contrast(a, b color.RGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(c color.RGBA) float64 {
	linear := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}
