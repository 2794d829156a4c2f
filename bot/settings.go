package bot

import (
	"context"
	"slices"
	"sync"
	"time"

	"quizbot/quiz"
)

// PlayersTeam is where the store keeps what belongs to players wherever they play, and to
// no team. No platform's team is named so, for those begin with the platform and a colon.
const PlayersTeam TeamID = "players"

// PlayerSettings are what a player has chosen, for every room and team. The zero value is
// what holds for those who have chosen nothing.
type PlayerSettings struct {
	// Pace is how much longer than others the player may take for the same points for
	// speed; 0: not at all.
	Pace quiz.Pace `json:"pace,omitempty"`
	// Hidden: not to be named to others on boards, in tables and in results.
	Hidden bool `json:"hidden,omitempty"`
}

// TeamSettings are what a team's admins have chosen. The zero value is what holds where
// nothing was.
type TeamSettings struct {
	// AdminsStart: games are started by admins alone.
	AdminsStart bool     `json:"admins_start,omitempty"`
	Rooms       RoomRule `json:"rooms,omitzero"`
	// What a game has of which nobody says it:
	Speed   quiz.Speed `json:"speed,omitempty"`   // "": the operator's
	Seconds int        `json:"seconds,omitempty"` // each question's; 0: from its length
	Count   int        `json:"count,omitempty"`   // of questions; 0: quiz.DefaultCount
}

// RoomRule says in which of a team's rooms the bot asks; direct messages are always allowed.
type RoomRule struct {
	// Only: in those of List alone, in none where it is empty; else in all but those.
	Only bool     `json:"only,omitempty"`
	List []RoomID `json:"list,omitempty"` // in the order in which they were named
}

// MaxRuled is how many rooms a RoomRule lists at most.
const MaxRuled = 200

// Allows reports that the bot may ask in the room.
func (r RoomRule) Allows(room RoomID) bool { return slices.Contains(r.List, room) == r.Only }

// IsZero reports that the bot may ask everywhere.
func (r RoomRule) IsZero() bool { return !r.Only && len(r.List) == 0 }

// IsZero reports that nothing was chosen.
func (s TeamSettings) IsZero() bool {
	return !s.AdminsStart && s.Rooms.IsZero() && s.Speed == "" && s.Seconds == 0 && s.Count == 0
}

// Settings keeps what players and teams have chosen.
type Settings interface {
	// PlayerSettings returns what a player has chosen; zero where that is nothing.
	PlayerSettings(ctx context.Context, player UserID) (PlayerSettings, error)
	// TeamSettings returns what a team has chosen; zero where that is nothing.
	TeamSettings(ctx context.Context, team TeamID) (TeamSettings, error)
	// ChangePlayer changes what a player has chosen and returns when it is on disk. cause is
	// the ID of the delivery that asked for it: one that was taken in before changes nothing,
	// and fresh is false. change may be called more than once.
	ChangePlayer(ctx context.Context, player UserID, cause string, at time.Time, change func(PlayerSettings) PlayerSettings) (fresh bool, err error)
	// ChangeTeam is ChangePlayer for a team.
	ChangeTeam(ctx context.Context, team TeamID, cause string, at time.Time, change func(TeamSettings) TeamSettings) (fresh bool, err error)
	// SetHidden hides a player from others, or shows the player again, on every board of
	// every team; otherwise like ChangePlayer.
	SetHidden(ctx context.Context, player UserID, hidden bool, cause string, at time.Time) (fresh bool, err error)
}

// maxSettings bounds how many players' and teams' settings are remembered; the rest is
// read again when needed.
const maxSettings = 20_000

// settings remembers what was chosen, for it is needed with every answer. One process has
// the store, and tells the memory of each change.
type settings struct {
	players remembered[UserID, PlayerSettings]
	teams   remembered[TeamID, TeamSettings]
}

// remembered are values that were read, by key.
type remembered[K comparable, V any] struct {
	mu      sync.RWMutex
	known   map[K]V
	changes uint64 // how often something was forgotten since the start
}

// get returns a value from memory, or reads and remembers it. What was read while something
// changed may be what was before, and is not remembered.
func (r *remembered[K, V]) get(k K, read func() (V, error)) (V, error) {
	r.mu.RLock()
	v, ok := r.known[k]
	changes := r.changes
	r.mu.RUnlock()
	if ok {
		return v, nil
	}
	v, err := read()
	if err != nil {
		return v, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.changes != changes {
		return v, nil
	}
	if r.known == nil || len(r.known) >= maxSettings {
		r.known = map[K]V{}
	}
	r.known[k] = v
	return v, nil
}

// forget has a value read again, when it has changed.
func (r *remembered[K, V]) forget(k K) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes++
	delete(r.known, k)
}

// forgetAll has every value read again.
func (r *remembered[K, V]) forgetAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes++
	r.known = nil
}

// playerSettings are what a player has chosen.
func (b *Bot) playerSettings(u UserID) (PlayerSettings, error) {
	return b.settings.players.get(u, func() (PlayerSettings, error) { return b.store.PlayerSettings(b.saving, u) })
}

// teamSettings are what a team has chosen.
func (b *Bot) teamSettings(t TeamID) (TeamSettings, error) {
	return b.settings.teams.get(t, func() (TeamSettings, error) { return b.store.TeamSettings(b.saving, t) })
}
