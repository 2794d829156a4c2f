package adaptertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"quizbot/adapters/slack"
	"quizbot/bot/transcript"
	sandbox "quizbot/sandbox/slack"
)

// slackStage plays on the local Slack.
type slackStage struct {
	*house
	server *sandbox.Server
	socket bool
	users  map[string]string
	names  map[string]string
	rooms  map[string]string
	back   map[string]string
	said   []*sandbox.Delivery
	keeps  bool // events are kept back
}

// link is what Slack makes a link of.
var link = regexp.MustCompile(`<https?://[^|>]+/archives/C[^/|>]+/p\d+\|([^>]*)>`)

const slackTeam = "T0STAGE"

// NewSlack makes a stage for one transcript on a Slack of its own, over HTTP or
// over Socket Mode.
func NewSlack(t *testing.T, setup transcript.Setup, socket bool) transcript.Stage {
	t.Helper()
	s := &slackStage{
		socket: socket, house: newHouse(t, setup, "slack"), users: map[string]string{}, names: map[string]string{}, rooms: map[string]string{}, back: map[string]string{},
	}
	team := sandbox.DefaultTeam()
	team.ID, team.Users, team.Channels = slackTeam, nil, nil
	var members []string
	for _, p := range setup.People {
		id := "U0" + strings.ToUpper(p.ID)
		s.users[p.ID], s.names[id] = id, p.ID
		team.Users = append(team.Users, sandbox.User{ID: id, Name: p.ID, RealName: p.Called, DisplayName: p.Called, Admin: p.Admin})
		members = append(members, id)
	}
	for i, r := range setup.Rooms {
		if r.Direct == "" {
			id := fmt.Sprintf("C0ROOM%d", i)
			s.rooms[r.Name], s.back[id] = id, r.Name
			team.Channels = append(team.Channels, sandbox.Channel{ID: id, Name: strings.TrimPrefix(r.Name, "#"), Kind: sandbox.Public, Members: members, BotMember: true})
		}
	}
	// One retry: what is said while nobody is there would else be sent again a minute
	// later, which a conversation can't wait for.
	s.server = sandbox.New(sandbox.Options{Teams: []sandbox.Team{team}, SocketMode: socket, Now: s.clock.now, RetryDelays: []time.Duration{0}})
	if err := s.server.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.server.Close() })
	for _, r := range setup.Rooms {
		if r.Direct != "" {
			id, err := s.server.DM(s.users[r.Direct])
			if err != nil {
				t.Fatal(err)
			}
			s.rooms[r.Name], s.back[id] = id, r.Name
		}
	}
	events, stop := s.server.Subscribe()
	listening := make(chan struct{})
	go func() {
		defer close(listening)
		for e := range events {
			s.take(e)
		}
	}()
	t.Cleanup(func() { stop(); <-listening })
	s.open = func(core *watched, f *fuse, log *slog.Logger) (adapter, func(), error) {
		config := slack.Config{
			BotToken: s.server.BotToken(slackTeam), APIURL: s.server.APIURL(), Transport: fusedTransport{f, http.DefaultTransport},
			Texts: slack.Texts{Invite: "Invite me", See: seeMessage}, Draw: dot, Now: s.clock.now,
		}
		if socket {
			config.AppToken = s.server.AppToken()
		} else {
			config.SigningSecrets = []string{s.server.SigningSecret()}
		}
		a, err := slack.New(config, core, log)
		if err != nil || socket {
			return a, func() {}, err
		}
		ears := httptest.NewServer(a.Handler())
		s.server.SetAppURL(ears.URL)
		return a, ears.Close, nil
	}
	if err := s.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.end(false)
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		for _, p := range s.server.Pings() {
			t.Errorf("somebody was pinged: %+v", p)
		}
	})
	return s
}

func (s *slackStage) take(e sandbox.Event) {
	if v := e.View; e.Kind == sandbox.ViewChanged && v.Open {
		s.hear(formHeard(v.ID, s.formRoom(v), s.names[v.User], readSlackForm(v.Form())))
	}
	m := e.Message
	if e.Kind != sandbox.MessagePosted && e.Kind != sandbox.MessageEdited || m.Notice != "" || s.back[m.Channel] == "" {
		return
	}
	if _, player := s.names[m.User]; player {
		return
	}
	h := transcript.Heard{Message: m.TS, Room: s.back[m.Channel], To: s.names[m.To], Edit: e.Kind == sandbox.MessageEdited, Text: link.ReplaceAllString(m.Shown(), "$1")}
	for _, p := range m.Pictures() {
		h.Text += "\n[picture] " + p.AltText
	}
	for _, b := range m.Buttons() {
		button := transcript.Button{ID: b.ActionID, Text: b.Text}
		if letter, text, ok := strings.Cut(b.Text, ". "); ok && len(letter) == 1 {
			button.Letter, button.Text = letter, text
		} else if len(b.Text) == 1 {
			button.Letter, button.Text = b.Text, textOf(h.Text, b.Text)
		}
		h.Buttons = append(h.Buttons, button)
	}
	s.hear(h)
}

// Restart implements transcript.Stage. People come back when Slack has noticed
// that the old socket is gone.
func (s *slackStage) Restart(ctx context.Context, crash bool, down time.Duration) error {
	if err := s.house.Restart(ctx, crash, down); err != nil || !s.socket {
		return err
	}
	return s.server.WaitFor(ctx, func() bool { return s.server.Sockets() == 1 })
}

