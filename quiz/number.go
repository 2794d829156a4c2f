package quiz

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// numberForm is a number as people type it, and what stands behind it: a unit.
var numberForm = regexp.MustCompile(`^([+-]?(?:0[xX][0-9a-fA-F]{1,13}|(?:[0-9]{1,3}(?:[,' _][0-9]{3})+|[0-9]{1,18})(?:[.,][0-9]{1,15})?(?:[eE][+-]?[0-9]{1,2})?|\.[0-9]{1,15}))(?:\s*|-)([^0-9\s-][^0-9]{0,30})?$`)

// units known in more than one size: name to (dimension, factor).
var units = map[string]struct {
	dimension string
	factor    float64
}{
	"b": {"byte", 1}, "byte": {"byte", 1}, "octet": {"byte", 1},
	"kb": {"byte", 1e3}, "kilobyte": {"byte", 1e3}, "mb": {"byte", 1e6}, "megabyte": {"byte", 1e6}, "gb": {"byte", 1e9}, "gigabyte": {"byte", 1e9},
	"kib": {"byte", 1 << 10}, "kibibyte": {"byte", 1 << 10}, "mib": {"byte", 1 << 20}, "mebibyte": {"byte", 1 << 20}, "gib": {"byte", 1 << 30}, "gibibyte": {"byte", 1 << 30},
	"bit":         {"byte", 1.0 / 8},
	"ns":          {"second", 1e-9},
	"nanosecond":  {"second", 1e-9},
	"us":          {"second", 1e-6},
	"µs":          {"second", 1e-6},
	"μs":          {"second", 1e-6},
	"microsecond": {"second", 1e-6},
	"ms":          {"second", 1e-3}, "millisecond": {"second", 1e-3}, "msec": {"second", 1e-3},
	"s": {"second", 1}, "sec": {"second", 1}, "second": {"second", 1},
	"min": {"second", 60}, "minute": {"second", 60}, "m": {"second", 60},
	"h": {"second", 3600}, "hr": {"second", 3600}, "hour": {"second", 3600},
	"d": {"second", 86400}, "day": {"second", 86400}, "week": {"second", 7 * 86400},
	"%": {"percent", 1}, "percent": {"percent", 1}, "per cent": {"percent", 1},
	"mm": {"metre", 1e-3}, "cm": {"metre", 1e-2}, "metre": {"metre", 1}, "meter": {"metre", 1}, "km": {"metre", 1e3}, "kilometre": {"metre", 1e3}, "kilometer": {"metre", 1e3},
	"hz": {"hertz", 1}, "khz": {"hertz", 1e3}, "mhz": {"hertz", 1e6}, "ghz": {"hertz", 1e9},
}

// fractions that stand on keyboards.
var fractions = strings.NewReplacer("½", ".5", "¼", ".25", "¾", ".75", "⅛", ".125")

func visible(r rune) rune {
	if invisible(r) {
		return -1
	}
	return r
}

func trimNumber(text string) string {
	s := strings.TrimSpace(norm.NFKC.String(fractions.Replace(strings.Map(visible, text))))
	if rest, ok := strings.CutPrefix(strings.ToLower(s), "minus "); ok {
		s = "-" + strings.TrimSpace(rest)
	}
	s = strings.NewReplacer("−", "-", "–", "-", "\u00a0", " ", "\u202f", " ", "’", "'").Replace(s)
	return strings.TrimRight(s, ".!? ")
}

// Figure is the number that a typed answer means, in the unit of the question; ok is false
// where it is none.
func Figure(q Question, text string) (x float64, ok bool) {
	if q.Kind != Number {
		return 0, false
	}
	return readNumber(q, text)
}

// readNumber reads a typed number in the unit of q. It is never infinite nor NaN.
func readNumber(q Question, text string) (float64, bool) {
	if len(text) > MaxTyped {
		return 0, false
	}
	s := trimNumber(text)
	if x, unit, ok := wordNumber(s); ok {
		return convert(q, x, unit)
	}
	m := numberForm.FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	digits, unit := m[1], strings.ToLower(strings.TrimSpace(m[2]))
	x, ok := parseDigits(digits)
	if !ok {
		return 0, false
	}
	x, unit = scaled(x, unit)
	return convert(q, x, unit)
}

func parseDigits(s string) (float64, bool) {
	unsigned := strings.TrimLeft(s, "+-")
	if strings.HasPrefix(strings.ToLower(unsigned), "0x") {
		n, err := strconv.ParseUint(unsigned[2:], 16, 64)
		x := float64(n)
		if strings.HasPrefix(s, "-") {
			x = -x
		}
		return x, err == nil
	}
	if grouped := groups.FindString(s); grouped != "" { // "1,000,000" and "1'000": drop what groups thousands
		s = strings.NewReplacer(",", "", "'", "", " ", "", "_", "").Replace(grouped) + s[len(grouped):]
	}
	s = strings.Replace(s, ",", ".", 1)
	x, err := strconv.ParseFloat(s, 64)
	return x, err == nil && !math.IsInf(x, 0) && !math.IsNaN(x)
}

// groups finds whole thousands with a sign before each three digits.
var groups = regexp.MustCompile(`^[+-]?[0-9]{1,3}(?:[,' _][0-9]{3})+\b`)

// convert brings x from the unit that was typed into the unit of q. A unit that
// measures something else is no answer.
func convert(q Question, x float64, unit string) (float64, bool) {
	want := unitName(q.Unit)
	unit = unitName(unit)
	if unit == "" || unit == want || want == "" && asksFor(q, unit) {
		return x, true
	}
	from, ok := units[unit]
	if !ok {
		return x, want == "" && len(unit) > 2 && describes(unit) // words behind a number that has no unit
	}
	to, ok := units[want]
	if !ok || to.dimension != from.dimension {
		return 0, false
	}
	x = x * from.factor / to.factor
	return x, !math.IsInf(x, 0)
}

// asksFor: a question without a unit of its own names one in its text: "How many
// seconds …".
func asksFor(q Question, unit string) bool {
	return slices.ContainsFunc(foldWords(q.Ask), func(word string) bool { return unitName(word) == unit })
}

// bareNumber: nothing stands behind the number but a unit that is known.
func bareNumber(q Question, text string) bool {
	s := trimNumber(foldFigure(text))
	_, unit, ok := wordNumber(s)
	if m := numberForm.FindStringSubmatch(s); m != nil {
		_, unit = scaled(0, strings.ToLower(strings.TrimSpace(m[2])))
		ok = true
	}
	unit = unitName(unit)
	_, known := units[unit]
	return ok && (unit == "" || known || unit == unitName(q.Unit))
}

func unitName(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if _, ok := units[s]; ok || len(s) < 3 {
		return s
	}
	return strings.TrimSuffix(s, "s")
}
