package main

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"quizbot/bot"
)

func aChart(n int) bot.Chart {
	return bot.Chart{Title: fmt.Sprint("week ", n), Parts: []string{"Mon"}, Bars: []bot.Bar{{Rank: 1, Name: "alice", Points: n, Parts: []int{n}}}}
}

// Many who ask at once have one picture drawn at a time, and the same one once.
func TestPicturesAreDrawnOneAtATime(t *testing.T) {
	p := newPictures()
	var drawing, most, all atomic.Int32
	real := p.draw
	p.draw = func(c bot.Chart) ([]byte, error) {
		most.Store(max(most.Load(), drawing.Add(1)))
		all.Add(1)
		defer drawing.Add(-1)
		return real(c)
	}
	var asking sync.WaitGroup
	for i := range 24 {
		asking.Go(func() {
			png, err := p.png(aChart(i % 3))
			if err != nil || !bytes.HasPrefix(png, []byte("\x89PNG")) {
				t.Errorf("%d bytes, %v", len(png), err)
			}
		})
	}
	asking.Wait()
	if most.Load() != 1 || all.Load() != 3 {
		t.Errorf("%d were drawn, %d at a time", all.Load(), most.Load())
	}
	for i := range 3 * keptPictures {
		if _, err := p.png(aChart(i)); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.last) != keptPictures {
		t.Errorf("%d are kept", len(p.last))
	}
	p.draw = func(bot.Chart) ([]byte, error) { return nil, errors.New("no ink") }
	if _, err := p.png(aChart(-1)); err == nil || len(p.last) != keptPictures {
		t.Errorf("a picture that was not drawn is kept: %v", err)
	}
}
