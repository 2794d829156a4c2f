package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"quizbot/quiz"
	"quizbot/seal"
)

// setting is one thing that can be configured. Its key is the environment's; in
// quizbot.yaml it may be written in lower case and without QUIZBOT_.
type setting struct {
	key     string
	value   string // the default
	secret  bool
	meaning string
}

func settings() []setting {
	return []setting{
		{key: "QUIZBOT_DB", value: "quizbot.db", meaning: "database file"},
		{key: "QUIZBOT_LISTEN", value: ":8080", meaning: "public HTTP: Slack's requests"},
		{key: "QUIZBOT_ADMIN_LISTEN", value: "127.0.0.1:9090", meaning: "private HTTP: /healthz /readyz /metrics /debug/pprof"},
		{key: "QUIZBOT_ADMIN_TOKEN", secret: true, meaning: "needed on the private port (Authorization: Bearer …) where it is set; must be where that port is not on loopback"},
		{key: "QUIZBOT_PACKS", meaning: "folder of packs, beside the embedded ones; followed while running"},
		{key: "QUIZBOT_BACKUPS", meaning: "folder for backups on a schedule, of this bot alone; empty: none are made"},
		{key: "QUIZBOT_BACKUP_EVERY", value: "24h", meaning: "how old the newest backup gets before the next, from 1m on"},
		{key: "QUIZBOT_BACKUP_KEEP", value: "7", meaning: "how many backups stay in that folder"},
		{key: "QUIZBOT_RETENTION", value: "off", meaning: "answers older than this are forgotten, with their points: 365d, or off"},
		{key: "QUIZBOT_SPEED", value: "gentle", meaning: "how much being quick is worth in games of which nobody says it: off, gentle or full"},
		{key: "QUIZBOT_LOG", value: "info", meaning: "debug, info, warn or error"},
		{key: "SLACK_SIGNING_SECRET", secret: true, meaning: "turns Slack over HTTP on; two, comma-separated, during a rotation"},
		{key: "SLACK_BOT_TOKEN", secret: true, meaning: "one workspace's bot token, xoxb-…; without it workspaces install the app themselves"},
		{key: "SLACK_APP_TOKEN", secret: true, meaning: "turns Socket Mode on, xapp-…"},
		{key: "SLACK_CLIENT_ID", meaning: "for many workspaces: the app's client id"},
		{key: "SLACK_CLIENT_SECRET", secret: true, meaning: "for many workspaces: the app's client secret"},
		{key: "QUIZBOT_KEY", secret: true, meaning: "for many workspaces: seals their tokens, 32 random bytes in base64 or hex; the first of a comma-separated list seals, all open"},
		{key: "QUIZBOT_PUBLIC_URL", meaning: "for many workspaces: where browsers reach this bot, https://quiz.example.com"},
		{key: "SLACK_API_URL", meaning: "instead of https://slack.com/api/"},
		{key: "DISCORD_TOKEN", secret: true, meaning: "turns Discord on"},
		{key: "DISCORD_API_URL", meaning: "instead of https://discord.com/api/v9"},
		{key: "DISCORD_SHARDS", value: "auto", meaning: "auto, or the shards of this process: 0,1/4"},
	}
}

// defaultOf is what a setting is where nobody sets it.
func defaultOf(key string) string {
	for _, s := range settings() {
		if s.key == key {
			return s.value
		}
	}
	return ""
}

