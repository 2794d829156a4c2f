package discord_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"quizbot/adapters/discord"
	"quizbot/internal/checkup"
	sandbox "quizbot/sandbox/discord"
)

func TestCheckup(t *testing.T) {
	for name, c := range map[string]struct {
		options sandbox.Options
		fault   func(*sandbox.Server)
		config  func(*discord.Config)
		want    map[string]checkup.Level
		missing string // what nothing is said of
		says    string
	}{
		"all is well": {want: map[string]checkup.Level{
			"discord token": checkup.OK, "discord clock": checkup.OK, "discord intents": checkup.OK, "discord gateway": checkup.OK, "discord identifies": checkup.OK,
		}},
		"the token as it stands in a header": {
			config: func(c *discord.Config) { c.Token = "Bot " + c.Token },
			want:   map[string]checkup.Level{"discord token": checkup.OK},
		},
		"a wrong token": {
			config: func(c *discord.Config) { c.Token = "wrong-token" },
			want:   map[string]checkup.Level{"discord token": checkup.Fail}, missing: "discord gateway", says: "DISCORD_TOKEN",
		},
		"a missing intent": {
			options: sandbox.Options{DisallowedIntents: sandbox.IntentMessageContent},
			want:    map[string]checkup.Level{"discord intents": checkup.Warn, "discord gateway": checkup.OK}, says: "Message Content",
		},
		"no identifies left": {
			options: sandbox.Options{IdentifyLimit: 20},
			want:    map[string]checkup.Level{"discord identifies": checkup.Warn}, says: "20 of 20",
		},
		"the gateway is silent": {
			fault: func(s *sandbox.Server) { s.Faults().SilentConnections(1) },
			want:  map[string]checkup.Level{"discord gateway": checkup.Fail}, says: "wss",
		},
		"the API stumbles": {
			fault: func(s *sandbox.Server) { s.Faults().ServerError(sandbox.RouteGetMe, 1, 502) },
			want:  map[string]checkup.Level{"discord token": checkup.Fail, "discord gateway": checkup.OK}, says: "502",
		},
		"the server is down": {
			fault: func(s *sandbox.Server) { _ = s.Close() },
			want:  map[string]checkup.Level{"discord token": checkup.Fail, "discord gateway": checkup.Fail}, says: "can't be asked",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sandbox.New(c.options)
			if err := s.Start(context.Background()); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			transport := &http.Transport{}
			defer transport.CloseIdleConnections()
			config := discord.Config{Token: s.Token(), APIURL: s.APIURL(), Transport: transport}
			if c.config != nil {
				c.config(&config)
			}
			if c.fault != nil {
				c.fault(s)
			}
			limit := 10 * time.Second
			if c.options.IdentifyLimit == 0 && strings.Contains(name, "silent") {
				limit = time.Second
			}
			found, all := map[string]checkup.Finding{}, ""
			for _, f := range checkup.Run(t.Context(), limit, discord.Checkup(config)) {
				found[f.What] = f
				all += f.Said + " " + f.Cure + "\n"
				if f.Level != checkup.OK && f.Cure == "" {
					t.Errorf("no cure: %+v", f)
				}
			}
			for what, want := range c.want {
				if f, ok := found[what]; !ok || f.Level != want {
					t.Errorf("%s: %+v, want %s", what, f, want)
				}
			}
			if f, ok := found[c.missing]; ok {
				t.Errorf("said although the token is no good: %+v", f)
			}
			if !strings.Contains(all, c.says) || strings.Contains(all, strings.TrimPrefix(config.Token, "Bot ")) {
				t.Errorf("%q is not said, or the token is, in\n%s", c.says, all)
			}
			if n := len(s.Identifies()); n != 0 {
				t.Errorf("%d identifies were used", n)
			}
		})
	}
}
