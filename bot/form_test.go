package bot_test

import (
	"testing"
	"testing/synctest"
	"time"

	"quizbot/bot"
)

// filled is a form with a text in its only field.
func (w *world) filled(who, room string, f bot.Form, text string) bot.Incoming {
	in := w.by(who, room)
	in.Choice, in.Fields = f.ID, []bot.Filled{{Field: f.Fields[0].ID, Value: text}}
	return in
}

// A form opens for a moment only, so it doesn't wait for its room, which may be saving what
// many others say; what is filled in does.
func TestFormsOpenBesideABusyRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var saving gate
		w.store.onCommit = func(_ bot.Change, next func() error) error {
			saving.pass()
			return next()
		}
		l := w.start(asFinder)
		w.must(l, w.say("alice", "#room", "closing"))
		synctest.Wait()
		button := w.button("#room", "Answer in private")
		saving.close()
		defer saving.open()
		wait := l.bot.Queue(w.types("bob", "#room", "ping"))
		r := w.press(l, "carol", "#room", button)
		if r.Form == nil {
			t.Fatalf("no form but %q", title(r))
		}
		filled := l.bot.Queue(w.filled("carol", "#room", *r.Form, "close"))
		saving.open()
		if r, err := filled(t.Context()); err != nil {
			t.Error(err)
		} else {
			wantTitle(t, r, "Right")
		}
		if _, err := wait(t.Context()); err != nil {
			t.Error(err)
		}
		// Who has answered, or comes when it is over, reads so at once.
		wantTitle(t, w.press(l, "carol", "#room", button), "Already answered")
		time.Sleep(time.Minute)
		synctest.Wait()
		wantTitle(t, w.press(l, "dora", "#room", button), "Closed")
	})
}

// A form is trusted no more than a button: one of another room or kind of question, or
// without what it asks for, takes nothing in.
func TestForgedForms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		w.must(l, w.say("alice", "#room", "closing"))
		w.must(l, w.say("alice", "#other", "method"))
		synctest.Wait()
		form := w.press(l, "bob", "#room", w.button("#room", "Answer in private")).Form
		choice := w.button("#other", "GET")
		other := choice[:len(choice)-1] // "a:1.TAG:"
		forged := w.filled("bob", "#room", *form, "close")
		forged.Choice = "a:1.zzzzz:="
		wantTitle(t, w.must(l, forged), "Closed")
		forged = w.filled("bob", "#other", *form, "GET")
		forged.Choice = other + "="
		wantTitle(t, w.must(l, forged), "Closed")
		wantTitle(t, w.press(l, "bob", "#other", other+"?"), "Closed")
		forged = w.filled("bob", "#room", *form, "close")
		forged.Fields[0].Field = "other"
		if r := w.must(l, forged); len(r.Faults) != 1 {
			t.Errorf("without an answer: %+v", r)
		}
		forged = w.filled("bob", "#room", *form, "close")
		forged.Fields = nil
		if r := w.must(l, forged); len(r.Faults) != 1 {
			t.Errorf("without fields: %+v", r)
		}
		wantTitle(t, w.must(l, w.filled("bob", "#room", *form, "close")), "Right")
	})
}

// Whoever sends too much hears of a form that it was not taken, at its field.
func TestFormsTooFast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.start(asFinder)
		w.must(l, w.say("alice", "#room", "closing"))
		synctest.Wait()
		button := w.button("#room", "Answer in private")
		form := w.press(l, "bob", "#room", button).Form
		for range 60 {
			w.press(l, "bob", "#room", button)
		}
		for range 2 {
			if r := w.must(l, w.filled("bob", "#room", *form, "close")); len(r.Faults) != 1 || r.Card == nil || r.Faults[0].Field != form.Fields[0].ID {
				t.Errorf("bob reads %+v", r)
			}
		}
		time.Sleep(2 * time.Second)
		wantTitle(t, w.must(l, w.filled("bob", "#room", *form, "close")), "Right")
	})
}
