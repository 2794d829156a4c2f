package adaptertest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"quizbot/adapters/discord"
	"quizbot/bot/transcript"
	sandbox "quizbot/sandbox/discord"
)

// discordStage plays on the local Discord.
type discordStage struct {
	*house
	server *sandbox.Server
	users  map[string]string // by the transcript's name
	names  map[string]string // the other way round
	rooms  map[string]string // channel by the transcript's name
	back   map[string]string
	said   []string // ids of messages and interactions
	kept   []string // ids of messages that are kept back; nil: none is
}

// Aloud implements transcript.Aloud.
func (*discordStage) Aloud() bool { return true }

const stageGuild = "1100000000004194304"

// NewDiscord makes a stage for one transcript on a Discord of its own.
func NewDiscord(t *testing.T, setup transcript.Setup) transcript.Stage {
	t.Helper()
	s := &discordStage{
		house: newHouse(t, setup, "discord"), users: map[string]string{}, names: map[string]string{}, rooms: map[string]string{}, back: map[string]string{},
	}
	guild := sandbox.Guild{ID: stageGuild, Name: "Stage", Roles: []sandbox.Role{{ID: sandbox.DefaultAdminRole, Name: "Admins", Permissions: sandbox.ManageGuild}}}
	options := sandbox.Options{Users: []sandbox.User{{ID: "1100000000000000099", Username: "owner"}}}
	guild.OwnerID = "1100000000000000099"
	guild.Members = append(guild.Members, sandbox.Member{UserID: guild.OwnerID})
	for i, p := range setup.People {
		id := fmt.Sprintf("11000000000000001%02d", i)
		s.users[p.ID], s.names[id] = id, p.ID
		options.Users = append(options.Users, sandbox.User{ID: id, Username: p.ID, GlobalName: p.Called})
		m := sandbox.Member{UserID: id}
		if p.Admin {
			m.Roles = []string{sandbox.DefaultAdminRole}
		}
		guild.Members = append(guild.Members, m)
	}
	for i, r := range setup.Rooms {
		if r.Direct == "" {
			id := fmt.Sprintf("11000000000000002%02d", i)
			s.rooms[r.Name], s.back[id] = id, r.Name
			guild.Channels = append(guild.Channels, sandbox.Channel{ID: id, Name: strings.TrimPrefix(r.Name, "#")})
		}
	}
	options.Guilds = []sandbox.Guild{guild}
	options.IdentifyInterval = -1
	options.Now = s.clock.now
	options.Rate = sandbox.Rate{Limit: 1000, Window: time.Second} // conversations are played faster than people talk
	s.server = sandbox.New(options)
	if err := s.server.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.server.Close() })
	for _, r := range setup.Rooms {
		if r.Direct != "" {
			id, err := s.server.OpenDM(s.users[r.Direct])
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
		a, err := discord.New(discord.Config{
			Token: s.server.Token(), APIURL: s.server.APIURL(), Transport: fusedTransport{f, http.DefaultTransport},
			About: "Quiz", Commands: []discord.Command{{Name: "ask", Description: "Ask", Options: []discord.Option{{Name: "topic", Description: "Topic"}}}, {Name: "review", Description: "Review"},
				{Name: "settings", Description: "Settings", Options: []discord.Option{{Name: "pace", Description: "Pace", Choices: []string{"1", "1.5", "2"}}}},
				{Name: "privacy", Description: "Privacy", Options: []discord.Option{{Name: "action", Description: "Action", Choices: []string{"hide", "show", "forget"}}}}},
			Texts: discord.Texts{Below: "Here it comes.", Done: "Done.", See: seeMessage, Reduced: "reduced"}, Draw: dot, Now: s.clock.now,
		}, core, log)
		return a, func() {}, err
	}
	if err := s.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.end(false)
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		checkDiscord(t, s.server)
	})
	return s
}

