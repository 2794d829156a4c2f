package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by the release build.
var version = "dev"

type versionCommand struct{}

// Run prints version, commit and Go version.
func (versionCommand) Run(at surroundings) error {
	_, err := fmt.Fprintln(at.out, versionLine())
	return err
}

func versionLine() string {
	commit := "unknown commit"
	if info, ok := debug.ReadBuildInfo(); ok {
		dirty := ""
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision" && s.Value != "":
				commit = "commit " + s.Value[:min(12, len(s.Value))]
			case s.Key == "vcs.modified" && s.Value == "true":
				dirty = " (changed)"
			}
		}
		commit += dirty
	}
	return fmt.Sprintf("quizbot %s, %s, %s", version, commit, runtime.Version())
}
