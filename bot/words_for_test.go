package bot_test

import (
	"strings"
	"testing"
	"time"

	"quizbot/bot"
)

// How long a question is to stay open is read in the ways in which people say it, and a topic
// keeps a "for" of its own.
func TestAskFor(t *testing.T) {
	const none, bad = time.Duration(0), time.Duration(-1)
	for said, want := range map[string]struct {
		topic string
		open  time.Duration
		odd   string
	}{
		"ask":                                         {},
		"ask wires":                                   {topic: "wires"},
		"ask wires for 4h":                            {topic: "wires", open: 4 * time.Hour},
		"ASK  Wires FOR 4 Hours":                      {topic: "Wires", open: 4 * time.Hour},
		"ask for 4h":                                  {open: 4 * time.Hour},
		"ask for 90 minutes":                          {open: 90 * time.Minute},
		"ask for 3600s":                               {open: time.Hour},
		"ask for 10080 min":                           {open: 7 * 24 * time.Hour},
		"ask wires for 1h30m":                         {topic: "wires", open: 90 * time.Minute},
		"ask wires for 1 day, 2 hours":                {topic: "wires", open: 26 * time.Hour},
		"ask wires for 1 week":                        {topic: "wires", open: 7 * 24 * time.Hour},
		"ask wires for 8d":                            {topic: "wires", open: bad},
		"ask wires for 59 min":                        {topic: "wires", open: bad},
		"ask wires for 0h":                            {odd: "0h"},
		"ask wires for 2 moons":                       {odd: "2"},
		"ask wires for 4":                             {odd: "4"},
		"ask wires for 4h please":                     {odd: "4h"},
		"ask wires for":                               {topic: "wires for"},
		"ask tips for dummies":                        {topic: "tips for dummies"},
		"ask tips for two for 2h":                     {topic: "tips for two", open: 2 * time.Hour},
		"ask x for " + strings.Repeat("9", 400) + "h": {topic: "x", open: bad},
		"ask x for " + strings.Repeat("9w", 400):      {topic: "x", open: bad},
		"wires for 4h":                                {topic: "wires for 4h"}, // perhaps an answer: whoever hears it knows
	} {
		c := bot.ParseCommand(said)
		if want.open == none && c.Open != none || c.Word != bot.WordAsk || c.Topic != want.topic || c.Open != want.open || c.Odd != want.odd {
			t.Errorf("%.40q: %+v", said, c)
		}
	}
}
