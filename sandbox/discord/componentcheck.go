package discord

import (
	"encoding/json"
	"fmt"
)

// Types of components.
const (
	componentRow       = 1
	componentButton    = 2
	componentSelect    = 3
	componentInput     = 4
	componentSection   = 9
	componentText      = 10
	componentThumbnail = 11
	componentGallery   = 12
	componentFile      = 13
	componentSeparator = 14
	componentContainer = 17
	componentLabel     = 18
)

// The limits of components.
const (
	maxRows         = 5
	maxRowButtons   = 5
	maxButtonLabel  = 80
	maxCustomID     = 100
	maxSelect       = 25
	maxOptionText   = 100
	maxPlaceholder  = 150
	maxV2Components = 40
	maxV2Text       = 4000
	maxModalTitle   = 45
	maxModalParts   = 5
	maxInputLabel   = 45
	maxInputValue   = 4000
	maxDepth        = 6
)

type component struct {
	Type        int             `json:"type"`
	ID          int             `json:"id"`
	CustomID    string          `json:"custom_id"`
	Style       int             `json:"style"`
	Label       string          `json:"label"`
	Description string          `json:"description"`
	Emoji       json.RawMessage `json:"emoji"`
	URL         string          `json:"url"`
	SKU         string          `json:"sku_id"`
	Disabled    bool            `json:"disabled"`
	Content     string          `json:"content"`
	Placeholder string          `json:"placeholder"`
	Value       string          `json:"value"`
	Required    *bool           `json:"required"`
	MinValues   *int            `json:"min_values"`
	MaxValues   *int            `json:"max_values"`
	MinLength   *int            `json:"min_length"`
	MaxLength   *int            `json:"max_length"`
	Options     []selectOption  `json:"options"`
	Components  []component     `json:"components"`
	Component   *component      `json:"component"`
	Accessory   *component      `json:"accessory"`
}

type selectOption struct {
	Label       string `json:"label"`
	Value       string `json:"value"`
	Description string `json:"description"`
	Default     bool   `json:"default"`
}

func (c component) isSelect() bool {
	return c.Type == componentSelect || c.Type >= 5 && c.Type <= 8
}

// walkComponents calls f for each component of a raw list, in reading order,
// with its depth. What cannot be read is left out.
func walkComponents(raw json.RawMessage, f func(c component, depth int)) {
	if isNull(raw) {
		return
	}
	var list []component
	if json.Unmarshal(raw, &list) != nil {
		return
	}
	walk(list, 0, f)
}

func walk(list []component, depth int, f func(component, int)) {
	if depth > maxDepth {
		return
	}
	for _, c := range list {
		f(c, depth)
		walk(c.Components, depth+1, f)
		for _, p := range []*component{c.Component, c.Accessory} {
			if p != nil {
				walk([]component{*p}, depth+1, f)
			}
		}
	}
}

// componentCheck is the check of one list.
type componentCheck struct {
	*form
	seen  map[string]bool
	total int
	text  int
}

// checkComponents checks a message's components and gives how many there are
// at the top.
func checkComponents(f *form, raw json.RawMessage, v2 bool) int {
	if isNull(raw) {
		return 0
	}
	var list []component
	if err := json.Unmarshal(raw, &list); err != nil {
		f.add("components", "LIST_TYPE_CONVERT", "Could not interpret the components: "+err.Error())
		return 0
	}
	k := componentCheck{form: f, seen: map[string]bool{}}
	if !v2 && len(list) > maxRows {
		f.add("components", "BASE_TYPE_BAD_LENGTH", fmt.Sprintf("Must be between 1 and %d in length.", maxRows))
	}
	for i, c := range list {
		p := at("components", i)
		switch {
		case c.Type == componentRow:
			k.row(p, c)
		case !v2:
			f.choice(p+".type", "1,")
		default:
			k.layout(p, c, 0)
		}
	}
	if v2 && k.total > maxV2Components {
		f.add("components", "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
			fmt.Sprintf("The maximum number of components is %d", maxV2Components))
	}
	if v2 && k.text > maxV2Text {
		f.add("components", "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
			fmt.Sprintf("The displayable text exceeds %d", maxV2Text))
	}
	return len(list)
}

func (k *componentCheck) row(p string, c component) {
	k.total++
	k.size(p+".components", len(c.Components), 1, maxRowButtons)
	selects := 0
	for i, b := range c.Components {
		q := at(p+".components", i)
		k.total++
		switch {
		case b.Type == componentButton:
			k.button(q, b)
		case b.isSelect():
			selects++
			k.selection(q, b)
		default:
			k.choice(q+".type", "2, 3, 5, 6, 7, 8")
		}
	}
	if selects > 0 && len(c.Components) > 1 {
		k.add(p+".components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width")
	}
}

