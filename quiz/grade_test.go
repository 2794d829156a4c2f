package quiz

import (
	"slices"
	"strings"
	"testing"
)

func text(accept ...string) Question { return Question{ID: "q", Kind: Text, Ask: "?", Accept: accept} }

func number(answer, tolerance float64, unit string) Question {
	return Question{ID: "q", Kind: Number, Ask: "?", Answer: answer, Tolerance: tolerance, Unit: unit}
}

func TestTypedTexts(t *testing.T) {
	for _, c := range []struct {
		accept string
		typed  string
		right  bool
	}{
		{"Sec-WebSocket-Key", "sec-websocket-key", true},
		{"Sec-WebSocket-Key", "  SEC WEBSOCKET KEY ", true},
		{"Sec-WebSocket-Key", "“Sec-WebSocket-Key”.", true},
		{"Sec-WebSocket-Key", "the Sec-WebSocket-Key", true},
		{"Sec-WebSocket-Key", "Sec-WebSocket-Kye", false}, // a short word has no slips
		{"Sec-WebSocket-Key", "Sec-WebScoket-Key", true},
		{"café", "cafe", true},
		{"Größe", "GRÖSSE", true},
		{"websocket", "ｗｅｂｓｏｃｋｅｔ", true}, // full width
		{"websocket", "web socket", true},
		{"websocket", "websockte", true},
		{"websocket", "webskoct", false}, // three slips
		{"node.js", "nodejs", true},
		{"c++", "c", false},
		{"c++", "C++", true},
		{"c#", "c", false},
		{"http/2", "http/3", false},
		{"http/2", "HTTP/2", true},
		{"get", "got", false},   // four letters and fewer: exactly
		{"post", "pots", false}, // a turned pair is a slip too
		{"frame", "frme", true}, // five to eight: one
		{"frame", "fram3", false},
		{"handshake", "hanshake", true},
		{"handshake", "hnadshkae", true}, // nine and more: two
		{"handshake", "hndshk", false},
		{"masked", "not masked", false},
		{"not masked", "masked", false},
		{"masked", "unmasked", false},
		{"encrypted", "unencrypted", false},
		{"normal closure", "abnormal closure", false},
		{"normal closure", "normal closre", true},
		{"FIN bit", "pin bit", false},
		{"wss scheme", "ws scheme", false},
		{"1000", "1001", false},
		{"port 443", "port 444", false},
		{"inbound", "unbound", false},
		{"an apple", "apple", true},
		{"a", "a", true},
		{"SHA-1", "sha1", true},
		{"SHA-1", "sha2", false},
		{"exponential backoff", "i think it's exponential back-off", true},
		{"exponential backoff", "", false},
		{"exponential backoff", "?!", false},
	} {
		if got := Grade(text(c.accept), Given{Text: c.typed}); got != c.right {
			t.Errorf("%q for %q: %v, want %v", c.typed, c.accept, got, c.right)
		}
	}
}

func TestTypedNumbers(t *testing.T) {
	for _, c := range []struct {
		answer, tolerance float64
		unit, typed       string
		right             bool
	}{
		{101, 0, "", "101", true},
		{101, 0, "", " 101. ", true},
		{101, 0, "", "101 Switching Protocols", true},
		{101, 0, "", "it's 101", true},
		{101, 0, "", "102", false},
		{101, 0, "", "101 seconds", false}, // it has no unit
		{16, 0, "bytes", "16", true},
		{16, 0, "bytes", "sixteen", true},
		{16, 0, "bytes", "sixteen bytes", true},
		{16, 0, "bytes", "128 bits", true},
		{16, 0, "bytes", "16 bits", false},
		{3, 0, "seconds", "3s", true},
		{3, 0, "seconds", "3000 ms", true},
		{5, 0, "minutes", "300 seconds", true},
		{1000, 0, "", "1,000", true},
		{1000000, 0, "", "1'000'000", true},
		{1.5, 0, "", "1,5", true},
		{1.5, 0, "", "1.50", true},
		{0.1, 0, "", ".1", true},
		{-5, 0, "", "−5", true},
		{21, 0, "", "twenty-one", true},
		{9.81, 0.02, "", "9.8", true},
		{9.81, 0.02, "", "9.7", false},
		{255, 0, "", "0xff", true},
		{443, 0, "", "443 or 80", false},
		{16, 0, "", "16 or seventeen", false},
		{16, 0, "", "sixteen or seventeen", false},
		{16, 0, "", "16 thousand", false},
		{16, 0, "", "16 no wait eight", false},
		{16, 0, "", "16 is wrong", false},
		{1, 0, "", "1 million", false},
		{1, 0, "", "one of them", false},
		{101, 0, "", "101 not", false},
		{25, 0, "", "twenty-five or thirty", false},
		{100, 0, "", "one hundred and one", false},
		{101, 0, "", "one hundred and one", true},
		{101, 0, "", "a hundred and one", true},
		{1000000, 0, "", "one million", true},
		{1000000, 0, "", "1 million", true},
		{1500000, 0, "", "1.5 million", true},
		{206045, 0, "", "two hundred six thousand forty-five", true},
		{1.5, 0, "", "one and a half", true},
		{1.5, 0, "", "1½", true},
		{0.5, 0, "", "½", true},
		{-5, 0, "", "minus 5", true},
		{3, 0, "", "one two", false},
		{1000000000, 0, "", "1,000,000,000", true},
		{4294967296, 0, "", "4,294,967,296", true},
		{4294967296, 0, "", "4 294 967 296", true},
		{4294967296, 0, "", "4'294'967'296", true},
		{16, 0, "", "１６", true},
		{16, 0, "", "1\u200b6", true},
		{443, 0, "", "4 4 3", false},
		{1e6, 0, "", "1e6", true},
		{1, 0, "", "1e999", false},
		{1, 0, "", "NaN", false},
	} {
		q := number(c.answer, c.tolerance, c.unit)
		given, reading := Read(q, nil, c.typed)
		if got := reading == Clear && Grade(q, given); got != c.right {
			t.Errorf("%q for %v±%v %s: %v, want %v", c.typed, c.answer, c.tolerance, c.unit, got, c.right)
		}
	}
}

