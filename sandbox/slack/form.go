package slack

import "encoding/json"

// Input is something to fill in, in a modal.
type Input struct {
	BlockID, ActionID, Label, Hint string
	Value                          string // to begin with
	Long                           bool   // several lines
	Optional                       bool
	Min, Max                       int      // characters
	Options                        []Option // of a menu
}

// Option is what a menu offers.
type Option struct{ Value, Text string }

// Form is what a modal shows.
type Form struct {
	Title, Submit, Close string
	Texts                []string // of sections and headers
	Inputs               []Input
}

// Form reads a modal: its texts, its text inputs and its menus.
func (v View) Form() Form {
	type text struct {
		Text string `json:"text"`
	}
	var m struct {
		Title  text  `json:"title"`
		Submit *text `json:"submit"`
		Close  *text `json:"close"`
		Blocks []struct {
			Type     string `json:"type"`
			BlockID  string `json:"block_id"`
			Text     text   `json:"text"`
			Label    text   `json:"label"`
			Hint     text   `json:"hint"`
			Optional bool   `json:"optional"`
			Element  struct {
				Type      string `json:"type"`
				ActionID  string `json:"action_id"`
				Value     string `json:"initial_value"`
				Multiline bool   `json:"multiline"`
				Min       int    `json:"min_length"`
				Max       int    `json:"max_length"`
				Initial   struct {
					Value string `json:"value"`
				} `json:"initial_option"`
				Options []struct {
					Text  text   `json:"text"`
					Value string `json:"value"`
				} `json:"options"`
			} `json:"element"`
		} `json:"blocks"`
	}
	placed, err := json.Marshal(map[string]any{"blocks": v.placed})
	if json.Unmarshal(v.JSON, &m) != nil || err != nil {
		return Form{}
	}
	m.Blocks = nil
	if json.Unmarshal(placed, &m) != nil { // with the ids that Slack has given
		return Form{}
	}
	f := Form{Title: m.Title.Text, Submit: "Submit", Close: "Cancel"}
	if m.Submit != nil {
		f.Submit = m.Submit.Text
	}
	if m.Close != nil {
		f.Close = m.Close.Text
	}
	for _, b := range m.Blocks {
		switch b.Type {
		case "section", "header":
			f.Texts = append(f.Texts, b.Text.Text)
		case "input":
			in := Input{
				BlockID: b.BlockID, ActionID: b.Element.ActionID, Label: b.Label.Text, Hint: b.Hint.Text, Optional: b.Optional,
				Value: b.Element.Value, Long: b.Element.Multiline, Min: b.Element.Min, Max: b.Element.Max,
			}
			if in.Max == 0 {
				in.Max = maxInputText
			}
			if b.Element.Initial.Value != "" {
				in.Value = b.Element.Initial.Value
			}
			for _, o := range b.Element.Options {
				in.Options = append(in.Options, Option{o.Value, o.Text.Text})
			}
			f.Inputs = append(f.Inputs, in)
		}
	}
	return f
}
