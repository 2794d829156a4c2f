package quiz

import "strings"

// numberWords are the numbers below a hundred that people write out.
var numberWords = map[string]float64{
	"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
	"eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
	"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}

// scales multiply what stands before them.
var scales = map[string]float64{"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}

func isNumberWord(word string) bool {
	_, number := numberWords[word]
	_, scale := scales[word]
	return number || scale || word == "hundred" || word == "half" || word == "dozen"
}

// wordNumber reads "sixteen", "twenty-one", "two hundred and six thousand" or "one
// and a half", with a unit behind. ok is false for what is no number, and for
// several in a row: "one two", "twenty thirty".
func wordNumber(s string) (x float64, unit string, ok bool) {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == ' ' || r == '-' })
	total, part := 0.0, 0.0 // part: what is below the next scale
	begun, open := false, true
	last := 1e15 // the scale before, for they go down
	i := 0
	for ; i < len(words); i++ {
		word := words[i]
		n, number := numberWords[word]
		scale, scaled := scales[word]
		switch {
		case number && n < 10 && begun && part >= 20 && int(part)%10 == 0 && int(part)%100 >= 20: // twenty-one
			part += n
			open = false
		case number && (!begun || open && int(part)%100 == 0): // one; two hundred six
			part += n
			open = n == 0
		case word == "hundred" && part < 100:
			part = max(part, 1) * 100
			open = true
		case scaled && scale < last:
			total += max(part, 1) * scale
			part, last, open = 0, scale, true
		case word == "and" && begun && i+2 < len(words) && words[i+1] == "a" && words[i+2] == "half":
			part += 0.5
			i += 2
			open = false
		case word == "and" && begun && open && i+1 < len(words) && numberWords[words[i+1]] > 0: // a hundred and one
		case word == "a" && !begun && i+1 < len(words) && (words[i+1] == "hundred" || scales[words[i+1]] > 0):
		case number || scaled || word == "hundred":
			return 0, "", false
		default:
			return total + part, strings.Join(words[i:], " "), begun
		}
		begun = begun || word != "a"
	}
	return total + part, "", begun
}

// scaled reads what stands behind figures as a scale: "16 thousand", "1.5 million".
func scaled(x float64, unit string) (float64, string) {
	first, rest, _ := strings.Cut(unit, " ")
	if scale, ok := scales[first]; ok {
		return x * scale, strings.TrimSpace(rest)
	}
	return x, unit
}

// doubtful are words behind a number that make it another answer, or none.
var doubtful = map[string]bool{
	"or": true, "and": true, "to": true, "not": true, "no": true, "is": true, "isnt": true, "of": true, "but": true, "wait": true,
	"maybe": true, "vs": true, "versus": true, "between": true, "than": true, "wrong": true, "times": true, "plus": true, "minus": true,
}

// describes reports that words behind a number only say what it is of: "101
// Switching Protocols".
func describes(unit string) bool {
	words := foldWords(unit)
	for _, word := range words {
		if doubtful[word] || isNumberWord(word) || !letterFirst(word) {
			return false
		}
	}
	return len(words) > 0
}