func settingsHelp() string {
	var b strings.Builder
	for _, s := range settings() {
		fmt.Fprintf(&b, "    %-21s %s", s.key, s.meaning)
		if s.value != "" {
			fmt.Fprintf(&b, " (%s)", s.value)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// config is the outcome of flags, environment, file and defaults.
type config struct {
	values map[string]string
	source map[string]string
	log    slog.Level
	keys   *seal.Keyring // nil: QUIZBOT_KEY is not set
	forget bool          // installations whose key is lost

	backupEvery time.Duration
	backupKeep  int
	retention   time.Duration // 0: off
	speed       quiz.Speed
}

func (c config) get(key string) string { return c.values[key] }

// secrets is a list of values, as of SLACK_SIGNING_SECRET.
func (c config) secrets(key string) []string {
	var out []string
	for s := range strings.SplitSeq(c.values[key], ",") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

func (c config) slack() bool {
	for _, key := range []string{"SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN", "SLACK_BOT_TOKEN", "SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET"} {
		if c.get(key) != "" {
			return true
		}
	}
	return false
}

// manySlacks says that workspaces install the app themselves.
func (c config) manySlacks() bool { return c.slack() && c.get("SLACK_BOT_TOKEN") == "" }

// public says that there is something to serve to the outside.
func (c config) public() bool { return c.get("SLACK_SIGNING_SECRET") != "" || c.manySlacks() }

func (c config) discord() bool { return c.get("DISCORD_TOKEN") != "" }

// readConfig puts flags over environment over file over defaults. path is the
// file; "" means quizbot.yaml, which may be missing.
func readConfig(at surroundings, flags map[string]string, path string) (config, error) {
	c := config{values: map[string]string{}, source: map[string]string{}}
	inFile, err := readConfigFile(path)
	if err != nil {
		return c, usageError{err}
	}
	for _, s := range settings() {
		c.values[s.key], c.source[s.key] = s.value, "default"
		v, from, err := inFile.value(s.key)
		if err != nil {
			return c, usageError{err}
		} else if v != "" {
			c.values[s.key], c.source[s.key] = v, from
		}
		if v, from, err := fromEnvironment(at, s); err != nil {
			return c, usageError{err}
		} else if v != "" {
			c.values[s.key], c.source[s.key] = v, from
		}
		if v := flags[s.key]; v != "" {
			c.values[s.key], c.source[s.key] = v, "flag"
		}
	}
	return c, c.check()
}

// lookup finds one setting that is no secret, for a command that needs no other:
// what is wrong with the rest must not keep it from its work. "": not set.
func lookup(at surroundings, key, flag string) (string, error) {
	if flag != "" {
		return flag, nil
	}
	if v, _ := at.getenv(key); strings.TrimSpace(v) != "" {
		return strings.TrimSpace(v), nil
	}
	inFile, err := readConfigFile("")
	if err != nil {
		return "", usageError{err}
	}
	v, _, err := inFile.value(key)
	return v, err
}

func fromEnvironment(at surroundings, s setting) (value, from string, err error) {
	v, _ := at.getenv(s.key)
	file, _ := at.getenv(s.key + "_FILE")
	switch {
	case v != "" && file != "" && s.secret:
		return "", "", fmt.Errorf("both %s and %s_FILE are set: keep one", s.key, s.key)
	case v != "":
		return strings.TrimSpace(v), "environment", nil
	case file != "" && s.secret:
		content, err := readSecret(file)
		if err != nil {
			return "", "", fmt.Errorf("%s_FILE: %w", s.key, err)
		}
		return content, s.key + "_FILE", nil
	}
	return "", "", nil
}

func (c *config) check() error {
	levels := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
	level, ok := levels[strings.ToLower(c.get("QUIZBOT_LOG"))]
	if !ok {
		return usagef("QUIZBOT_LOG %q: write debug, info, warn or error", c.get("QUIZBOT_LOG"))
	}
	c.log = level
	var err error
	if c.retention, err = readRetention(c.get("QUIZBOT_RETENTION")); err != nil {
		return err
	}
	if c.speed = quiz.Speed(strings.ToLower(c.get("QUIZBOT_SPEED"))); !slices.Contains(quiz.Speeds(), c.speed) {
		return usagef("QUIZBOT_SPEED %q: write off, gentle or full", c.get("QUIZBOT_SPEED"))
	}
	for _, key := range []string{"QUIZBOT_LISTEN", "QUIZBOT_ADMIN_LISTEN"} {
		_, port, err := net.SplitHostPort(c.get(key))
		if n, numErr := strconv.Atoi(port); err != nil || numErr != nil || n < 0 || n > 65535 {
			return usagef("%s %q is not an address: write it like :8080 or 127.0.0.1:9090", key, c.get(key))
		}
	}
	switch token := c.get("QUIZBOT_ADMIN_TOKEN"); {
	case token == "" && !loopback(c.get("QUIZBOT_ADMIN_LISTEN")):
		return usagef("QUIZBOT_ADMIN_LISTEN %q can be reached from other machines: write 127.0.0.1:9090, or set QUIZBOT_ADMIN_TOKEN to a secret that is then needed there", c.get("QUIZBOT_ADMIN_LISTEN"))
	case token != "" && len(token) < leastToken:
		return usagef("QUIZBOT_ADMIN_TOKEN has fewer than %d characters, which can be guessed: make one with openssl rand -hex 32", leastToken)
	}
	for _, key := range []string{"SLACK_API_URL", "DISCORD_API_URL"} {
		u, err := url.Parse(c.get(key))
		if c.get(key) != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
			return usagef("%s is not an address: write it like https://example.com/api", key)
		}
	}
	if err := c.checkInstalling(); err != nil {
		return err
	}
	if c.get("QUIZBOT_DB") == "" {
		return usagef("QUIZBOT_DB is empty: name a file")
	}
	if strings.Contains(c.get("QUIZBOT_DB"), "://") {
		return usagef("QUIZBOT_DB: this version keeps its data in a file; write a path")
	}
	if shards := c.get("DISCORD_SHARDS"); !goodShards(shards) {
		return usagef("DISCORD_SHARDS %q: write auto, or the shards of this process, each once, and how many there are, like 0,1/4", shards)
	}
	if err := c.checkBackups(); err != nil {
		return err
	}
	if dir := c.get("QUIZBOT_PACKS"); dir != "" {
		return checkFolder(dir)
	}
	return nil
}

// leastToken is the length of the shortest admin token, in bytes.
const leastToken = 16

// The days that answers can be kept: a question can be open for one.
const leastDays, mostDays = 7, 36500

// readRetention reads QUIZBOT_RETENTION: off, or days.
func readRetention(s string) (time.Duration, error) {
	if s == "off" {
		return 0, nil
	}
	number, isDays := strings.CutSuffix(s, "d")
	days, err := strconv.Atoi(number)
	if !isDays || err != nil || days < leastDays || days > mostDays {
		return 0, usagef("QUIZBOT_RETENTION %q: write off, or days from %dd to %dd, like 365d", s, leastDays, mostDays)
	}
	return time.Duration(days) * 24 * time.Hour, nil
}

// checkInstalling checks what only the installing of many workspaces needs.
func (c *config) checkInstalling() error {
	if list := c.get("QUIZBOT_KEY"); list != "" {
		keys, err := seal.Parse(list)
		if err != nil {
			return usagef("QUIZBOT_KEY: %w: make one with openssl rand -base64 32; separate several by commas", err)
		}
		c.keys = keys
	}
	at := c.get("QUIZBOT_PUBLIC_URL")
	if at == "" {
		return nil
	}
	u, err := url.Parse(at)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return usagef("QUIZBOT_PUBLIC_URL is not an address without a path: write it like https://quiz.example.com")
	}
	return nil
}

// goodShards says whether DISCORD_SHARDS can be meant: auto, or i,j,k/n.
func goodShards(s string) bool {
	if s == "auto" {
		return true
	}
	list, total, ok := strings.Cut(s, "/")
	count, err := strconv.Atoi(strings.TrimSpace(total))
	if !ok || err != nil || count < 1 {
		return false
	}
	seen := map[int]bool{}
	for part := range strings.SplitSeq(list, ",") {
		id, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || id < 0 || id >= count || seen[id] {
			return false
		}
		seen[id] = true
	}
	return true
}

// platforms checks that there is somebody to talk to, and that each platform
// that is begun has all it needs.
func (c config) platforms() error {
	switch {
	case !c.slack() && !c.discord():
		return usagef("no platform is configured: set DISCORD_TOKEN for Discord, or SLACK_BOT_TOKEN with SLACK_SIGNING_SECRET (HTTP) or SLACK_APP_TOKEN (Socket Mode) for Slack; quizbot sandbox needs none")
	case c.manySlacks() && c.get("SLACK_CLIENT_ID") == "" && c.get("SLACK_CLIENT_SECRET") == "":
		return usagef("Slack is configured in part: SLACK_BOT_TOKEN is missing (xoxb-…, on the app's page under OAuth & Permissions); for many workspaces set SLACK_CLIENT_ID and SLACK_CLIENT_SECRET instead")
	case c.manySlacks() && c.get("SLACK_CLIENT_ID") == "":
		return usagef("Slack is configured in part: SLACK_CLIENT_ID is missing (on the app's page under Basic Information)")
	case c.manySlacks() && c.get("SLACK_CLIENT_SECRET") == "":
		return usagef("Slack is configured in part: SLACK_CLIENT_SECRET is missing (on the app's page under Basic Information), or SLACK_BOT_TOKEN for one workspace")
	case strings.HasPrefix(c.get("SLACK_BOT_TOKEN"), "xapp-"):
		return usagef("SLACK_BOT_TOKEN holds an app-level token (xapp-…): put it into SLACK_APP_TOKEN, and the Bot User OAuth Token (xoxb-…) here")
	case strings.HasPrefix(c.get("SLACK_APP_TOKEN"), "xoxb-"):
		return usagef("SLACK_APP_TOKEN holds a bot token (xoxb-…): put it into SLACK_BOT_TOKEN, and the app-level token (xapp-…) here")
	case c.slack() && c.get("SLACK_SIGNING_SECRET") == "" && c.get("SLACK_APP_TOKEN") == "":
		return usagef("Slack is configured in part: set SLACK_SIGNING_SECRET (HTTP) or SLACK_APP_TOKEN (Socket Mode)")
	case c.manySlacks() && c.keys == nil:
		return usagef("QUIZBOT_KEY is missing: it seals the tokens of the workspaces that install the app; make one with openssl rand -base64 32, and keep it apart from the database")
	}
	return nil
}

// print shows the outcome as YAML, secrets as "set".
func (c config) print(w io.Writer) {
	for _, s := range settings() {
		v := c.values[s.key]
		switch {
		case s.secret && v != "":
			v = "set"
		case strings.HasSuffix(s.key, "_URL"):
			v = withoutSecrets(v)
		}
		line := s.key + ": " + quoteYAML(v)
		if c.source[s.key] != "default" {
			line += " # " + filepath.ToSlash(c.source[s.key])
		}
		_, _ = fmt.Fprintln(w, line)
	}
}

// withoutSecrets hides what an address can carry beside the place: a password, a query.
func withoutSecrets(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "set"
	}
	if u.User != nil {
		u.User = url.User("set")
	}
	if u.RawQuery != "" {
		u.RawQuery = "set"
	}
	return u.String()
}

func quoteYAML(s string) string {
	if s == "" {
		return `""`
	}
	b, err := yaml.Marshal(s)
	if err != nil {
		return `""`
	}
	return strings.TrimSpace(string(b))
}