// checkDiscord holds what is true of every message.
func checkDiscord(t *testing.T, server *sandbox.Server) {
	for _, p := range server.Pings() {
		t.Errorf("somebody was pinged: %+v", p)
	}
	for _, c := range server.Channels() {
		for _, m := range append(server.Messages(c.ID), server.Deleted(c.ID)...) {
			if !m.Bot {
				continue
			}
			if !m.ParseNone || !m.EditsParseNone {
				t.Errorf("message %s was sent without allowed_mentions of nobody", m.ID)
			}
			if m.InteractionID == "" && (!m.NonceEnforced || m.Nonce == "") {
				t.Errorf("message %s was sent without an enforced nonce", m.ID)
			}
		}
	}
}

// take hears what the bot says.
func (s *discordStage) take(e sandbox.Event) {
	m := e.Message
	if i := e.Interaction; e.Kind == sandbox.InteractionChanged && i.ModalOpen {
		s.hear(formHeard(i.ID, s.back[i.ChannelID], s.names[i.UserID], readDiscordForm(i.Form())))
	}
	if e.Kind != sandbox.MessagePosted && e.Kind != sandbox.MessageEdited || !m.Bot || m.Loading() || s.back[m.ChannelID] == "" {
		return
	}
	h := transcript.Heard{Message: m.ID, Room: s.back[m.ChannelID], To: s.names[m.EphemeralFor], Edit: e.Kind == sandbox.MessageEdited}
	if m.ReplyTo != "" && !s.life.core.isPublic("discord:m:"+m.ReplyTo) {
		if to, ok := s.server.Message(m.ReplyTo); ok {
			h.To = s.names[to.AuthorID] // a reply: the nearest to a private word
		}
	}
	h.Text = readDiscord(m.Content)
	for _, a := range m.Attachments {
		h.Text += "\n[picture] " + a.Description
	}
	for _, c := range m.Controls() {
		b := transcript.Button{ID: c.CustomID, Text: c.Label}
		if letter, text, ok := strings.Cut(c.Label, ". "); ok && len(letter) == 1 {
			b.Letter, b.Text = letter, text
		} else if len(c.Label) == 1 {
			b.Letter, b.Text = c.Label, textOf(h.Text, c.Label)
		}
		if b.Letter == "" || !strings.Contains(h.Text, b.Letter+". "+b.Text) {
			h.Text += "\n" + c.Label
		}
		h.Buttons = append(h.Buttons, b)
	}
	s.hear(h)
}

// textOf is the text that a letter stands for in a list "A. text".
func textOf(list, letter string) string {
	for line := range strings.SplitSeq(list, "\n") {
		if text, ok := strings.CutPrefix(line, letter+". "); ok {
			return text
		}
	}
	return ""
}

// readDiscord is what a reader sees of a message's markup.
func readDiscord(s string) string {
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		line = strings.TrimPrefix(line, "-# ")
		if line != "```" {
			lines = append(lines, line)
		}
	}
	s = strings.Join(lines, "\n")
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case strings.HasPrefix(s[i:], "**"), strings.HasPrefix(s[i:], "||"):
			i++
		default:
			b.WriteByte(s[i])
		}
	}
	return strings.ReplaceAll(b.String(), "\u200b", "")
}

// Do implements transcript.Stage.
func (s *discordStage) Do(ctx context.Context, a transcript.Act) error {
	s.clock.pass()
	room, user := s.rooms[a.Room.Name], s.users[a.Who]
	if !s.away {
		if err := s.read(ctx); err != nil {
			return err
		}
	}
	if (a.Kind == transcript.Press || a.Kind == transcript.Fill) && (s.away || s.kept != nil) {
		return transcript.ErrCannot // Discord waits 3 s for the answer to a press, and knows it no more
	}
	if a.Kind == transcript.Press {
		i, err := s.server.Press(ctx, a.Message, user, a.Button.ID)
		if errors.Is(err, sandbox.ErrNoControl) {
			i, err = s.server.PressStale(ctx, a.Message, user, a.Button.ID)
		}
		if err == nil && i.Failed {
			err = errors.New("the press was not answered")
		}
		s.said = append(s.said, i.ID)
		return err
	}
	if a.Kind == transcript.Fill {
		return s.fill(ctx, user, a)
	}
	if a.Kind == transcript.Say && a.Room.Direct == "" && forOneAlone(a.Text) && !s.away { // a line can't be answered in private
		if err := s.server.WaitFor(ctx, func() bool { return len(s.server.Commands()) > 0 }); err != nil { // it is registered beside everything else
			return err
		}
		i, err := s.server.Slash(ctx, room, user, "/quiz "+a.Text)
		if err == nil && i.Failed {
			err = errors.New("the command was not answered")
		}
		s.said = append(s.said, i.ID)
		return err
	}
	text := a.Text
	var options []sandbox.SayOption
	switch {
	case a.Kind == transcript.Say && (a.Room.Direct == "" || text == ""):
		text = "!quiz " + text
	case a.Kind == transcript.Reply:
		options = append(options, sandbox.ReplyTo(a.Message))
	}
	m, err := s.server.Say(ctx, room, user, text, options...)
	if err != nil {
		return err
	}
	s.said = append(s.said, m.ID)
	switch {
	case s.away:
		return nil
	case s.kept != nil:
		s.kept = append(s.kept, m.ID)
		return nil
	}
	return s.life.core.await(ctx, "discord:m:"+m.ID, 1)
}

