package slack

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"quizbot/bot"
)

// shown is a rendered card read back from its JSON, as Slack would.
type shown struct {
	lines   []string // of every block but the buttons, in order
	kinds   []string // of the blocks
	labels  []string // of the buttons
	spoken  []string // what a screen reader says of the buttons
	actions []string
	ids     []string // of the blocks
	live    []string // texts in which Slack reads markup
	total   int      // characters in all
}

// readBack decodes the blocks and reports whatever Slack would refuse.
func readBack(t testing.TB, r rendered) shown {
	t.Helper()
	raw, err := json.Marshal(r.blocks)
	if err != nil {
		t.Fatal(err)
	}
	type text struct{ Type, Text string }
	var blocks []struct {
		Type     string
		BlockID  string `json:"block_id"`
		Text     text
		Elements []struct {
			Type     string
			Text     json.RawMessage
			ActionID string `json:"action_id"`
			Value    string
			Spoken   string `json:"accessibility_label"`
		}
	}
	if err := json.Unmarshal(raw, &blocks); err != nil {
		t.Fatal(err)
	}
	var s shown
	take := func(kind, words string, most int) {
		n := utf8.RuneCountInString(words)
		if s.total += n; n > most || strings.TrimSpace(words) == "" {
			t.Errorf("a text of %d characters, at most %d: %.60q", n, most, words)
		}
		if kind != "plain_text" {
			s.live = append(s.live, words)
		}
	}
	if len(blocks) > 50 {
		t.Errorf("%d blocks", len(blocks))
	}
	for _, b := range blocks {
		s.kinds, s.ids = append(s.kinds, b.Type), append(s.ids, b.BlockID)
		switch b.Type {
		case "header":
			take(b.Text.Type, b.Text.Text, 150)
			s.lines = append(s.lines, b.Text.Text)
		case "section":
			take(b.Text.Type, b.Text.Text, 3000)
			s.lines = append(s.lines, strings.Split(b.Text.Text, "\n")...)
		case "actions":
			if n := len(b.Elements); n < 1 || n > 25 {
				t.Errorf("%d buttons", n)
			}
			for _, e := range b.Elements {
				var label text
				if err := json.Unmarshal(e.Text, &label); err != nil || label.Type != "plain_text" {
					t.Errorf("label %s: %v", e.Text, err)
				}
				take(label.Type, label.Text, 75)
				if utf8.RuneCountInString(e.Spoken) > 75 || len(e.Value) > 2000 || len(e.ActionID) > 255 {
					t.Errorf("button %q exceeds a limit", e.ActionID)
				}
				s.labels, s.spoken, s.actions = append(s.labels, label.Text), append(s.spoken, e.Spoken), append(s.actions, e.ActionID)
			}
		case "context":
			for _, e := range b.Elements {
				var words string
				if err := json.Unmarshal(e.Text, &words); err != nil {
					t.Error(err)
				}
				take(e.Type, words, 3000)
				s.lines = append(s.lines, words)
			}
		default:
			t.Errorf("block of type %q", b.Type)
		}
	}
	for what, ids := range map[string][]string{"block_id": s.ids, "action_id": s.actions} {
		sorted := slices.Sorted(slices.Values(ids))
		if len(slices.Compact(sorted)) != len(ids) {
			t.Errorf("a %s is used twice: %q", what, ids)
		}
		for _, id := range ids {
			if id == "" || utf8.RuneCountInString(id) > 255 {
				t.Errorf("%s %.80q", what, id)
			}
		}
	}
	if s.total > 13_200 {
		t.Errorf("%d characters in all", s.total)
	}
	if n := utf8.RuneCountInString(r.text); n > 4000 || strings.TrimSpace(r.text) == "" {
		t.Errorf("plain text of %d characters", n)
	}
	return s
}

// markup is what must not stand in a text that Slack reads, except as an entity.
var liveMarkup = regexp.MustCompile(`[<>]|&(?:[^alg]|a[^m]|l[^t]|g[^t]|$)`)

