package quiz

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// schema is what the tests read of a JSON Schema; all of them fail on a keyword
// that is not here.
type schema struct {
	never bool // the schema false

	Schema      string            `json:"$schema"`
	Title       string            `json:"title"`
	Description string            `json:"description"`
	Default     any               `json:"default"`
	Defs        map[string]schema `json:"$defs"`

	Ref         string            `json:"$ref"`
	Type        kindsOfJSON       `json:"type"`
	Properties  map[string]schema `json:"properties"`
	Required    []string          `json:"required"`
	Closed      *bool             `json:"additionalProperties"`
	Enum        []any             `json:"enum"`
	Const       any               `json:"const"`
	Pattern     string            `json:"pattern"`
	MaxLength   int               `json:"maxLength"`
	MinItems    int               `json:"minItems"`
	MaxItems    int               `json:"maxItems"`
	Minimum     *float64          `json:"minimum"`
	Maximum     *float64          `json:"maximum"`
	Items       *schema           `json:"items"`
	Contains    *schema           `json:"contains"`
	MinContains int               `json:"minContains"`
	MaxContains int               `json:"maxContains"`
	AllOf       []schema          `json:"allOf"`
	AnyOf       []schema          `json:"anyOf"`
	Not         *schema           `json:"not"`
	If          *schema           `json:"if"`
	Then        *schema           `json:"then"`
	Else        *schema           `json:"else"`
}

// kindsOfJSON is one type or a list of them.
type kindsOfJSON []string

func (k *kindsOfJSON) UnmarshalJSON(src []byte) error {
	if len(src) > 0 && src[0] == '[' {
		return json.Unmarshal(src, (*[]string)(k))
	}
	*k = kindsOfJSON{""}
	return json.Unmarshal(src, &(*k)[0])
}

func (s *schema) UnmarshalJSON(src []byte) error {
	if string(src) == "false" {
		s.never = true
		return nil
	}
	type plain schema
	d := json.NewDecoder(bytes.NewReader(src))
	d.DisallowUnknownFields()
	return d.Decode((*plain)(s))
}

func readSchema(t *testing.T) schema {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("..", "data", "packs", "pack.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var root schema
	if err := json.Unmarshal(src, &root); err != nil {
		t.Fatal(err)
	}
	return root
}

// takes is a validator for the part of JSON Schema that is used.
func (s schema) takes(root schema, v any) bool {
	all := func(list []schema) bool {
		return !slices.ContainsFunc(list, func(x schema) bool { return !x.takes(root, v) })
	}
	switch {
	case s.never:
		return false
	case s.Ref != "" && !root.Defs[strings.TrimPrefix(s.Ref, "#/$defs/")].takes(root, v),
		!all(s.AllOf),
		len(s.AnyOf) > 0 && !slices.ContainsFunc(s.AnyOf, func(x schema) bool { return x.takes(root, v) }),
		s.Not != nil && s.Not.takes(root, v),
		len(s.Enum) > 0 && !slices.Contains(s.Enum, v),
		s.Const != nil && s.Const != v,
		len(s.Type) > 0 && !slices.ContainsFunc(s.Type, func(k string) bool { return isOfType(v, k) }):
		return false
	}
	if s.If != nil {
		then := s.Else
		if s.If.takes(root, v) {
			then = s.Then
		}
		if then != nil && !then.takes(root, v) {
			return false
		}
	}
	switch v := v.(type) {
	case string:
		return (s.Pattern == "" || regexp.MustCompile(s.Pattern).MatchString(v)) && (s.MaxLength == 0 || utf8.RuneCountInString(v) <= s.MaxLength)
	case float64:
		return (s.Minimum == nil || v >= *s.Minimum) && (s.Maximum == nil || v <= *s.Maximum)
	case []any:
		found := 0
		for _, x := range v {
			if s.Items != nil && !s.Items.takes(root, x) {
				return false
			}
			if s.Contains != nil && s.Contains.takes(root, x) {
				found++
			}
		}
		least := max(s.MinContains, 1)
		return len(v) >= s.MinItems && (s.MaxItems == 0 || len(v) <= s.MaxItems) &&
			(s.Contains == nil || found >= least && (s.MaxContains == 0 || found <= s.MaxContains))
	case map[string]any:
		for _, key := range s.Required {
			if _, ok := v[key]; !ok {
				return false
			}
		}
		for key, x := range v {
			of, known := s.Properties[key]
			if known && !of.takes(root, x) || !known && s.Closed != nil && !*s.Closed {
				return false
			}
		}
	}
	return true
}

func isOfType(v any, kind string) bool {
	switch v := v.(type) {
	case string:
		return kind == "string"
	case bool:
		return kind == "boolean"
	case float64:
		return kind == "number" || kind == "integer" && v == math.Trunc(v)
	case []any:
		return kind == "array"
	case map[string]any:
		return kind == "object"
	}
	return false
}

// asEditorsRead turns YAML into what an editor checks: YAML 1.2, in which 1_000
// is a text.
func asEditorsRead(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		out := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			out[n.Content[i].Value] = asEditorsRead(n.Content[i+1])
		}
		return out
	case yaml.SequenceNode:
		out := []any{}
		for _, x := range n.Content {
			out = append(out, asEditorsRead(x))
		}
		return out
	}
	var b bool
	var x float64
	switch {
	case n.Tag == "!!null":
		return nil
	case n.Tag == "!!bool" && n.Decode(&b) == nil:
		return b
	case (n.Tag == "!!int" || n.Tag == "!!float") && !strings.Contains(n.Value, "_") && n.Decode(&x) == nil:
		return x
	}
	return n.Value
}

