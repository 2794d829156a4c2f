package bot

import (
	"slices"
	"strconv"
	"strings"

	"quizbot/quiz"
)

// The words for what players and teams choose.
const (
	WordSettings Word = "settings"
	WordPrivacy  Word = "privacy"
)

// Setting is one thing to choose, as it is said.
type Setting struct {
	Name  string // of a SettingText
	Value string // one of its Values, or a number; "" where it was not understood
}

// settingKind is what a setting can be.
type settingKind struct {
	own    bool // a player's; else the team's, which admins choose
	values []string
	// Numbers from least to most are values too; most 0: none is.
	least, most int
}

// auto has a setting follow from something else again.
const auto = "auto"

// settingNames lists the settings, in the order in which they are shown.
func settingNames() []string { return []string{"pace", "start", "rooms", "speed", "seconds", "count"} }

func settingKinds() map[string]settingKind {
	kinds := map[string]settingKind{
		"pace":    {own: true, values: []string{"1", "1.5", "2"}},
		"start":   {values: []string{"anyone", "admins"}},
		"rooms":   {values: []string{"all", "here", "not here"}},
		"seconds": {values: []string{auto}, least: quiz.MinSeconds, most: quiz.MaxSeconds},
		"count":   {values: []string{auto}, least: 1, most: quiz.MaxCount},
	}
	speed := settingKind{}
	for _, s := range quiz.Speeds() {
		speed.values = append(speed.values, string(s))
	}
	speed.values = append(speed.values, auto)
	kinds["speed"] = speed
	return kinds
}

// read takes a value from what was said, and returns how many words it was; 0 where it is
// none.
func (k settingKind) read(args []string) (value string, words int) {
	if len(args) == 0 {
		return "", 0
	}
	first := strings.ToLower(args[0])
	if k.own { // "x2", "×1,5"
		first = strings.ReplaceAll(strings.TrimLeft(first, "x×"), ",", ".")
	}
	if first == "not" && len(args) > 1 {
		first, words = first+" "+strings.ToLower(args[1]), 1
	}
	if slices.Contains(k.values, strings.ReplaceAll(first, "-", " ")) {
		return strings.ReplaceAll(first, "-", " "), words + 1
	}
	if n, err := strconv.Atoi(first); err == nil && k.most > 0 && n >= k.least && n <= k.most {
		return strconv.Itoa(n), 1
	} else if err == nil && k.most > 0 && n == 0 { // for platforms where it has to be a number
		return auto, 1
	}
	return "", 0
}

// settings reads pairs of a name and a value.
func (c *Command) settings(args []string) {
	kinds := settingKinds()
	for len(args) > 0 {
		name := strings.ToLower(args[0])
		kind, known := kinds[name]
		if !known {
			c.Odd = args[0]
			return
		}
		value, words := kind.read(args[1:])
		c.Settings = append(c.Settings, Setting{Name: name, Value: value})
		if words == 0 {
			c.Odd = strings.Join(args[:min(len(args), 2)], " ")
			return
		}
		args = args[1+words:]
	}
}

// Privacy is what a player asks for beside reading what is kept.
type Privacy string

// What can be asked for.
const (
	PrivacyRead   Privacy = ""
	PrivacyHide   Privacy = "hide"
	PrivacyShow   Privacy = "show"
	PrivacyForget Privacy = "forget"
)

// Privacies lists those that have a word.
func Privacies() []Privacy { return []Privacy{PrivacyHide, PrivacyShow, PrivacyForget} }

func (c *Command) privacy(args []string) {
	args = slices.DeleteFunc(slices.Clone(args), func(s string) bool { return strings.EqualFold(s, "me") }) // "forget me"
	switch {
	case len(args) == 0:
	case len(args) > 1:
		c.Odd = args[1]
	default:
		if c.Privacy = Privacy(strings.ToLower(args[0])); !slices.Contains(Privacies(), c.Privacy) {
			c.Privacy, c.Odd = PrivacyRead, args[0]
		}
	}
}

// SettingText describes a setting, for a platform's own list of commands.
type SettingText struct {
	Name, Text string
	Values     []string // to choose from; with Least and Most, numbers too
	Least      int
	Most       int
}

// SettingTexts describes every setting, in the order in which they are shown.
func SettingTexts() []SettingText {
	kinds := settingKinds()
	var out []SettingText
	for _, name := range settingNames() {
		k := kinds[name]
		out = append(out, SettingText{Name: name, Text: settingText(name), Values: k.values, Least: k.least, Most: k.most})
	}
	return out
}

// settingUsage is how a setting is said: "rooms all|here|not here".
func settingUsage(name string) string {
	k := settingKinds()[name]
	values := strings.Join(k.values, "|")
	if k.most > 0 {
		values = "N|" + values
	}
	return name + " " + values
}

// chosenPace is the pace of a value.
func chosenPace(value string) quiz.Pace {
	x, err := strconv.ParseFloat(value, 64)
	if err != nil || x <= 1 {
		return 0
	}
	return quiz.Pace(100 * x)
}

// with is the settings after one was chosen in a room.
func (s TeamSettings) with(x Setting, room RoomID) TeamSettings {
	number, _ := strconv.Atoi(x.Value) // 0 for auto
	switch x.Name {
	case "start":
		s.AdminsStart = x.Value == "admins"
	case "rooms":
		s.Rooms = s.Rooms.with(x.Value, room)
	case "speed":
		s.Speed = quiz.Speed(x.Value)
		if x.Value == auto {
			s.Speed = ""
		}
	case "seconds":
		s.Seconds = number
	case "count":
		s.Count = number
	}
	return s
}

// with is the rule after it was said in a room that the bot may ask in all, here, or not
// here. Here makes a list of rooms in which alone it may, or adds to it; where there is a list
// of others, it takes the room off that.
func (r RoomRule) with(value string, room RoomID) RoomRule {
	listed := slices.Contains(r.List, room)
	add := value == "here" && !listed && r.Only || value == "not here" && !listed && !r.Only
	remove := listed && r.Only == (value == "not here")
	switch {
	case value == "all":
		return RoomRule{}
	case remove:
		return RoomRule{Only: r.Only, List: slices.DeleteFunc(slices.Clone(r.List), func(x RoomID) bool { return x == room })}
	case add:
		return RoomRule{Only: r.Only, List: append(slices.Clone(r.List), room)}
	case value == "here" && !listed: // among rooms that are allowed: from now on the only one
		return RoomRule{Only: true, List: []RoomID{room}}
	default:
		return r
	}
}
