package slack

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	slackgo "github.com/slack-go/slack"
)

const (
	// maxWorkspaces is how many clients are kept; the others are made anew.
	maxWorkspaces = 1024
	// suspendedFor is how long a workspace is left alone whose token Slack refuses
	// without saying that it is gone.
	suspendedFor = 10 * time.Minute
)

// workspace is where the bot is somebody, and the client that speaks there.
type workspace struct {
	identity
	api   *slackgo.Client
	token string
	since time.Time // when it was installed; zero with a token of the configuration
}

// suspendedError: Slack refuses the token of a workspace for now.
type suspendedError struct{ team, why string }

func (e *suspendedError) Error() string { return fmt.Sprintf("workspace %s: %s", e.team, e.why) }

// workspaces are those that have installed the app. The clients of the most recent
// ones are kept; the others are made when they are needed.
type workspaces struct {
	kept Installations
	make func(Installation) *workspace
	now  func() time.Time
	most int

	mu        sync.Mutex
	changes   int                      // counts changes, so that no old reading is kept
	clients   map[string]*list.Element // of *workspace
	order     *list.List               // the most recent first
	suspended map[string]suspension
	ended     map[string]string // why, by workspace, of all that ever installed the app
	last      string            // the workspace that ended last
}

type suspension struct {
	why   string
	until time.Time
}

func newWorkspaces(kept Installations, now func() time.Time, make func(Installation) *workspace) *workspaces {
	return &workspaces{
		kept: kept, make: make, now: now, most: maxWorkspaces, clients: map[string]*list.Element{}, order: list.New(),
		suspended: map[string]suspension{}, ended: map[string]string{},
	}
}

// find returns a workspace. Its error is ErrNotInstalled, a suspendedError, or one
// of the database.
func (s *workspaces) find(ctx context.Context, team string) (*workspace, error) {
	if team == "" {
		return nil, ErrNotInstalled
	}
	s.mu.Lock()
	if off, ok := s.suspended[team]; ok && s.now().Before(off.until) {
		s.mu.Unlock()
		return nil, &suspendedError{team, off.why}
	}
	if at, ok := s.clients[team]; ok {
		s.order.MoveToFront(at)
		s.mu.Unlock()
		return at.Value.(*workspace), nil
	}
	changes := s.changes
	s.mu.Unlock()
	in, err := s.kept.Find(ctx, team)
	if err != nil {
		return nil, fmt.Errorf("workspace %s: %w", team, err)
	}
	w := s.make(in)
	s.mu.Lock()
	defer s.mu.Unlock()
	if changes == s.changes {
		s.remember(w)
	}
	return w, nil
}

// remember keeps a client, and lets go of the one that was used longest ago where
// there are too many. The caller holds mu.
func (s *workspaces) remember(w *workspace) {
	s.drop(w.team)
	s.clients[w.team] = s.order.PushFront(w)
	for s.order.Len() > s.most {
		s.drop(s.order.Back().Value.(*workspace).team)
	}
}

// drop lets go of a client. The caller holds mu.
func (s *workspaces) drop(team string) {
	if at, ok := s.clients[team]; ok {
		s.order.Remove(at)
		delete(s.clients, team)
	}
}

// load reads which workspaces there are.
func (s *workspaces) load(ctx context.Context) error {
	for {
		s.mu.Lock()
		changes := s.changes
		s.mu.Unlock()
		all, err := s.kept.List(ctx)
		if err != nil {
			return fmt.Errorf("list the workspaces: %w", err)
		}
		s.mu.Lock()
		current := changes == s.changes
		if current {
			s.ended = all
		}
		s.mu.Unlock()
		if current {
			return nil
		}
	}
}

// keep adds an installation, or replaces it.
func (s *workspaces) keep(ctx context.Context, in Installation) error {
	if err := s.kept.Keep(ctx, in); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes++
	s.drop(in.Team)
	delete(s.suspended, in.Team)
	s.ended[in.Team] = ""
	return nil
}

// end ends an installation; false when it had ended, or was replaced.
func (s *workspaces) end(ctx context.Context, team, token, why string) (bool, error) {
	done, err := s.kept.End(ctx, team, token, why)
	if err != nil || !done {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes++
	s.drop(team)
	s.ended[team], s.last = why, team
	return true, nil
}

// suspend leaves a workspace alone for a while; false when that happened before.
func (s *workspaces) suspend(team, why string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes++
	s.drop(team)
	_, before := s.suspended[team]
	s.suspended[team] = suspension{why, s.now().Add(suspendedFor)}
	return !before
}

// restore says that a workspace's token is good.
func (s *workspaces) restore(team string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.suspended, team)
}

// sole is the only workspace that is left; "" when there is none, or several.
func (s *workspaces) sole() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	only := ""
	for team, why := range s.ended {
		switch {
		case why != "":
		case only != "":
			return ""
		default:
			only = team
		}
	}
	return only
}

// ready is the reason why no workspace at all can be spoken to, where there was one
// before. One of many that is gone does not matter.
func (s *workspaces) ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var last error
	for team, why := range s.ended {
		off, ok := s.suspended[team]
		switch {
		case why != "":
			if last == nil || team == s.last {
				last = fmt.Errorf("no workspace is left (%s: %s): install the app again at /slack/install", team, why)
			}
		case ok && s.now().Before(off.until):
			last = &suspendedError{team, off.why}
		default:
			return nil
		}
	}
	return last
}

// absent says that a workspace can't be spoken to, and that the database has no part
// in it.
func absent(err error) bool {
	var off *suspendedError
	return errors.Is(err, ErrNotInstalled) || errors.As(err, &off)
}
