package transcript

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"quizbot/quiz"
)

// play answers the newest question, right or wrong: by button where one press
// is all, else in words.
func (s answer) play(p *play) error {
	if err := p.nothingUnread(); err != nil {
		return err
	}
	_, q, err := p.question()
	if err != nil {
		return err
	}
	a := Act{Kind: Type, Who: s.who, Room: p.room}
	press := ""
	switch q.Kind {
	case quiz.Choice:
		i := slices.IndexFunc(q.Options, func(o quiz.Option) bool { return o.Correct == s.right })
		press = q.Options[i].Text
	case quiz.TrueFalse:
		press = "False"
		if q.Truth == s.right {
			press = "True"
		}
	case quiz.Multi:
		var texts []string
		for _, o := range q.Options {
			if o.Correct == s.right {
				texts = append(texts, o.Text)
			}
		}
		if a.Text, err = p.letters(s.who, texts); err != nil {
			return err
		}
	case quiz.Order:
		steps := slices.Clone(q.Steps)
		if !s.right {
			slices.Reverse(steps)
		}
		if a.Text, err = p.letters(s.who, steps); err != nil {
			return err
		}
	case quiz.Number:
		n := q.Answer
		if !s.right {
			n += q.Tolerance + 1
		}
		a.Text = strconv.FormatFloat(n, 'f', -1, 64)
	case quiz.Text:
		a.Text = q.Accept[0]
		if !s.right {
			a.Text = "surely not " + q.Accept[0]
		}
	default:
		return fmt.Errorf("question %s is of an unknown kind %q", q.ID, q.Kind)
	}
	if press != "" {
		h, button, err := p.button(s.who, press)
		if err != nil {
			return err
		}
		a.Kind, a.Message, a.Button = Press, h.Message, button
	}
	return p.do(a)
}

// letters are the letters of the options or steps with those texts: "C A B".
func (p *play) letters(who string, texts []string) (string, error) {
	var out []string
	for _, text := range texts {
		_, b, err := p.button(who, text)
		if err != nil {
			return "", err
		}
		out = append(out, b.Letter)
	}
	return strings.Join(out, " "), nil
}
