package bot

import (
	"context"

	"quizbot/quiz"
)

// shownBoard is a board as the whole room may read it: without those who are hidden, and with
// places counted as if they were not there.
func (b *Bot) shownBoard(ctx context.Context, q BoardQuery) (Board, error) {
	lines := q.Top
	for q.Top *= 2; ; q.Top *= 2 {
		board, err := b.store.Board(ctx, q)
		if err != nil {
			return Board{}, err
		}
		all := len(board.Top) // as many as there are, or as were asked for
		shown, err := b.shown(board)
		if err != nil {
			return Board{}, err
		}
		if len(shown.Top) >= lines || all < q.Top {
			shown.Top = shown.Top[:min(lines, len(shown.Top))]
			return shown, nil
		}
	}
}

func (b *Bot) shown(board Board) (Board, error) {
	hidden := func(player string) (bool, error) {
		own, err := b.playerSettings(UserID(player))
		return own.Hidden, err
	}
	out := Board{Own: board.Own, Players: board.Players}
	gone := []int{} // points of those who are hidden
	counted := func(s quiz.Standing) quiz.Standing {
		for _, points := range gone {
			if points > s.Points {
				s.Rank--
			}
		}
		return s
	}
	for _, s := range board.Top {
		if no, err := hidden(s.Player); err != nil {
			return Board{}, err
		} else if no {
			gone = append(gone, s.Points)
			out.Players--
			continue
		}
		out.Top = append(out.Top, counted(s))
	}
	if board.Own.Rank == 0 {
		return out, nil
	}
	no, err := hidden(board.Own.Player)
	if out.Own = counted(board.Own); no {
		out.Own = quiz.Standing{}
	}
	return out, err
}