// fill sends a form off.
func (s *discordStage) fill(ctx context.Context, user string, a transcript.Act) error {
	open := s.server.Modals(user)
	at := slices.IndexFunc(open, func(i sandbox.Interaction) bool { return i.ID == a.Message })
	if at < 0 {
		return fmt.Errorf("the form %s is not open any more", a.Message)
	}
	values := map[string]string{}
	for n, in := range open[at].Form().Inputs {
		values[in.CustomID] = a.Values[n]
	}
	i, err := s.server.SubmitModal(ctx, a.Message, user, values)
	if err == nil && i.Failed {
		err = errors.New("the form was not answered")
	}
	s.said = append(s.said, i.ID)
	return err
}

// readDiscordForm is what a reader sees of a modal.
func readDiscordForm(f sandbox.Form) []string {
	lines := []string{f.Title}
	for _, text := range f.Texts {
		lines = append(lines, readDiscord(text))
	}
	for _, in := range f.Inputs {
		lines = append(lines, in.Label, in.Description)
	}
	return lines
}

// forOneAlone: the bot says it to nobody who asks for it in a line.
func forOneAlone(text string) bool {
	switch text {
	case "review", "settings", "settings pace 1", "settings pace 1.5", "settings pace 2", "privacy", "privacy hide", "privacy show", "privacy forget":
		return true
	}
	return false
}

// Redeliver implements transcript.Stage.
func (s *discordStage) Redeliver(ctx context.Context, n int) error {
	id := s.said[n]
	before := s.life.core.times("discord:m:" + id)
	if err := s.server.Redeliver(id); err != nil {
		return err
	}
	if _, isMessage := s.server.Message(id); isMessage {
		return s.life.core.await(ctx, "discord:m:"+id, before+1)
	}
	return nil // a press that this process has answered is dropped without a word
}

// Fault implements transcript.Stage.
func (s *discordStage) Fault(ctx context.Context, f transcript.Fault) error {
	faults := s.server.Faults()
	switch f.Kind {
	case transcript.Refuse:
		faults.RateLimit(sandbox.RouteWriteMessage, f.N, f.For, sandbox.ScopeUser)
	case transcript.Swallow:
		faults.Drop(sandbox.RouteWriteMessage, f.N)
	case transcript.Lose:
		faults.AcceptThenDrop(sandbox.RouteWriteMessage, f.N)
	case transcript.Hang:
		faults.AcceptThenHang(sandbox.RouteWriteMessage, f.N)
	case transcript.Reject:
		faults.Error(sandbox.RouteWriteMessage, f.N, http.StatusBadRequest, 50035, "Invalid Form Body")
	case transcript.Shut:
		faults.Deny(s.rooms[f.Room.Name], 50013)
	case transcript.KeepBack:
		faults.Lag(true)
		s.kept = []string{}
	case transcript.LetGo:
		faults.Lag(false)
		kept := s.kept
		s.kept = nil
		for _, id := range kept {
			if err := s.life.core.await(ctx, "discord:m:"+id, 1); err != nil {
				return err
			}
		}
	case transcript.Delete:
		if !s.server.DeleteMessage(f.Message) {
			return fmt.Errorf("no message %s", f.Message)
		}
	default:
		return transcript.ErrCannot
	}
	return nil
}
