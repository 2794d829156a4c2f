package discord

import (
	"encoding/json"
	"testing"
)

// A name of an option before one of its choices says which option is meant.
func TestFillOptions(t *testing.T) {
	options := []option{
		{Type: optionString, Name: "topic"}, {Type: optionInteger, Name: "count"}, {Type: optionInteger, Name: "seconds"},
		{Type: optionString, Name: "for"}, {Type: optionString, Name: "speed", Choices: []Choice{{Value: "off"}, {Value: "full"}}},
	}
	for _, c := range []struct {
		words []string
		want  string
	}{
		{[]string{"web", "sockets", "5", "each", "30", "speed", "full"}, `[["count",5],["seconds",30],["speed","full"],["topic","web sockets"]]`},
		{[]string{"off", "5"}, `[["speed","off"],["count",5]]`},
		{[]string{"speed", "5"}, `[["count",5],["topic","speed"]]`},
		{[]string{"speed"}, `[["topic","speed"]]`},
		{[]string{"web", "sockets", "for", "2", "days"}, `[["for","2 days"],["topic","web sockets"]]`},
		{[]string{"for", "4h"}, `[["for","4h"]]`},
		{[]string{"for"}, `[["topic","for"]]`},
	} {
		given := [][]any{}
		for _, o := range fillOptions(options, c.words, "") {
			given = append(given, []any{o["name"], o["value"]})
		}
		if got, err := json.Marshal(given); err != nil || string(got) != c.want {
			t.Errorf("%q fills in %s, want %s (%v)", c.words, got, c.want, err)
		}
	}
}
