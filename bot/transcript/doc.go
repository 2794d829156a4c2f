// Package transcript plays conversations with the bot that are written down as
// text, and says where the bot did not keep to them.
//
// # A file
//
// A transcript is a text file that is read from top to bottom:
//
//	# A question, two players
//	pack ../packs/wires.yaml, only method
//	admin dora
//
//	alice> !quiz wires
//	bot: Wires · easy … Which method
//	bob presses "POST"
//	bot to bob: Not quite … POST carries a body
//	+10s
//	bot edits: Closed … Answer: … GET
//	  Nobody
//	  without: "POST is right"
//
// Empty lines and lines that begin with "# " or are "#" alone say nothing. The
// first lines set the scene:
//
//	pack FILE                 a question pack, found from the transcript's folder
//	pack FILE, only ID ID     these of its questions and no others
//	pack FILE, only ID as TOPIC   and as a topic of this name
//	admin NAME                this person is an admin of the team
//	NAME is called "TEXT"     what the platform says NAME is called; else NAME itself
//	time: virtual             hours pass: only for a stage whose clock can be moved
//
// # What people do
//
//	alice> !quiz wires        says it to the bot (how to address it is the stage's matter)
//	alice types "GET"         says it in the room, to nobody
//	alice types the letters of "ws", "wss"
//	                          the same, in letters: "B A"
//	alice presses "GET"       presses the button with that letter or that text, on the
//	                          newest message that has one, as it is or was before an edit
//	alice replies "GET"       says it as a reply to the newest question
//	alice replies to "WORDS" "GET"
//	                          the same, to the newest message with those words
//	alice fills in "GET"      fills in the newest form that was shown to her, field by field,
//	                          and sends it: "GET", "RFC 6455" fills in two
//	alice answers right       gives the right answer to the newest question, whichever it is
//	alice answers wrong       and a wrong one
//
// Names of people are small letters. All of it happens in #room, until a line
// says otherwise:
//
//	in #blue                  another room of the same team
//	in direct with alice      alice's direct messages with the bot
//
// # What the bot says
//
//	bot: WORDS … MORE         a new message in the room
//	bot edits: WORDS … MORE   a message in the room has been replaced by this
//	bot to alice: WORDS …     a word that alice alone can read
//	bot to alice in private: WORDS …
//	                          the same, and nothing at all where answers to lines are seen by all
//	bot shows alice a form: WORDS …
//	                          a form to fill in: its title, what stands above the fields, their labels
//	bot says nothing          for a moment, not in any room
//
// Why a form was not taken is a word to its sender, wherever the platform shows it.
//
// The message begins with the first words; after an "…" the next may come
// anywhere later, so a leading "…" means anywhere at all. White space counts as
// one space. A picture is read as "[picture]" and the words that stand for it. Indented lines below it each name more words that the message has,
// in any order; "without:" before them says that it doesn't.
//
// Every message must be in the transcript: what the bot says in a room is
// compared one by one and in order, and so is what it says to each person. When
// something is done while a message is unread, the transcript fails. In a direct
// message all of it is one conversation, however it is written.
//
// # What else happens
//
//	+30s                      time passes (Go's durations: 5s, 1m30s, 24h)
//	72h later                 the same, where no question is open: no stage waits so long
//	redeliver                 the platform delivers what was done last once more
//	redeliver everything 3 times
//	                          all that was done so far, in order
//	crash                     the bot is gone without a word, and a new one starts on the same store
//	restart                   the bot stops in good order, and a new one starts
//	crash for 1m, restart for 1m    and there is none for that time
//	crash and stay away       the bot is gone, and there is none until it comes back
//	stop and stay away        the same in good order
//	come back                 a new one starts on the same store
//
// While the bot is away people go on: what they do is said to nobody, and stands in
// the room like anything else.
//
// After a redelivery a person may read again what that person has read before;
// nothing else.
//
// The platform can misbehave, where the stage can have it do so; otherwise the
// transcript is skipped:
//
//	platform refuses 3 messages for 2s   the next ones are not made: try again after 2s
//	platform swallows 1 message          not made, and nobody knows
//	platform loses 1 answer              made, and nobody knows
//	platform hangs after 1 message       made, and no answer comes for long
//	platform rejects 1 message           this message, for good
//	platform takes 30s                   each message from now on takes that long
//	platform is down                     messages hang
//	platform is back                     all is well again
//	platform shuts the room              nothing can be written in this room any more
//	platform keeps everything back       what people do reaches the bot later
//	platform lets it go                  now it does
//	platform deletes "WORDS"             somebody has deleted the message with those words
//
// # The other side
//
// A Stage brings people and bot together: Run plays a file on it. The same files
// can be played on the core alone, in virtual time, and through an adapter on a
// local server, in real time; that is why their questions are short.
package transcript
