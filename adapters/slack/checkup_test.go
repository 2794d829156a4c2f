package slack

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"quizbot/internal/checkup"
	sandbox "quizbot/sandbox/slack"
)

// What the doctor asks for is what the manifests give.
func TestScopesAreTheManifests(t *testing.T) {
	for _, name := range []string{"slack-http.yaml", "slack-socket.yaml"} {
		raw, err := os.ReadFile(filepath.Join("..", "..", "deploy", name))
		if err != nil {
			t.Fatal(err)
		}
		var manifest struct {
			OAuth struct {
				Scopes struct {
					Bot []string `yaml:"bot"`
				} `yaml:"scopes"`
			} `yaml:"oauth_config"`
		}
		if err := yaml.Unmarshal(raw, &manifest); err != nil {
			t.Fatal(err)
		}
		want := slices.Sorted(maps.Keys(Scopes()))
		if got := slices.Sorted(slices.Values(manifest.OAuth.Scopes.Bot)); !slices.Equal(got, want) {
			t.Errorf("%s asks for %q, the doctor for %q", name, got, want)
		}
	}
}

func examine(t *testing.T, c Config) map[string]checkup.Finding {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	c.Transport = transport
	out := map[string]checkup.Finding{}
	for _, f := range checkup.Run(t.Context(), 5*time.Second, Checkup(c)) {
		out[f.What] = f
		for _, secret := range append([]string{c.BotToken, c.AppToken}, c.SigningSecrets...) {
			if secret != "" && strings.Contains(f.Said+f.Cure, secret) {
				t.Errorf("a secret is told: %+v", f)
			}
		}
		if f.Level != checkup.OK && f.Cure == "" {
			t.Errorf("no cure: %+v", f)
		}
	}
	return out
}

func TestCheckup(t *testing.T) {
	lacking := sandbox.DefaultTeam()
	lacking.Scopes = []string{"commands", "users:read"}
	for name, c := range map[string]struct {
		options sandbox.Options
		fault   func(*sandbox.Server)
		config  func(*Config)
		want    map[string]checkup.Level
		says    string
	}{
		"all is well": {want: map[string]checkup.Level{
			"slack token": checkup.OK, "slack scopes": checkup.OK, "slack clock": checkup.OK, "slack app token": checkup.OK, "slack signing secret": checkup.OK,
		}},
		"a wrong token": {
			config: func(c *Config) { c.BotToken = "xoxb-wrong" },
			want:   map[string]checkup.Level{"slack token": checkup.Fail, "slack clock": checkup.OK}, says: "invalid_auth",
		},
		"a token of the wrong kind": {
			config: func(c *Config) { c.BotToken = c.AppToken },
			want:   map[string]checkup.Level{"slack token": checkup.Fail}, says: "xoxb-…",
		},
		"a revoked token": {
			fault: func(s *sandbox.Server) { s.Faults().RevokeToken(team, "token_revoked") },
			want:  map[string]checkup.Level{"slack token": checkup.Fail}, says: "token_revoked",
		},
		"a wrong app token": {
			config: func(c *Config) { c.AppToken = "xapp-wrong" },
			want:   map[string]checkup.Level{"slack token": checkup.OK, "slack app token": checkup.Fail}, says: "connections:write",
		},
		"missing scopes": {
			options: sandbox.Options{Teams: []sandbox.Team{lacking}},
			want:    map[string]checkup.Level{"slack token": checkup.OK, "slack scopes": checkup.Fail}, says: "chat:write (nothing can be posted)",
		},
		"a secret of the wrong kind": {
			config: func(c *Config) { c.SigningSecrets = []string{"xoxb-1234"} },
			want:   map[string]checkup.Level{"slack signing secret": checkup.Fail},
		},
		"an answer that is no JSON": {
			fault: func(s *sandbox.Server) { s.Faults().ServerError("auth.test", 1, 503) },
			want:  map[string]checkup.Level{"slack token": checkup.Fail}, says: "503",
		},
		"too many calls": {
			fault: func(s *sandbox.Server) { s.Faults().RateLimit("auth.test", 1, 30*time.Second) },
			want:  map[string]checkup.Level{"slack token": checkup.Fail}, says: "30 s",
		},
		"the server is down": {
			fault: func(s *sandbox.Server) { _ = s.Close() },
			want:  map[string]checkup.Level{"slack token": checkup.Fail, "slack app token": checkup.Fail}, says: "can't be asked",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := sandbox.New(c.options)
			if err := s.Start(context.Background()); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			config := Config{BotToken: s.BotToken(team), AppToken: s.AppToken(), SigningSecrets: []string{s.SigningSecret()}, APIURL: s.APIURL()}
			if c.config != nil {
				c.config(&config)
			}
			if c.fault != nil {
				c.fault(s)
			}
			found, all := examine(t, config), ""
			for what, want := range c.want {
				if f, ok := found[what]; !ok || f.Level != want {
					t.Errorf("%s: %+v, want %s", what, f, want)
				}
				all += found[what].Said + " " + found[what].Cure + "\n"
			}
			if !strings.Contains(all, c.says) {
				t.Errorf("%q is not said in\n%s", c.says, all)
			}
		})
	}
}

// A clock that is off is found by the Date of Slack's answers.
func TestCheckupOfTheClock(t *testing.T) {
	for off, want := range map[time.Duration]checkup.Level{0: checkup.OK, time.Minute: checkup.Warn, -10 * time.Minute: checkup.Fail} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", time.Now().Add(off).UTC().Format(http.TimeFormat))
			_, _ = w.Write([]byte(`{"ok":true}`))
		}))
		if f := examine(t, Config{BotToken: "xoxb-1", APIURL: s.URL})["slack clock"]; f.Level != want {
			t.Errorf("%s off: %+v", off, f)
		}
		s.Close()
	}
}