func TestRenderLayout(t *testing.T) {
	c := bot.Card{
		Title: "Right", Body: []string{"First.", "Second\nline."}, Footer: "10 points", See: "1700000000.000100",
		Choices: question().Choices, Table: []string{"1. alice — 30", "1. bob — 30", "3. carol — 10"},
	}
	r := render(c, "k:r1-ask", "https://t1.slack.com/archives/C2/p1700000000000100", "Go & see")
	s := readBack(t, r)
	want := []string{
		"Right", "First.", "Second", "line.", "1. alice — 30", "1. bob — 30", "3. carol — 10",
		"<https://t1.slack.com/archives/C2/p1700000000000100|Go &amp; see>", "10 points",
	}
	if !slices.Equal(s.lines, want) {
		t.Errorf("lines %q", s.lines)
	}
	if want := []string{"A. GET", "B. POST", "C. PUT"}; !slices.Equal(s.labels, want) || !slices.Equal(s.spoken, want) {
		t.Errorf("labels %q, spoken %q", s.labels, s.spoken)
	}
	if want := []string{"q1-a", "q1-b", "q1-c"}; !slices.Equal(s.actions, want) {
		t.Errorf("actions %q", s.actions)
	}
	if want := "Right\nFirst.\nSecond\nline.\nA. GET\nB. POST\nC. PUT\n1. alice — 30\n1. bob — 30\n3. carol — 10\n10 points"; r.text != want {
		t.Errorf("text %q", r.text)
	}
}

func TestRenderWithoutALink(t *testing.T) {
	for _, c := range []struct{ link, see string }{{"", "Go"}, {"https://t1.slack.com/x", ""}} {
		if s := readBack(t, render(bot.Card{Title: "x", See: "1.2"}, "k", c.link, c.see)); len(s.kinds) != 1 {
			t.Errorf("%v: %v", c, s.kinds)
		}
	}
}

func TestRenderLabels(t *testing.T) {
	long := "exactly twenty-eight letters" // 28: with "A. " it is 31
	for _, c := range []struct {
		name    string
		choices []bot.Choice
		labels  []string
		lines   []string
	}{
		{"just fits", []bot.Choice{{ID: "a", Letter: "A", Text: long[:27]}}, []string{"A. " + long[:27]}, nil},
		{"one too long", []bot.Choice{{ID: "a", Letter: "A", Text: long}, {ID: "b", Letter: "B", Text: "GET"}}, []string{"A", "B"}, []string{"A. " + long, "B. GET"}},
		{"characters count, not bytes", []bot.Choice{{ID: "a", Letter: "A", Text: strings.Repeat("é", 27)}}, []string{"A. " + strings.Repeat("é", 27)}, nil},
		{"line breaks", []bot.Choice{{ID: "a", Letter: "A", Text: "x\ny"}}, []string{"A. x y"}, nil},
		{"actions beside", []bot.Choice{{ID: "a", Letter: "A", Text: "GET"}, {ID: "done", Text: "Done"}}, []string{"A. GET", "Done"}, nil},
		{"a long action", []bot.Choice{{ID: "x", Text: strings.Repeat("long ", 20)}}, []string{strings.Repeat("long ", 14) + "long…"}, nil},
		{"an action without words", []bot.Choice{{ID: "x"}, {ID: "y", Text: " \n "}}, []string{"x", "y"}, nil},
		{"closed", []bot.Choice{
			{Letter: "A", Text: "GET", Mark: "✓", Count: 3, Counted: true}, {Letter: "B", Text: "POST", Counted: true}, {Letter: "C", Text: "PUT", Count: 9},
		}, nil, []string{"✓ A. GET — 3", "B. POST — 0", "C. PUT"}},
		{"read only, without letters", []bot.Choice{{Text: "first"}, {Text: "second", Mark: "✓", Counted: true, Count: 1}}, nil, []string{"first", "✓ second — 1"}},
		{"some closed", []bot.Choice{{Letter: "A", Text: "GET"}, {ID: "b", Letter: "B", Text: "POST"}}, []string{"B"}, []string{"A. GET", "B. POST"}},
		{"the same id twice", []bot.Choice{{ID: "a", Letter: "A", Text: "GET"}, {ID: "a", Letter: "B", Text: "POST"}}, []string{"A. GET"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := readBack(t, render(bot.Card{Title: "T", Choices: c.choices}, "k", "", ""))
			if !slices.Equal(s.labels, c.labels) || !slices.Equal(s.lines[1:], c.lines) {
				t.Errorf("labels %q, lines %q", s.labels, s.lines[1:])
			}
		})
	}
}

