package chart

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"strings"
	"testing"

	"quizbot/bot"
)

func week(bars ...bot.Bar) bot.Chart {
	return bot.Chart{
		Title: "Points this week", About: "23 to 29 November 2026, days in UTC", Bars: bars,
		Parts:    []string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"},
		Nameless: "(name in the text)", Cut: "Some names can't be drawn.",
	}
}

func bar(rank int, name string, parts ...int) bot.Bar {
	b := bot.Bar{Rank: rank, Name: name, Parts: parts}
	for _, p := range parts {
		b.Points += p
	}
	return b
}

// drawn is the picture of a chart, decoded.
func drawn(t testing.TB, c bot.Chart) image.Image {
	t.Helper()
	raw, err := PNG(c)
	if err != nil {
		t.Fatal(err)
	}
	if len(raw) > 100_000 {
		t.Errorf("%d bytes", len(raw))
	}
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if size := img.Bounds().Size(); size.X != Width || size.Y > MaxHeight || size.Y < 200 {
		t.Errorf("the picture is %v", size)
	}
	return img
}

// count is how many pixels of a part of the picture have a colour.
func count(img image.Image, in image.Rectangle, c color.RGBA) (n int) {
	for y := in.Min.Y; y < in.Max.Y; y++ {
		for x := in.Min.X; x < in.Max.X; x++ {
			if img.At(x, y) == color.Color(c) {
				n++
			}
		}
	}
	return n
}

// rowOf is where the i-th bar stands.
func rowOf(i int) image.Rectangle {
	return image.Rect(0, head+i*rowHeight, Width, head+i*rowHeight+barHeight)
}

// Bars are as long as their points, parts as wide as theirs, in the order of the days.
func TestBarsAreAsLongAsTheirPoints(t *testing.T) {
	img := drawn(t, week(bar(1, "Ada", 100, 0, 0, 0, 0, 0, 100), bar(1, "Бора", 0, 200), bar(3, "Ζωή", 0, 0, 100), bar(4, "Dan", 0)))
	top := rowOf(0)
	line := image.Rect(top.Min.X, top.Min.Y+1, top.Max.X, top.Min.Y+2) // above the letters
	mon, sun := count(img, line, shades()[0]), count(img, line, shades()[6])
	if mon == 0 || math.Abs(float64(mon-sun)) > 3 {
		t.Errorf("Monday has %d pixels, Sunday %d", mon, sun)
	}
	length := func(i, day int) int { return count(img, line.Add(image.Pt(0, i*rowHeight)), shades()[day]) }
	if tue := length(1, 1); math.Abs(float64(tue-mon-sun)) > 4 {
		t.Errorf("200 points on Tuesday are %d pixels, 100 and 100 are %d", tue, mon+sun)
	}
	if wed := length(2, 2); math.Abs(float64(2*wed-length(1, 1))) > 4 {
		t.Errorf("100 points are %d pixels, 200 are %d", wed, length(1, 1))
	}
	for day := range maxParts {
		if n := length(3, day); n > 0 {
			t.Errorf("no points are drawn as %d pixels of day %d", n, day)
		}
	}
	for x, last := 0, -1; x < Width; x++ {
		for day, shade := range shades() {
			if img.At(x, line.Min.Y) == color.Color(shade) {
				if day < last {
					t.Fatalf("day %d is right of day %d", day, last)
				}
				last = day
			}
		}
	}
}

// What tells bars and days apart is never a colour alone: every bar has name and number,
// every day its name below, and in the bar where there is room.
func TestNothingIsToldByColourAlone(t *testing.T) {
	img := drawn(t, week(bar(1, "Ada", 90, 0, 30), bar(2, "Ben", 0, 10)))
	for i := range 2 {
		r := rowOf(i)
		if n := count(img, image.Rect(0, r.Min.Y, margin+60, r.Max.Y), ink); n < 20 {
			t.Errorf("bar %d has %d pixels of a name", i, n)
		}
		r.Min.X = margin + 100
		if n := count(img, r, ink); n < 20 {
			t.Errorf("bar %d has %d pixels of a number", i, n)
		}
	}
	if n := count(img, rowOf(0), color.RGBA{0xff, 0xff, 0xff, 0xff}); n < 20 {
		t.Errorf("the days in the bar have %d pixels of names", n)
	}
	legend := image.Rect(0, head+2*rowHeight, Width, img.Bounds().Max.Y)
	for day, shade := range shades() {
		if count(img, legend, shade) < 100 {
			t.Errorf("day %d is not below", day)
		}
	}
	if count(img, legend, pale) < 100 {
		t.Error("the days below have no names")
	}
}

func TestAllCanBeReadOnWhatItStandsOn(t *testing.T) {
	for _, c := range []color.RGBA{ink, pale} {
		if x := contrast(c, paper); x < 4.5 {
			t.Errorf("%v on paper: %.2f", c, x)
		}
	}
	before := -1.0
	for day, shade := range shades() {
		if x := contrast(shade, over(shade)); x < 4.5 {
			t.Errorf("the name of day %d: %.2f", day, x)
		}
		if l := luminance(shade); l <= before {
			t.Errorf("day %d is not lighter than the day before", day)
		} else {
			before = l
		}
	}
	for _, c := range []string{"white", "black"} { // of the chat around it
		around := map[string]color.RGBA{"white": {0xff, 0xff, 0xff, 0xff}, "black": {0x1a, 0x1d, 0x21, 0xff}}[c]
		if max(contrast(paper, around), contrast(border, around)) < 1.5 {
			t.Errorf("the picture has no edge on %s", c)
		}
	}
}

