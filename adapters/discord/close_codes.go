package discord

import (
	"errors"
	"fmt"

	"github.com/gorilla/websocket"
)

// closed says what a close code means (Discord, Gateway close event codes).
func (s *shard) closed(err error) after {
	var e *websocket.CloseError
	if !errors.As(err, &e) {
		return after{kind: "broken", why: fmt.Errorf("read from the gateway: %w", err)}
	}
	if e.Code == websocket.CloseAbnormalClosure { // the library's word for a connection that broke
		return after{kind: "broken", why: fmt.Errorf("read from the gateway: %w", err)}
	}
	why := fmt.Errorf("the gateway closed with %d %s", e.Code, e.Text)
	cure := map[int]string{
		4004: "the token is wrong: set DISCORD_TOKEN to the bot's token",
		4010: "the shard is invalid: mend DISCORD_SHARDS",
		4011: "the bot is in too many servers for so few shards: set DISCORD_SHARDS to auto, or to more",
		4012: "the gateway no longer speaks this version: use a newer quizbot",
		4013: "the intents are invalid: use a newer quizbot",
	}
	switch e.Code {
	case 4004, 4010, 4011, 4012, 4013:
		return after{fatal: fmt.Errorf("%w: %s", why, cure[e.Code])}
	case 4014:
		if !s.content {
			return after{fatal: fmt.Errorf("%w: the intents are refused: allow them in the developer portal", why)}
		}
		return after{reduce: true, identify: true, kind: "closed", why: why}
	case 4007, 4009:
		return after{identify: true, kind: "closed", why: why}
	}
	// Everything else leaves the session; if it doesn't, the resume is told so.
	return after{kind: "closed", why: why}
}
