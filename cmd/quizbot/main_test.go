package main

import (
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"testing"
	"testing/fstest"

	"go.uber.org/goleak"

	"quizbot/data"
)

func TestMain(m *testing.M) {
	embedded = sync.OnceValues(someEmbedded)
	if os.Getenv(asProgram) != "" {
		main()
	}
	atOnce("8")
	goleak.VerifyTestMain(m)
}

// someEmbedded are two of the packs that are built in. The tests start the program hundreds of
// times, and with the race detector reading all of them takes a second each time.
func someEmbedded() ([]packFile, error) {
	some := fstest.MapFS{}
	for _, name := range []string{"webhooks.yaml", "websocket.yaml"} {
		src, err := fs.ReadFile(data.Packs(), name)
		if err != nil {
			return nil, err
		}
		some[name] = &fstest.MapFile{Data: src}
	}
	all, err := readPackFS(some, "")
	for i := range all {
		all[i].embedded = true
	}
	return all, err
}

// All that are built in can be played, each under its own names.
func TestAllEmbedded(t *testing.T) {
	files, err := readEmbedded()
	if err != nil || len(files) < 20 {
		t.Fatalf("%d packs, %v", len(files), err)
	}
	if _, err := newPool(files); err != nil {
		t.Error(err)
	}
}

// atOnce says how many tests run at the same time where -parallel doesn't. They wait
// more than they work, for questions to end and processes to start, however few
// processors there are.
func atOnce(n string) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		_ = flag.Set("test.parallel", n)
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// givenPorts are those that freePort has told somebody of.
var givenPorts sync.Map

// freePort is an address that nobody listens on. It is none of those that the system
// gives to whoever wants any: while the program that has it is started again, another
// would get it. No other test is given it.
func freePort(t *testing.T) string {
	t.Helper()
	for range 100 {
		ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(10_000)))
		if err != nil {
			continue // somebody has it
		}
		_ = ln.Close()
		if _, given := givenPorts.LoadOrStore(ln.Addr().String(), true); !given {
			return ln.Addr().String()
		}
	}
	t.Fatal("no port is free")
	return ""
}
