package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	slackside "quizbot/adapters/slack"
	"quizbot/bot"
	"quizbot/sandbox/discord"
	"quizbot/sandbox/slack"
)

// marks are secrets that can be told from everything else.
const (
	markBot     = "xoxb-MARKBOT000000000000"
	markApp     = "xapp-MARKAPP000000000000"
	markSigning = "MARKSIGNING0000000000000"
	markDiscord = "MARKDISCORD0000000000000"
	markAdmin   = "MARKADMIN000000000000000"
	markTicket  = "MARKTICKET00000000000000"
	markProxy   = "MARKPROXY000000000000000"
)

// leaks says which secrets a text tells.
func leaks(t *testing.T, where, text string, secrets ...string) {
	t.Helper()
	for _, s := range secrets {
		if at := strings.Index(text, s); at >= 0 {
			t.Errorf("%s tells %q: …%s", where, s, text[max(0, at-200):min(len(text), at+len(s)+40)])
		}
	}
}

// told is all that a running program says to whom has the admin port.
func told(t *testing.T, s string) string {
	t.Helper()
	var out strings.Builder
	for _, path := range []string{"/metrics", "/readyz", "/healthz", "/debug/pprof/", "/debug/pprof/goroutine?debug=2", "/debug/pprof/goroutine?debug=1", "/debug/pprof/cmdline", "/debug/pprof/heap?debug=1"} {
		req, err := http.NewRequestWithContext(waitFor(t), http.MethodGet, "http://"+s+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+markAdmin)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(&out, resp.Body)
		_ = resp.Body.Close()
	}
	return out.String()
}

// Platforms that refuse the tokens, stumble, hang up or aren't there: nothing that
// the program says of it holds a secret.
func TestSecretsStayHiddenWhenPlatformsFail(t *testing.T) {
	t.Parallel()
	closed := "http://" + freePort(t)
	for name, answer := range map[string]http.HandlerFunc{
		"401": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"message":"401: Unauthorized","code":0,"ok":false,"error":"invalid_auth"}`)
		},
		"not ok": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"ok":false,"error":"invalid_auth"}`)
		},
		"500": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"redirects": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, closed+"/"+r.URL.Path, http.StatusFound)
		},
		"html": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "<html>Attention required</html>")
		},
		"hangs up": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"no socket": func(w http.ResponseWriter, r *http.Request) {
			gateway := strings.Replace(closed, "http", "ws", 1) + "/?ticket=" + markTicket
			_, _ = fmt.Fprintf(w, `{"ok":true,"team_id":"T1","user_id":"U1","bot_id":"B1","url":%q,"shards":1,"session_start_limit":{"total":9,"remaining":9,"max_concurrency":1}}`, gateway)
		},
		"refused": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base := closed
			if answer != nil {
				platform := httptest.NewServer(answer)
				t.Cleanup(platform.Close)
				base = platform.URL
			}
			base = strings.Replace(base, "://", "://user:"+markProxy+"@", 1)
			s := startServing(t, map[string]string{
				"QUIZBOT_DB": filepath.Join(t.TempDir(), "q.db"), "QUIZBOT_ADMIN_LISTEN": "127.0.0.1:0", "QUIZBOT_LISTEN": "127.0.0.1:0", "QUIZBOT_LOG": "debug",
				"QUIZBOT_ADMIN_TOKEN": markAdmin, "SLACK_SIGNING_SECRET": markSigning, "SLACK_BOT_TOKEN": markBot, "SLACK_APP_TOKEN": markApp,
				"SLACK_API_URL": base + "/api/", "DISCORD_TOKEN": markDiscord, "DISCORD_API_URL": base + "/api/v9",
			})
			ctx := waitFor(t)
			for !strings.Contains(s.log.String(), `"platform":"slack"`) || !strings.Contains(s.log.String(), `"platform":"discord"`) {
				select {
				case <-time.After(20 * time.Millisecond):
				case <-ctx.Done():
					t.Fatalf("nothing was said about the platforms:\n%s", s.log)
				}
			}
			for _, header := range []map[string]string{nil, {"X-Slack-Signature": "v0=" + markTicket, "X-Slack-Request-Timestamp": strconv.FormatInt(time.Now().Unix(), 10)}} {
				s.ask(t, http.MethodPost, "public", "/slack/events?token="+markTicket, header)
			}
			said := told(t, s.addresses["admin"])
			s.stop()
			all := []string{markBot, markApp, markSigning, markDiscord, markAdmin, markTicket, markProxy}
			leaks(t, "the log", s.log.String(), all...)
			leaks(t, "the admin port", said, all...)
		})
	}
}

