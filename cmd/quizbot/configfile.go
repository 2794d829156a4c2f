package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
)

// configFile is read from the working directory when it is there.
const configFile = "quizbot.yaml"

// fileSetting is a setting as a file has it.
type fileSetting struct {
	place  string // file:line:column
	name   string // as written
	value  string
	asFile bool // value is the path of a secret
}

// fileSettings are those of one file, by key.
type fileSettings struct {
	name     string
	settings map[string]fileSetting
}

// value of a setting, and where it is from; "" when the file leaves it out or
// empty. A secret's file is read only when the secret is asked for.
func (f fileSettings) value(key string) (v, from string, err error) {
	s := f.settings[key]
	if s.asFile && s.value != "" {
		content, err := readSecret(s.value)
		if err != nil {
			return "", "", fmt.Errorf("%s: %s: %w", s.place, s.name, err)
		}
		return content, f.name, nil
	}
	return s.value, f.name, nil
}

// readConfigFile reads a flat YAML mapping of settings.
func readConfigFile(path string) (fileSettings, error) {
	f := fileSettings{name: path, settings: map[string]fileSetting{}}
	if path == "" {
		f.name = configFile
	}
	src, err := os.ReadFile(f.name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && path == "":
		return f, nil
	case err != nil:
		return f, fmt.Errorf("configuration file %s: %w: name one that can be read, with --config", f.name, reason(err))
	}
	root, err := onlyDocument(src)
	switch {
	case err != nil:
		return f, fmt.Errorf("%s: %s: write one setting a line, like db: quizbot.db, and values with : or # in quotes", f.name, strings.ReplaceAll(strings.TrimPrefix(err.Error(), "yaml: "), "\n", " "))
	case root == nil:
		return f, nil
	case root.Kind != yaml.MappingNode:
		return f, fmt.Errorf("%s:%d: write one setting a line, like db: quizbot.db", f.name, root.Line)
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		k, v := root.Content[i], root.Content[i+1]
		s, asFile, ok := settingOf(k.Value)
		place := fmt.Sprintf("%s:%d:%d", f.name, k.Line, k.Column)
		_, twice := f.settings[s.key]
		switch {
		case !ok:
			return f, fmt.Errorf("%s: unknown setting %q: quizbot serve --help lists them", place, k.Value)
		case twice:
			return f, fmt.Errorf("%s: %s is set twice: keep one", place, s.key)
		case v.Kind != yaml.ScalarNode:
			return f, fmt.Errorf("%s:%d:%d: %s must be one value: write it behind the colon", f.name, v.Line, v.Column, k.Value)
		}
		value := strings.TrimSpace(v.Value)
		if v.Tag == "!!null" {
			value = "" // as an empty variable: not set
		}
		f.settings[s.key] = fileSetting{place: place, name: k.Value, value: value, asFile: asFile}
	}
	return f, nil
}

// onlyDocument is what a YAML file holds; nil: nothing.
func onlyDocument(src []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(src))
	var root *yaml.Node
	for {
		var doc yaml.Node
		switch err := decoder.Decode(&doc); {
		case errors.Is(err, io.EOF):
			return root, nil
		case err != nil:
			return nil, err
		}
		if len(doc.Content) == 0 || doc.Content[0].Tag == "!!null" && doc.Content[0].Value == "" {
			continue // a line of hyphens alone
		}
		if root != nil {
			return nil, fmt.Errorf("line %d: a second document begins after ---, and would be left out", doc.Line)
		}
		root = doc.Content[0]
	}
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

// maxSecret bounds a secret's file, in bytes.
const maxSecret = 64 << 10

func readSecret(path string) (string, error) {
	f, err := os.Open(path)
	switch {
	case err != nil && mayBeSecret(path):
		return "", fmt.Errorf("it seems to hold the secret itself: name a file that holds it")
	case err != nil:
		return "", fmt.Errorf("%s: %w: name a file that this user can read and that holds the secret", path, reason(err))
	}
	defer func() { _ = f.Close() }()
	b, err := readAtMost(f, maxSecret+1)
	if err != nil {
		return "", fmt.Errorf("%s: %w: name a file that holds the secret", path, reason(err))
	}
	s := strings.TrimSpace(string(b))
	switch {
	case len(b) > maxSecret:
		return "", fmt.Errorf("%s has more than %d KiB: name a file that holds nothing but the secret", path, maxSecret>>10)
	case s == "":
		return "", fmt.Errorf("%s is empty: write the secret into it", path)
	case strings.ContainsAny(s, "\r\n"):
		return "", fmt.Errorf("%s has more than one line: write nothing but the secret into it", path)
	}
	return s, nil
}

// mayBeSecret: a name that is too long and too odd for a file, so that it must not
// be shown.
func mayBeSecret(path string) bool {
	return len(path) >= 30 && !strings.ContainsAny(path, `/\`) || strings.HasPrefix(path, "xoxb-") || strings.HasPrefix(path, "xapp-")
}

// reason is an error without the path that the caller names anyway.
func reason(err error) error {
	var of *fs.PathError
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}