func TestReading(t *testing.T) {
	choice := Question{Kind: Choice, Options: []Option{{Text: "GET", Correct: true}, {Text: "POST"}, {Text: "a b"}, {Text: "3"}}}
	shown := []int{2, 0, 3, 1} // A: a b, B: GET, C: 3, D: POST
	multi := Question{Kind: Multi, Options: []Option{{Text: "wss", Correct: true}, {Text: "https", Correct: true}, {Text: "ws"}}}
	order := Question{Kind: Order, Steps: []string{"first", "second", "third"}}
	truth := Question{Kind: TrueFalse, Truth: true}
	for _, c := range []struct {
		q       Question
		shown   []int
		typed   string
		reading Reading
		picks   []int
	}{
		{choice, shown, "b", Clear, []int{0}},
		{choice, shown, "(B)", Clear, []int{0}},
		{choice, shown, "B.", Clear, []int{0}},
		{choice, shown, "option d", Clear, []int{1}},
		{choice, shown, "2", Clear, []int{0}},
		{choice, shown, "3", Clear, []int{3}}, // an option's own text comes before a place
		{choice, shown, "get", Clear, []int{0}},
		{choice, shown, "a b", Clear, []int{2}}, // here it is an option
		{choice, shown, "a b c d", Stuffed, nil},
		{choice, shown, "GET or POST", Stuffed, nil},
		{choice, shown, "b, d", Stuffed, nil},
		{choice, shown, "e", Unclear, nil},
		{choice, shown, "9", Unclear, nil},
		{choice, shown, "I had a GET yesterday", Unclear, nil},
		{choice, shown, "", Unclear, nil},
		{multi, []int{1, 2, 0}, "a c", Clear, []int{0, 1}},
		{multi, []int{1, 2, 0}, "C,A", Clear, []int{0, 1}},
		{multi, []int{1, 2, 0}, "ac", Clear, []int{0, 1}},
		{multi, []int{1, 2, 0}, "wss and https", Clear, []int{0, 1}},
		{multi, []int{1, 2, 0}, "a a", Unclear, nil},
		{order, []int{2, 0, 1}, "b c a", Clear, []int{0, 1, 2}},
		{order, []int{2, 0, 1}, "BCA", Clear, []int{0, 1, 2}},
		{order, []int{2, 0, 1}, "2 3 1", Clear, []int{0, 1, 2}},
		{order, []int{2, 0, 1}, "first > second > third", Clear, []int{0, 1, 2}},
		{order, []int{2, 0, 1}, "b c", Unclear, nil},
		{truth, []int{0, 1}, "True", Clear, []int{0}},
		{truth, []int{0, 1}, "b", Clear, []int{1}},
		{truth, []int{0, 1}, "no", Clear, []int{1}},
		{truth, []int{0, 1}, "true or false", Stuffed, nil},
		{truth, []int{0, 1}, "a b", Stuffed, nil},
		{truth, []int{0, 1}, "A, B", Stuffed, nil},
		{truth, []int{0, 1}, "a no", Stuffed, nil},
		{truth, []int{0, 1}, "it's true", Clear, []int{0}},
		{truth, []int{0, 1}, "B. False", Clear, []int{1}},
		{truth, []int{0, 1}, "\uff22", Clear, []int{1}},
		{truth, []int{0, 1}, "perhaps", Unclear, nil},
	} {
		given, reading := Read(c.q, c.shown, c.typed)
		if reading != c.reading || !slices.Equal(given.Picks, c.picks) {
			t.Errorf("%q: %v %v, want %v %v", c.typed, reading, given.Picks, c.reading, c.picks)
		}
	}
	for _, typed := range []string{"HTTP 101", "http/1.1 101", "status code 101", "code 101", "I think it's 101", "about 101", "#101", "~101", "at most 101"} {
		given, reading := Read(number(101, 0, ""), nil, typed)
		if reading != Clear || !Grade(number(101, 0, ""), given) {
			t.Errorf("%q is read as %v %q, want 101", typed, reading, given.Text)
		}
	}
	if given, _ := Read(number(32, 0, "bit"), nil, "32-bit"); !Grade(number(32, 0, "bit"), given) {
		t.Error("32-bit is not 32 bit")
	}
	seconds := number(3, 0, "")
	seconds.Ask = "Within how many seconds must the answer come?"
	if !Grade(seconds, Given{Text: "3 seconds"}) || Grade(seconds, Given{Text: "3 minutes"}) {
		t.Error("a unit that only the question's text names is not understood")
	}
	for _, stuffed := range []string{"close, ping", "close or ping", "close; ping; pong"} {
		if _, reading := Read(text("close"), nil, stuffed); reading != Stuffed {
			t.Errorf("%q is read as %v, want stuffed", stuffed, reading)
		}
	}
	for _, stuffed := range []string{"80 or 443", "80, 443", "1-1000"} {
		if _, reading := Read(number(443, 0, ""), nil, stuffed); reading != Stuffed {
			t.Errorf("%q is read as %v, want stuffed", stuffed, reading)
		}
	}
}