// Play on both platforms at the level debug, and the tokens of the platforms'
// replies too.
func TestSecretsStayHiddenInPlay(t *testing.T) {
	t.Parallel()
	d, sl := discord.New(discord.Options{}), slack.New(slack.Options{})
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if err := sl.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sl.Close() })
	port, admin := freePort(t), freePort(t)
	secrets := []string{sl.SigningSecret(), slack.DefaultBotToken, d.Token(), markAdmin}
	env := []string{
		"QUIZBOT_DB=" + filepath.Join(t.TempDir(), "q.db"), "QUIZBOT_ADMIN_LISTEN=" + admin, "QUIZBOT_LISTEN=" + port, "QUIZBOT_LOG=debug", "QUIZBOT_PACKS=" + packFolder(t),
		"QUIZBOT_ADMIN_TOKEN=" + markAdmin, "SLACK_SIGNING_SECRET=" + sl.SigningSecret(), "SLACK_BOT_TOKEN=" + slack.DefaultBotToken, "SLACK_API_URL=" + sl.APIURL(),
		"DISCORD_TOKEN=" + d.Token(), "DISCORD_API_URL=" + d.APIURL(),
	}
	sl.SetAppURL("http://" + port)
	kill, log := serveProcess(t, env)
	ctx := waitFor(t)
	for ready := false; !ready; {
		resp, err := http.Get("http://" + admin + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if ready = resp.StatusCode == http.StatusOK; !ready {
			select {
			case <-time.After(20 * time.Millisecond):
			case <-ctx.Done():
				t.Fatalf("not ready:\n%s", log())
			}
		}
	}
	team := slack.DefaultTeam()
	if a, err := sl.Slash(ctx, team.Channels[0].ID, team.Users[0].ID, "/quiz", "wires"); err != nil || !a.OK() {
		t.Fatalf("slash: %v\n%s", err, log())
	}
	question := waitSlack(t, sl, team.Channels[0].ID, "Which method opens")
	if _, err := sl.Press(ctx, team.Channels[0].ID, question.TS, team.Users[1].ID, question.Buttons()[0].ActionID); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Slash(ctx, discord.DefaultChannelID, discord.AliceID, "/quiz ask wires"); err != nil {
		t.Fatal(err)
	}
	asked := waitDiscord(t, d, discord.DefaultChannelID, "Which method opens")
	if _, err := d.Press(ctx, asked.ID, discord.BobID, asked.Controls()[0].CustomID); err != nil {
		t.Fatal(err)
	}
	said := told(t, admin)
	if runtime.GOOS == "linux" {
		pid := pidOf(t, log())
		if limits, err := os.ReadFile(filepath.Join("/proc", pid, "limits")); err != nil || !coreIsZero(string(limits)) {
			t.Errorf("the process may write core files: %v\n%s", err, limits)
		}
		if !strings.Contains(said, "process_open_fds") {
			t.Error("the process can't count its own files any more")
		}
	}
	if err := kill(syscall.SIGTERM); err != nil {
		t.Errorf("%v\n%s", err, log())
	}
	leaks(t, "the log", log(), secrets...)
	leaks(t, "the admin port", said, secrets...)
	cmd := program(t, env, "serve", "--print-config")
	shown, err := cmd.CombinedOutput()
	if err != nil {
		t.Error(err)
	}
	leaks(t, "--print-config", string(shown), secrets...)
}

func coreIsZero(limits string) bool {
	for line := range strings.Lines(limits) {
		if rest, ok := strings.CutPrefix(line, "Max core file size"); ok {
			return strings.Join(strings.Fields(rest), " ") == "0 0 bytes"
		}
	}
	return false
}

// pidOf finds the process that serves in its log.
func pidOf(t *testing.T, log string) string {
	t.Helper()
	_, rest, ok := strings.Cut(log, `"pid":`)
	if !ok {
		t.Fatalf("the log names no process:\n%s", log)
	}
	return rest[:strings.IndexAny(rest, ",}")]
}

// panicking is a core that can't take anything.
type panicking struct{}

func (panicking) CatchUp(bot.Gap) {}

func (panicking) Queue(bot.Incoming) func(context.Context) (bot.Reply, error) { panic("out of luck") }

func (panicking) Full() bool { return false }

// What a request held is not in the log when its handling panics.
func TestSecretsStayHiddenInAPanic(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	a, err := slackside.New(slackside.Config{SigningSecrets: []string{markSigning}, BotToken: markBot, APIURL: "http://" + freePort(t)}, panicking{}, slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	body := "command=/quiz&team_id=T1&channel_id=C1&user_id=U1&text=x&response_url=https://hooks.slack.com/" + markTicket + "&trigger_id=" + markTicket
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(markSigning))
	mac.Write([]byte("v0:" + stamp + ":" + body))
	req := httptest.NewRequest(http.MethodPost, "/slack/commands", strings.NewReader(body))
	req.Header.Set("X-Slack-Request-Timestamp", stamp)
	req.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
	a.Handler().ServeHTTP(httptest.NewRecorder(), req)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "out of luck") {
		t.Fatalf("nothing panicked: %s", &log)
	}
	leaks(t, "the log", log.String(), markSigning, markBot, markTicket, hex.EncodeToString(mac.Sum(nil)))
}

// People put the secret itself where its file should be named.
func TestSecretInThePlaceOfItsFile(t *testing.T) {
	t.Parallel()
	const token = "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs"
	status, _, errs := call(t, map[string]string{"DISCORD_TOKEN_FILE": token}, "", "serve")
	if status != exitUsage || strings.Contains(errs, token) || !strings.Contains(errs, "DISCORD_TOKEN_FILE") || !strings.Contains(errs, "name a file") {
		t.Errorf("status %d\n%s", status, errs)
	}
}
