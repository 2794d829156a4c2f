package quiz

import "strings"

// small are words and phrases that people say to each other while a question is
// open. Said alone they answer nothing.
var small = phrases(`ok; okay; k; yes; no; yeah; yep; nope; lol; haha; hahaha; hehe; wow; oh; ah; hmm; hm; huh; nice; cool; great; good;
	thanks; thank you; thx; ty; please; sorry; hi; hello; hey; bye; cheers; morning; good morning; good night; gn; gm; brb; afk; omg; wtf; idk;
	dunno; no idea; not sure; tough one; good one; good question; nice one; me too; what; why; who; how; where; when;
	wait; one moment; one sec; a moment; come on; lets go; done; yay; ugh; damn; oops; well done;
	congrats; gg; maybe; perhaps; sure; of course; indeed; exactly; agreed; never mind; nvm; anyway; see you; later; welcome`)

// persons are words by which a line speaks of people, as answers rarely do.
var persons = phrases(`i; im; ive; id; ill; we; were; weve; you; youre; u; your; my; me; our; us; he; she; they; his; her; their; anyone; anybody;
	someone; somebody; everyone; everybody; guys; folks; team; lets; please; thanks; hello; hey; lol; haha`)

// openings are words with which talk begins.
var openings = phrases(`hi; hello; hey; good morning; good night; good evening; thanks; thank you; ok; okay; lol; haha; wow; oh; sorry; please; well; so; but`)

func phrases(list string) map[string]bool {
	out := map[string]bool{}
	for p := range strings.SplitSeq(list, ";") {
		out[strings.Join(strings.Fields(p), " ")] = true
	}
	return out
}

// chatter reports that a line in a busy room is talk, and not a wrong answer to a
// question that is answered in words: it is much longer than any answer, a mere
// word of agreement, or speaks of people. Right answers are not asked about here.
func chatter(q Question, text string) bool {
	words := foldWords(text)
	longest := 0
	speaks := false
	for _, a := range q.Accept {
		folded := foldWords(a)
		longest = max(longest, len(folded))
		for _, w := range folded {
			speaks = speaks || persons[w]
		}
	}
	if len(words) == 0 || len(words) > longest+3 {
		return true
	}
	if joined := strings.Join(words, " "); small[joined] {
		return true
	}
	for n := 1; n <= 2 && n < len(words); n++ {
		if openings[strings.Join(words[:n], " ")] {
			return true
		}
	}
	if rest := strings.Fields(foldAnswer(text)); len(rest) < len(words) {
		words = rest // "I think it's a pong" is an answer
	}
	all := true
	for _, w := range words {
		if persons[w] && !speaks {
			return true
		}
		all = all && small[w]
	}
	return all
}
