package discord

import (
	"errors"
	"testing"
)

// A modal answers a press, shows what is to be filled in, and closes when what was filled
// in is answered. A client sends nothing that doesn't fit, and Discord opens no modal in
// answer to one.
func TestModals(t *testing.T) {
	s := start(t, Options{})
	ctx := ctxFor(t)
	m := post(t, s, obj{"content": "ask", "components": []obj{{"type": 1, "components": []obj{{"type": 2, "style": 1, "label": "Open", "custom_id": "open"}}}}})
	answer := func(kind int, data obj, status int) { // the next interaction
		t.Helper()
		var i Interaction
		if err := s.WaitFor(ctx, func() bool {
			all := s.Interactions()
			i = all[len(all)-1]
			return i.Answer == 0
		}); err != nil {
			t.Fatal(err)
		}
		want(t, s, status, map[bool]int{true: 50035}[status == 400], "POST", "/interactions/"+i.ID+"/"+i.Token+"/callback", obj{"type": kind, "data": data})
	}
	modal := obj{"custom_id": "m", "title": "A form", "components": []obj{
		{"type": 10, "content": "Which?"},
		{"type": 18, "label": "Answer", "description": "a word", "component": obj{"type": 4, "custom_id": "a", "style": 1, "min_length": 2, "max_length": 5}},
		{"type": 18, "label": "Topic", "component": obj{"type": 3, "custom_id": "b", "required": false, "options": []obj{{"label": "One", "value": "1"}, {"label": "Two", "value": "2", "default": true}}}},
	}}
	pressed := make(chan Interaction, 1)
	go func() {
		i, _ := s.Press(ctx, m.ID, AliceID, "open")
		pressed <- i
	}()
	if err := s.WaitFor(ctx, func() bool { return len(s.Interactions()) == 1 }); err != nil {
		t.Fatal(err)
	}
	answer(AnswerModal, obj{"custom_id": "m", "title": "A form", "components": []obj{{"type": 18, "label": "A", "component": obj{"type": 4, "custom_id": "a", "style": 1, "min_length": 6, "max_length": 5}}}}, 400)
	answer(AnswerModal, modal, 204)
	i := <-pressed
	f := i.Form()
	if !i.ModalOpen || f.Title != "A form" || len(f.Texts) != 1 || len(f.Inputs) != 2 || !f.Inputs[0].Required || f.Inputs[1].Required || f.Inputs[1].Value != "2" {
		t.Fatalf("%+v", f)
	}
	for _, bad := range []map[string]string{{"a": ""}, {"a": "x"}, {"a": "123456"}, {"a": "word", "b": "3"}, {"a": "word", "c": "x"}} {
		if _, err := s.SubmitModal(ctx, i.ID, AliceID, bad); !errors.Is(err, ErrInvalidInput) && !errors.Is(err, ErrNoControl) {
			t.Errorf("%v: %v", bad, err)
		}
	}
	if _, err := s.SubmitModal(ctx, i.ID, BobID, map[string]string{"a": "word"}); !errors.Is(err, ErrNoModal) {
		t.Errorf("somebody else's modal: %v", err)
	}
	sent := make(chan Interaction, 1)
	go func() {
		i, _ := s.SubmitModal(ctx, i.ID, AliceID, map[string]string{"a": "word"})
		sent <- i
	}()
	if err := s.WaitFor(ctx, func() bool { return len(s.Interactions()) == 2 }); err != nil {
		t.Fatal(err)
	}
	answer(AnswerModal, modal, 400)
	answer(AnswerMessage, obj{"content": "thanks", "flags": FlagEphemeral}, 204)
	if i := <-sent; i.Type != InteractModal || i.Failed || len(s.Modals(AliceID)) != 0 {
		t.Errorf("%+v, %d open", i, len(s.Modals(AliceID)))
	}
}
