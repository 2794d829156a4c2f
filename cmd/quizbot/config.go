package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
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
		{key: "QUIZBOT_PACKS", meaning: "folder of packs, beside the embedded ones; followed while running"},
		{key: "QUIZBOT_LOG", value: "info", meaning: "debug, info, warn or error"},
		{key: "SLACK_SIGNING_SECRET", secret: true, meaning: "turns Slack over HTTP on; two, comma-separated, during a rotation"},
		{key: "SLACK_BOT_TOKEN", secret: true, meaning: "the workspace's bot token, xoxb-…"},
		{key: "SLACK_APP_TOKEN", secret: true, meaning: "turns Socket Mode on, xapp-…"},
		{key: "SLACK_API_URL", meaning: "instead of https://slack.com/api/"},
		{key: "DISCORD_TOKEN", secret: true, meaning: "turns Discord on"},
		{key: "DISCORD_API_URL", meaning: "instead of https://discord.com/api/v9"},
		{key: "DISCORD_SHARDS", value: "auto", meaning: "auto, or the shards of this process: 0,1/4"},
	}
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

// configFile is read from the working directory when it is there.
const configFile = "quizbot.yaml"

// config is the outcome of flags, environment, file and defaults.
type config struct {
	values map[string]string
	source map[string]string
	log    slog.Level
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
	return c.get("SLACK_SIGNING_SECRET") != "" || c.get("SLACK_APP_TOKEN") != "" || c.get("SLACK_BOT_TOKEN") != ""
}

func (c config) discord() bool { return c.get("DISCORD_TOKEN") != "" }

// readConfig puts flags over environment over file over defaults. path is the
// file; "" means quizbot.yaml, which may be missing.
func readConfig(at surroundings, flags map[string]string, path string) (config, error) {
	c := config{values: map[string]string{}, source: map[string]string{}}
	inFile, name, err := readConfigFile(path)
	if err != nil {
		return c, usageError{err}
	}
	for _, s := range settings() {
		c.values[s.key], c.source[s.key] = s.value, "default"
		if v, ok := inFile[s.key]; ok {
			c.values[s.key], c.source[s.key] = v, name
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

// maxSecret bounds a secret's file, in bytes.
const maxSecret = 64 << 10

func readSecret(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, maxSecret))
	if err != nil {
		return "", err
	}
	s := strings.TrimSpace(string(b))
	if s == "" {
		return "", fmt.Errorf("%s is empty: write the secret into it", path)
	}
	return s, nil
}

// readConfigFile reads a flat YAML mapping of settings.
func readConfigFile(path string) (values map[string]string, name string, err error) {
	name = path
	if name == "" {
		name = configFile
	}
	src, err := os.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && path == "":
		return nil, name, nil
	case err != nil:
		return nil, name, fmt.Errorf("configuration file: %w", err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(src, &doc); err != nil {
		return nil, name, fmt.Errorf("%s: %w", name, err)
	}
	values = map[string]string{}
	if len(doc.Content) == 0 {
		return values, name, nil
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, name, fmt.Errorf("%s:%d: write one setting a line, like db: quizbot.db", name, root.Line)
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		k, v := root.Content[i], root.Content[i+1]
		s, asFile, ok := settingOf(k.Value)
		switch {
		case !ok:
			return nil, name, fmt.Errorf("%s:%d:%d: unknown setting %q: quizbot serve --help lists them", name, k.Line, k.Column, k.Value)
		case v.Kind != yaml.ScalarNode:
			return nil, name, fmt.Errorf("%s:%d:%d: %s must be one value", name, v.Line, v.Column, k.Value)
		}
		value := strings.TrimSpace(v.Value)
		if v.Tag == "!!null" {
			value = ""
		}
		if asFile && value != "" {
			if value, err = readSecret(value); err != nil {
				return nil, name, fmt.Errorf("%s:%d:%d: %s: %w", name, v.Line, v.Column, k.Value, err)
			}
		}
		if _, twice := values[s.key]; twice {
			return nil, name, fmt.Errorf("%s:%d:%d: %s is set twice", name, k.Line, k.Column, s.key)
		}
		values[s.key] = value
	}
	return values, name, nil
}

// settingOf finds a setting by how it is written in the file: QUIZBOT_DB, db.
func settingOf(written string) (s setting, asFile, ok bool) {
	key := strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(written), "-", "_"))
	for _, s := range settings() {
		for _, name := range []string{s.key, strings.TrimPrefix(s.key, "QUIZBOT_")} {
			if key == name {
				return s, false, true
			}
			if s.secret && key == name+"_FILE" {
				return s, true, true
			}
		}
	}
	return setting{}, false, false
}

func (c *config) check() error {
	if err := c.log.UnmarshalText([]byte(c.get("QUIZBOT_LOG"))); err != nil {
		return usagef("QUIZBOT_LOG %q: write debug, info, warn or error", c.get("QUIZBOT_LOG"))
	}
	for _, key := range []string{"QUIZBOT_LISTEN", "QUIZBOT_ADMIN_LISTEN"} {
		_, port, err := net.SplitHostPort(c.get(key))
		if n, numErr := strconv.Atoi(port); err != nil || numErr != nil || n < 0 || n > 65535 {
			return usagef("%s %q is not an address: write it like :8080 or 127.0.0.1:9090", key, c.get(key))
		}
	}
	for _, key := range []string{"SLACK_API_URL", "DISCORD_API_URL"} {
		u, err := url.Parse(c.get(key))
		if c.get(key) != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
			return usagef("%s is not an address: write it like https://example.com/api", key)
		}
	}
	if c.get("QUIZBOT_DB") == "" {
		return usagef("QUIZBOT_DB is empty: name a file")
	}
	if strings.Contains(c.get("QUIZBOT_DB"), "://") {
		return usagef("QUIZBOT_DB: this version keeps its data in a file; write a path")
	}
	if dir := c.get("QUIZBOT_PACKS"); dir != "" {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return usagef("QUIZBOT_PACKS %q is not a folder: name the folder that holds the pack files", dir)
		}
	}
	return nil
}

// platforms checks that there is somebody to talk to, and that each platform
// that is begun has all it needs.
func (c config) platforms() error {
	switch {
	case !c.slack() && !c.discord():
		return usagef("no platform is configured: set DISCORD_TOKEN for Discord, or SLACK_BOT_TOKEN with SLACK_SIGNING_SECRET (HTTP) or SLACK_APP_TOKEN (Socket Mode) for Slack; quizbot sandbox needs none")
	case c.slack() && c.get("SLACK_BOT_TOKEN") == "":
		return usagef("Slack is configured in part: SLACK_BOT_TOKEN is missing (xoxb-…, on the app's page under OAuth & Permissions)")
	case c.slack() && c.get("SLACK_SIGNING_SECRET") == "" && c.get("SLACK_APP_TOKEN") == "":
		return usagef("Slack is configured in part: set SLACK_SIGNING_SECRET (HTTP) or SLACK_APP_TOKEN (Socket Mode)")
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
