package chart

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"strconv"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"

	"quizbot/bot"
)

// The picture, in pixels. Chat shows it at less than half its size, so that letters are
// large.
const (
	Width     = 1000
	MaxHeight = head + MaxBars*rowHeight + foot + noteLine
	MaxBars   = 8
	maxParts  = 7

	margin    = 32
	head      = 124 // title and what days these are
	rowHeight = 52
	barHeight = 38
	foot      = 80 // the parts by colour
	noteLine  = 34
	maxNames  = 330 // the column of names
	leastBars = 200 // the longest bar has at least this
	gap       = 14
)

// Sizes of letters, in pixels.
const (
	titleSize = 36
	nameSize  = 28
	smallSize = 23
	partSize  = 20
)

var (
	paper  = color.RGBA{0xf7, 0xf8, 0xfa, 0xff}
	border = color.RGBA{0xc4, 0xc9, 0xd2, 0xff}
	ink    = color.RGBA{0x1b, 0x1f, 0x27, 0xff}
	pale   = color.RGBA{0x59, 0x61, 0x6e, 0xff}
	base   = color.RGBA{0x8a, 0x91, 0x9d, 0xff}
)

// shades of the parts, from dark to light, so that their order is seen without colours
// (after viridis, which people with any kind of colour blindness tell apart).
func shades() [maxParts]color.RGBA {
	return [maxParts]color.RGBA{
		{0x44, 0x1a, 0x5c, 0xff}, {0x41, 0x44, 0x87, 0xff}, {0x2f, 0x6c, 0x8e, 0xff}, {0x1b, 0x7f, 0x79, 0xff},
		{0x3f, 0xb0, 0x6f, 0xff}, {0x9b, 0xd0, 0x3c, 0xff}, {0xfd, 0xdc, 0x25, 0xff},
	}
}

// over is the ink that can be read best on a shade.
func over(c color.RGBA) color.RGBA {
	white := color.RGBA{0xff, 0xff, 0xff, 0xff}
	if contrast(c, white) > contrast(c, ink) {
		return white
	}
	return ink
}

// fonts are parsed once; a face is for one drawing alone.
var fonts = sync.OnceValues(func() ([2]*sfnt.Font, error) {
	regular, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return [2]*sfnt.Font{}, fmt.Errorf("chart: the font: %w", err)
	}
	bold, err := opentype.Parse(gobold.TTF)
	if err != nil {
		return [2]*sfnt.Font{}, fmt.Errorf("chart: the bold font: %w", err)
	}
	return [2]*sfnt.Font{regular, bold}, nil
})

// canvas is a picture under way.
type canvas struct {
	img                              *image.RGBA
	read                             letters
	title, name, strong, small, part font.Face
	whole                            bool // all that was to be written was written as it is
}

// PNG draws the chart, MaxBars of its bars and a week of parts at most. Its error is that
// of a font or an encoder that are built in.
func PNG(c bot.Chart) ([]byte, error) {
	d := &canvas{whole: true}
	if err := d.open(); err != nil {
		return nil, err
	}
	rows := d.rows(c)
	d.draw(c, rows)
	var out bytes.Buffer
	if err := png.Encode(&out, indexed(d.img)); err != nil {
		return nil, fmt.Errorf("chart: %w", err)
	}
	return out.Bytes(), nil
}

func (d *canvas) open() error {
	both, err := fonts()
	if err != nil {
		return err
	}
	d.read.font = both[0]
	for _, f := range []struct {
		face *font.Face
		of   *sfnt.Font
		size float64
	}{{&d.title, both[1], titleSize}, {&d.name, both[0], nameSize}, {&d.strong, both[1], nameSize}, {&d.small, both[0], smallSize}, {&d.part, both[0], partSize}} {
		if *f.face, err = opentype.NewFace(f.of, &opentype.FaceOptions{Size: f.size, DPI: 72, Hinting: font.HintingFull}); err != nil {
			return fmt.Errorf("chart: the font: %w", err)
		}
	}
	return nil
}

// row is a bar as it is drawn.
type row struct {
	name, points string
	nameless     bool
	value        float64
	parts        []float64
}

// rows reads the bars: what of their names can be drawn, and what is no number of points
// as none.
func (d *canvas) rows(c bot.Chart) []row {
	var out []row
	for _, b := range c.Bars[:min(len(c.Bars), MaxBars)] {
		name, whole := d.read.drawable(b.Name)
		r := row{points: strconv.Itoa(b.Points), value: max(float64(b.Points), 0)}
		d.whole = d.whole && whole
		if name == "" {
			r.nameless, d.whole = true, false
			name, _ = d.read.drawable(c.Nameless)
		}
		r.name = d.fit(d.name, strconv.Itoa(b.Rank)+". "+name, maxNames)
		for _, p := range b.Parts[:min(len(b.Parts), maxParts)] {
			r.parts = append(r.parts, max(float64(p), 0))
		}
		out = append(out, r)
	}
	return out
}

