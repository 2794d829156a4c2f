package exchange

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"quizbot/quiz"
)

// ownPack is a pack as our own files have it.
type ownPack struct {
	Pack      string        `json:"pack" yaml:"pack"`
	Title     string        `json:"title,omitempty" yaml:"title,omitempty"`
	Aliases   []string      `json:"aliases,omitempty" yaml:"aliases,omitempty,flow"`
	Language  string        `json:"language,omitempty" yaml:"language,omitempty"`
	License   string        `json:"license,omitempty" yaml:"license,omitempty"`
	Retired   []string      `json:"retired,omitempty" yaml:"retired,omitempty,flow"`
	Questions []ownQuestion `json:"questions" yaml:"questions"`
}

type ownQuestion struct {
	ID         string      `json:"id" yaml:"id"`
	Kind       quiz.Kind   `json:"kind,omitempty" yaml:"kind,omitempty"`
	Ask        string      `json:"ask" yaml:"ask"`
	Options    []ownOption `json:"options,omitempty" yaml:"options,omitempty"`
	Steps      []string    `json:"steps,omitempty" yaml:"steps,omitempty"`
	Accept     []string    `json:"accept,omitempty" yaml:"accept,omitempty,flow"`
	Answer     any         `json:"answer,omitempty" yaml:"answer,omitempty"`
	Tolerance  float64     `json:"tolerance,omitempty" yaml:"tolerance,omitempty"`
	Unit       string      `json:"unit,omitempty" yaml:"unit,omitempty"`
	Explain    string      `json:"explain,omitempty" yaml:"explain,omitempty"`
	Source     string      `json:"source,omitempty" yaml:"source,omitempty"`
	Difficulty int         `json:"difficulty,omitempty" yaml:"difficulty,omitempty"`
	Tags       []string    `json:"tags,omitempty" yaml:"tags,omitempty,flow"`
	Hint       string      `json:"hint,omitempty" yaml:"hint,omitempty"`
	Seconds    int         `json:"seconds,omitempty" yaml:"seconds,omitempty"`
}

type ownOption struct {
	Text    string `json:"text" yaml:"text"`
	Correct bool   `json:"correct,omitempty" yaml:"correct,omitempty"`
	Why     string `json:"why,omitempty" yaml:"why,omitempty"`
}

// ownOf is a question as our own files have it: what follows from a default is left out.
func ownOf(q quiz.Question) ownQuestion {
	o := ownQuestion{
		ID: q.ID, Ask: q.Ask, Steps: q.Steps, Accept: q.Accept, Explain: q.Explain, Source: q.Source,
		Tags: q.Tags, Hint: q.Hint, Seconds: q.Seconds, Tolerance: q.Tolerance, Unit: q.Unit,
	}
	if q.Kind != quiz.Choice {
		o.Kind = q.Kind
	}
	if q.Difficulty != quiz.Medium {
		o.Difficulty = int(q.Difficulty)
	}
	for _, x := range q.Options {
		o.Options = append(o.Options, ownOption(x))
	}
	switch q.Kind {
	case quiz.TrueFalse:
		o.Answer = q.Truth
	case quiz.Number:
		o.Answer = q.Answer
	}
	return o
}

func ownPackOf(p quiz.Pack) ownPack {
	out := ownPack{Pack: p.ID, Title: p.Title, Aliases: p.Aliases, Language: p.Language, License: p.License, Retired: p.Retired}
	for _, q := range p.Questions {
		out.Questions = append(out.Questions, ownOf(q))
	}
	return out
}

// marshalPack is a pack as YAML.
func marshalPack(p quiz.Pack) ([]byte, error) {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(ownPackOf(p)); err != nil {
		return nil, fmt.Errorf("write YAML: %w", err)
	}
	if err := e.Close(); err != nil {
		return nil, fmt.Errorf("write YAML: %w", err)
	}
	return b.Bytes(), nil
}

