package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"quizbot/adapters/slack"
	"quizbot/seal"
	"quizbot/store"
)

// installations keeps, in the database, the Slack workspaces that have installed the
// app. Each is one sealed value, for its token opens the workspace.
type installations struct {
	store *store.Store
	keys  *seal.Keyring
	now   func() time.Time
}

var _ slack.Installations = installations{}

const (
	// installationName leads the names of the values; the workspace's id follows.
	installationName = "slack-installation/"
	// installationPurpose is what they are sealed for.
	installationPurpose = "slack installation"
	// lostKey is why an installation ended whose key the operator has given up.
	lostKey = "its QUIZBOT_KEY was given up"
)

// installation is one as it is stored: sealed, or ended and without a token.
type installation struct {
	V int `json:"v"`
	seal.Sealed
	Ended time.Time `json:"ended,omitzero"`
	Why   string    `json:"why,omitempty"`
}

func readInstallation(v []byte) (installation, error) {
	var kept installation
	err := json.Unmarshal(v, &kept)
	return kept, err
}

// eachInstallation calls fn with every workspace's, ended or not.
func eachInstallation(values store.Values, fn func(team string, kept installation) error) error {
	named, err := values.Named(installationName)
	if err != nil {
		return err
	}
	for _, v := range named {
		kept, err := readInstallation(v.Data)
		if err != nil {
			return fmt.Errorf("%s: %w", v.Name, err)
		}
		if err := fn(strings.TrimPrefix(v.Name, installationName), kept); err != nil {
			return err
		}
	}
	return nil
}

// openInstallations makes sure that every token can be opened, before anything else
// is done, and seals anew what an older key has sealed. What was tampered with is
// named in the log and not used. forget gives up those whose key is lost. Where a key
// is missing nothing is changed.
func openInstallations(ctx context.Context, kept *store.Store, keys *seal.Keyring, forget bool, log *slog.Logger) (installations, error) {
	i := installations{store: kept, keys: keys, now: time.Now}
	closed, old, all, err := i.survey(ctx, log)
	switch {
	case err != nil:
		return i, err
	case len(closed) > 0 && !forget:
		return i, fmt.Errorf("QUIZBOT_KEY does not open the tokens of %d of %d Slack workspaces: add the key that sealed them, behind a comma, or, if it is lost, start once with --forget-lost-installs and have them install again", len(closed), all)
	case len(closed) == 0 && old == 0:
		return i, nil
	}
	if err := i.refresh(ctx); err != nil {
		return i, err
	}
	if old > 0 {
		log.Info("tokens were sealed anew under the first QUIZBOT_KEY; the older ones can be removed from the setting", "workspaces", old)
	}
	if len(closed) > 0 {
		log.Warn("installations forgotten", "workspaces", closed, "cure", "their key is lost; install the app there again at /slack/install, the points stay")
	}
	return i, nil
}

// survey looks at all installations: the workspaces whose key is missing, and how
// many are sealed under an older key.
func (i installations) survey(ctx context.Context, log *slog.Logger) (closed []string, old, all int, err error) {
	err = i.store.ViewValues(ctx, func(values store.Values) error {
		closed, old, all = nil, 0, 0 // an engine may run this more than once
		return eachInstallation(values, func(team string, kept installation) error {
			if kept.Why != "" {
				return nil
			}
			all++
			_, err := i.open(team, kept)
			switch {
			case errors.Is(err, seal.ErrKey):
				closed = append(closed, team)
			case err != nil:
				log.Error("installation damaged", "team", team, "err", err, "cure", "its token is not used; install the app there again at /slack/install")
			case !i.keys.Newest(kept.Sealed):
				old++
			}
			return nil
		})
	})
	if err != nil {
		err = fmt.Errorf("read the Slack installations: %w", err)
	}
	return closed, old, all, err
}

