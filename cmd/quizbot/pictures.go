package main

import (
	"encoding/json"
	"sync"

	"quizbot/bot"
	"quizbot/chart"
)

// drawFunc makes a PNG of a chart.
type drawFunc = func(bot.Chart) ([]byte, error)

// keptPictures is how many pictures are kept, of some 30 kB each: one that is tried again,
// or asked for in several rooms, is drawn once.
const keptPictures = 16

// pictures draws one chart at a time, so that many who ask for one at once don't take the
// processors from who plays.
type pictures struct {
	draw drawFunc

	mu   sync.Mutex
	last []drawn // the newest at the end
}

type drawn struct {
	of  string // the chart, as JSON
	png []byte
}

func newPictures() *pictures { return &pictures{draw: chart.PNG} }

// png draws a chart, or finds it drawn.
func (p *pictures) png(c bot.Chart) ([]byte, error) {
	of, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range p.last {
		if d.of == string(of) {
			return d.png, nil
		}
	}
	png, err := p.draw(c)
	if err != nil {
		return nil, err
	}
	if len(p.last) == keptPictures {
		p.last = p.last[1:]
	}
	p.last = append(p.last, drawn{string(of), png})
	return png, nil
}
