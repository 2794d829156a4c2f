package bot

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"
)

// What players and admins choose concerns no room's state, so it is done beside the rooms.
// Each change is written together with the id of its delivery.

// mayRule: the words come from an admin, in a team. Direct messages can be a team of their
// own, which then has no settings.
func mayRule(in Incoming) bool { return in.Role == Admin && hasTeam(in) }

func hasTeam(in Incoming) bool { return string(in.Team) != string(in.Room) }

// personal answers settings and privacy.
func (b *Bot) personal(ctx context.Context, in Incoming, c Command) (Reply, error) {
	switch {
	case c.Word == WordSettings && len(c.Settings) > 0 && c.Odd == "":
		return b.choose(ctx, in, c.Settings)
	case c.Word == WordPrivacy && !in.Aloud && (c.Privacy == PrivacyHide || c.Privacy == PrivacyShow):
		return b.hide(ctx, in, c.Privacy == PrivacyHide)
	default:
		return b.show(ctx, in, c)
	}
}

// choose changes settings: all that were named, or none.
func (b *Bot) choose(ctx context.Context, in Incoming, chosen []Setting) (Reply, error) {
	if refused, err := b.refuseChoice(in, chosen); err != nil || refused != nil {
		if err != nil {
			return Reply{}, err
		}
		return b.once(ctx, in, private(*refused))
	}
	kinds, fresh, own, ruled := settingKinds(), false, false, false
	for _, x := range chosen {
		own, ruled = own || kinds[x.Name].own, ruled || !kinds[x.Name].own
	}
	if own {
		first, err := b.store.ChangePlayer(ctx, in.User, in.ID, b.now(), func(s PlayerSettings) PlayerSettings {
			for _, x := range chosen {
				if x.Name == "pace" {
					s.Pace = chosenPace(x.Value)
				}
			}
			return s
		})
		b.settings.players.forget(in.User)
		if err != nil {
			return Reply{}, err
		}
		fresh = first
	}
	if ruled {
		first, err := b.store.ChangeTeam(ctx, in.Team, in.ID, b.now(), func(s TeamSettings) TeamSettings {
			for _, x := range chosen {
				s = s.with(x, in.Room)
			}
			return s
		})
		b.settings.teams.forget(in.Team)
		if err != nil {
			return Reply{}, err
		}
		fresh = fresh || first
	}
	if !fresh {
		return Reply{Seen: true}, nil
	}
	now, err := b.chosen(in)
	if err != nil {
		return Reply{}, err
	}
	return private(saySaved(now, chosen)), nil
}

// refuseChoice says why something may not be chosen by this person, here, or aloud.
func (b *Bot) refuseChoice(in Incoming, chosen []Setting) (*Card, error) {
	no := func(c Card) (*Card, error) { return &c, nil }
	kinds := settingKinds()
	for _, x := range chosen {
		switch {
		case kinds[x.Name].own && in.Aloud && !in.Private:
			return no(sayOwnElsewhere(string(WordSettings)))
		case kinds[x.Name].own:
		case !hasTeam(in):
			return no(sayNoTeamHere(x.Name))
		case in.Role != Admin:
			return no(sayForAdmins(x.Name))
		case x.Name == "rooms" && x.Value != "all" && in.Private:
			return no(sayNoRoomHere(x.Value))
		case x.Name == "rooms":
			team, err := b.teamSettings(in.Team)
			if err != nil {
				return nil, err
			}
			if len(team.with(x, in.Room).Rooms.List) > MaxRuled {
				return no(sayTooManyRooms())
			}
		}
	}
	return nil, nil
}

// inForce are the settings that hold for somebody where they are.
type inForce struct {
	in    Incoming
	own   PlayerSettings
	team  TeamSettings
	speed string // the operator's
}

func (b *Bot) chosen(in Incoming) (inForce, error) {
	own, err := b.playerSettings(in.User)
	if err != nil {
		return inForce{}, err
	}
	team, err := b.teamSettings(in.Team)
	return inForce{in: in, own: own, team: team, speed: string(b.speed)}, err
}

// hide leaves a player out of what others read, or shows the player again.
func (b *Bot) hide(ctx context.Context, in Incoming, hidden bool) (Reply, error) {
	fresh, err := b.store.SetHidden(ctx, in.User, hidden, in.ID, b.now())
	b.settings.players.forget(in.User)
	if err != nil {
		return Reply{}, err
	}
	if !fresh {
		return Reply{Seen: true}, nil
	}
	return private(sayHidden(hidden)), nil
}

