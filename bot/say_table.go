package bot

import (
	"fmt"
	"strings"

	"quizbot/quiz"
)

// What the bot says of who has how much in a game. Who is hidden is not named; places are
// counted without them.

// row is a line of a table.
type row struct {
	quiz.Score
	rank  int
	stand string // what stands behind the name
	fate  string // and behind that
}

// rows are those of a game's table that others may read, best first, and how many are not:
// in all, and of those who have scored.
func rows(g quiz.Game, n *naming) (shown []row, hidden, scored int) {
	ranks, fates := g.Ranks(), g.Fates()
	before := 0 // the rank of the row before, among all
	for i, s := range g.Score {
		if n.hides(s.Player) {
			hidden++
			if won(g, s) {
				scored++
			}
			continue
		}
		r := row{Score: s, rank: len(shown) + 1, stand: fmt.Sprint(s.Points)}
		if len(shown) > 0 && ranks[i] == before {
			r.rank = shown[len(shown)-1].rank
		}
		before = ranks[i]
		if fates != nil {
			r.fate = stands(g, fates[i])
		}
		if g.Variant == quiz.Accuracy {
			r.stand = rightOf(g, s)
		}
		if s.Team > 0 && s.Team <= len(g.Teams) {
			r.fate = ", " + g.Teams[s.Team-1].Name
		}
		shown = append(shown, r)
	}
	return shown, hidden, scored
}

// won reports that a player has something that a place can be had for.
func won(g quiz.Game, s quiz.Score) bool {
	if g.Variant == quiz.Accuracy {
		return g.Known(s) > 0
	}
	return s.Points > 0
}

// rightOf is how much of a game a player knew: "3 of 4 right (75 %)".
func rightOf(g quiz.Game, s quiz.Score) string {
	of := max(g.Counted(), 1)
	return fmt.Sprintf("%d of %d right (%d %%)", g.Known(s), of, percent(g.Known(s), of))
}

// podium says who won, and who came next: places one to three, as far as somebody
// scored for them. Who stands equal shares a place.
func podium(g quiz.Game, n *naming) []string {
	if g.Duel && len(g.Score) == 2 {
		return duelResult(g, n)
	}
	if len(g.Teams) > 0 {
		return teamPodium(g, n)
	}
	rows, _, scored := rows(g, n)
	if len(rows) == 0 || !won(g, rows[0].Score) {
		if scored > 0 {
			return []string{"Nobody else scored this time."}
		}
		return []string{"Nobody scored this time."}
	}
	var out []string
	for at := 0; at < len(rows) && at < 3 && won(g, rows[at].Score); {
		next, same := at, true
		var names []string
		for ; next < len(rows) && rows[next].rank == rows[at].rank; next++ {
			same = same && rows[next].stand == rows[at].stand
			names = append(names, n.call(rows[next].Name, rows[next].Player))
		}
		who, with := allOf(names), "."
		switch {
		case g.Variant == quiz.Accuracy:
			with = " with " + rows[at].stand + "."
		case same: // the table says it otherwise
			with = " with " + plural(rows[at].Points, "point") + "."
		}
		switch {
		case at > 0:
			out = append(out, []string{"", "Second: ", "Third: "}[at]+who+with)
		case len(names) == 1:
			out = append(out, who+" wins"+with)
		default:
			out = append(out, who+" share the win"+with)
		}
		at = next
	}
	return []string{strings.Join(out, "\n")}
}

// maxNamed is how many names one place of a podium lists.
const maxNamed = 5

// allOf lists names: "a, b and c", and the first few of many.
func allOf(names []string) string {
	if n := len(names); n > maxNamed {
		return strings.Join(names[:maxNamed], ", ") + fmt.Sprintf(" and %d more", n-maxNamed)
	} else if n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

// scoreLines are a game's table; players with equal standing share a rank. Where the game
// is a contest by more than points, each line says how its player stands there.
func scoreLines(g quiz.Game, n *naming) []string {
	var lines []string
	rows, hidden, _ := rows(g, n)
	if len(g.Teams) > 0 {
		lines = teamLines(g)
	}
	for _, r := range rows {
		lines = append(lines, standLine(r.rank, n.call(r.Name, r.Player), r.stand)+r.fate)
	}
	switch {
	case hidden > 0 && len(lines) > 0:
		lines = append(lines, fmt.Sprintf("and %d more", hidden))
	case hidden > 0:
		lines = append(lines, plural(hidden, "player"))
	}
	return lines
}

// stands is what a line of a table adds to the points.
func stands(g quiz.Game, f quiz.Fate) string {
	switch {
	case f.In && g.Variant == quiz.SuddenDeath:
		return ", in the sudden death"
	case f.In:
		return ", still in"
	case f.Out > g.Count:
		return fmt.Sprintf(", out at question %d of the sudden death", f.Out-g.Count)
	case f.Out > 0:
		return fmt.Sprintf(", out at question %d", f.Out)
	default:
		return ""
	}
}
