// Package web serves one page with a Slack-like and a Discord-like pane, in
// which two players type and press. It drives the local servers as their
// players would; the bot is on the other side of them.
package web

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"quizbot/sandbox/discord"
	"quizbot/sandbox/slack"
)

//go:embed page.html page.js page.css
var files embed.FS

// Config names the servers that the panes show.
type Config struct {
	Slack   *slack.Server
	Discord *discord.Server
	Log     *slog.Logger
}

// pane is a server as its players see it: its rooms, and what they do there.
type pane interface {
	people() []person
	rooms(player string) []room
	messages(player, room string) ([]message, error)
	say(ctx context.Context, player, room, text string) error
	press(ctx context.Context, player, room, message, control string) error
	// form is what the player has to fill in now; nil for nothing.
	form(player string) *form
	// fill sends a form off, and returns by input what the app finds wrong with it.
	fill(ctx context.Context, player, form string, values map[string]string) (map[string]string, error)
	dismiss(ctx context.Context, player, form string) error
	// file is a file that a message shows.
	file(id string) ([]byte, bool)
}

type person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type room struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// message is one message as a player sees it.
type message struct {
	ID      string          `json:"id"`
	Author  string          `json:"author"`
	Bot     bool            `json:"bot"`
	Private bool            `json:"private"`
	Edited  bool            `json:"edited"`
	At      time.Time       `json:"at"`
	Text    string          `json:"text"`                 // Slack's is plain, Discord's has its markup
	Blocks  json.RawMessage `json:"blocks,omitempty"`     // Slack's
	Embeds  json.RawMessage `json:"embeds,omitempty"`     // Discord's
	Rows    json.RawMessage `json:"components,omitempty"` // Discord's
	ReplyTo string          `json:"reply_to,omitempty"`
	Files   []attachment    `json:"files,omitempty"` // Discord's; Slack's are named in its blocks
}

// attachment is a file under a message.
type attachment struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Alt  string `json:"alt"`
}

// form is a modal, as a player sees it.
type form struct {
	ID     string   `json:"id"`
	Title  string   `json:"title"`
	Submit string   `json:"submit"`
	Cancel string   `json:"cancel"`
	Texts  []string `json:"texts"`
	Inputs []input  `json:"inputs"`
}

type input struct {
	Name     string   `json:"name"`
	Label    string   `json:"label"`
	Hint     string   `json:"hint"`
	Value    string   `json:"value"`
	Long     bool     `json:"long"`
	Required bool     `json:"required"`
	Min      int      `json:"min"`
	Max      int      `json:"max"`
	Options  []choice `json:"options,omitempty"`
}

type choice struct {
	Value string `json:"value"`
	Text  string `json:"text"`
}

// Handler serves the page. It refuses requests that were not made to this
// machine by name or by a page of its own, for any page that the browser shows
// could make some.
func Handler(c Config) http.Handler {
	panes := map[string]pane{"slack": slackPane{c.Slack}, "discord": discordPane{c.Discord}}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	mux := http.NewServeMux()
	for path, name := range map[string]string{"GET /{$}": "page.html", "GET /page.js": "page.js", "GET /page.css": "page.css"} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Security-Policy", "default-src 'self'")
			http.ServeFileFS(w, r, files, name)
		})
	}
	mux.HandleFunc("GET /file", func(w http.ResponseWriter, r *http.Request) {
		var content []byte
		p, ok := panes[r.URL.Query().Get("pane")]
		if ok {
			content, ok = p.file(r.URL.Query().Get("id"))
		}
		if kind := http.DetectContentType(content); ok && (kind == "image/png" || kind == "image/jpeg" || kind == "image/gif") {
			w.Header().Set("Content-Type", kind)
			w.Header().Set("X-Content-Type-Options", "nosniff")
			w.Header().Set("Cache-Control", "private, max-age=3600") // a file never changes
			_, _ = w.Write(content)
			return
		}
		http.NotFound(w, r)
	})
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }) // browsers ask
	mux.HandleFunc("GET /state", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		p, ok := panes[q.Get("pane")]
		if !ok {
			http.Error(w, "no such pane", http.StatusNotFound)
			return
		}
		player, at := q.Get("player"), q.Get("room")
		people := p.people()
		if player == "" {
			player = people[0].ID
		}
		rooms := p.rooms(player)
		if at == "" {
			at = rooms[0].ID
		}
		messages, err := p.messages(player, at)
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		if messages == nil {
			messages = []message{}
		}
		writeJSON(w, map[string]any{"people": people, "rooms": rooms, "messages": messages, "form": p.form(player)})
	})
	mux.HandleFunc("POST /act", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Pane, Player, Room, Text, Message, Control string
			// Form is the one that is sent off with Values, or closed where there are none.
			Form   string
			Values map[string]string
		}
		if r.Header.Get("Content-Type") != "application/json" {
			http.Error(w, "JSON, please", http.StatusUnsupportedMediaType)
			return
		}
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		p, ok := panes[in.Pane]
		if !ok {
			http.Error(w, "no such pane", http.StatusNotFound)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), 10*time.Second)
		defer cancel()
		var err error
		var wrong map[string]string
		switch {
		case in.Form != "" && in.Values == nil:
			err = p.dismiss(ctx, in.Player, in.Form)
		case in.Form != "":
			wrong, err = p.fill(ctx, in.Player, in.Form, in.Values)
		case in.Control != "":
			err = p.press(ctx, in.Player, in.Room, in.Message, in.Control)
		case strings.TrimSpace(in.Text) != "":
			err = p.say(ctx, in.Player, in.Room, in.Text)
		}
		if err != nil {
			c.Log.Warn("sandbox: not done", "pane", in.Pane, "err", err)
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		if len(wrong) > 0 {
			writeJSON(w, map[string]any{"wrong": wrong})
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /events", func(w http.ResponseWriter, r *http.Request) { follow(c, w, r) })
	return local(mux)
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// local lets only requests of this machine's own pages through.
func local(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		ip := net.ParseIP(strings.Trim(host, "[]"))
		if host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "open the sandbox as http://127.0.0.1", http.StatusForbidden)
			return
		}
		if origin := r.Header.Get("Origin"); origin != "" && origin != "http://"+r.Host {
			http.Error(w, "requests of other pages are refused", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// keepAlive is how often a quiet stream says that it still lives.
const keepAlive = 15 * time.Second

// follow tells a page, as server-sent events, that a pane has changed.
func follow(c Config, w http.ResponseWriter, r *http.Request) {
	flusher := http.NewResponseController(w)
	_ = flusher.SetWriteDeadline(time.Time{})
	fromSlack, stopSlack := c.Slack.Subscribe()
	defer stopSlack()
	fromDiscord, stopDiscord := c.Discord.Subscribe()
	defer stopDiscord()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	tick := time.NewTicker(keepAlive)
	defer tick.Stop()
	for {
		var b bytes.Buffer
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
			b.WriteString(": here\n\n")
		case _, ok := <-fromSlack:
			if !ok {
				return
			}
			b.WriteString("data: slack\n\n")
		case _, ok := <-fromDiscord:
			if !ok {
				return
			}
			b.WriteString("data: discord\n\n")
		}
		if _, err := w.Write(b.Bytes()); err != nil || flusher.Flush() != nil {
			return
		}
	}
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
