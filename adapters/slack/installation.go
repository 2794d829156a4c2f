package slack

import (
	"context"
	"errors"
	"time"
)

// Installation is the app in one workspace.
type Installation struct {
	Team       string    `json:"team"` // T…
	Name       string    `json:"name,omitempty"`
	Enterprise string    `json:"enterprise,omitempty"` // E…, where the workspace belongs to one
	BotUser    string    `json:"bot_user"`             // U…
	Bot        string    `json:"bot,omitempty"`        // B…
	URL        string    `json:"url,omitempty"`        // the workspace's address
	Scopes     string    `json:"scopes,omitempty"`     // comma-separated
	Token      string    `json:"token"`                // xoxb-…
	At         time.Time `json:"at"`                   // by Slack's clock, in whole seconds
}

// ErrNotInstalled: the app is not, or no longer, in that workspace.
var ErrNotInstalled = errors.New("the app is not installed in this workspace")

// Installations keeps the workspaces that have installed the app.
type Installations interface {
	// Find returns a workspace's installation, or an error that is ErrNotInstalled.
	Find(ctx context.Context, team string) (Installation, error)
	// Keep adds an installation, or puts it in the place of the workspace's old one,
	// and returns when it is on disk.
	Keep(ctx context.Context, in Installation) error
	// End deletes the token of an installation and notes why it ended. It is false
	// where the workspace has another token by now, or none.
	End(ctx context.Context, team, token, why string) (bool, error)
	// List says of every workspace that ever installed the app why its installation
	// ended; "": it did not.
	List(ctx context.Context) (map[string]string, error)
}

// scopes are what the app asks for when it is installed, as in the manifests.
func scopes() []string {
	return []string{
		"app_mentions:read", "channels:history", "chat:write", "chat:write.public", "commands", "files:write", "groups:history", "im:history",
		"mpim:history", "users:read",
	}
}