// Head is what a pack of our own says of itself beside its questions; empty where the
// format has no head, or the file is damaged, which Read tells.
func (f Format) Head(in *Input) quiz.Pack {
	switch f.Name {
	case "yaml":
		src, err := io.ReadAll(io.LimitReader(in.reader(), quiz.MaxPackSize+1))
		if err != nil {
			return quiz.Pack{}
		}
		p := quiz.ReadSource(in.Name, src).Pack
		p.Questions = nil
		return p
	case "json":
		return in.headJSON()
	}
	return quiz.Pack{}
}

var packLine = regexp.MustCompile(`(?m)^pack:\s*\S`)

func yamlFormat() Format {
	return Format{
		Name: "yaml", Title: "a pack of quizbot", Suffixes: []string{".yaml", ".yml"},
		guess: func(head []byte) int {
			if packLine.Match(head) && bytes.Contains(head, []byte("questions:")) {
				return 90
			}
			return 0
		},
		read: func(in *Input, found func(Found) error) error {
			src, err := io.ReadAll(io.LimitReader(in.reader(), quiz.MaxPackSize+1))
			if err != nil {
				return err
			}
			s := quiz.ReadSource(in.Name, src)
			if len(s.Faults) > 0 {
				return s.Faults
			}
			for i, q := range s.Pack.Questions {
				if err := found(Found{At: s.Place(i).Line, Question: q}); err != nil {
					return err
				}
			}
			return nil
		},
		write: func(w io.Writer, pack quiz.Pack, _ func(id, what string)) error {
			src, err := marshalPack(pack)
			if err == nil {
				_, err = w.Write(src)
			}
			return err
		},
	}
}

func jsonFormat() Format {
	return Format{
		Name: "json", Title: "a pack of quizbot as JSON", Suffixes: []string{".json"}, Unit: "question",
		guess: func(head []byte) int {
			if first(head) != '{' && first(head) != '[' {
				return 0
			}
			if bytes.Contains(head, []byte(`"ask"`)) {
				return 80
			}
			return 0
		},
		read: func(in *Input, found func(Found) error) error {
			return in.eachJSON("questions", func(n int, raw json.RawMessage) error {
				f := Found{At: n}
				f.own(raw)
				return found(f)
			})
		},
		write: func(w io.Writer, pack quiz.Pack, _ func(id, what string)) error {
			e := json.NewEncoder(w)
			e.SetEscapeHTML(false)
			e.SetIndent("", "  ")
			return e.Encode(ownPackOf(pack))
		},
	}
}

// own reads a question of our own in JSON.
func (f *Found) own(raw json.RawMessage) {
	var o ownQuestion
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(raw, &keys); err != nil {
		f.Dropped = "it is no object with keys"
		return
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		f.Dropped = plainJSON(err)
		return
	}
	for key := range keys {
		if !slices.Contains(ownKeys, key) {
			f.note("the key %q means nothing here", key)
		}
	}
	slices.Sort(f.Notes)
	q := quiz.Question{
		ID: o.ID, Kind: o.Kind, Ask: o.Ask, Steps: o.Steps, Accept: o.Accept, Explain: o.Explain, Source: o.Source,
		Tags: o.Tags, Hint: o.Hint, Seconds: o.Seconds, Tolerance: o.Tolerance, Unit: o.Unit, Difficulty: quiz.Difficulty(o.Difficulty),
	}
	if q.Kind == "" {
		q.Kind = quiz.Choice
	}
	for _, x := range o.Options {
		q.Options = append(q.Options, quiz.Option(x))
	}
	switch answer := o.Answer.(type) {
	case bool:
		q.Truth = answer
	case float64:
		q.Answer = answer
	}
	if _, truth := o.Answer.(bool); q.Kind == quiz.TrueFalse && !truth {
		f.Dropped = "answer must be true or false"
	}
	if _, number := o.Answer.(float64); q.Kind == quiz.Number && !number {
		f.Dropped = "answer must be a number"
	}
	f.Question = q
}

// ownKeys are the keys of a question in our own files.
var ownKeys = strings.Fields("id kind ask options steps accept answer tolerance unit explain source difficulty tags hint seconds")
