package web

import (
	"context"

	"quizbot/sandbox/discord"
	"quizbot/sandbox/slack"
)

// What both panes do with modals. A client shows the newest.

func (p slackPane) form(player string) *form {
	open := p.s.Views(player)
	if len(open) == 0 {
		return nil
	}
	v := open[len(open)-1]
	f := v.Form()
	out := &form{ID: v.ID, Title: f.Title, Submit: f.Submit, Cancel: f.Close, Texts: f.Texts}
	for _, in := range f.Inputs {
		x := input{Name: in.ActionID, Label: in.Label, Hint: in.Hint, Value: in.Value, Long: in.Long, Required: !in.Optional, Min: in.Min, Max: in.Max}
		for _, o := range in.Options {
			x.Options = append(x.Options, choice{o.Value, o.Text})
		}
		out.Inputs = append(out.Inputs, x)
	}
	return out
}

func (p slackPane) fill(ctx context.Context, player, id string, values map[string]string) (map[string]string, error) {
	v, _ := p.s.View(id)
	sub, err := p.s.SubmitView(ctx, player, id, values)
	if err != nil || len(sub.Errors) == 0 {
		return nil, err
	}
	wrong := map[string]string{}
	for _, in := range v.Form().Inputs {
		if why := sub.Errors[in.BlockID]; why != "" {
			wrong[in.ActionID] = why
		}
	}
	if why := sub.Errors[""]; why != "" {
		wrong[""] = "We had some trouble connecting. Try again? (" + why + ")"
	}
	return wrong, nil
}

func (p slackPane) dismiss(ctx context.Context, player, id string) error {
	_, err := p.s.CloseView(ctx, player, id)
	return err
}

func (p discordPane) form(player string) *form {
	open := p.s.Modals(player)
	if len(open) == 0 {
		return nil
	}
	i := open[len(open)-1]
	f := i.Form()
	out := &form{ID: i.ID, Title: f.Title, Submit: "Submit", Cancel: "Cancel", Texts: f.Texts}
	for _, in := range f.Inputs {
		x := input{Name: in.CustomID, Label: in.Label, Hint: in.Description, Value: in.Value, Long: in.Long, Required: in.Required, Min: in.Min, Max: in.Max}
		for _, o := range in.Options {
			value, _ := o.Value.(string)
			x.Options = append(x.Options, choice{value, o.Name})
		}
		out.Inputs = append(out.Inputs, x)
	}
	return out
}

func (p discordPane) fill(ctx context.Context, player, id string, values map[string]string) (map[string]string, error) {
	i, err := p.s.SubmitModal(ctx, id, player, values)
	if err == nil && i.Failed {
		return map[string]string{"": "Something went wrong. Try again."}, nil
	}
	return nil, err
}

func (p discordPane) dismiss(_ context.Context, player, id string) error {
	return p.s.DismissModal(id, player)
}

var (
	_ pane = slackPane{(*slack.Server)(nil)}
	_ pane = discordPane{(*discord.Server)(nil)}
)
