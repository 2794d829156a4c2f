package slack

import (
	"context"
	"net/http"
	"testing"

	"quizbot/bot"
	sandbox "quizbot/sandbox/slack"
)

// someForm is a form with one field to type and one to choose.
func someForm() *bot.Form {
	return &bot.Form{ID: "f1", Title: "A question", Body: []string{"Which?"}, Submit: "Send", Fields: []bot.Field{
		{ID: "answer", Label: "Your answer", Max: 20},
		{ID: "topic", Label: "Topic", Value: "ws", Options: []bot.Option{{Value: "ws", Text: "WebSocket"}, {Value: "tls", Text: "TLS"}}},
	}}
}

// opened waits for the form that a player has open, and returns the newest.
func (r *rig) opened(user string, n int) sandbox.View {
	r.t.Helper()
	r.until("a form is open", func() bool { return len(r.slack.Views(user)) == n })
	open := r.slack.Views(user)
	return open[n-1]
}

// TestForms: a press and a command are answered with a form. What is wrong with it stands at
// its fields and keeps it open; so does a bot that is busy. What was taken closes it, and its
// answer goes where it was opened.
func TestForms(t *testing.T) {
	for name, socket := range map[string]bool{"http": false, "socket": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := play(t, setup{slack: sandbox.Options{SocketMode: socket}})
			ask := r.deliver(quizzes, "r1-ask", question())
			shows := func(context.Context, bot.Incoming) (bot.Reply, error) {
				return bot.Reply{Form: someForm(), Card: &bot.Card{Title: "Not here"}}, nil
			}
			r.core.does(shows)
			r.press(quizzes, string(ask), bob, "q1-a")
			r.slash(quizzes, alice, "add")
			r.opened(alice, 1)
			v := r.opened(bob, 1)
			send := func() sandbox.Submission {
				t.Helper()
				sub, err := r.slack.SubmitView(ctxFor(t), bob, v.ID, map[string]string{"answer": "GET", "topic": "tls"})
				if err != nil {
					t.Fatal(err)
				}
				return sub
			}
			r.core.does(func(context.Context, bot.Incoming) (bot.Reply, error) {
				return bot.Reply{Card: &bot.Card{Title: "Not so"}, Faults: []bot.Fault{{Field: "topic", Text: "No such topic"}, {Field: "other", Text: "Odd"}}}, nil
			})
			if sub := send(); sub.Action != "errors" || sub.Errors["field:topic"] != "No such topic" || sub.Errors["field:answer"] != "Odd" {
				t.Errorf("%+v", sub)
			}
			r.core.does(func(context.Context, bot.Incoming) (bot.Reply, error) { return bot.Reply{}, bot.ErrBusy })
			if sub := send(); sub.Action != "errors" || sub.Errors["field:answer"] == "" {
				t.Errorf("%+v", sub)
			}
			r.core.does(func(context.Context, bot.Incoming) (bot.Reply, error) {
				return bot.Reply{Card: &bot.Card{Title: "Right"}}, nil
			})
			if sub := send(); sub.Action != "" || len(r.slack.Views(bob)) != 0 {
				t.Errorf("%+v, %d open", sub, len(r.slack.Views(bob)))
			}
			r.ephemeral(quizzes, bob, "Right")
			all := r.core.submitted()
			in := all[len(all)-1]
			if in.Choice != "f1" || len(in.Fields) != 2 || in.Fields[0].Value != "GET" || in.Fields[1].Value != "tls" || in.Room != roomID(team, quizzes) || in.Name == "" {
				t.Errorf("%+v", in)
			}
			for _, m := range append(r.slack.Ephemerals(quizzes, bob), r.slack.Ephemerals(quizzes, alice)...) {
				if m.Shown() == "Not so" || m.Shown() == "Not here" {
					t.Errorf("said beside the form: %q", m.Shown())
				}
			}
		})
	}
}

// TestFormsThatCantBeOpened: where Slack lets a form be opened no more, the player reads so;
// where the core is too slow with what was filled in, Slack keeps the form open.
func TestFormsThatCantBeOpened(t *testing.T) {
	r := play(t, setup{tune: func(a *Adapter) { a.ackTime = 0 }})
	ask := r.deliver(quizzes, "r1-ask", question())
	r.core.does(func(context.Context, bot.Incoming) (bot.Reply, error) {
		return bot.Reply{Form: someForm(), Card: &bot.Card{Title: "Press again"}}, nil
	})
	r.slack.Faults().Error("views.open", 1, "expired_trigger_id")
	r.press(quizzes, string(ask), bob, "q1-a")
	r.ephemeral(quizzes, bob, "Press again")
	r.press(quizzes, string(ask), bob, "q1-b")
	v := r.opened(bob, 1)
	hold := make(chan struct{})
	r.core.does(func(context.Context, bot.Incoming) (bot.Reply, error) {
		<-hold
		return bot.Reply{Card: &bot.Card{Title: "Right"}}, nil
	})
	sub, err := r.slack.SubmitView(ctxFor(t), bob, v.ID, map[string]string{"answer": "GET"})
	if err != nil || sub.Status != http.StatusServiceUnavailable || len(r.slack.Views(bob)) != 1 {
		t.Errorf("%+v %v", sub, err)
	}
	close(hold)
	r.ephemeral(quizzes, bob, "Right")
}
