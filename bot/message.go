package bot

import (
	"strings"
	"time"
)

// The names of things that platforms know. They are opaque here: the text
// before the first colon says which adapter built the name ("slack:T1/C2"), the
// rest only that adapter builds and parses. They are stored, so their form is a
// promise.
type (
	TeamID    string // a Slack workspace or a Discord server: who shares a leaderboard
	RoomID    string // a channel or a direct message: where one question is open at a time
	UserID    string // a person
	MessageID string // a message in a room, as that platform names it; without a prefix
)

// Platform is the name of the adapter that a room belongs to: "slack" of "slack:T1/C2".
func (r RoomID) Platform() string {
	name, _, _ := strings.Cut(string(r), ":")
	return name
}

// Role is what a person may do in a team.
type Role int

// Member plays. Admin may also stop and skip what others started.
const (
	Member Role = iota
	Admin
)

// Incoming is anything that a chat platform can tell the bot: words said to it,
// a line in a room, a press of a button, a form that was filled in.
type Incoming struct {
	// ID names the delivery as the platform does, prefixed by the adapter
	// ("discord:m:112233"). The same event delivered twice has the same ID, and
	// two events never share one.
	ID string

	Team TeamID
	Room RoomID
	User UserID
	Name string // what to call the person; "" when not known
	Role Role

	// Text is what was said, without the mention, slash command or prefix that
	// addressed the bot. Platform markup is already undone: "&amp;" is "&".
	Text string
	// Addressed: said to the bot, by command, prefix or mention. A bare line in a
	// room is not, and is only ever an answer.
	Addressed bool
	// Private: in a direct message, where every line is meant for the bot.
	Private bool

	// Mentioned are the people and groups that Text names, in its order.
	Mentioned []Mention

	// Choice is the ID of the Choice that was pressed, or of the Form that was filled in;
	// "" when none was.
	Choice string
	// Fields are what was filled into the form, in its order; nil where it is no form.
	Fields []Filled
	// Pressed is the message that the button belongs to, where everybody sees it; ""
	// for one that only the presser sees.
	Pressed MessageID
	// ReplyTo is the message that was replied to, or that the thread hangs under.
	ReplyTo MessageID

	// Under is the message that the thread hangs under where a thread is a room of
	// its own; a bare line there answers that message's question.
	Under Place

	// At is when it was said by the platform's clock; zero when not known.
	At time.Time
	// Again: the platform delivers it another time, so it may have been said long ago.
	// It does not count against what a person may say.
	Again bool
	// Aloud: what the person reads is seen by the whole room, for the platform has no
	// private answer to this.
	Aloud bool
	// Missed: found in the room's history, said while nobody listened. Only an answer
	// counts then.
	Missed bool
}

// Place is a message in a room; zero: none.
type Place struct {
	Room    RoomID
	Message MessageID
}

// Reply is what the person who said something reads at once.
type Reply struct {
	// Card is nil when there is nothing to say: a bare line that was no answer.
	Card *Card
	// Form is to be shown to this person, in answer to a press or a command. Card is then
	// what to say instead where the platform opens no form, or no longer.
	Form *Form
	// Faults say, of a form that was filled in, why it was not taken: nothing has changed,
	// and where the platform can keep it open they stand at its fields. Elsewhere the card
	// says the same.
	Faults []Fault
	// Public: meant for the whole room (a leaderboard). Otherwise it is for this
	// person alone, wherever the platform can show something to one person.
	Public bool
	// Seen: this delivery was handled before and has changed nothing now. Card may
	// repeat what was said then, for a platform that waits for an answer to each
	// delivery; one that does not wait says nothing.
	Seen bool
}

// Outgoing is a message for a room, kept in the outbox until it is delivered.
type Outgoing struct {
	// Key names the message within its room for good; the same key is the same
	// message, so it serves to make a post idempotent. At most 40 bytes of
	// a-z 0-9 and '-'.
	Key  string `json:"key"`
	Room RoomID `json:"room"`
	// Edit is the Key of an earlier message that this one replaces; "" posts a new one.
	Edit string `json:"edit,omitempty"`
	// Target is the message that Edit names, filled in before delivery. Empty for a
	// new post, and for an edit whose message was never made: post it anew.
	Target MessageID `json:"target,omitempty"`
	// Round is the round whose question this message shows; 0: none.
	Round int  `json:"round,omitempty"`
	Card  Card `json:"card"`
	// Names says where players' names stand in the card.
	Names []NamedAt `json:"names,omitempty"`
}

// Tone says how a card feels, for platforms that show it beside the words. It
// never says anything that the words don't.
type Tone string

// The tones.
const (
	Neutral Tone = ""
	Good    Tone = "good"
	Bad     Tone = "bad"
)

// Card is a small neutral document that every adapter renders its own way. All
// of it is plain text, never markup: an adapter escapes whatever its platform
// would read as formatting or as a mention.
type Card struct {
	Title   string   `json:"title,omitempty"`   // one line, shown strong
	Body    []string `json:"body,omitempty"`    // paragraphs; may hold line breaks
	Choices []Choice `json:"choices,omitempty"` // lettered, readable in full
	After   []string `json:"after,omitempty"`   // paragraphs below the choices
	Table   []string `json:"table,omitempty"`   // lines that stay lines, as they are: a leaderboard
	Chart   *Chart   `json:"chart,omitempty"`   // a picture, which says nothing that the words don't
	Footer  string   `json:"footer,omitempty"`  // small print
	Tone    Tone     `json:"tone,omitempty"`
	// Reveals: the body gives the answer away. Where a private reply can't be
	// private, hide the body behind the platform's spoiler mark.
	Reveals bool `json:"reveals,omitempty"`
	// Veiled: with Reveals, its title gives too much away as well.
	Veiled bool `json:"veiled,omitempty"`
	// See points at a message in the same room: render as a link to it.
	See MessageID `json:"see,omitempty"`
}

// Choice is an answer or an action that a card offers.
type Choice struct {
	// ID comes back as Incoming.Choice when it is pressed; at most 60 bytes, safe
	// in any platform's field, unique in its card. "" means it can be read but not
	// pressed.
	ID string `json:"id,omitempty"`
	// Letter is "A", "B", …; "" for an action such as "Done".
	Letter string `json:"letter,omitempty"`
	Text   string `json:"text"` // up to 200 characters
	// Mark goes before the text of a choice in a closed question ("✓"); the words
	// of the card say the same.
	Mark string `json:"mark,omitempty"`
	// Count is how many chose it, shown when Counted.
	Count   int  `json:"count,omitempty"`
	Counted bool `json:"counted,omitempty"`
}

// Topic is what a person can ask for.
type Topic struct {
	ID, Title string
	Questions int
}
