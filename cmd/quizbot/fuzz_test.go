package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzConfigFile: a file of settings is read, or refused in one line that names
// the file.
func FuzzConfigFile(f *testing.F) {
	for _, s := range []string{"db: a.db\nlog: debug\n", "discord_token_file: x", "a: &a [*a]", "db: {x: 1}", "db: !!binary aGk=\n", "\xff\xfe", "QUIZBOT_DB: null\n---\n", "? [a]\n: b", "db: |\n  two\n  lines\n", "<<: {db: x}"} {
		f.Add([]byte(s))
	}
	path := filepath.Join(f.TempDir(), "c.yaml")
	f.Fuzz(func(t *testing.T, src []byte) {
		if err := os.WriteFile(path, src, 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := readConfigFile(path)
		if err != nil {
			if strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), path) {
				t.Errorf("refused with %q", err)
			}
			return
		}
		for key, s := range file.settings {
			if _, _, ok := settingOf(key); !ok || s.value != strings.TrimSpace(s.value) {
				t.Errorf("%q is %+v", key, s)
			}
		}
	})
}