// read is what settings and privacy show.
func (b *Bot) read(ctx context.Context, in Incoming, c Command) (Reply, error) {
	if in.Aloud && !in.Private {
		return private(sayOwnElsewhere(string(c.Word))), nil
	}
	now, err := b.chosen(in)
	if err != nil {
		return Reply{}, err
	}
	if c.Word == WordSettings {
		return private(saySettings(now)), nil
	}
	kept, err := b.store.Kept(ctx, in.User)
	if err != nil {
		return Reply{}, err
	}
	if c.Privacy == PrivacyForget {
		return private(sayForget(kept, confirmation{at: b.now(), of: in.User}.String())), nil
	}
	return private(sayPrivacy(kept, now.own)), nil
}

// confirmation is the button by which a player confirms to be forgotten: "forget:MINUTES.TAG",
// the minutes since 1970 at which it was shown, in base 36, and a tag of the player, so that it is
// nobody else's. It says all that is needed, so it works after a restart.
type confirmation struct {
	at time.Time
	of UserID
}

const (
	confirmPrefix = "forget:"
	// confirmTime is how long a confirmation can be pressed: who finds it later may have
	// played since, and not mean that.
	confirmTime = time.Hour
)

func (c confirmation) String() string {
	minutes := strconv.FormatInt(c.at.Unix()/60, 36)
	h := fnv.New64a()
	_, _ = h.Write([]byte(minutes + "\x00" + string(c.of)))
	return confirmPrefix + minutes + "." + strconv.FormatUint(h.Sum64(), 36)
}

// confirms reports that a press is of the player's own confirmation, and whether it is too old.
func confirms(in Incoming, now time.Time) (own, old bool) {
	minutes, _, _ := strings.Cut(strings.TrimPrefix(in.Choice, confirmPrefix), ".")
	n, err := strconv.ParseInt(minutes, 36, 48)
	if err != nil || (confirmation{at: time.Unix(60*n, 0), of: in.User}).String() != in.Choice {
		return false, false
	}
	if !in.At.IsZero() && in.At.Before(now) {
		now = in.At
	}
	age := now.Sub(time.Unix(60*n, 0))
	return true, age > confirmTime || age < -confirmTime
}

// forgetSelf forgets a player who has confirmed it. That the press was taken in is noted once it
// is done, under a name that says nothing of the player: delivered again before, it goes on, and
// afterwards it has no effect on what came since.
func (b *Bot) forgetSelf(ctx context.Context, in Incoming) (Reply, error) {
	if own, old := confirms(in, b.now()); !own || old {
		return b.once(ctx, in, private(sayOldConfirmation()))
	}
	name := fnv.New128a()
	_, _ = name.Write([]byte(in.ID))
	id := fmt.Sprintf("%s%x", confirmPrefix, name.Sum(nil))
	if !b.forgetOne.TryLock() {
		return Reply{}, ErrBusy
	}
	defer b.forgetOne.Unlock()
	if done, err := b.store.Knows(ctx, PlayersTeam, id, b.now()); err != nil || done {
		card := sayGone(false)
		return Reply{Card: &card, Seen: true}, err
	}
	if wait := b.limits.untilForgotten(in.User, b.now()); wait > 0 {
		return private(saySlowDown(wait)), nil
	}
	_, err := b.Forget(ctx, in.User)
	unknown := errors.Is(err, ErrUnknownPlayer)
	if err != nil && !unknown {
		return Reply{}, err
	}
	if _, err := b.store.Once(ctx, PlayersTeam, id, b.now()); err != nil {
		return Reply{}, err
	}
	if !unknown {
		b.log.Info("a player was forgotten, as the player asked")
	}
	return private(sayGone(unknown)), nil
}

// once records a delivery with what is answered, and says nothing where it was taken in before.
func (b *Bot) once(ctx context.Context, in Incoming, reply Reply) (Reply, error) {
	fresh, err := b.store.Once(ctx, in.Team, in.ID, b.now())
	if err != nil {
		return Reply{}, err
	}
	if !fresh {
		return Reply{Seen: true}, nil
	}
	return reply, nil
}