func (d *canvas) draw(c bot.Chart, rows []row) {
	height := head + max(len(rows), 1)*rowHeight + foot
	if !d.whole {
		height += noteLine
	}
	d.img = image.NewRGBA(image.Rect(0, 0, Width, height))
	d.fill(d.img.Bounds(), border)
	d.fill(d.img.Bounds().Inset(2), paper)
	const inner = Width - 2*margin
	d.write(d.title, margin, 62, d.line(d.title, c.Title, inner), ink)
	d.write(d.small, margin, 98, d.line(d.small, c.About, inner), pale)
	d.bars(c, rows)
	y := head + max(len(rows), 1)*rowHeight + 40
	if len(rows) > 0 {
		d.legend(c, y)
	}
	if !d.whole {
		d.write(d.part, margin, y+noteLine, d.line(d.part, c.Cut, inner), pale)
	}
}

// bars draws what the chart is about: name, bar, number, from the left to the right.
func (d *canvas) bars(c bot.Chart, rows []row) {
	names, numbers, most := 0, 0, 0.0
	for _, r := range rows {
		names = max(names, font.MeasureString(d.name, r.name).Ceil())
		numbers = max(numbers, font.MeasureString(d.strong, r.points).Ceil())
		most = max(most, r.value)
	}
	left := margin + min(names, maxNames) + gap
	longest := max(Width-margin-left-numbers-gap, leastBars)
	for i, r := range rows {
		y := head + i*rowHeight
		of := ink
		if r.nameless {
			of = pale
		}
		d.write(d.name, margin, y+30, r.name, of)
		end := left
		if most > 0 {
			end += int(r.value / most * float64(longest))
		}
		d.fill(image.Rect(left, y, left+max(end-left, 3), y+barHeight), base)
		d.parts(c, r, image.Rect(left, y, end, y+barHeight))
		number := d.fit(d.strong, r.points, Width-margin-end-gap)
		d.write(d.strong, max(end, left+3)+gap, y+30, number, ink)
	}
}

// parts divides a bar among the days, each with its name where there is room.
func (d *canvas) parts(c bot.Chart, r row, bar image.Rectangle) {
	all := 0.0
	for _, p := range r.parts {
		all += p
	}
	if all = max(all, r.value); all <= 0 {
		return
	}
	from, width := 0.0, float64(bar.Dx())
	for i, p := range r.parts {
		to := from + p/all*width
		at := image.Rect(bar.Min.X+int(from), bar.Min.Y, bar.Min.X+int(to), bar.Max.Y)
		from = to
		if at.Dx() < 1 {
			continue
		}
		d.fill(at, shades()[i])
		if at.Dx() > 4 && i < len(r.parts)-1 && from < width-1 { // parts are told apart by a line, too
			d.fill(image.Rect(at.Max.X-2, at.Min.Y, at.Max.X, at.Max.Y), paper)
		}
		if i < len(c.Parts) {
			d.label(c.Parts[i], int(p), at, over(shades()[i]))
		}
	}
}

// label writes "Mon 30" into a part, or as much of it as there is room for.
func (d *canvas) label(name string, points int, at image.Rectangle, ink color.RGBA) {
	name = d.line(d.part, name, Width)
	for _, text := range []string{name + " " + strconv.Itoa(points), name} {
		width := font.MeasureString(d.part, text).Ceil()
		if width+8 <= at.Dx() {
			d.write(d.part, at.Min.X+(at.Dx()-width)/2, at.Min.Y+27, text, ink)
			return
		}
	}
}

// legend says which shade is which day.
func (d *canvas) legend(c bot.Chart, y int) {
	x := margin
	for i, name := range c.Parts[:min(len(c.Parts), maxParts)] {
		name = d.line(d.small, name, Width/maxParts-60)
		d.fill(image.Rect(x, y-19, x+24, y+3), shades()[i])
		d.write(d.small, x+32, y, name, pale)
		x += 32 + font.MeasureString(d.small, name).Ceil() + 26
	}
}

func (d *canvas) fill(r image.Rectangle, c color.RGBA) {
	draw.Draw(d.img, r, image.NewUniform(c), image.Point{}, draw.Src)
}

func (d *canvas) write(f font.Face, x, y int, s string, c color.RGBA) {
	w := font.Drawer{Dst: d.img, Src: image.NewUniform(c), Face: f, Dot: fixed.P(x, y)}
	w.DrawString(s)
}

// line is what can be written of a text in so many pixels.
func (d *canvas) line(f font.Face, s string, width int) string {
	text, _ := d.read.drawable(s)
	return d.fit(f, text, width)
}

// fit shortens a text to so many pixels.
func (d *canvas) fit(f font.Face, s string, width int) string {
	if font.MeasureString(f, s).Ceil() <= width {
		return s
	}
	runes := []rune(s)
	room := fixed.I(width) - font.MeasureString(f, "…")
	n, used := 0, fixed.I(0)
	for n < len(runes) {
		used += font.MeasureString(f, string(runes[n]))
		if used > room {
			break
		}
		n++
	}
	return string(runes[:n]) + "…"
}
