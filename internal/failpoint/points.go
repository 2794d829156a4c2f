// Package failpoint names the moments of a message's way through the process at which
// a crash or a slow disk would hurt the most. In a build with the tag "chaos" a process
// can be told to die or to wait at any of them; in every other build Reach is nothing.
//
// The environment of a process built with the tag says what happens where:
//
//	QUIZBOT_FAILPOINTS=committed=kill@3,committing=sleep:200ms
//
// kill@N is a SIGKILL of the process itself when the point is reached the N-th time;
// kill@N+2s counts from two seconds after the start. sleep:D is a pause each time.
package failpoint

// Env is the environment variable that says what happens at which point.
const Env = "QUIZBOT_FAILPOINTS"

// Point is a moment in the way of the data.
type Point string

// The points, in the order of the data's way. Those of one platform begin with its
// name and are reached only while it is connected.
const (
	// SlackReceived: a request or an envelope is decoded and not yet in its room's order.
	SlackReceived Point = "slack-received"
	// DiscordReceived: an event is decoded and not yet in its room's order.
	DiscordReceived Point = "discord-received"
	// Decided: a batch of a room is decided, and nothing of it is written.
	Decided Point = "decided"
	// Writing: a group of transactions is about to go to disk together.
	Writing Point = "writing"
	// Written: the group is on disk, and nobody has been told.
	Written Point = "written"
	// Committed: the room knows that its batch is on disk; who waits for it does not.
	Committed Point = "committed"
	// SlackAnswering: the outcome of a request is known, its HTTP answer is not sent.
	SlackAnswering Point = "slack-answering"
	// SlackAcking and SlackAcked: around the acknowledgement of a Socket Mode envelope.
	SlackAcking Point = "slack-acking"
	SlackAcked  Point = "slack-acked"
	// SlackReplying and SlackReplied: around the words for one person, after the
	// acknowledgement.
	SlackReplying Point = "slack-replying"
	SlackReplied  Point = "slack-replied"
	// DiscordAnswering and DiscordAnswered: around an interaction's callback.
	DiscordAnswering Point = "discord-answering"
	DiscordAnswered  Point = "discord-answered"
	// Begun: it is on disk that a message's delivery begins, where the platform needs
	// that; nothing is sent.
	Begun Point = "begun"
	// Sending and Sent: around the platform's call that makes or edits a message.
	Sending Point = "sending"
	Sent    Point = "sent"
	// Settling and Settled: around the record of what became of a message.
	Settling Point = "settling"
	Settled  Point = "settled"
)

// All lists every point: whoever tests them is complete by going through it.
func All() []Point {
	return []Point{
		SlackReceived, DiscordReceived, Decided, Writing, Written, Committed,
		SlackAnswering, SlackAcking, SlackAcked, SlackReplying, SlackReplied, DiscordAnswering, DiscordAnswered,
		Begun, Sending, Sent, Settling, Settled,
	}
}
