package web

import (
	"bytes"
	"context"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"quizbot/sandbox/discord"
	"quizbot/sandbox/slack"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// page is the sandbox without a bot.
type page struct {
	http.Handler
	slack   *slack.Server
	discord *discord.Server
	app     chan string // the paths that the local Slack calls
}

func open(t *testing.T) page {
	t.Helper()
	p := page{slack: slack.New(slack.Options{}), discord: discord.New(discord.Options{}), app: make(chan string, 100)}
	app := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { p.app <- r.URL.Path }))
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	for _, start := range []func(context.Context) error{p.slack.Start, p.discord.Start} {
		if err := start(ctx); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = p.slack.Close(); _ = p.discord.Close(); app.Close() })
	p.slack.SetAppURL(app.URL)
	p.Handler = Handler(Config{Slack: p.slack, Discord: p.discord})
	return p
}

func (p page) ask(t *testing.T, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, "http://127.0.0.1"+path, strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	p.ServeHTTP(w, req)
	return w
}

// say has the first player of a pane type a line in the first room.
func (p page) say(t *testing.T, pane, text string) *httptest.ResponseRecorder {
	t.Helper()
	player, room := discord.AliceID, discord.DefaultChannelID
	if pane == "slack" {
		player, room = slack.DefaultTeam().Users[0].ID, slack.DefaultTeam().Channels[0].ID
	}
	body, err := json.Marshal(map[string]string{"pane": pane, "player": player, "room": room, "text": text})
	if err != nil {
		t.Fatal(err)
	}
	return p.ask(t, http.MethodPost, "/act", string(body))
}

// last is the newest message that the first player sees in the first room.
func (p page) last(t *testing.T, pane string) message {
	t.Helper()
	var state struct{ Messages []message }
	if err := json.Unmarshal(p.ask(t, http.MethodGet, "/state?pane="+pane, "").Body.Bytes(), &state); err != nil {
		t.Fatal(err)
	}
	if len(state.Messages) == 0 {
		return message{}
	}
	return state.Messages[len(state.Messages)-1]
}

// What players type is shown as they typed it.
func TestPlayersReadWhatTheyTyped(t *testing.T) {
	p := open(t)
	for _, pane := range []string{"slack", "discord"} {
		for _, text := range []string{"get", `<b>&amp; "x" \ ` + "`y`", "@quizbot help", "hi @Alice, see a@quizbot.example"} {
			if w := p.say(t, pane, text); w.Code != http.StatusNoContent {
				t.Fatalf("%s: %d %s", pane, w.Code, w.Body)
			}
			m := p.last(t, pane)
			if m.Text != text && !strings.EqualFold(m.Text, text) || m.Blocks != nil || m.Author != "Alice" {
				t.Errorf("%s shows %q as %+v", pane, text, m)
			}
		}
	}
}

// A name behind an @ becomes a mention, as in a client.
func TestPlayersCanMentionTheBot(t *testing.T) {
	p := open(t)
	p.say(t, "discord", "@quizbot help")
	all := p.discord.Messages(discord.DefaultChannelID)
	if got := all[len(all)-1].Content; got != "<@"+discord.DefaultBotID+"> help" {
		t.Errorf("Discord has %q", got)
	}
}

// Only the app's own command reaches it.
func TestOtherSlashCommandsAreRefused(t *testing.T) {
	p := open(t)
	for _, text := range []string{"/nosuch kc", "/quizkc", "/", "/ quiz"} {
		if w := p.say(t, "slack", text); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "type /quiz") {
			t.Errorf("%s: %d %s", text, w.Code, w.Body)
		}
	}
	if n := len(p.app); n > 0 {
		t.Errorf("the app was called %d times", n)
	}
	if w := p.say(t, "slack", "  /QUIZ   kc"); w.Code != http.StatusNoContent || len(p.app) != 1 {
		t.Errorf("/quiz: %d, the app was called %d times", w.Code, len(p.app))
	}
}

func TestAButtonThatNeverWasIsNamedKindly(t *testing.T) {
	p := open(t)
	p.say(t, "slack", "hello")
	p.say(t, "discord", "hello")
	for _, pane := range []string{"slack", "discord"} {
		body := `{"pane":"` + pane + `","player":"` + discord.AliceID + `","room":"` + discord.DefaultChannelID + `","message":"` + p.last(t, pane).ID + `0","control":"x"}`
		if pane == "slack" {
			body = strings.NewReplacer(discord.AliceID, slack.DefaultTeam().Users[0].ID, discord.DefaultChannelID, slack.DefaultTeam().Channels[0].ID).Replace(body)
		}
		if w := p.ask(t, http.MethodPost, "/act", body); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "no such button any more") {
			t.Errorf("%s: %d %s", pane, w.Code, w.Body)
		}
	}
}

func TestThePageAsksForNothingThatIsMissing(t *testing.T) {
	p := open(t)
	for _, path := range []string{"/", "/page.js", "/page.css", "/favicon.ico"} {
		if w := p.ask(t, http.MethodGet, path, ""); w.Code >= 300 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// A picture that the bot has posted is shown, with its words; nothing else comes as one.
func TestPicturesAreShown(t *testing.T) {
	p := open(t)
	const png = "\x89PNG\r\n\x1a\nrest"
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.WriteField("payload_json", `{"content":"board","attachments":[{"id":0,"filename":"a.png","description":"a bar"}]}`)
	part, err := w.CreateFormFile("files[0]", "a.png")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write([]byte(png))
	_ = w.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.discord.APIURL()+"/channels/"+discord.DefaultChannelID+"/messages", &b)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bot "+p.discord.Token())
	req.Header.Set("Content-Type", w.FormDataContentType())
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp, err)
	}
	_ = resp.Body.Close()
	m := p.last(t, "discord")
	if len(m.Files) != 1 || m.Files[0].Alt != "a bar" {
		t.Fatalf("the page gets %+v", m)
	}
	got := p.ask(t, http.MethodGet, "/file?pane=discord&id="+m.Files[0].ID, "")
	if got.Code != http.StatusOK || got.Body.String() != png || got.Header().Get("Content-Type") != "image/png" {
		t.Errorf("the file: %d %q", got.Code, got.Body)
	}
	for _, path := range []string{"/file?pane=slack&id=" + m.Files[0].ID, "/file?pane=discord&id=1", "/file?pane=x&id=1", "/file"} {
		if got := p.ask(t, http.MethodGet, path, ""); got.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, got.Code)
		}
	}
}
