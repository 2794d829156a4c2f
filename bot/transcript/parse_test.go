package transcript_test

import (
	"errors"
	"strings"
	"testing"

	"quizbot/bot/transcript"
)

// pack is a small pack of three questions.
const pack = `pack: wires
title: Wires
questions:
  - id: method
    ask: Which method?
    options: [{text: GET, correct: true}, {text: POST}]
  - id: life
    kind: order
    ask: In which order?
    steps: [hello, goodbye]
  - id: port
    kind: number
    ask: Which port?
    answer: 443
    tolerance: 2
`

func readPack(name string) ([]byte, error) {
	if name != "wires.yaml" {
		return nil, errors.New("no such pack: " + name)
	}
	return []byte(pack), nil
}

func parse(t *testing.T, src string) *transcript.Script {
	t.Helper()
	s, err := transcript.Parse("talk.txt", []byte(src), readPack)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestParseRefuses(t *testing.T) {
	for name, c := range map[string]struct{ src, want string }{
		"nothing":          {"# only a comment\n", "nothing happens"},
		"no pack":          {"alice> wires\n", "no pack"},
		"unknown pack":     {"pack other.yaml\nalice> x\n", "talk.txt:1"},
		"unknown question": {"pack wires.yaml, only mask\nalice> x\n", `no question "mask"`},
		"two same packs":   {"pack wires.yaml\npack wires.yaml\nalice> x\n", "wires"},
		"not a line":       {"pack wires.yaml\nalice shouts\n", "talk.txt:2"},
		"unquoted":         {"pack wires.yaml\nalice types GET\n", "talk.txt:2"},
		"bad quotes":       {"pack wires.yaml\nalice types \"a\\q\"\n", "talk.txt:2"},
		"indented":         {"pack wires.yaml\nalice> x\n  words\n", "belongs under"},
		"bad time":         {"pack wires.yaml\n+5parsecs\n", "talk.txt:2"},
		"bot speaks":       {"pack wires.yaml\nbot types \"x\"\n", "nobody's name"},
		"wrong direct":     {"pack wires.yaml\nin direct with alice\nbob> x\n", "can't be in"},
		"platform":         {"pack wires.yaml\nplatform explodes\n", "no platform does that"},
		"bot in doubt":     {"pack wires.yaml\nplatform swallows many messages\n", "no platform does that"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := transcript.Parse("talk.txt", []byte(c.src), readPack)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestParseSetsTheScene(t *testing.T) {
	s := parse(t, `# A scene
pack wires.yaml, only port life as order
time: virtual
admin dora
mallory is called "<!channel>"

alice> !quiz order
in #blue
bob types "x"
in direct with carol
carol> help
`)
	setup := s.Setup
	if !setup.Virtual {
		t.Error("time is not virtual")
	}
	p, ok := setup.Pool.Topic("order")
	if !ok || len(p.Questions) != 2 || p.Questions[0].ID != "port" {
		t.Errorf("the pack is %+v", p)
	}
	if _, ok := setup.Pool.Topic("wires"); ok {
		t.Error("the pack has kept its first name")
	}
	want := []transcript.Person{
		{ID: "dora", Called: "dora", Admin: true}, {ID: "mallory", Called: "<!channel>"},
		{ID: "alice", Called: "alice"}, {ID: "bob", Called: "bob"}, {ID: "carol", Called: "carol"},
	}
	if len(setup.People) != len(want) {
		t.Fatalf("people: %+v", setup.People)
	}
	for i, p := range setup.People {
		if p != want[i] {
			t.Errorf("person %d is %+v, want %+v", i, p, want[i])
		}
	}
	rooms := []transcript.Room{{Name: "#room"}, {Name: "#blue"}, {Name: "direct carol", Direct: "carol"}}
	for i, r := range setup.Rooms {
		if len(setup.Rooms) != len(rooms) || r != rooms[i] {
			t.Errorf("rooms: %+v", setup.Rooms)
			break
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("pack wires.yaml\nalice> x\nbot: a … b\n  c\n  without: d\n+5s\nredeliver everything 3 times\ncrash for 1m\n")
	f.Add("pack wires.yaml, only method as m\nbob replies to \"a\" \"b\"\nbob types the letters of \"a\", \"b\"\nplatform refuses 1 message for 1s\n")
	f.Fuzz(func(t *testing.T, src string) {
		s, err := transcript.Parse("talk.txt", []byte(src), readPack)
		if (s == nil) == (err == nil) {
			t.Fatalf("script %v, error %v", s, err)
		}
	})
}