// What the one accepts the other does, as far as a schema can say it.
func TestSchemaAndParserAcceptTheSame(t *testing.T) {
	root := readSchema(t)
	q := func(rest string) string {
		return "pack: p\nquestions:\n  - id: one\n    ask: Which?\n" + rest
	}
	options := "    options: [{text: a, correct: true}, {text: b}]\n"
	cases := map[string]bool{
		goodPack:                             true,
		q(options):                           true,
		q(options) + "title: 2024\n":         true,
		q(options) + "aliases: [true, ws]\n": true,
		strings.Replace(q(options), "pack: p", "pack: 42", 1):                         true,
		strings.Replace(q(options), "id: one", "id: 7", 1):                            true,
		q("    options: [{text: 101, correct: true}, {text: 2.5, why: 1}]\n"):         true,
		q("    kind: text\n    accept: [true, 1000, x]\n"):                            true,
		q("    kind: order\n    steps: [1, 2, 3]\n"):                                  true,
		q("    kind: number\n    answer: 1_000\n"):                                    true,
		q("    kind: number\n    answer: 0x10\n    tolerance: 0.5\n    unit: \"\"\n"): true,
		q("    kind: truefalse\n    answer: false\n"):                                 true,
		q(options + "    seconds: 30\n"):                                              true,
		q(options + "    seconds: 30.0\n"):                                            true,
		q(options + "    difficulty: 3.0\n"):                                          true,

		q(options) + "title: \"\"\n":                                                              false,
		q(options) + "title:\n":                                                                   false,
		q(options) + "aliases: [\" \"]\n":                                                         false,
		q(options + "    explain: \"\"\n"):                                                        false,
		q(options + "    hint: [a]\n"):                                                            false,
		q(options + "    answer: true\n"):                                                         false,
		q(options + "    accept: [a]\n"):                                                          false,
		q(options + "    steps: [a, b]\n"):                                                        false,
		q(options + "    unit: m\n"):                                                              false,
		q(options + "    kind: truefalse\n    answer: true\n"):                                    false,
		q(options + "    kind: number\n    answer: 1\n"):                                          false,
		q("    kind: truefalse\n    answer: 1\n"):                                                 false,
		q("    kind: truefalse\n    answer: true\n    tolerance: 1\n"):                            false,
		q("    kind: number\n    answer: true\n"):                                                 false,
		q("    kind: number\n    answer: many\n"):                                                 false,
		q("    kind: number\n    answer: 1\n    tolerance: -1\n"):                                 false,
		q("    kind: text\n"):                                                                     false,
		q("    options: [{text: a}, {text: b}]\n"):                                                false,
		q("    kind: multi\n    options: [{text: a}, {text: b}]\n"):                               false,
		q("    options: [{text: a, correct: true}, {text: b, correct: true}]\n"):                  false,
		q("    kind: multi\n    options: [{text: a, correct: true}, {text: b, correct: true}]\n"): true,
		q("    options: [{text: \"\", correct: true}, {text: b}]\n"):                              false,
		q(options + "    seconds: 30.5\n"):                                                        false,
		q(options + "    seconds: 4\n"):                                                           false,
	}
	for _, word := range Reserved() {
		cases[strings.Replace(q(options), "pack: p", "pack: "+word, 1)] = false
	}
	shipped, err := filepath.Glob(filepath.Join("..", "data", "packs", "*.yaml"))
	if err != nil || len(shipped) == 0 {
		t.Fatalf("%v %v", shipped, err)
	}
	for _, file := range shipped {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		cases[string(src)] = true
	}
	for src, want := range cases {
		var doc yaml.Node
		if err := yaml.Unmarshal([]byte(src), &doc); err != nil {
			t.Fatal(err)
		}
		if got := root.takes(root, asEditorsRead(doc.Content[0])); got != want {
			t.Errorf("the schema says %v, not %v, of\n%.400s", got, want, src)
		}
		if _, err := ParsePack("p.yaml", []byte(src)); (err == nil) != want {
			t.Errorf("the parser says %v, not %v, of\n%.400s", err, want, src)
		}
	}
}

// The schema that editors use says the same as the parser.
func TestSchemaAgreesWithTheParser(t *testing.T) {
	root := readSchema(t)
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
		"least seconds": {int(*question.Properties["seconds"].Minimum), MinSeconds}, "most seconds": {int(*question.Properties["seconds"].Maximum), MaxSeconds},
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
