//go:build chaos

package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"quizbot/bot"
	"quizbot/sandbox/discord"
)

const discordGuild = "1100000000004194304"

// discordSide is the local Discord.
type discordSide struct {
	s *discord.Server
}

func discordPlayer(room, i int) string { return fmt.Sprintf("12%04d%013d", room+1, i+1) }
func discordChannel(room int) string   { return fmt.Sprintf("13%04d%013d", room+1, 1) }

// startDiscord makes a guild with rooms of their own players each.
func startDiscord(t *testing.T, rooms, players int) *discordSide {
	t.Helper()
	guild := discord.Guild{ID: discordGuild, Name: "Storm"}
	var users []discord.User
	for r := range rooms {
		guild.Channels = append(guild.Channels, discord.Channel{ID: discordChannel(r), Name: fmt.Sprintf("d%03d", r), Kind: discord.TextChannel})
		for i := range players {
			id, name := discordPlayer(r, i), fmt.Sprintf("d%03dp%03d", r, i)
			users = append(users, discord.User{ID: id, Username: name, GlobalName: name})
			guild.Members = append(guild.Members, discord.Member{UserID: id})
		}
	}
	s := discord.New(discord.Options{Users: users, Guilds: []discord.Guild{guild}})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return &discordSide{s: s}
}

func (p *discordSide) name() string     { return "discord" }
func (p *discordSide) team() bot.TeamID { return "discord:" + discordGuild }
func (p *discordSide) room(c string) bot.RoomID {
	return bot.RoomID("discord:" + discordGuild + "/" + c)
}
func (p *discordSide) user(u string) bot.UserID { return bot.UserID("discord:" + u) }

// patience is how long a player waits for what "is thinking" promised.
const patience = 10 * time.Second

func (p *discordSide) outcomeOf(ctx context.Context, i discord.Interaction, err error) outcome {
	if err != nil {
		return outcome{note: err.Error()}
	}
	if i.Failed {
		return outcome{note: "the application did not respond"}
	}
	o := outcome{acked: true, took: i.Answered}
	for end := time.Now().Add(patience); i.MessageID != ""; pause(ctx, 50*time.Millisecond) {
		m, ok := p.s.Message(i.MessageID)
		if ok && !m.Loading() {
			o.card = plainText(m.Text())
			return o
		}
		if ctx.Err() != nil || time.Now().After(end) {
			// It was told that an answer will come, and none came.
			return outcome{note: "promised, and not answered"}
		}
	}
	return o
}

func (p *discordSide) command(ctx context.Context, channel, user, words string) outcome {
	sub, rest, _ := strings.Cut(words, " ")
	values := map[string]any{}
	switch sub {
	case "start": // start TOPIC N each SECONDS
		var name string
		var count, seconds int
		if _, err := fmt.Sscanf(rest, "%s %d each %d", &name, &count, &seconds); err != nil {
			return outcome{note: err.Error()}
		}
		values = map[string]any{"topic": name, "count": count, "seconds": seconds}
	case "leaderboard":
	default:
		sub, values = "ask", map[string]any{"topic": words}
	}
	i, err := p.s.SlashWith(ctx, channel, user, "quiz", sub, values)
	o := p.outcomeOf(ctx, i, err)
	o.done = o.acked && strings.HasPrefix(o.card, "See below")
	return o
}

func (p *discordSide) press(ctx context.Context, _, message, user, button string) outcome {
	i, err := p.s.PressStale(ctx, message, user, button)
	return p.outcomeOf(ctx, i, err)
}

func (p *discordSide) line(ctx context.Context, channel, user, text string) (outcome, bool) {
	_, err := p.s.Say(ctx, channel, user, text)
	if err != nil {
		return outcome{note: err.Error()}, false
	}
	return outcome{}, false
}

func (p *discordSide) messages(channel string) []message {
	var out []message
	for _, m := range p.s.Messages(channel) {
		if m.Bot {
			out = append(out, discordMessage(m))
		}
	}
	return out
}

func discordMessage(m discord.Message) message {
	first := m
	if len(m.History) > 0 {
		first.Content, first.Embeds, first.Components, first.Flags = m.History[0].Content, m.History[0].Embeds, m.History[0].Components, m.History[0].Flags
	}
	out := message{
		channel: m.ChannelID, id: m.ID, at: m.Created, text: plainText(m.Text()), first: plainText(first.Text()),
		key: m.Nonce, to: m.EphemeralFor, replyTo: m.ReplyTo, made: discordButtons(first.Components), buttons: discordButtons(m.Components),
	}
	return out
}

func discordButtons(raw json.RawMessage) []button {
	var rows []struct {
		Components []struct {
			CustomID string `json:"custom_id"`
			Label    string `json:"label"`
		} `json:"components"`
	}
	if json.Unmarshal(raw, &rows) != nil {
		return nil
	}
	var out []button
	for _, r := range rows {
		for _, c := range r.Components {
			out = append(out, button{c.CustomID, c.Label})
		}
	}
	return out
}

// watch hands on what the program posts, until the server closes.
func (p *discordSide) watch(hear func(message)) {
	events, _ := p.s.Subscribe()
	go func() {
		for e := range events {
			if (e.Kind == discord.MessagePosted || e.Kind == discord.MessageEdited) && e.Message.Bot {
				hear(discordMessage(e.Message))
			}
		}
	}()
}