// Return implements transcript.Stage.
func (s *slackStage) Return(ctx context.Context) error {
	if err := s.house.Return(ctx); err != nil || !s.socket {
		return err
	}
	return s.server.WaitFor(ctx, func() bool { return s.server.Sockets() == 1 })
}

// Do implements transcript.Stage.
func (s *slackStage) Do(ctx context.Context, a transcript.Act) error {
	s.clock.pass()
	room, user := s.rooms[a.Room.Name], s.users[a.Who]
	if !s.away {
		if err := s.read(ctx); err != nil {
			return err
		}
	}
	command := a.Kind == transcript.Say && (a.Room.Direct == "" || a.Text == "")
	switch {
	case (s.away || s.keeps) && (a.Kind == transcript.Press || a.Kind == transcript.Fill), s.keeps && command:
		return transcript.ErrCannot // Slack delivers these once, at once
	case s.away && command:
		_, err := s.server.Slash(ctx, room, user, "/quiz", a.Text)
		s.said = append(s.said, nil)
		return err
	case a.Kind == transcript.Press:
		answer, err := s.server.Press(ctx, room, a.Message, user, a.Button.ID)
		if errors.Is(err, sandbox.ErrNoElement) {
			answer, err = s.server.Press(ctx, room, a.Message, user, a.Button.ID, sandbox.Stale())
		}
		return s.answered(answer, err)
	case a.Kind == transcript.Fill:
		return s.fill(ctx, user, a)
	case command:
		answer, err := s.server.Slash(ctx, room, user, "/quiz", a.Text)
		return s.answered(answer, err)
	}
	var options []sandbox.SayOption
	if a.Kind == transcript.Reply {
		options = append(options, sandbox.InThread(a.Message))
	}
	said, err := s.server.Say(ctx, room, user, a.Text, options...)
	if err != nil {
		return err
	}
	for _, d := range said.Deliveries {
		if !d.Acked() && !s.away && !s.keeps {
			return fmt.Errorf("the app did not take %q: %+v", a.Text, d.Attempts())
		}
	}
	s.said = append(s.said, said.Deliveries[0])
	return nil
}

// fill sends a form off. What is wrong with its fields is a word to its sender.
func (s *slackStage) fill(ctx context.Context, user string, a transcript.Act) error {
	v, _ := s.server.View(a.Message)
	values := map[string]string{}
	for n, in := range v.Form().Inputs {
		values[in.ActionID] = a.Values[n]
	}
	sub, err := s.server.SubmitView(ctx, user, a.Message, values)
	if err := s.answered(sub.Answer, err); err != nil {
		return err
	}
	var wrong []string
	for _, in := range v.Form().Inputs {
		if why := sub.Errors[in.BlockID]; why != "" {
			wrong = append(wrong, why)
		}
	}
	if len(wrong) != len(sub.Errors) {
		return fmt.Errorf("the app's errors name no field: %v", sub.Errors)
	}
	if len(wrong) > 0 {
		s.hear(transcript.Heard{Message: fmt.Sprintf("%s %d", a.Message, len(s.said)), Room: a.Room.Name, To: a.Who, Text: strings.Join(wrong, "\n")})
	}
	return nil
}

// formRoom is where a form was opened, by the app's own word.
func (s *slackStage) formRoom(v sandbox.View) string {
	var from struct {
		Channel string `json:"c"`
	}
	_ = json.Unmarshal([]byte(v.PrivateMetadata), &from)
	return s.back[from.Channel]
}

// readSlackForm is what a reader sees of a modal.
func readSlackForm(f sandbox.Form) []string {
	lines := append([]string{f.Title}, f.Texts...)
	for _, in := range f.Inputs {
		lines = append(lines, in.Label, in.Hint)
	}
	return lines
}

func (s *slackStage) answered(a sandbox.Answer, err error) error {
	if err != nil {
		return err
	}
	s.said = append(s.said, a.Delivery)
	if !a.OK() {
		return fmt.Errorf("the app did not answer: %+v", a.Attempt)
	}
	return nil
}

// Redeliver implements transcript.Stage.
func (s *slackStage) Redeliver(ctx context.Context, n int) error {
	if s.said[n] == nil {
		return nil // a command that reached nobody
	}
	d, err := s.server.EmitEnvelope(ctx, s.said[n].Kind, s.said[n].Payload)
	if err == nil && !d.Acked() {
		err = fmt.Errorf("the app did not take it again: %+v", d.Attempts())
	}
	return err
}

// Fault implements transcript.Stage.
func (s *slackStage) Fault(ctx context.Context, f transcript.Fault) error {
	faults := s.server.Faults()
	switch f.Kind {
	case transcript.Refuse:
		faults.RateLimit(sandbox.WriteMethod, f.N, f.For)
	case transcript.Swallow:
		faults.Drop(sandbox.WriteMethod, f.N)
	case transcript.Lose:
		faults.AcceptThenDrop(sandbox.WriteMethod, f.N)
	case transcript.Hang:
		faults.AcceptThenHang(sandbox.WriteMethod, f.N)
	case transcript.Reject:
		faults.Error(sandbox.WriteMethod, f.N, "message_limit_exceeded")
	case transcript.KeepBack:
		s.keeps = true
		faults.HoldEvents(1 << 20)
	case transcript.LetGo:
		s.keeps = false
		faults.Release()
		return s.server.Idle(ctx)
	case transcript.Shut:
		return s.server.ChangeChannel(s.rooms[f.Room.Name], func(c *sandbox.Channel) { c.Archived = true })
	default:
		return transcript.ErrCannot
	}
	return nil
}
