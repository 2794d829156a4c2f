package terminal

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"quizbot/bot"
)

// A form is filled in at the prompt line by line: each field is asked for, and the next
// line is what goes into it.

// filling is a form under way.
type filling struct {
	form bot.Form
	at   int // the field that is asked for
	// redo are fields to ask for again; all others are kept. nil: each once, in order.
	redo   []string
	filled []bot.Filled
}

// begin shows a form and asks for its first field.
func (a *Adapter) begin(f bot.Form) {
	if len(f.Fields) == 0 {
		return
	}
	a.filling = &filling{form: f}
	a.print(bot.Card{Title: f.Title, Body: f.Body, Footer: a.config.Fields})
	a.askField()
}

// askField asks for the field that is next.
func (a *Adapter) askField() {
	field := a.filling.form.Fields[a.filling.at]
	c := bot.Card{Title: field.Label, Footer: field.Hint}
	for i, o := range field.Options {
		c.Body = append(c.Body, strconv.Itoa(i+1)+". "+o.Text)
	}
	if field.Value != "" {
		c.Body = append(c.Body, "["+field.Value+"]") // what an empty line leaves there
	}
	a.print(c)
}

// field takes a line for the field that was asked for. An empty one leaves what is there;
// where nothing is and something must be, the field is asked for again.
func (a *Adapter) field(ctx context.Context, line string) error {
	f := a.filling
	if a.config.Cancel != "" && strings.EqualFold(strings.TrimSpace(line), a.config.Cancel) {
		a.filling = nil
		a.print(bot.Card{Footer: a.config.Again})
		return nil
	}
	field := f.form.Fields[f.at]
	value, ok := valueOf(field, strings.TrimSpace(line))
	if !ok {
		a.askField()
		return nil
	}
	f.put(bot.Filled{Field: field.ID, Value: value})
	if f.next() {
		a.askField()
		return nil
	}
	return a.send(ctx)
}

// valueOf is what a line means for a field; ok is false where it can't be that.
func valueOf(field bot.Field, line string) (value string, ok bool) {
	if line == "" {
		return field.Value, field.Value != "" || field.Optional
	}
	if field.Options == nil {
		n := utf8.RuneCountInString(line)
		return line, n >= field.Min && (field.Max == 0 || n <= field.Max)
	}
	for i, o := range field.Options {
		if line == strconv.Itoa(i+1) || strings.EqualFold(line, o.Text) || line == o.Value {
			return o.Value, true
		}
	}
	return "", false
}

func (f *filling) put(x bot.Filled) {
	if i := slices.IndexFunc(f.filled, func(old bot.Filled) bool { return old.Field == x.Field }); i >= 0 {
		f.filled[i] = x
		return
	}
	f.filled = append(f.filled, x)
}

// next goes on to the next field to ask for; false when there is none.
func (f *filling) next() bool {
	for f.at++; f.at < len(f.form.Fields); f.at++ {
		if f.redo == nil || slices.Contains(f.redo, f.form.Fields[f.at].ID) {
			return true
		}
	}
	return false
}

// send sends the form off. What is not taken is asked for again, with the rest as it was.
func (a *Adapter) send(ctx context.Context) error {
	f := a.filling
	a.filling = nil
	in := a.incoming()
	in.Choice, in.Fields = f.form.ID, f.filled
	reply, err := a.core.Submit(ctx, in)
	switch {
	case err != nil:
		return a.sorry(ctx, err)
	case len(reply.Faults) == 0:
		if reply.Card != nil {
			a.print(*reply.Card)
		}
		return nil
	}
	f.at, f.redo = -1, []string{}
	for _, fault := range reply.Faults {
		f.redo = append(f.redo, fault.Field)
		a.print(bot.Card{Body: []string{fault.Text}})
	}
	if !f.next() { // at none of its fields
		return nil
	}
	a.filling = f
	a.askField()
	return nil
}
