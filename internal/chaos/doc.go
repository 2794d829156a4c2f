// Package chaos plays against the real program what its platforms, its machine and its
// disk can do to it, with the build tag "chaos":
//
//	go test -tags chaos ./internal/chaos
//
// Hundreds of players on a local Slack and a local Discord ask, press and type while
// the process is killed with -9, at every point of package failpoint and at moments of
// chance, and started again. Each player notes what the program told them. After each
// kill the database has to hold all of it, once; at the end, when everything has
// closed, so have the messages that everybody can read.
//
// Flags:
//
//	-chaos.for 2m         how long to play; from 5m on the last part runs without kills, to find leaks
//	-chaos.seed N         repeats the choices of a run, as far as real time allows
//	-chaos.report FILE    writes the table of results as Markdown
//	-chaos.load           offers ten times the load for a minute, not for 15 s
package chaos
