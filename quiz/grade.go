package quiz

// Reading says whether typed words are an answer at all.
type Reading int

// How typed words can be read as an answer to a question.
const (
	Clear   Reading = iota // one answer
	Unclear                // not an answer to this kind of question
	Stuffed                // several answers at once
)
