package quiz

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// english reports that a pack's language is English.
func english(language string) bool {
	tag, _, _ := strings.Cut(strings.ToLower(language), "-")
	return tag == "en"
}

// notOwn are options that point at others, in the languages that packs are shipped in.
var notOwn = regexp.MustCompile(`^(?:(?:all|none|both|neither|any|several)(?: of)?(?: the)? (?:above|these|those|them|options|answers|others)|all of it|` +
	`alle(?: der)? (?:genannten|obigen|antworten)|keine(?: der)? (?:genannten|obigen|antworten)|beides|` +
	`todas las anteriores|ninguna de las anteriores|toutes (?:les réponses|ces réponses)|aucune (?:des réponses|de ces réponses)|` +
	`(?:both )?[a-j] and [a-j])$`)

func noOptionOfItsOwn(text string) bool {
	return notOwn.MatchString(strings.Join(foldWords(text), " "))
}

// negation finds English words that turn a sentence round. Hyphens make another word of
// it: no-cache is a name.
var negation = regexp.MustCompile(`(?i)(?:^|[\s(,;:])(not|never|no|none|nothing|nobody|nowhere|neither|nor|without|cannot|except|unless|(?:is|are|was|were|do|does|did|ca|wo|would|should|must|has|have|had|need)n['’]t)(?:$|[\s),;:.?!])`)

// quotedText is what a question only quotes.
var quotedText = regexp.MustCompile("`[^`]*`|\"[^\"]*\"|“[^”]*”")

// negatives: two of them in one sentence are counted by readers, and miscounted.
func (a *adviser) negatives() {
	for _, sentence := range sentencesOf(quotedText.ReplaceAllString(a.q.Ask, "…")) {
		if n := countNegations(sentence); n > 1 {
			a.advise("ask it the straight way round", "a sentence denies twice: %q", cutText(sentence))
			return
		}
	}
	if a.q.Kind != Choice && a.q.Kind != Multi || !deniesInQuestion(a.q.Ask) {
		return
	}
	for _, o := range a.q.Options {
		if countNegations(quotedText.ReplaceAllString(o.Text, "…")) > 0 {
			a.advise("ask it the straight way round", "it asks for what is not so, and the option %q denies too", cutText(o.Text))
			return
		}
	}
}

func countNegations(s string) int {
	n := 0
	for s != "" { // one by one, for two may share the space between them
		at := negation.FindStringSubmatchIndex(s)
		if at == nil {
			return n
		}
		if !strings.EqualFold(s[at[2]:at[3]], "nor") { // it belongs to the neither before it
			n++
		}
		s = s[at[3]:]
	}
	return n
}

// choosing begins a question whose options are looked at one by one; after a Why the
// denial is given, and options may deny.
var choosing = regexp.MustCompile(`(?i)^(?:\w+ )?(?:which|what|who|where)\b`)

// deniesInQuestion reports that a sentence that asks which one it is denies.
func deniesInQuestion(ask string) bool {
	for _, sentence := range sentencesOf(quotedText.ReplaceAllString(ask, "…")) {
		if strings.HasSuffix(sentence, "?") && choosing.MatchString(sentence) && countNegations(sentence) > 0 {
			return true
		}
	}
	return false
}

// admission is how a why says that its option is right as well.
var admission = regexp.MustCompile(`(?i)\b(?:also (?:right|correct|true|valid)|(?:is|are) (?:right|correct|true|valid),? too|technically (?:right|correct|true)|right as well|correct as well|equally (?:right|correct|valid)|could (?:also )?be argued|arguably|not (?:really )?wrong|partly right)\b`)

// admissions: a question with two defensible answers gives it away in what it says of
// the wrong one.
func (a *adviser) admissions() {
	for _, o := range a.q.Options {
		if !o.Correct && admission.MatchString(o.Why) {
			a.advise("make it wrong beyond doubt, or take it for right too", "the why of %q says that it can be defended", cutText(o.Text))
		}
	}
}

// orElse reports that a text offers another and something beside it: "TCP or UDP".
func orElse(text, other string) bool {
	t, o := strings.Join(foldWords(text), " "), strings.Join(foldWords(other), " ")
	return o != "" && (strings.HasPrefix(t, o+" or ") || strings.HasSuffix(t, " or "+o))
}

// unordered reports that a text lists things whose order says nothing.
func unordered(text string) bool {
	words := foldWords(text)
	return !slices.ContainsFunc(words, func(w string) bool {
		return slices.Contains([]string{"then", "before", "after", "to", "from", "than", "by", "of", "over", "under", "in", "on", "into"}, w)
	}) && !strings.ContainsAny(text, ",→>/.:=-")
}

// abbreviations end with a dot and no sentence.
var abbreviations = regexp.MustCompile(`(?i)\b(?:e\.g|i\.e|etc|vs|cf|no|st|z\. ?b|d\. ?h|u\. ?a|p\. ?ej)\.$`)

// sentencesOf cuts a text after full stops, question and exclamation marks, semicolons,
// colons and empty lines: wherever a reader can rest.
func sentencesOf(text string) []string {
	var out []string
	begin := 0
	add := func(end int) {
		if s := strings.TrimSpace(text[begin:end]); s != "" {
			out = append(out, s)
		}
		begin = end
	}
	for i, r := range text {
		next := i + len(string(r))
		rest := text[next:]
		ends := rest == "" || rest[0] == ' ' || rest[0] == '\n'
		switch {
		case r == '\n':
			add(next)
		case strings.ContainsRune(".?!;:…", r) && ends && (r != '.' || !abbreviations.MatchString(text[begin:next])):
			add(next)
		}
	}
	add(len(text))
	return out
}

// contentWords are the words of a text that carry its meaning, folded, in their order.
func contentWords(text string) []string {
	return slices.DeleteFunc(foldWords(text), func(w string) bool { return smallWords[w] })
}

// smallWords say little about what an English question is about.
var smallWords = func() map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields("a an the of in on at to for from by with and or is are was were be been do does did has have had it its this that these those " +
		"which what who whom whose when where why how as if than then so such can may must should will would one") {
		out[w] = true
	}
	return out
}()

func sorted(words []string) []string { return slices.Sorted(slices.Values(words)) }

// holdsWords reports that the words of part stand in text, side by side.
func holdsWords(text, part string) bool {
	t, p := foldWords(text), foldWords(part)
	if len(p) == 0 || !strings.ContainsFunc(part, unicode.IsLetter) {
		return false
	}
	for i := 0; i+len(p) <= len(t); i++ {
		if slices.Equal(t[i:i+len(p)], p) {
			return true
		}
	}
	return false
}
