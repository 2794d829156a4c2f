//go:build chaos

package failpoint

import (
	"testing"
	"time"
)

func TestOrders(t *testing.T) {
	got, err := parse("committed=kill@3+2s,writing=sleep:200ms")
	if err != nil || len(got) != 2 || got[Committed][0].kill != 3 || time.Until(got[Committed][0].after) < time.Second || got[Writing][0].pause != 200*time.Millisecond {
		t.Errorf("%+v %v", got, err)
	}
	for _, bad := range []string{"nowhere=kill@1", "committed", "committed=kill@0", "committed=kill@x", "committed=sleep:", "committed=sleep:-1s", "committed=burn", "committed=kill@1+x"} {
		if _, err := parse(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