// TestRenderTheLargestQuestion: what the contract allows is readable in full.
func TestRenderTheLargestQuestion(t *testing.T) {
	ask := strings.Repeat("0123456789 abcde\n", 205) + strings.Repeat("é", 15)
	if utf8.RuneCountInString(ask) != 3500 {
		t.Fatal("the question is to be as long as it may be")
	}
	c := bot.Card{Title: "WebSocket", Body: []string{ask}, Footer: "30 s"}
	for i := range 10 {
		c.Choices = append(c.Choices, bot.Choice{ID: "q-" + strconv.Itoa(i), Letter: string(rune('A' + i)), Text: strings.Repeat(strconv.Itoa(i)+" option ", 22) + "ää"})
	}
	s := readBack(t, render(c, "k:r1-ask", "", ""))
	all := strings.Join(s.lines, "\n")
	if strings.Contains(all, "…") || s.lines[0] != "WebSocket" || len(s.labels) != 10 {
		t.Errorf("something is cut: %q, %q", s.labels, all)
	}
	if !strings.Contains(strings.Join(strings.Fields(all), ""), strings.Join(strings.Fields(ask), "")) {
		t.Error("the question is not shown in full")
	}
	for _, choice := range c.Choices {
		if !slices.Contains(s.lines, choice.Letter+". "+choice.Text) {
			t.Errorf("%s is not shown in full", choice.Letter)
		}
	}
}

func TestRenderKeepsLimits(t *testing.T) {
	many := func(n int, fn func(i int) string) []string {
		var out []string
		for i := range n {
			out = append(out, fn(i))
		}
		return out
	}
	choices := func(n int, text string) []bot.Choice {
		var out []bot.Choice
		for i := range n {
			out = append(out, bot.Choice{ID: fmt.Sprint("c", i), Letter: string(rune('A' + i)), Text: text})
		}
		return out
	}
	for name, c := range map[string]bot.Card{
		"nothing":             {},
		"blanks":              {Title: " \n", Body: []string{"", " ", "\n"}, Footer: "  ", Table: []string{""}, Choices: []bot.Choice{{}}},
		"151 in the title":    {Title: strings.Repeat("é", 151)},
		"3000":                {Body: []string{strings.Repeat("x", 3000)}},
		"3001":                {Body: []string{strings.Repeat("x", 3001)}},
		"a gap of blanks":     {Body: []string{"a" + strings.Repeat(" ", 9_000) + "b"}},
		"a long paragraph":    {Body: []string{strings.Repeat("word ", 20_000)}, Choices: choices(3, "GET"), Footer: "f"},
		"60 paragraphs":       {Title: "t", Body: many(60, func(i int) string { return fmt.Sprint("p", i) }), Choices: choices(3, "GET"), Footer: "f"},
		"13 and a long one":   {Body: many(13, func(i int) string { return strings.Repeat("x", 1+3200*(i%12)/11) })},
		"26 choices":          {Choices: choices(26, "GET")},
		"26 long choices":     {Choices: choices(26, strings.Repeat("x", 200)), Body: []string{strings.Repeat("y", 3500)}},
		"a long label":        {Choices: []bot.Choice{{ID: "x", Text: strings.Repeat("long ", 50)}}},
		"a long letter":       {Choices: []bot.Choice{{ID: "x", Letter: strings.Repeat("A", 100), Text: "y"}}},
		"a long footer":       {Footer: strings.Repeat("f", 4000)},
		"a long table":        {Table: many(2000, func(i int) string { return fmt.Sprintf("%d. player — 10", i+1) }), Footer: "f"},
		"only markup":         {Body: []string{strings.Repeat("<&>", 1000)}, Title: strings.Repeat("&", 150)},
		"broken characters":   {Title: "\xff\xfe", Body: []string{strings.Repeat("\xc3", 3001)}, Choices: []bot.Choice{{ID: "x", Text: "\xff"}}},
		"wide characters":     {Title: strings.Repeat("👩‍👩‍👧‍👦", 60), Body: []string{strings.Repeat("🎉", 3001)}},
		"everything too long": {Title: strings.Repeat("t ", 999), Body: many(99, func(int) string { return strings.Repeat("b ", 999) }), Choices: choices(30, strings.Repeat("c ", 99)), Table: many(99, func(int) string { return strings.Repeat("l ", 99) }), Footer: strings.Repeat("f ", 9999)},
	} {
		t.Run(name, func(t *testing.T) {
			s := readBack(t, render(c, "k:"+strings.Repeat("k", 40), "https://t1.slack.com/x", "See"))
			if n := min(len(c.Choices), 25); n > 0 && c.Choices[0].ID != "" && len(s.labels) != n {
				t.Errorf("%d buttons of %d are left", len(s.labels), n)
			}
			if strings.TrimSpace(c.Footer) != "" && s.kinds[len(s.kinds)-1] != "context" {
				t.Errorf("the footer is gone: %v", s.kinds)
			}
		})
	}
}

