package exchange

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"quizbot/quiz"
)

// openTDB is a question as the API of the Open Trivia Database answers it.
type openTDB struct {
	Type       string   `json:"type"` // multiple, boolean
	Difficulty string   `json:"difficulty"`
	Category   string   `json:"category"`
	Question   string   `json:"question"`
	Right      string   `json:"correct_answer"`
	Wrong      []string `json:"incorrect_answers"`
}

func openTDBFormat() Format {
	return Format{
		Name: "opentdb", Title: "Open Trivia Database JSON", Suffixes: []string{".json"}, Unit: "question",
		guess: func(head []byte) int {
			if (first(head) == '{' || first(head) == '[') && bytes.Contains(head, []byte(`"correct_answer"`)) {
				return 80
			}
			return 0
		},
		read:  readOpenTDB,
		write: writeOpenTDB,
	}
}

func readOpenTDB(in *Input, found func(Found) error) error {
	return in.eachJSON("results", func(n int, raw json.RawMessage) error {
		f := Found{At: n}
		var o openTDB
		if err := json.Unmarshal(raw, &o); err != nil {
			f.Dropped = plainJSON(err)
			return found(f)
		}
		o.decode()
		q := quiz.Question{Kind: quiz.Choice, Ask: o.Question}
		switch o.Difficulty {
		case "easy":
			q.Difficulty = quiz.Easy
		case "hard":
			q.Difficulty = quiz.Hard
		}
		if o.Category != "" {
			q.Tags = tagsOf(o.Category)
		}
		switch right := strings.ToLower(o.Right); {
		case o.Right == "":
			f.Dropped = "it has no correct_answer"
		case o.Type == "boolean" && (right == "true" || right == "false"):
			q.Kind, q.Truth = quiz.TrueFalse, right == "true"
		case len(o.Wrong) == 0:
			q.Kind, q.Accept = quiz.Text, []string{o.Right}
			f.note("it has no incorrect_answers, so its answer is typed")
		default:
			q.Options = append(q.Options, quiz.Option{Text: o.Right, Correct: true})
			for _, w := range o.Wrong {
				q.Options = append(q.Options, quiz.Option{Text: w})
			}
		}
		f.Question = q
		return found(f)
	})
}

// urlText is what is left of a text when it is encoded for URLs: a question that has other
// signs, such as its mark, isn't.
var urlText = regexp.MustCompile(`^[A-Za-z0-9%+._~*!()-]*$`)

// decode undoes the API's encodings: entities of HTML, those of URLs, or Base64. All of a
// question's texts have the same.
func (o *openTDB) decode() {
	all := []*string{&o.Type, &o.Difficulty, &o.Category, &o.Question, &o.Right}
	for i := range o.Wrong {
		all = append(all, &o.Wrong[i])
	}
	each := func(fn func(string) (string, error)) bool {
		out := make([]string, len(all))
		for i, s := range all {
			var err error
			if out[i], err = fn(*s); err != nil {
				return false
			}
		}
		for i, s := range all {
			*s = out[i]
		}
		return true
	}
	switch {
	case slices.Contains([]string{"multiple", "boolean", ""}, o.Type):
		escaped := strings.ContainsAny(o.Question, "%+")
		decode := url.PathUnescape
		for _, s := range all {
			escaped = escaped && urlText.MatchString(*s)
			if strings.Contains(*s, "+") { // the older form, where a space is a plus
				decode = url.QueryUnescape
			}
		}
		if escaped && each(decode) {
			return
		}
	case each(func(s string) (string, error) { b, err := base64.StdEncoding.DecodeString(s); return string(b), err }):
		return
	}
	each(func(s string) (string, error) { return html.UnescapeString(s), nil })
}

// tagsOf makes tags of words: of "Science: Computers" science and computers.
func tagsOf(words string) []string {
	var out []string
	for _, part := range strings.FieldsFunc(words, func(r rune) bool { return strings.ContainsRune(":/;,|>", r) }) {
		if tag := Slug(part, maxSlug); tag != "" {
			out = append(out, tag)
		}
	}
	return distinct(out)
}

func writeOpenTDB(w io.Writer, pack quiz.Pack, lost func(id, what string)) error {
	all := struct {
		Code    int       `json:"response_code"`
		Results []openTDB `json:"results"`
	}{Results: []openTDB{}}
	for _, q := range pack.Questions {
		o := openTDB{Type: "multiple", Category: html.EscapeString(pack.Title), Question: html.EscapeString(q.Ask), Difficulty: map[quiz.Difficulty]string{quiz.Easy: "easy", quiz.Medium: "medium", quiz.Hard: "hard"}[q.Difficulty]}
		switch q.Kind {
		case quiz.Choice:
			for _, x := range q.Options {
				if x.Correct {
					o.Right = html.EscapeString(x.Text)
				} else {
					o.Wrong = append(o.Wrong, html.EscapeString(x.Text))
				}
			}
		case quiz.TrueFalse:
			o.Type, o.Right, o.Wrong = "boolean", "True", []string{"False"}
			if !q.Truth {
				o.Right, o.Wrong[0] = "False", "True"
			}
		default:
			lost(q.ID, "the format has no "+string(q.Kind)+" questions: left out")
			continue
		}
		lose(q, lost, keptNothing)
		all.Results = append(all.Results, o)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(all)
}
