//go:build unix

package main

import (
	"errors"

	"golang.org/x/sys/unix"
)

// keepMemoryPrivate leaves no image of this process's memory, which holds tokens,
// on any disk when it crashes, and lets no other process of this user read it.
func keepMemoryPrivate() error {
	return errors.Join(unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}), undumpable())
}
