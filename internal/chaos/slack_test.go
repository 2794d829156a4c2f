//go:build chaos

package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"testing"
	"time"

	"quizbot/bot"
	"quizbot/sandbox/slack"
)

const slackTeam = "T0STORM"

// slackSide is the local Slack.
type slackSide struct {
	s *slack.Server
}

func slackPlayer(room, i int) string { return fmt.Sprintf("U0S%03dP%03d", room, i) }
func slackChannel(room int) string   { return fmt.Sprintf("C0S%03d", room) }

// startSlack makes a workspace with rooms of their own players each.
func startSlack(t *testing.T, rooms, players int) *slackSide {
	t.Helper()
	team := slack.Team{
		ID: slackTeam, Name: "Storm", Domain: "storm", BotToken: slack.DefaultBotToken, BotUserID: "U0QUIZBOT", BotID: "B0QUIZBOT", BotName: "quizbot",
	}
	for r := range rooms {
		c := slack.Channel{ID: slackChannel(r), Name: fmt.Sprintf("s%03d", r), Kind: slack.Public, BotMember: true}
		for i := range players {
			name := fmt.Sprintf("s%03dp%03d", r, i)
			team.Users = append(team.Users, slack.User{ID: slackPlayer(r, i), Name: name, RealName: name, DisplayName: name})
			c.Members = append(c.Members, slackPlayer(r, i))
		}
		team.Channels = append(team.Channels, c)
	}
	s := slack.New(slack.Options{
		Teams:       []slack.Team{team},
		RetryDelays: []time.Duration{50 * time.Millisecond, time.Second, 5 * time.Second}, // Slack's 0, 1 min, 5 min, made shorter
	})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return &slackSide{s: s}
}

func (p *slackSide) name() string             { return "slack" }
func (p *slackSide) team() bot.TeamID         { return "slack:" + slackTeam }
func (p *slackSide) room(c string) bot.RoomID { return bot.RoomID("slack:" + slackTeam + "/" + c) }
func (p *slackSide) user(u string) bot.UserID { return bot.UserID("slack:" + slackTeam + "/" + u) }

func outcomeOf(a slack.Answer, err error) outcome {
	if err != nil {
		return outcome{note: err.Error()}
	}
	o := outcome{acked: a.OK(), took: a.Latency}
	if !o.acked {
		o.note = fmt.Sprintf("%s %d", a.Reason, a.Status)
	}
	return o
}

func (p *slackSide) command(ctx context.Context, channel, user, words string) outcome {
	a, err := p.s.Slash(ctx, channel, user, "/quiz", words)
	o := outcomeOf(a, err)
	o.done = o.acked && a.Transport == "http" && len(a.Body) == 0 // a refusal comes as the body; over a socket, later
	return o
}

func (p *slackSide) press(ctx context.Context, channel, message, user, button string) outcome {
	return outcomeOf(p.s.Press(ctx, channel, message, user, button, slack.Stale()))
}

func (p *slackSide) line(ctx context.Context, channel, user, text string) (outcome, bool) {
	began := time.Now()
	said, err := p.s.Say(ctx, channel, user, text)
	if err != nil {
		return outcome{note: err.Error()}, true
	}
	for _, d := range said.Deliveries {
		select {
		case <-d.Done():
		case <-ctx.Done():
			return outcome{note: "no time left"}, true
		}
		if !d.Acked() {
			return outcome{note: "given up after its retries"}, true
		}
	}
	return outcome{acked: len(said.Deliveries) > 0, took: time.Since(began)}, true
}

func (p *slackSide) messages(channel string) []message {
	var out []message
	for _, m := range p.s.Messages(channel) {
		if m.BotID != "" {
			out = append(out, slackMessage(m))
		}
	}
	return out
}

var blockKey = regexp.MustCompile(`"block_id":"k:([^":]+):`)

func slackMessage(m slack.Message) message {
	first := m
	if len(m.History) > 0 {
		first.Text, first.Blocks = m.History[0].Text, m.History[0].Blocks
	}
	out := message{channel: m.Channel, id: m.TS, at: m.At, text: plainText(m.Shown()), first: plainText(first.Text), to: m.To, replyTo: m.ThreadTS}
	if f := blockKey.FindSubmatch(first.Blocks); f != nil && string(f[1]) != "reply" {
		out.key = string(f[1])
	}
	for _, b := range m.Buttons() {
		out.buttons = append(out.buttons, button{b.ActionID, b.Text})
	}
	out.made = out.buttons
	if len(m.History) > 0 {
		out.made = madeOf(first.Blocks)
	}
	return out
}

// madeOf finds the buttons in blocks as they were sent.
func madeOf(blocks json.RawMessage) []button {
	var in any
	if json.Unmarshal(blocks, &in) != nil {
		return nil
	}
	var out []button
	var walk func(any)
	walk = func(x any) {
		switch x := x.(type) {
		case []any:
			for _, e := range x {
				walk(e)
			}
		case map[string]any:
			if id, ok := x["action_id"].(string); ok {
				text, _ := x["text"].(map[string]any)
				label, _ := text["text"].(string)
				out = append(out, button{id, label})
				return
			}
			for _, e := range x {
				walk(e)
			}
		}
	}
	walk(in)
	return out
}

// watch hands on what the program posts, until the server closes.
func (p *slackSide) watch(hear func(message)) {
	events, _ := p.s.Subscribe()
	go func() {
		for e := range events {
			if (e.Kind == slack.MessagePosted || e.Kind == slack.MessageEdited) && (e.Message.BotID != "" || e.Message.Ephemeral && e.Message.Notice == "") {
				hear(slackMessage(e.Message))
			}
		}
	}()
}
