package discord

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"unicode/utf8"
)

// Types of a command's options.
const (
	optionSub     = 1
	optionGroup   = 2
	optionString  = 3
	optionInteger = 4
	optionBoolean = 5
	optionUser    = 6
	optionRole    = 8
)

// command is a registered slash command.
type command struct {
	ID          string   `json:"id"`
	AppID       string   `json:"application_id"`
	Version     string   `json:"version"`
	Type        int      `json:"type"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Options     []option `json:"options,omitempty"`
	NSFW        bool     `json:"nsfw"`
}

type option struct {
	Type         int      `json:"type"`
	Name         string   `json:"name"`
	Description  string   `json:"description"`
	Required     bool     `json:"required,omitempty"`
	Autocomplete bool     `json:"autocomplete,omitempty"`
	Choices      []Choice `json:"choices,omitempty"`
	MinValue     *float64 `json:"min_value,omitempty"`
	MaxValue     *float64 `json:"max_value,omitempty"`
	Options      []option `json:"options,omitempty"`
}

// Choice is a value that a player can pick for an option.
type Choice struct {
	Name  string `json:"name"`
	Value any    `json:"value"`
}

var commandName = regexp.MustCompile(`^[-_\p{Ll}\p{Lo}\p{N}]{1,32}$`)

func (s *Server) listCommands(r request) reply {
	if r.ids[0] != s.opt.AppID {
		return apiError(403, 20012, "You are not authorized to perform this action on this application")
	}
	list := s.commands[""]
	if list == nil {
		list = []*command{}
	}
	return reply{status: 200, body: list}
}

func (s *Server) overwriteCommands(r request) reply {
	if out := s.listCommands(r); out.status != 200 {
		return out
	}
	var in []*command
	f := &form{}
	if out, ok := f.decode(r.body, &in); !ok {
		return out
	}
	for i, c := range in {
		checkCommand(f, at("", i)[1:], c)
	}
	if out, bad := f.reply(); bad {
		return out
	}
	for _, c := range in {
		s.register(c)
	}
	s.commands[""] = in
	s.changed(Event{Kind: CommandsChanged})
	return reply{status: 200, body: in}
}

func (s *Server) createCommand(r request) reply {
	if out := s.listCommands(r); out.status != 200 {
		return out
	}
	c := &command{}
	f := &form{}
	if out, ok := f.decode(r.body, c); !ok {
		return out
	}
	checkCommand(f, "", c)
	if out, bad := f.reply(); bad {
		return out
	}
	s.register(c)
	list := slices.DeleteFunc(s.commands[""], func(o *command) bool { return o.Name == c.Name })
	s.commands[""] = append(list, c)
	s.changed(Event{Kind: CommandsChanged})
	return reply{status: 201, body: c}
}

func (s *Server) register(c *command) {
	c.ID, c.Version, c.AppID = s.newID(), s.newID(), s.opt.AppID
	if c.Type == 0 {
		c.Type = 1
	}
}

// maxCommand is the most characters in the names, descriptions and values of one command.
const maxCommand = 8000

func checkCommand(f *form, path string, c *command) {
	if !commandName.MatchString(c.Name) {
		f.add(join(path, "name"), "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
	}
	f.length(join(path, "description"), c.Description, 1, 100)
	total := utf8.RuneCountInString(c.Name + c.Description)
	checkOptions(f, join(path, "options"), c.Options, &total, 0)
	if total > maxCommand {
		f.add(path, "APPLICATION_COMMAND_TOO_LARGE", fmt.Sprintf("Command exceeds maximum size (%d)", maxCommand))
	}
}

func checkOptions(f *form, path string, list []option, total *int, depth int) {
	f.size(path, len(list), 0, 25)
	subs, seen := 0, map[string]bool{}
	for i, o := range list {
		p := at(path, i)
		*total += utf8.RuneCountInString(o.Name + o.Description)
		if !commandName.MatchString(o.Name) || seen[o.Name] {
			f.add(join(p, "name"), "APPLICATION_COMMAND_OPTIONS_NAME_INVALID", "Option name is invalid")
		}
		seen[o.Name] = true
		f.length(join(p, "description"), o.Description, 1, 100)
		if o.Type < 1 || o.Type > 11 {
			f.choice(join(p, "type"), "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11")
		}
		if o.Type == optionSub || o.Type == optionGroup {
			subs++
			if depth > 1 {
				f.add(join(p, "type"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Sub-command cannot be nested so deep")
			}
		}
		f.size(join(p, "choices"), len(o.Choices), 0, 25)
		for j, c := range o.Choices {
			f.length(join(at(join(p, "choices"), j), "name"), c.Name, 1, 100)
			*total += utf8.RuneCountInString(c.Name)
		}
		if o.Autocomplete && len(o.Choices) > 0 {
			f.add(join(p, "autocomplete"), "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_CHOICES", "Cannot have both choices and autocomplete")
		}
		checkOptions(f, join(p, "options"), o.Options, total, depth+1)
	}
	if subs > 0 && subs < len(list) {
		f.add(path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Sub-command and other options are mutually exclusive")
	}
}

// Commands lists the global slash commands as JSON, as the API shows them.
func (s *Server) Commands() []json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []json.RawMessage
	for _, c := range s.commands[""] {
		out = append(out, encode(c))
	}
	return out
}

func (s *Server) commandNamed(name string) *command {
	for _, c := range s.commands[""] {
		if c.Name == name {
			return c
		}
	}
	return nil
}
