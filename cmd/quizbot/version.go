package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// Set by the release build, with -ldflags "-X main.version=… -X main.commit=…".
var (
	version = "dev"
	commit  = ""
)

type versionCommand struct{}

// Run prints version, commit and Go version.
func (versionCommand) Run(at surroundings) error {
	_, err := fmt.Fprintln(at.out, versionLine())
	return err
}

func versionLine() string {
	return fmt.Sprintf("quizbot %s, %s, %s", version, commitWords(), runtime.Version())
}

// commitWords name the commit that was built: as the build was told, else as the
// Go tool noted it, which a source tree without its repository doesn't allow.
func commitWords() string {
	at, changed := builtFrom()
	if at == "" {
		return "unknown commit"
	}
	return "commit " + at[:min(12, len(at))] + changed
}

// commitID is the commit that was built; "unknown" where nobody noted it.
func commitID() string {
	at, changed := builtFrom()
	if at == "" {
		return "unknown"
	}
	return at[:min(12, len(at))] + changed
}

func builtFrom() (at, changed string) {
	at = commit
	if info, ok := debug.ReadBuildInfo(); ok && at == "" {
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				at = s.Value
			case s.Key == "vcs.modified" && s.Value == "true":
				changed = " (changed)"
			}
		}
	}
	return at, changed
}