func TestNames(t *testing.T) {
	both, err := fonts()
	if err != nil {
		t.Fatal(err)
	}
	l := letters{font: both[0]}
	for _, c := range []struct {
		name, text string
		whole      bool
	}{
		{"Ada Lovelace", "Ada Lovelace", true},
		{"Łukasz Żółć-Şükrü Ñ ß", "Łukasz Żółć-Şükrü Ñ ß", true},
		{"Жуковский Ї", "Жуковский Ї", true},
		{"Ωμέγα", "Ωμέγα", true},
		{"e\u0301a", "éa", true}, // composed
		{"Đặng", "Đang", false},  // its marks are not in the font
		{"Zoe 🎉", "Zoe", false},
		{"a\u200bb\u202ec\x00", "abc", false},
		{"  two\n lines ", "two lines", true},
		{"漢字", "", false},
		{"山田 Taro", "", false}, // with a hole it would be another name
		{"שלום", "", false},
		{"مرحبا", "", false},
		{"🎉🎉", "", false},
		{"\u200f\u2066", "", false},
		{"", "", true},
		{"\xff\xfe", "", false},
		{"a" + strings.Repeat("\u0301", 500), "á", false},
	} {
		if text, whole := l.drawable(c.name); text != c.text || whole != c.whole {
			t.Errorf("%q is drawn as %q, whole %v", c.name, text, whole)
		}
	}
}

// A name that can't be drawn is said to be in the text, and the picture says so below.
func TestANameThatCannotBeDrawnIsSaidToBeElsewhere(t *testing.T) {
	sayable := drawn(t, week(bar(1, "Ada", 10)))
	for _, name := range []string{"漢字", "שלום", "🎉", "", "\u200b"} {
		img := drawn(t, week(bar(1, name, 10)))
		if img.Bounds().Dy() != sayable.Bounds().Dy()+noteLine {
			t.Errorf("%q: nothing is said below", name)
		}
		r := rowOf(0)
		if n := count(img, image.Rect(margin+20, r.Min.Y, margin+200, r.Max.Y), pale); n < 50 {
			t.Errorf("%q: %d pixels say where the name is", name, n)
		}
	}
}

func TestTheSameChartIsTheSamePicture(t *testing.T) {
	c := week(bar(1, "Ada", 10, 20), bar(2, "漢字", 5))
	first, err := PNG(c)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		again, err := PNG(c)
		if err != nil || !bytes.Equal(first, again) {
			t.Fatalf("another picture, %v", err)
		}
	}
}

func TestAnySizeOfChart(t *testing.T) {
	many := week()
	for i := range 1000 {
		many.Bars = append(many.Bars, bar(i+1, strings.Repeat("Wolfeschlegelstein", 1+i%9), 1000-i, 1, 2, 3, 4, 5, 6, 7, 8))
	}
	huge := week(
		bot.Bar{Rank: math.MaxInt, Name: "a", Points: math.MaxInt, Parts: []int{math.MaxInt, math.MaxInt, 1}},
		bot.Bar{Rank: math.MinInt, Name: "b", Points: math.MinInt, Parts: []int{math.MinInt, -1}},
		bot.Bar{Name: "c", Points: 1}, bot.Bar{Name: "d", Points: 5, Parts: []int{50}},
	)
	for name, c := range map[string]bot.Chart{
		"none": week(), "one": week(bar(1, "Ada", 10)), "many": many, "huge": huge, "zero": {}, "nobody scored": week(bar(1, "a", 0), bar(1, "b")),
		"long": {Title: strings.Repeat("x", 1<<20), About: strings.Repeat("é", 1<<20), Cut: strings.Repeat("漢", 1<<20), Parts: make([]string, 1000)},
	} {
		t.Run(name, func(t *testing.T) { drawn(t, c) })
	}
}

func FuzzPNG(f *testing.F) {
	for _, name := range []string{"Ada", "漢字", "שלום", "a\u202eb", "\u200b", strings.Repeat("🎉", 100), "\xff", "@everyone <!channel> ||x||", strings.Repeat("\u0301", 99)} {
		f.Add(name, name, 3, 120, 7)
	}
	f.Add("", "x", 1000, math.MaxInt, -1)
	f.Fuzz(func(t *testing.T, name, title string, n, points, part int) {
		c := week()
		c.Title, c.Parts[2] = title, name
		for i := range min(max(n, 0), 1000) {
			c.Bars = append(c.Bars, bot.Bar{Rank: i, Name: name, Points: points, Parts: []int{part, points}})
		}
		drawn(t, c)
	})
}

func BenchmarkPNG(b *testing.B) {
	c := week()
	for i := range MaxBars {
		c.Bars = append(c.Bars, bar(i+1, "Ada Lovelace-Жуковский", 70, 60, 50, 40, 30, 20, 10))
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := PNG(c); err != nil {
			b.Fatal(err)
		}
	}
}
