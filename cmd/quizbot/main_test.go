package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	goleak.VerifyTestMain(m)
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// freePort is an address that nobody listens on. It is none of those that the system
// gives to whoever wants any: while the program that has it is started again, another
// would get it.
func freePort(t *testing.T) string {
	t.Helper()
	for range 100 {
		ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(10_000)))
		if err != nil {
			continue // somebody has it
		}
		_ = ln.Close()
		return ln.Addr().String()
	}
	t.Fatal("no port is free")
	return ""
}
