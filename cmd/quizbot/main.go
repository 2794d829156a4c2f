// Command quizbot runs the quiz bot: see README.md, or quizbot --help.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// exitTime is how long after the first signal the process may take to end.
const exitTime = 9500 * time.Millisecond

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() { // ends with the process
		<-signals
		cancel()
		select {
		case <-signals:
			fmt.Fprintln(os.Stderr, "quizbot: ended at once by a second signal; what was acknowledged is on disk")
		case <-time.After(exitTime):
			fmt.Fprintln(os.Stderr, "quizbot: gave up waiting for work to drain; what was acknowledged is on disk")
		}
		os.Exit(exitFailed)
	}()
	at := surroundings{args: os.Args[1:], getenv: os.LookupEnv, in: os.Stdin, out: os.Stdout, err: os.Stderr}
	if len(os.Args) > 1 && (os.Args[1] == "serve" || os.Args[1] == "sandbox") {
		// From the first moment on: whoever changes packs while the bot starts
		// would end it otherwise. Other commands end with their terminal.
		hangup := make(chan os.Signal, 1)
		signal.Notify(hangup, syscall.SIGHUP)
		at.hangup = hangup
		if err := keepMemoryPrivate(); err != nil {
			fmt.Fprintf(os.Stderr, "quizbot: warning: a crash may leave memory with tokens on disk: %v; forbid core dumps with ulimit -c 0\n", err)
		}
	}
	os.Exit(run(ctx, at))
}

// Exit statuses.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// surroundings are all that the program knows of the outside when it starts;
// tests start it with their own.
type surroundings struct {
	args    []string
	getenv  func(string) (string, bool)
	in      io.Reader
	out     io.Writer
	err     io.Writer
	hangup  <-chan os.Signal                  // says that packs are to be read again; nil: never
	serving func(addresses map[string]string) // told where it listens; nil: nobody asks
}