// People go on talking while a question is open.
func TestTalkIsNoAnswer(t *testing.T) {
	choice := Question{Kind: Choice, Options: []Option{{Text: "GET", Correct: true}, {Text: "POST"}}}
	for _, c := range []struct {
		q     Question
		typed string
		meant bool
	}{
		{choice, "b", true},
		{choice, "POST", true},
		{choice, "a moment please", false},
		{choice, "what a nice question", false},
		{Question{Kind: TrueFalse}, "true", true},
		{Question{Kind: TrueFalse}, "yes", false},
		{number(5, 0, ""), "5", true},
		{number(5, 0, ""), "5 people are here", false},
		{number(5, 0, "seconds"), "5s", true},
		{number(101, 0, ""), "101 Switching Protocols", true},
		{number(101, 0, ""), "102 Switching Protocols", false},
		{text("close"), "ping", true},
		{text("close"), "has anybody seen the new coffee machine on the third floor?", false},
		{text("close"), "https://example.com/close", false},
		{text("close"), "/giphy close", false},
		{text("close"), "👍", false},
		{text("close"), "ok", false},
		{text("close"), "lol", false},
		{text("close"), "good morning all", false},
		{text("close"), "i am off to lunch", false},
		{text("close"), "ok thanks", false},
		{text("close"), "no idea", false},
		{text("close"), "I think it's ping", true},
		{text("close"), "ping frame", true},
		{text("close"), "the goodbye", true},
		{text("close"), "…", false},
	} {
		if got := Casual(c.q, []int{0, 1}, c.typed); got != c.meant {
			t.Errorf("%q: %v, want %v", c.typed, got, c.meant)
		}
	}
}

func TestGradingTakesBoundedTime(t *testing.T) {
	long := strings.Repeat("handshake ", 100_000)
	for _, q := range []Question{text(strings.Repeat("x", MaxOption)), number(1, 0, ""), {Kind: Order, Steps: []string{"a", "b"}}, {Kind: Choice, Options: []Option{{Text: strings.Repeat("y", MaxOption)}, {Text: "n"}}}} {
		if Grade(q, Given{Text: long}) {
			t.Error("a book is right")
		}
		Read(q, []int{0, 1}, long)
		Casual(q, []int{0, 1}, long)
	}
}

func BenchmarkGradeText(b *testing.B) {
	q := text("exponential backoff", "exponential back off", "backoff")
	b.ReportAllocs()
	for b.Loop() {
		Grade(q, Given{Text: "exponentiol back-off"})
	}
}

func BenchmarkReadChoice(b *testing.B) {
	q := Question{Kind: Choice, Options: []Option{{Text: "Store the event, answer 2xx, work afterwards", Correct: true}, {Text: "Do the work, then answer 200"}, {Text: "Answer 503"}, {Text: "Nothing"}}}
	b.ReportAllocs()
	for b.Loop() {
		Read(q, []int{0, 1, 2, 3}, "answer 503")
	}
}

func TestNear(t *testing.T) {
	for _, c := range []struct {
		accept, text string
		near         bool
	}{
		{"sec-websocket-key", "sec-webzokket-keyz", true},
		{"sec-websocket-key", "sec-websocket-key", false}, // right
		{"sec-websocket-key", "sec-websoket-key", false},  // right, with a slip
		{"sec-websocket-key", "sec-websocket-accept", false},
		{"close frame", "open frame", false},
		{"wss", "ws", false}, // too short to be a slip
		{"close code 1000", "close code 1001", false},
		{"masked", "unmasked", false},
		{"cacheable", "not cacheable", false},
		{"chunked", "chumkd", true},
		{"chunked", "", false},
	} {
		q := Question{Kind: Text, Accept: []string{c.accept}}
		if got := Near(q, Given{Text: c.text}); got != c.near {
			t.Errorf("%q for %q: %v", c.text, c.accept, got)
		}
	}
}
