package discord_test

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"quizbot/adapters/discord"
	"quizbot/bot"
	sandbox "quizbot/sandbox/discord"
)

// Where the bot can't read lines that don't mention it, a question to be answered
// in words says how.
func TestHowToAnswerADeafBot(t *testing.T) {
	t.Parallel()
	for name, deaf := range map[string]bool{"deaf": true, "hearing": false} {
		t.Run(name, func(t *testing.T) {
			var o sandbox.Options
			if deaf {
				o.DisallowedIntents = sandbox.IntentMessageContent
			}
			w := open(t, o, func(c *discord.Config) { c.Texts.Mention = "mention me in it" })
			w.ready(t)
			for key, choices := range map[string][]bot.Choice{"words": nil, "buttons": {{ID: "a:1:0", Letter: "A", Text: "GET"}}} {
				id, err := w.adapter.Deliver(t.Context(), bot.Outgoing{
					Key: key, Room: bot.RoomID("discord:" + sandbox.DefaultGuildID + "/" + sandbox.DefaultChannelID), Round: 1,
					Card: bot.Card{Title: "Which?", Footer: "type your answer", Choices: choices},
				})
				if err != nil {
					t.Fatal(err)
				}
				m, _ := w.Message(string(id))
				if told := strings.Contains(m.Content, "mention me in it"); told != (deaf && key == "words") {
					t.Errorf("%s: %q", key, m.Content)
				}
			}
		})
	}
}

// A gateway that takes the connection and never answers the handshake doesn't keep
// the bot from ending.
func TestStopDuringTheHandshake(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	taken := make(chan net.Conn, 1)
	go func() {
		if conn, err := ln.Accept(); err == nil {
			taken <- conn
		}
	}()
	rest := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		_, _ = rw.Write([]byte(`{"url":"ws://` + ln.Addr().String() + `","shards":1,"session_start_limit":{"total":1000,"remaining":999,"reset_after":0,"max_concurrency":1}}`))
	}))
	defer rest.Close()
	w := open(t, sandbox.Options{}, func(c *discord.Config) { c.APIURL = rest.URL })
	conn := <-taken
	defer func() { _ = conn.Close() }()
	w.stop() // fails the test when it takes as long as a handshake may
	if err := w.adapter.Ready(); err == nil || errors.Is(err, bot.ErrStopped) {
		t.Errorf("ready: %v", err)
	}
}

// Discord's refusal of a message is told to who asked for it.
func TestRefusedMessagesAreExplained(t *testing.T) {
	w := open(t, sandbox.Options{}, func(c *discord.Config) { c.Texts.Refused = "Discord says no" })
	w.ready(t)
	if err := w.WaitFor(within(t), func() bool { return len(w.Commands()) > 0 }); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Slash(within(t), sandbox.DefaultChannelID, sandbox.CarolID, "/quiz ask websocket"); err != nil {
		t.Fatal(err)
	}
	w.Faults().Error(sandbox.RouteWriteMessage, 1, http.StatusBadRequest, 50035, "Invalid Form Body")
	if _, err := w.adapter.Deliver(t.Context(), bot.Outgoing{
		Key: "k", Room: bot.RoomID("discord:" + sandbox.DefaultGuildID + "/" + sandbox.DefaultChannelID), Card: bot.Card{Title: "Which?"},
	}); !errors.Is(err, bot.ErrRejected) {
		t.Fatal(err)
	}
	if err := w.WaitFor(within(t), func() bool {
		for _, m := range w.Ephemerals(sandbox.DefaultChannelID, sandbox.CarolID) {
			if strings.Contains(m.Content, "Discord says no") {
				return true
			}
		}
		return false
	}); err != nil {
		t.Error("who asked was not told")
	}
}