// refresh seals under the first key what an older one has sealed, and ends what no
// key opens, all at once.
func (i installations) refresh(ctx context.Context) error {
	err := i.store.UpdateValues(ctx, func(values store.Values) error {
		return eachInstallation(values, func(team string, kept installation) error {
			if kept.Why != "" || i.keys.Newest(kept.Sealed) {
				return nil
			}
			secret, err := i.keys.Open(installationPurpose, team, kept.Sealed)
			switch {
			case errors.Is(err, seal.ErrKey):
				kept = installation{V: 1, Ended: i.now().UTC(), Why: lostKey}
			case err != nil:
				return nil //nolint:nilerr // tampered with: it stays as it is
			default:
				kept.Sealed = i.keys.Seal(installationPurpose, team, secret)
			}
			return put(values, team, kept)
		})
	})
	if err != nil {
		return fmt.Errorf("seal the Slack installations anew: %w", err)
	}
	return nil
}

// put keeps an installation under its workspace.
func put(values store.Values, team string, kept installation) error {
	raw, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	values.Put(installationName+team, raw)
	return nil
}

// open unseals an installation that has not ended.
func (i installations) open(team string, kept installation) (slack.Installation, error) {
	var in slack.Installation
	secret, err := i.keys.Open(installationPurpose, team, kept.Sealed)
	if err != nil {
		return in, err
	}
	if err := json.Unmarshal(secret, &in); err != nil || in.Team != team {
		return in, seal.ErrDamaged // the error of JSON may show what it read
	}
	return in, nil
}

// Find implements slack.Installations.
func (i installations) Find(ctx context.Context, team string) (slack.Installation, error) {
	raw, err := i.store.Value(ctx, installationName+team)
	if err != nil {
		return slack.Installation{}, err
	}
	if raw == nil {
		return slack.Installation{}, slack.ErrNotInstalled
	}
	kept, err := readInstallation(raw)
	switch {
	case err != nil:
		return slack.Installation{}, fmt.Errorf("read the installation: %w", err)
	case kept.Why != "":
		return slack.Installation{}, fmt.Errorf("%w any more: %s", slack.ErrNotInstalled, kept.Why)
	}
	in, err := i.open(team, kept)
	if err != nil {
		return slack.Installation{}, fmt.Errorf("%w: %w", slack.ErrNotInstalled, err)
	}
	return in, nil
}

// Keep implements slack.Installations.
func (i installations) Keep(ctx context.Context, in slack.Installation) error {
	secret, err := json.Marshal(in)
	if err != nil {
		return err
	}
	kept := installation{V: 1, Sealed: i.keys.Seal(installationPurpose, in.Team, secret)}
	return i.store.UpdateValues(ctx, func(values store.Values) error { return put(values, in.Team, kept) })
}

// End implements slack.Installations.
func (i installations) End(ctx context.Context, team, token, why string) (ended bool, err error) {
	err = i.store.UpdateValues(ctx, func(values store.Values) error {
		ended = false
		raw, err := values.Get(installationName + team)
		if err != nil || raw == nil {
			return err
		}
		kept, err := readInstallation(raw)
		if err != nil || kept.Why != "" {
			return err
		}
		in, err := i.open(team, kept)
		if ended = err == nil && in.Token == token; !ended {
			return nil // it is no more what was to end
		}
		return put(values, team, installation{V: 1, Ended: i.now().UTC(), Why: why})
	})
	if err != nil {
		return false, fmt.Errorf("end the installation of %s: %w", team, err)
	}
	return ended, nil
}

// List implements slack.Installations.
func (i installations) List(ctx context.Context) (map[string]string, error) {
	all := map[string]string{}
	err := i.store.ViewValues(ctx, func(values store.Values) error {
		return eachInstallation(values, func(team string, kept installation) error {
			all[team] = kept.Why
			if kept.Why == "" {
				if _, err := i.open(team, kept); err != nil {
					all[team] = err.Error()
				}
			}
			return nil
		})
	})
	return all, err
}
