package slack

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	slackgo "github.com/slack-go/slack"

	"quizbot/bot"
	"quizbot/internal/failpoint"
)

// Forms are modals. One is opened by a trigger, which Slack gives with a press or a command
// and forgets after three seconds; what was filled in comes as an interaction of its own,
// whose acknowledgement can say at the fields what is wrong with them.

// Limits of modals, in characters.
const (
	maxFormTitle  = 24
	maxFormButton = 24
	maxFieldText  = 3000
	maxFieldLabel = 2000
	maxOption     = 75
	maxFieldError = 1000
	maxCallback   = 255
	maxMetadata   = 3000
)

// triggerTime is how long a trigger is good for.
const triggerTime = 3 * time.Second

// whence is where a form was opened, and so where the answer goes to what is filled in. It
// travels with the form, because nothing is kept of it here.
type whence struct {
	Channel string `json:"c"`
	Thread  string `json:"t,omitempty"`
	URL     string `json:"u,omitempty"` // response_url
	Replace bool   `json:"r,omitempty"`
}

func (w whence) String() string {
	raw, err := json.Marshal(w)
	if err != nil || len(raw) > maxMetadata {
		w.URL, w.Replace = "", false
		raw, _ = json.Marshal(w) // of two ids
	}
	return string(raw)
}

// renderForm draws a form as a modal. As in messages, everything goes into plain_text.
func renderForm(f bot.Form, cancel string, from whence) slackgo.ModalViewRequest {
	view := slackgo.ModalViewRequest{
		Type: slackgo.VTModal, CallbackID: clip(f.ID, maxCallback), PrivateMetadata: from.String(),
		Title: words(f.Title, maxFormTitle), Submit: words(f.Submit, maxFormButton), Close: words(cancel, maxFormButton),
	}
	var body []part
	for i, p := range f.Body {
		body = append(body, parts("body"+strconv.Itoa(i), p)...)
	}
	left := budget{maxBlocks, maxShown}
	for _, p := range left.take(body) {
		view.Blocks.BlockSet = append(view.Blocks.BlockSet, slackgo.NewSectionBlock(plain(p.text), nil, nil, slackgo.SectionBlockOptionBlockID(p.id)))
	}
	for _, field := range f.Fields {
		var hint *slackgo.TextBlockObject
		if h := clip(strings.TrimSpace(field.Hint), maxFieldLabel); h != "" {
			hint = plain(h)
		}
		block := slackgo.NewInputBlock(fieldBlock(field.ID), words(field.Label, maxFieldLabel), hint, element(field))
		view.Blocks.BlockSet = append(view.Blocks.BlockSet, block.WithOptional(field.Optional))
	}
	return view
}

// words are a text in one line, never none: Slack refuses a form with an empty one.
func words(s string, most int) *slackgo.TextBlockObject {
	return plain(clip(cmp.Or(oneLine(s), "…"), most))
}

func element(field bot.Field) slackgo.BlockElement {
	if field.Options == nil {
		in := slackgo.NewPlainTextInputBlockElement(nil, field.ID)
		in.Multiline, in.InitialValue = field.Many, clip(field.Value, maxFieldText)
		in.MinLength, in.MaxLength = field.Min, min(cmp.Or(field.Max, maxFieldText), maxFieldText)
		return in
	}
	menu := slackgo.NewOptionsSelectBlockElement(slackgo.OptTypeStatic, nil, field.ID)
	for _, o := range field.Options {
		option := slackgo.NewOptionBlockObject(clip(o.Value, maxOption), words(o.Text, maxOption), nil)
		if menu.Options = append(menu.Options, option); o.Value == field.Value {
			menu.InitialOption = option
		}
	}
	return menu
}

// fieldBlock is the block of a field: errors name it.
func fieldBlock(field string) string { return "field:" + field }

// openForm shows a form. It is tried once, for the trigger is good for one try and a moment.
func (a *Adapter) openForm(ctx context.Context, arrived arrival, f bot.Form) error {
	at, err := a.workspace(ctx, arrived.to.team)
	if err != nil {
		return err
	}
	to := arrived.to
	ctx, cancel := context.WithTimeout(ctx, triggerTime)
	defer cancel()
	view := renderForm(f, a.config.Texts.Cancel, whence{to.channel, to.thread, to.responseURL, to.replace})
	failpoint.Reach(failpoint.SlackReplying)
	_, err = at.api.OpenViewContext(ctx, arrived.trigger, view)
	failpoint.Reach(failpoint.SlackReplied)
	if err != nil {
		a.doubtToken(at, err)
	}
	return err
}

