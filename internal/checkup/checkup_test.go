package checkup

import (
	"context"
	"net/http"
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	for off, want := range map[time.Duration]Level{
		0: OK, 2 * time.Second: OK, -20 * time.Second: OK, 40 * time.Second: Warn, -40 * time.Second: Warn,
		3 * time.Minute: Fail, -3 * time.Minute: Fail, 24 * time.Hour: Fail,
	} {
		h := http.Header{"Date": {now.Add(off).Format(http.TimeFormat)}}
		found := Clock("clock", h, now, now.Add(100*time.Millisecond))
		if len(found) != 1 || found[0].Level != want || (found[0].Cure == "") != (want == OK) {
			t.Errorf("%s off: %+v", off, found)
		}
	}
	if found := Clock("clock", http.Header{}, now, now); found != nil {
		t.Errorf("without a date: %+v", found)
	}
}

// A check that hangs holds up no other, and ends.
func TestRun(t *testing.T) {
	together := make(chan struct{})
	found := Run(t.Context(), 20*time.Millisecond, []Check{
		{"slow", func(ctx context.Context) []Finding {
			close(together)
			<-ctx.Done()
			return []Finding{{Level: Fail, What: "slow"}}
		}},
		{"fast", func(context.Context) []Finding {
			<-together // side by side
			return []Finding{{What: "a"}, {What: "b"}}
		}},
	})
	if len(found) != 3 || found[0].What != "slow" || found[2].What != "b" {
		t.Errorf("%+v", found)
	}
}