// hostile is what somebody might call themselves, or put into a pack.
var hostile = []string{
	"<!channel>", "<!here|here>", "<!everyone>", "<!subteam^S1>", "<@U0BOB>", "<@U0BOB|bob>", "<#C0QUIZ>", "@here", "@channel @everyone",
	"<https://evil.example|click>", "[x](https://evil.example)", "&lt;!channel&gt;", "<<!channel>>", "<!chan\nnel>", "<!channel", "!channel>",
	"*bold* _it_ ~no~ `code` ```block```", "> quoted", ">>> quoted", "1. list", "- list", "• list", "# title", "||spoiler||", ":tada:", "</script>",
	"a\nb\r\nc", "\u202eright to left", "\u0000", "<!date^1^{date}|x>", "https://evil.example",
}

func hostileCard(words string) bot.Card {
	return bot.Card{
		Title: words, Body: []string{words, "x " + words}, Table: []string{"1. " + words + " — 30", "2. bob — 10"}, Footer: words,
		Choices: []bot.Choice{
			{ID: "a", Letter: "A", Text: words}, {ID: "b", Letter: "B", Text: words + strings.Repeat(" and more", 5)}, {Letter: "C", Text: words, Mark: "✓", Counted: true},
			{ID: "d", Text: words},
		},
	}
}

func TestRenderMakesHostileTextInert(t *testing.T) {
	for _, words := range hostile {
		r := render(hostileCard(words), "k", "", "")
		s := readBack(t, r)
		for _, live := range append(s.live, r.text) {
			if bad := liveMarkup.FindString(live); bad != "" {
				t.Errorf("%q: %q is live in %q", words, bad, live)
			}
		}
	}
}

// TestRenderKeepsLinesApart: a name with a line break makes no line of its own.
func TestRenderKeepsLinesApart(t *testing.T) {
	s := readBack(t, render(bot.Card{Table: []string{"1. eve\n0. god — 99 — 1", "2. bob — 10"}}, "k", "", ""))
	if want := []string{"1. eve 0. god — 99 — 1", "2. bob — 10"}; !slices.Equal(s.lines, want) {
		t.Errorf("%q", s.lines)
	}
}

// TestKeysOfMessagesDoNotOverlap: a message is found by the key in its blocks, so
// no key may look like the beginning of another.
func TestKeysOfMessagesDoNotOverlap(t *testing.T) {
	for _, id := range readBack(t, render(hostileCard("x"), blockName("r1-close"), "", "")).ids {
		if keyOf(id) != "r1-close" {
			t.Errorf("%q belongs to %q", id, keyOf(id))
		}
	}
	for _, id := range []string{"", "k", "k:", "k:r1", "r1:title", "x:r1:title", "B7a"} {
		if key := keyOf(id); key != "" {
			t.Errorf("%q was taken for a block of %q", id, key)
		}
	}
}

func TestSplitLosesNothing(t *testing.T) {
	for _, s := range []string{"", "short", strings.Repeat("é", 31), strings.Repeat("ab cd\n", 20), strings.Repeat("x", 9) + " " + strings.Repeat("y", 40)} {
		parts := split(s, 10)
		for _, p := range parts {
			if n := utf8.RuneCountInString(p); n == 0 || n > 10 {
				t.Errorf("a part of %d: %q", n, p)
			}
		}
		if got := strings.Join(parts, " "); strings.Join(strings.Fields(got), "") != strings.Join(strings.Fields(s), "") {
			t.Errorf("%q became %q", s, parts)
		}
	}
}