// view is a form that was filled in.
type view struct {
	ID        string `json:"id"`
	Hash      string `json:"hash"`
	Callback  string `json:"callback_id"`
	Metadata  string `json:"private_metadata"`
	Installed string `json:"app_installed_team_id"`
	Blocks    []struct {
		BlockID string `json:"block_id"`
		Element struct {
			ActionID string `json:"action_id"`
		} `json:"element"`
	} `json:"blocks"`
	State struct {
		Values map[string]map[string]fieldState `json:"values"`
	} `json:"state"`
}

type fieldState struct {
	Value    string `json:"value"`
	Selected struct {
		Value string `json:"value"`
	} `json:"selected_option"`
}

// whence is where the form was opened; zero where it doesn't say so.
func (v view) whence() (from whence) {
	if json.Unmarshal([]byte(v.Metadata), &from) != nil {
		return whence{}
	}
	return from
}

// filled are the fields, in the order of the form.
func (v view) filled() []bot.Filled {
	var out []bot.Filled
	for _, b := range v.Blocks {
		field, ok := strings.CutPrefix(b.BlockID, fieldBlock(""))
		if !ok {
			continue
		}
		state := v.State.Values[b.BlockID][b.Element.ActionID]
		out = append(out, bot.Filled{Field: field, Value: cmp.Or(state.Value, state.Selected.Value)})
	}
	return out
}

// decodeSubmission turns a form that was filled in into an arrival; ok is false where it is
// none of ours. Who filled it in and in which workspace is Slack's word; where it was opened
// is the form's own, which Slack gives back as it was.
func decodeSubmission(i interaction, who locate) (a arrival, ok bool, err error) {
	from, fields := i.View.whence(), i.View.filled()
	if from.Channel == "" || i.View.Callback == "" || i.User.ID == "" || len(fields) == 0 {
		return a, false, nil
	}
	_, team, err := who.at(some(i.View.Installed, i.Team.ID, i.User.TeamID))
	if err != nil {
		return a, false, fmt.Errorf("form: %w", err)
	}
	private := strings.HasPrefix(from.Channel, "D")
	said := []string{i.TriggerID, i.View.ID, i.View.Hash, team, i.User.ID, i.View.Callback}
	for _, f := range fields {
		said = append(said, f.Field, f.Value)
	}
	return arrival{
		user: i.User.ID, team: team, name: cmp.Or(i.User.Name, i.User.Username), form: true,
		in: bot.Incoming{
			ID:   onceID("view", said...),
			Team: teamID(team), Room: roomID(team, from.Channel), User: userID(team, i.User.ID),
			Choice: i.View.Callback, Fields: fields, Private: private,
		},
		to: address{team: team, channel: from.Channel, user: i.User.ID, thread: from.Thread, responseURL: from.URL, replace: from.Replace, private: private},
	}, true, nil
}

// formErrors is how an acknowledgement keeps a form open: by block, what is wrong.
type formErrors struct {
	Action string            `json:"response_action"` // "errors"
	Errors map[string]string `json:"errors"`
}

// refusal is what keeps a form open that was not taken; ok is false for one that was.
func (a *Adapter) refusal(p *pending) (formErrors, bool) {
	out := formErrors{Action: "errors", Errors: map[string]string{}}
	faults := p.Faults
	if p.err != nil {
		c := a.config.Sorry(p.err)
		faults = []bot.Fault{{Field: p.in.Fields[0].Field, Text: strings.Join(append([]string{c.Title}, c.Body...), " ")}}
	}
	for _, f := range faults {
		at := f.Field
		if !hasField(p.in.Fields, at) {
			at = p.in.Fields[0].Field // Slack shows none at a field that the form lacks
		}
		out.Errors[fieldBlock(at)] = clip(cmp.Or(f.Text, "✗"), maxFieldError)
	}
	return out, len(out.Errors) > 0
}

func hasField(fields []bot.Filled, name string) bool {
	for _, f := range fields {
		if f.Field == name {
			return true
		}
	}
	return false
}

// serveForm answers Slack's request for a form that was filled in.
func (a *Adapter) serveForm(w http.ResponseWriter, p *pending) {
	if !a.inTime(p) { // Slack leaves the form open; what it came to follows
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if refused, ok := a.refusal(p); ok {
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(refused); err != nil {
			a.log.Debug("form not refused", "err", err)
		}
		return
	}
	a.settle(p)
}

// showForm opens a form, and says its card where Slack doesn't let it be opened any more.
func (a *Adapter) showForm(arrived arrival, reply bot.Reply) error {
	err := a.openForm(a.late, arrived, *reply.Form)
	if err == nil || reply.Card == nil {
		return err
	}
	return errors.Join(err, a.sendReply(a.late, *reply.Card, false, arrived.to))
}
