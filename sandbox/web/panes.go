package web

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"quizbot/sandbox/discord"
	"quizbot/sandbox/slack"
)

type slackPane struct{ s *slack.Server }

func (p slackPane) team() slack.Team { return slack.DefaultTeam() }

func (p slackPane) people() []person {
	var out []person
	for _, u := range p.team().Users[:2] {
		out = append(out, person{u.ID, capital(u.Name)})
	}
	return out
}

func (p slackPane) rooms(player string) []room {
	var out []room
	for _, c := range p.team().Channels {
		if c.Kind == slack.Public {
			out = append(out, room{c.ID, "#" + c.Name})
		}
	}
	if dm, err := p.s.DM(player); err == nil {
		out = append(out, room{dm, "Direct message"})
	}
	return out
}

func (p slackPane) messages(player, at string) ([]message, error) {
	names := map[string]string{p.team().BotUserID: p.team().BotName}
	for _, u := range p.team().Users {
		names[u.ID] = capital(u.Name)
	}
	var out []message
	for _, m := range p.s.SeenBy(at, player) {
		if m.Deleted {
			continue
		}
		author := names[m.User]
		if m.BotID != "" {
			author = p.team().BotName
		} else if author == "" {
			author = "Slack"
		}
		x := message{
			ID: m.TS, Author: author, Bot: m.BotID != "", Private: m.Ephemeral, Edited: m.EditedTS != "", At: m.At,
			Text: readSlack(m.Text, names), ReplyTo: m.ThreadTS,
		}
		if m.Notice != "" {
			x.Text = m.Notice
		}
		if x.Bot { // those of a player hold nothing that the text doesn't
			x.Blocks = m.Blocks
		}
		out = append(out, x)
	}
	return out, nil
}

var (
	mention    = regexp.MustCompile(`<@!?(\w+)>`)
	unescapeIt = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")
)

// readSlack is a message's text as Slack shows it.
func readSlack(text string, names map[string]string) string {
	return unescapeIt.Replace(named(text, names))
}

// named shows mentions by name.
func named(text string, names map[string]string) string {
	return mention.ReplaceAllStringFunc(text, func(found string) string {
		if name := names[mention.FindStringSubmatch(found)[1]]; name != "" {
			return "@" + name
		}
		return found
	})
}

// slashCommand is the only one that the local Slack has, as the app's manifest says.
const slashCommand = "/quiz"

func (p slackPane) say(ctx context.Context, player, at, text string) error {
	if text = strings.TrimSpace(text); strings.HasPrefix(text, "/") {
		command, words, _ := strings.Cut(text, " ")
		if !strings.EqualFold(command, slashCommand) {
			return fmt.Errorf("%s is not a command of this Slack: type %s and what you want", command, slashCommand)
		}
		_, err := p.s.Slash(ctx, at, player, slashCommand, strings.TrimSpace(words))
		return err
	}
	_, err := p.s.Say(ctx, at, player, text)
	return err
}

func (p slackPane) file(id string) ([]byte, bool) {
	f, ok := p.s.File(id)
	return f.Bytes, ok && f.Completed
}

// press also presses what an edit has just taken away: the page may not have
// drawn the edit yet, and it is the bot that says so kindly.
func (p slackPane) press(ctx context.Context, player, at, id, control string) error {
	_, err := p.s.Press(ctx, at, id, player, control)
	if errors.Is(err, slack.ErrNoElement) {
		_, err = p.s.Press(ctx, at, id, player, control, slack.Stale())
	}
	if errors.Is(err, slack.ErrNoElement) {
		return errGone
	}
	return err
}

var errGone = errors.New("this message has no such button any more: load the page again")

type discordPane struct{ s *discord.Server }

func (p discordPane) people() []person {
	return []person{{discord.AliceID, "Alice"}, {discord.BobID, "Bobby"}}
}

// names are what everybody is called whom a message can mention.
func (p discordPane) names() map[string]string {
	names := map[string]string{discord.DefaultBotID: discord.DefaultBotName}
	for _, someone := range p.people() {
		names[someone.ID] = someone.Name
	}
	return names
}

func (p discordPane) rooms(player string) []room {
	out := []room{{discord.DefaultChannelID, "#quiz"}, {discord.DefaultLobbyID, "#lobby"}}
	if dm, err := p.s.OpenDM(player); err == nil {
		out = append(out, room{dm, "Direct message"})
	}
	return out
}

func (p discordPane) messages(player, at string) ([]message, error) {
	names := p.names()
	var out []message
	for _, m := range p.s.View(at, player) {
		var files []attachment
		for _, a := range m.Attachments {
			files = append(files, attachment{a.ID, a.Filename, a.Description})
		}
		out = append(out, message{
			Files: files, ID: m.ID, Author: m.AuthorName, Bot: m.Bot, Private: m.Ephemeral(), Edited: !m.Edited.IsZero(), At: m.Created,
			Text: named(m.Content, names), Embeds: m.Shown(), Rows: m.Components, ReplyTo: m.ReplyTo,
		})
	}
	return out, nil
}

var atName = regexp.MustCompile(`(^|\s)@(\w+)`)

// mentioning puts ids in the place of names, as a client does while one types.
func (p discordPane) mentioning(text string) string {
	return atName.ReplaceAllStringFunc(text, func(found string) string {
		parts := atName.FindStringSubmatch(found)
		for id, name := range p.names() {
			if strings.EqualFold(name, parts[2]) {
				return parts[1] + "<@" + id + ">"
			}
		}
		return found
	})
}

func (p discordPane) say(ctx context.Context, player, at, text string) error {
	if text = strings.TrimSpace(text); strings.HasPrefix(text, "/") {
		i, err := p.s.Slash(ctx, at, player, text)
		return failed(i, err)
	}
	_, err := p.s.Say(ctx, at, player, p.mentioning(text))
	return err
}

func (p discordPane) file(id string) ([]byte, bool) {
	a, ok := p.s.Attachment(id)
	return a.Bytes, ok
}

// press is as Slack's.
func (p discordPane) press(ctx context.Context, player, _, id, control string) error {
	i, err := p.s.Press(ctx, id, player, control)
	if errors.Is(err, discord.ErrNoControl) {
		i, err = p.s.PressStale(ctx, id, player, control)
	}
	if errors.Is(err, discord.ErrNoControl) {
		return errGone
	}
	return failed(i, err)
}

func failed(i discord.Interaction, err error) error {
	if err == nil && i.Failed {
		return errors.New("the application did not respond")
	}
	return err
}
