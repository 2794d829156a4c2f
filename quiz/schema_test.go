package quiz

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// schema is what the test reads of a JSON Schema.
type schema struct {
	Properties map[string]schema `json:"properties"`
	Required   []string          `json:"required"`
	Enum       []any             `json:"enum"`
	MaxLength  int               `json:"maxLength"`
	MaxItems   int               `json:"maxItems"`
	Minimum    float64           `json:"minimum"`
	Maximum    float64           `json:"maximum"`
	Items      *schema           `json:"items"`
	Defs       map[string]schema `json:"$defs"`
	Closed     *bool             `json:"additionalProperties"`
}

// The schema that editors use says the same as the parser.
func TestSchemaAgreesWithTheParser(t *testing.T) {
	src, err := os.ReadFile(filepath.Join("..", "data", "packs", "pack.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var root schema
	if err := json.Unmarshal(src, &root); err != nil {
		t.Fatal(err)
	}
	question, option := root.Defs["question"], root.Defs["option"]
	for name, c := range map[string]struct{ got, want int }{
		"title": {root.Properties["title"].MaxLength, MaxTitle}, "aliases": {root.Properties["aliases"].MaxItems, maxAliases},
		"alias": {root.Properties["aliases"].Items.MaxLength, maxID}, "id": {root.Defs["id"].MaxLength, maxID},
		"ask": {question.Properties["ask"].MaxLength, MaxAsk}, "explain": {question.Properties["explain"].MaxLength, MaxExplain},
		"hint": {question.Properties["hint"].MaxLength, MaxHint}, "source": {question.Properties["source"].MaxLength, MaxSource},
		"options": {question.Properties["options"].MaxItems, MaxOptions}, "steps": {question.Properties["steps"].MaxItems, MaxOptions},
		"step": {question.Properties["steps"].Items.MaxLength, MaxOption}, "accept": {question.Properties["accept"].MaxItems, maxAccept},
		"answer": {question.Properties["accept"].Items.MaxLength, MaxOption},
		"option": {option.Properties["text"].MaxLength, MaxOption}, "why": {option.Properties["why"].MaxLength, MaxWhy},
		"least seconds": {int(question.Properties["seconds"].Minimum), MinSeconds}, "most seconds": {int(question.Properties["seconds"].Maximum), MaxSeconds},
	} {
		if c.got != c.want {
			t.Errorf("the schema's limit of %s is %d, the parser's %d", name, c.got, c.want)
		}
	}
	var all []string
	for kind := range kinds {
		all = append(all, string(kind))
	}
	for _, kind := range question.Properties["kind"].Enum {
		if !slices.Contains(all, fmt.Sprint(kind)) {
			t.Errorf("the parser knows no kind %v", kind)
		}
	}
	if len(question.Properties["kind"].Enum) != len(all) {
		t.Errorf("the schema has the kinds %v, the parser %v", question.Properties["kind"].Enum, all)
	}
	// What the parser says it knows is what the schema has, and the other way round.
	for _, c := range []struct {
		where  string
		schema schema
		src    string
	}{
		{"a pack", root, "pack: p\nno-such-key: 1\nquestions: [{id: a, ask: b, options: [{text: a, correct: true}, {text: b}]}]\n"},
		{"an option", option, "pack: p\nquestions: [{id: a, ask: b, options: [{text: a, correct: true, no-such-key: 1}, {text: b}]}]\n"},
	} {
		_, err := ParsePack("p.yaml", []byte(c.src))
		if err == nil || c.schema.Closed == nil || *c.schema.Closed {
			t.Fatalf("%s takes unknown keys", c.where)
		}
		known := knownKeys(err)
		for key := range c.schema.Properties {
			if !slices.Contains(known, key) {
				t.Errorf("the parser knows no %s of %s, but %v", key, c.where, known)
			}
		}
		if len(known) != len(c.schema.Properties) {
			t.Errorf("%s: the schema has %d keys, the parser %v", c.where, len(c.schema.Properties), known)
		}
	}
	ofQuestions := map[string]bool{}
	for kind := range kinds {
		_, err := ParsePack("p.yaml", fmt.Appendf(nil, "pack: p\nquestions: [{id: a, ask: b, kind: %s, no-such-key: 1}]\n", kind))
		for _, key := range knownKeys(err) {
			ofQuestions[key] = true
			if _, ok := question.Properties[key]; !ok {
				t.Errorf("the schema has no %s of a %s question", key, kind)
			}
		}
	}
	if len(ofQuestions) != len(question.Properties) {
		t.Errorf("questions: the schema has %d keys, the parser %v", len(question.Properties), ofQuestions)
	}
}

// knownKeys reads them from the cure for an unknown one.
func knownKeys(err error) []string {
	_, list, _ := strings.Cut(err.Error(), "known keys: ")
	list, _, _ = strings.Cut(list, "\n")
	return strings.Split(list, ", ")
}
