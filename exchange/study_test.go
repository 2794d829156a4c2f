package exchange

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"quizbot/quiz"
)

// inputOf is a text as a file.
func inputOf(name, text string) *Input {
	return &Input{Name: name, Data: strings.NewReader(text), Size: int64(len(text))}
}

func readAll(t *testing.T, f Format, in *Input) []Found {
	t.Helper()
	var out []Found
	if err := f.Read(in, func(x Found) error { out = append(out, x); return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

// short is what came of a question in one line: "Which? | *GET | POST (why) // explanation".
func short(x Found) string {
	if x.Dropped != "" {
		return fmt.Sprintf("%d dropped: %s", x.At, x.Dropped)
	}
	q := x.Question
	parts := []string{fmt.Sprintf("%d %s", x.At, strings.ReplaceAll(q.Ask, "\n", "/"))}
	switch q.Kind {
	case quiz.TrueFalse:
		parts = append(parts, fmt.Sprint(q.Truth))
	case quiz.Number:
		parts = append(parts, fmt.Sprintf("%v±%v%s", q.Answer, q.Tolerance, q.Unit))
	case quiz.Text:
		parts = append(parts, "="+strings.Join(q.Accept, "="))
	case quiz.Order:
		parts = append(parts, strings.Join(q.Steps, ">"))
	case quiz.Multi:
		parts = append(parts, "multi")
	}
	for _, o := range q.Options {
		text := o.Text
		if o.Correct {
			text = "*" + text
		}
		if o.Why != "" {
			text += " (" + o.Why + ")"
		}
		parts = append(parts, text)
	}
	s := strings.Join(parts, " | ")
	if q.Explain != "" {
		s += " // " + strings.ReplaceAll(q.Explain, "\n", "/")
	}
	return s
}

func shorts(all []Found) string {
	var out []string
	for _, x := range all {
		out = append(out, short(x))
	}
	return strings.Join(out, "\n")
}

// written is a question as its own YAML, in short.
func written(t *testing.T, q quiz.Question) string {
	t.Helper()
	src, err := marshalPack(quiz.Pack{ID: "p", Questions: []quiz.Question{q}})
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := bytes.Cut(src, []byte("questions:\n"))
	return string(body)
}

// What was copied out of a chat, with a turn that stands there twice.
func TestStudyChat(t *testing.T) {
	src, err := os.ReadFile("testdata/study-chat.txt")
	if err != nil {
		t.Fatal(err)
	}
	in := inputOf("study-chat.txt", string(src))
	f, err := Guess(in)
	if err != nil || f.Name != "study-chat" {
		t.Fatalf("%s %v", f.Name, err)
	}
	const want = `18 What is the correct sequence of steps in the WebSocket workflow? | *WebSocket handshake, Connection establishment, Data transmission, Connection closure | Data transmission, WebSocket handshake, Connection establishment, Connection closure | Connection establishment, WebSocket handshake, Data transmission, Connection closure | WebSocket handshake, Data transmission, Connection establishment, Connection closure // WebSocket handshake: Initiated by the client using an HTTP Upgrade request to switch the protocol to WebSocket./Connection establishment: If the server accepts the upgrade, a WebSocket connection is established./Data transmission: Full-duplex communication begins, allowing both client and server to send messages independently./Connection closure: Either the client or server can initiate closing the connection when communication is done.
53 When using webhooks, what happens during the connection establishment process? | *The source system sends a POST request to the webhook URL. | The receiving server initiates the webhook handshake. | The webhook URL is created to store payload data. | The source system generates an authentication token for the webhook. // When using webhooks, there is no persistent connection like with WebSockets. Instead, the workflow is event-driven:/The source system (e.g., Stripe, GitHub) detects an event./It sends an HTTP POST request to the webhook URL configured by the receiving system./This POST request contains the event payload (e.g., JSON data)./There is no traditional connection establishment or handshake step. The interaction is stateless and initiated by the source system.`
	found := readAll(t, f, in)
	if got := shorts(found); got != want {
		t.Errorf("%s", got)
	}
	if len(found[0].Notes) != 1 || !strings.Contains(found[0].Notes[0], "more than once") {
		t.Errorf("%q", found[0].Notes)
	}
	for _, x := range found { // nothing is there that doesn't stand in the chat
		for _, text := range texts(&x.Question) {
			for line := range strings.Lines(*text.to) {
				if !strings.Contains(string(src), strings.TrimSpace(line)) {
					t.Errorf("invented: %s", line)
				}
			}
		}
	}
}

// Chats as other assistants and other people write them.
func TestStudyVariants(t *testing.T) {
	for name, c := range map[string]struct{ chat, want string }{
		"letters": {`User: Which method is safe?
A) POST
B) GET
C) PUT
Claude: The correct answer is B) GET.

Explanation: A safe method asks for no change.`,
			"1 Which method is safe? | POST | *GET | PUT // A safe method asks for no change."},
		"numbers and bold": {`## You
Which port has HTTPS?

1. 80
2. 443
3. 8080

## Gemini
**2. 443**

Because TLS needs a port of its own.`,
			"2 Which port has HTTPS? | 80 | *443 | 8080 // TLS needs a port of its own."},
		"answer by letter alone": {`You said:
Which one is a hash?
a. SHA-256
b. AES
ChatGPT said:
Answer: A`,
			"2 Which one is a hash? | *SHA-256 | AES"},
		"in one line": {`Human: Which is a verb of HTTP? A) GET B) GOT C) GOTTEN
Assistant: Correct answer: A) GET`,
			"1 Which is a verb of HTTP? | *GET | GOT | GOTTEN"},
		"wrong ones with reasons": {`**You:**
What does 301 say?
- Moved for good
- Not found
- Server error

**ChatGPT:**
✅ Moved for good
❌ Not found – that is 404.
❌ Server error: those begin with 5.
Let me know if you want more!`,
			"2 What does 301 say? | *Moved for good | Not found (that is 404.) | Server error (those begin with 5.)"},
		"several": {`You said:
Which of these are transport protocols? Select all that apply.
TCP
UDP
HTML

ChatGPT said:
The correct answers are:
✅ TCP
✅ UDP`,
			"2 Which of these are transport protocols? Select all that apply. | multi | *TCP | *UDP | HTML"},
		"true or false": {`You said:
True or False: HTTP is stateless.
ChatGPT said:
✅ True
Explanation: each request stands alone.`,
			"2 HTTP is stateless. | true // each request stands alone."},
		"an answer in words": {`You said:
Which layer is IP on?
Network
Transport
ChatGPT said:
Network is the correct answer. It routes packets.`,
			"2 Which layer is IP on? | *Network | Transport // It routes packets."},
		"the second time with an answer": {`You said:
Who is first?
one
two
You said:
Who is first?
one
two
ChatGPT said:
✔️ one`,
			"2 Who is first? | *one | two"},
		"nobody answered": {"You said:\nWho is first?\none\ntwo\n\nYou said:\nWhy?\nChatGPT said:\nBecause.",
			"2 dropped: nobody has answered it\n7 dropped: no options stand below it"},
		"two are right, and one was asked for": {"You said:\nWho is first?\none\ntwo\nChatGPT said:\n✅ one\n✅ two",
			"2 dropped: line 6 says that A is right, and line 7 that B is"},
		"asked again with another answer": {"You said:\nWho is first?\none\ntwo\nChatGPT said:\n✅ one\nYou said:\nWho is first?\none\ntwo\nChatGPT said:\n✅ two",
			"2 dropped: it is asked again in line 8, with another answer"},
		"the letter and the text disagree": {"You said:\nWho is first?\nA) one\nB) two\nChatGPT said:\nThe correct answer is A) two",
			"2 dropped: its answer names none of the options"},
		"an answer without its question": {"✅ something\n\nYou said:\nWho is first?\none\ntwo\nChatGPT said:\n✅ one",
			"1 dropped: it answers a question that is not there\n4 Who is first? | *one | two"},
		"an option that begins as another": {"You said:\nWhat is it?\nTCP\nTCP over TLS\nChatGPT said:\n✅ TCP over TLS",
			"2 What is it? | TCP | *TCP over TLS"},
		"a question of several lines": {"You said:\nA client sends this:\nGET / HTTP/1.1\nWhat is missing?\nHost\nCookie\nChatGPT said:\nThe right answer is: Host",
			"2 A client sends this:/GET / HTTP/1.1/What is missing? | *Host | Cookie"},
		"options that differ in signs": {"You said:\nWhich language has templates?\nC\nC++\nC#\nChatGPT said:\nThe correct answer is: C++.\nYou said:\nHow long does bubble sort take?\nO(n)\nO(n²)\nChatGPT said:\n✅ O(n²)\nYou said:\nWhich compares types, too?\na == b\na === b\nChatGPT said:\n✅ a === b – types, too.\nYou said:\nWhich is less?\n1\n-1\nChatGPT said:\n-1 is the correct answer.",
			"2 Which language has templates? | C | *C++ | C#\n9 How long does bubble sort take? | O(n) | *O(n²)\n15 Which compares types, too? | a == b | *a === b // types, too.\n21 Which is less? | 1 | *-1"},
		"questions that differ in signs": {"You said:\nWhat is 2+2?\n0\n4\nChatGPT said:\n✅ 4\nYou said:\nWhat is 2-2?\n0\n4\nChatGPT said:\n✅ 0",
			"2 What is 2+2? | 0 | *4\n8 What is 2-2? | *0 | 4"},
		"several in one line": {"You said:\nSelect all that are safe.\nA) GET\nB) POST\nC) HEAD\nChatGPT said:\nThe correct answers are: A) GET and C) HEAD.",
			"2 Select all that are safe. | multi | *GET | POST | *HEAD"},
		"several below": {"You said:\nSelect all that are safe.\nA) GET\nB) POST\nC) HEAD\nChatGPT said:\nThe correct answers are:\nA) GET\nC) HEAD",
			"2 Select all that are safe. | multi | *GET | POST | *HEAD"},
		"several, and one was asked for": {"You said:\nWhich one is safe?\nA) GET\nB) POST\nC) HEAD\nChatGPT said:\nThe correct answer is A) GET and C) HEAD.",
			"2 dropped: line 7 names several options as the right one"},
		"right under a condition": {"You said:\nWhich one has the port?\nA) 80\nB) 443\nChatGPT said:\nA would be correct if it were plain HTTP.\nYou said:\nAnd which now?\nA) 80\nB) 443\nChatGPT said:\nA is correct only if it is plain HTTP.",
			"2 dropped: its answer names none of the options\n8 dropped: its answer names none of the options"},
		"what is not so, with ticks": {"You said:\nWhich one is not a method?\nGET\nGOT\nPUT\nChatGPT said:\n✅ GET\n❌ GOT\n❌ PUT",
			"2 dropped: it asks what is not so, and its ticks may say what is: nothing says in words which answer is right"},
		"what is not so, in words": {"You said:\nWhich one is not a method?\nGET\nGOT\nChatGPT said:\nThe correct answer is: GOT",
			"2 Which one is not a method? | GET | *GOT"},
		"words that begin as headings and letters": {"You said:\nWho asks?\nresolvers\nroots\nChatGPT said:\n✅ resolvers\nReasonable resolvers ask.\nA-records are kept.",
			"2 Who asks? | *resolvers | roots // Reasonable resolvers ask./A-records are kept."},
		"names that are options": {"You said:\nWhich one is of OpenAI?\nSiri\nChatGPT\nAlexa\nChatGPT said:\nThe correct answer is: ChatGPT", "2 Which one is of OpenAI? | Siri | *ChatGPT | Alexa"},
		"names among names":      {"User: Which one is of Google?\nClaude\nGemini\nAssistant: Correct answer: Gemini", "1 Which one is of Google? | Claude | *Gemini"},
		"a word before a colon":  {"You said:\nWhat is it?\nModel: a pattern\nView\nChatGPT said:\nThe correct answer is: View", "2 What is it? | Model: a pattern | *View"},
		"one turn each":          {"User: Which?\na\nb\nAI: Correct answer: b", "1 Which? | a | *b"},
		"yes and no":             {"You said:\nIs it?\nYes\nNo\nChatGPT said:\n✅ No", "2 Is it? | Yes | *No"},
		"only options": {"You said:\nA) one\nB) two\nChatGPT said:\nA",
			"2 dropped: it asks nothing: only options stand there"},
		"ticks as ornaments": {"You said:\nWhat is it?\nred\nblue\nChatGPT said:\nThe correct answer is: blue\n✅ It is the colour of the sky\n✅ It is cold",
			"2 What is it? | red | *blue // It is the colour of the sky/It is cold"},
	} {
		t.Run(name, func(t *testing.T) {
			in := inputOf("chat.txt", c.chat)
			f, err := Guess(in)
			if err != nil || f.Name != "study-chat" {
				t.Fatalf("guessed %q %v", f.Name, err)
			}
			if got := shorts(readAll(t, f, in)); got != c.want {
				t.Errorf("have\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}
