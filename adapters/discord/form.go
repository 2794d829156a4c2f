package discord

import (
	"cmp"
	"strings"

	"quizbot/bot"
)

// Forms are modals: an answer to a press or a command, which comes back as an
// interaction of its own. Discord can't say at a field what is wrong with it, and opens no
// modal in answer to one: whoever is not understood reads a message with a button.

// Limits of modals, in characters.
const (
	maxFormTitle  = 45
	maxFieldLabel = 45
	maxFieldHint  = 100
	maxFieldText  = 4000
	maxFormText   = 3900 // of 4,000
	maxFormParts  = 5
	maxFieldName  = 100
)

const (
	componentSelect = 3
	componentInput  = 4
	componentText   = 10
	componentLabel  = 18

	inputShort     = 1
	inputParagraph = 2
)

// modal is a form as Discord takes it.
type modal struct {
	CustomID   string      `json:"custom_id"`
	Title      string      `json:"title"`
	Components []modalPart `json:"components"`
}

// modalPart is a text, or a label with what is to be filled in.
type modalPart struct {
	Type        int    `json:"type"`
	Content     string `json:"content,omitempty"`
	Label       string `json:"label,omitempty"`
	Description string `json:"description,omitempty"`
	Component   *input `json:"component,omitempty"`
}

type input struct {
	Type     int           `json:"type"`
	CustomID string        `json:"custom_id"`
	Style    int           `json:"style,omitempty"`
	Value    string        `json:"value,omitempty"`
	Required bool          `json:"required"`
	Min      int           `json:"min_length,omitempty"`
	Max      int           `json:"max_length,omitempty"`
	Options  []inputOption `json:"options,omitempty"`
}

type inputOption struct {
	Label   string `json:"label"`
	Value   string `json:"value"`
	Default bool   `json:"default,omitempty"`
}

// renderForm writes a form as a modal. Its text has a place only where the fields leave one.
func renderForm(f bot.Form) modal {
	m := modal{CustomID: f.ID, Title: words(f.Title, maxFormTitle)}
	fields := f.Fields[:min(len(f.Fields), maxFormParts)]
	if text := cut(paragraphs(f.Body), maxFormText); text != "" && len(fields) < maxFormParts {
		m.Components = append(m.Components, modalPart{Type: componentText, Content: text})
	}
	for _, field := range fields {
		in := &input{Type: componentInput, CustomID: clip(field.ID, maxFieldName), Style: inputShort, Required: !field.Optional}
		if field.Options != nil {
			in.Type, in.Style = componentSelect, 0
			for _, o := range field.Options {
				in.Options = append(in.Options, inputOption{Label: words(o.Text, maxFieldName), Value: clip(o.Value, maxFieldName), Default: o.Value == field.Value})
			}
		} else {
			in.Min, in.Max = field.Min, min(field.Max, maxFieldText)
			in.Value = clip(field.Value, maxFieldText)
			if in.Max == 0 {
				in.Max = bot.MaxField
			}
			if field.Many {
				in.Style = inputParagraph
			}
		}
		m.Components = append(m.Components, modalPart{
			Type: componentLabel, Label: words(field.Label, maxFieldLabel), Description: clip(oneLine(field.Hint), maxFieldHint), Component: in,
		})
	}
	return m
}

// words are a text in one line, never none: Discord refuses a modal with an empty one.
func words(s string, most int) string { return clip(cmp.Or(oneLine(s), "…"), most) }

// submitted is a part of a modal that was sent off: a label or a row, and what is in it.
type submitted struct {
	Type       int         `json:"type"`
	CustomID   string      `json:"custom_id"`
	Value      string      `json:"value"`
	Values     []string    `json:"values"`
	Component  *submitted  `json:"component"`
	Components []submitted `json:"components"`
}

// filled are the fields of a modal, in order.
func filled(parts []submitted) []bot.Filled {
	var out []bot.Filled
	for _, p := range parts {
		switch {
		case p.Component != nil:
			out = append(out, filled([]submitted{*p.Component})...)
		case len(p.Components) > 0:
			out = append(out, filled(p.Components)...)
		case p.CustomID != "":
			value := p.Value
			if len(p.Values) > 0 {
				value = strings.Join(p.Values, ",")
			}
			out = append(out, bot.Filled{Field: p.CustomID, Value: value})
		}
	}
	return out
}