func (k *componentCheck) customID(p, id string) {
	k.length(p+".custom_id", id, 1, maxCustomID)
	if id != "" && k.seen[id] {
		k.add(p+".custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
	}
	k.seen[id] = true
}

func (k *componentCheck) button(p string, b component) {
	const link, premium = 5, 6
	k.length(p+".label", b.Label, 0, maxButtonLabel)
	switch {
	case b.Style < 1 || b.Style > premium:
		k.choice(p+".style", "1, 2, 3, 4, 5, 6")
	case b.Style == premium:
		if b.SKU == "" {
			k.required(p + ".sku_id")
		}
		return
	case b.Style == link:
		if b.CustomID != "" {
			k.add(p, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", "A custom id and url cannot both be specified")
		}
		k.length(p+".url", b.URL, 1, 512)
		checkURL(k.form, p+".url", b.URL)
	default:
		if b.URL != "" {
			k.add(p, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", "A custom id and url cannot both be specified")
		}
		k.customID(p, b.CustomID)
	}
	if b.Label == "" && isNull(b.Emoji) {
		k.add(p, "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", "A label or an emoji is required")
	}
}

func (k *componentCheck) selection(p string, c component) {
	k.customID(p, c.CustomID)
	k.length(p+".placeholder", c.Placeholder, 0, maxPlaceholder)
	low, high := 1, 1
	if c.MinValues != nil {
		low = *c.MinValues
	}
	if c.MaxValues != nil {
		high = *c.MaxValues
	}
	if low < 0 || low > maxSelect {
		k.add(p+".min_values", "NUMBER_TYPE_MAX", "int value should be between 0 and 25.")
	}
	if high < 1 || high > maxSelect || high < low {
		k.add(p+".max_values", "NUMBER_TYPE_MAX", "int value should be between min_values and 25.")
	}
	if c.Type != componentSelect {
		return
	}
	k.size(p+".options", len(c.Options), 1, maxSelect)
	if len(c.Options) > 0 && high > len(c.Options) {
		k.add(p+".max_values", "SELECT_COMPONENT_MAX_VALUES_TOO_LARGE", "max_values exceeds the number of options")
	}
	values := map[string]bool{}
	for i, o := range c.Options {
		q := at(p+".options", i)
		k.length(q+".label", o.Label, 1, maxOptionText)
		k.length(q+".value", o.Value, 1, maxOptionText)
		k.length(q+".description", o.Description, 0, maxOptionText)
		if values[o.Value] {
			k.add(q+".value", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The specified option value is already used")
		}
		values[o.Value] = true
	}
}

// layout checks what version 2 adds.
func (k *componentCheck) layout(p string, c component, depth int) {
	k.total++
	switch c.Type {
	case componentText:
		k.length(p+".content", c.Content, 1, maxV2Text)
		k.text += len([]rune(c.Content))
	case componentSection:
		k.size(p+".components", len(c.Components), 1, 3)
		for i, t := range c.Components {
			if t.Type != componentText {
				k.choice(at(p+".components", i)+".type", "10,")
				continue
			}
			k.layout(at(p+".components", i), t, depth+1)
		}
		switch {
		case c.Accessory == nil:
			k.required(p + ".accessory")
		case c.Accessory.Type == componentButton:
			k.total++
			k.button(p+".accessory", *c.Accessory)
		case c.Accessory.Type == componentThumbnail:
			k.total++
		default:
			k.choice(p+".accessory.type", "2, 11")
		}
	case componentContainer:
		if depth > 0 {
			k.choice(p+".type", "1, 9, 10, 12, 13, 14")
			return
		}
		k.size(p+".components", len(c.Components), 1, maxV2Components)
		for i, t := range c.Components {
			q := at(p+".components", i)
			if t.Type == componentRow {
				k.row(q, t)
				continue
			}
			k.layout(q, t, depth+1)
		}
	case componentGallery, componentFile, componentSeparator:
	default:
		k.choice(p+".type", "1, 9, 10, 12, 13, 14, 17")
	}
}

// checkModal checks the data of a callback of type 9.
func checkModal(f *form, raw json.RawMessage) {
	var m struct {
		CustomID   string      `json:"custom_id"`
		Title      string      `json:"title"`
		Components []component `json:"components"`
	}
	if isNull(raw) {
		f.required("data")
		return
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		f.add("data", "DICT_TYPE_CONVERT", "Could not interpret the modal: "+err.Error())
		return
	}
	f.length("data.custom_id", m.CustomID, 1, maxCustomID)
	f.length("data.title", m.Title, 1, maxModalTitle)
	f.size("data.components", len(m.Components), 1, maxModalParts)
	k := componentCheck{form: f, seen: map[string]bool{}}
	for i, c := range m.Components {
		p := at("data.components", i)
		switch {
		case c.Type == componentRow:
			k.size(p+".components", len(c.Components), 1, 1)
			for j, in := range c.Components {
				k.input(at(p+".components", j), in, true)
			}
		case c.Type == componentLabel && c.Component != nil:
			k.length(p+".label", c.Label, 1, maxInputLabel)
			k.length(p+".description", c.Description, 0, 100)
			if c.Component.isSelect() {
				k.selection(p+".component", *c.Component)
			} else {
				k.input(p+".component", *c.Component, false)
			}
		case c.Type == componentText:
			k.length(p+".content", c.Content, 1, maxV2Text)
		default:
			k.choice(p+".type", "1, 10, 18")
		}
	}
}

func (k *componentCheck) input(p string, c component, labelled bool) {
	if c.Type != componentInput {
		k.choice(p+".type", "4,")
		return
	}
	k.customID(p, c.CustomID)
	if c.Style != 1 && c.Style != 2 {
		k.choice(p+".style", "1, 2")
	}
	if labelled {
		k.length(p+".label", c.Label, 1, maxInputLabel)
	}
	k.length(p+".placeholder", c.Placeholder, 0, 100)
	k.length(p+".value", c.Value, 0, maxInputValue)
	if c.MinLength != nil && (*c.MinLength < 0 || *c.MinLength > maxInputValue) {
		k.add(p+".min_length", "NUMBER_TYPE_MAX", "int value should be between 0 and 4000.")
	}
	if c.MinLength != nil && c.MaxLength != nil && *c.MinLength > *c.MaxLength {
		k.add(p+".min_length", "TEXT_INPUT_COMPONENT_MIN_LENGTH_TOO_LARGE", "min_length must not exceed max_length")
	}
	if c.MaxLength != nil && (*c.MaxLength < 1 || *c.MaxLength > maxInputValue) {
		k.add(p+".max_length", "NUMBER_TYPE_MAX", "int value should be between 1 and 4000.")
	}
}
