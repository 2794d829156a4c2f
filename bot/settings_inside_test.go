package bot

import (
	"errors"
	"testing"
)

// What is remembered is what stands: a change that comes while a value is read has the value
// read again, errors are not remembered, and no more is kept than there is room for.
func TestRemembered(t *testing.T) {
	t.Parallel()
	var r remembered[int, string]
	stored, reads := "before", 0
	read := func() (string, error) { reads++; return stored, nil }
	if got, err := r.get(1, func() (string, error) {
		v := stored
		stored = "after"
		r.forget(1)
		return v, nil
	}); got != "before" || err != nil {
		t.Errorf("read %q %v", got, err)
	}
	for range 3 {
		if got, err := r.get(1, read); got != "after" || err != nil {
			t.Errorf("after the change: %q %v", got, err)
		}
	}
	if reads != 1 {
		t.Errorf("%d reads, want 1", reads)
	}
	fail := errors.New("no")
	if _, err := r.get(2, func() (string, error) { return "", fail }); !errors.Is(err, fail) {
		t.Errorf("got %v", err)
	}
	if got, err := r.get(2, read); got != "after" || err != nil {
		t.Errorf("after an error: %q %v", got, err)
	}
	for i := range 2*maxSettings + 9 {
		if _, err := r.get(i, read); err != nil {
			t.Fatal(err)
		}
	}
	if len(r.known) > maxSettings {
		t.Errorf("%d are remembered", len(r.known))
	}
	r.forgetAll()
	stored = "later"
	if got, _ := r.get(1, read); got != "later" {
		t.Errorf("after all were forgotten: %q", got)
	}
}

// BenchmarkRemembered is what an answer pays for its player's settings, once they are known.
func BenchmarkRemembered(b *testing.B) {
	var r remembered[UserID, PlayerSettings]
	read := func() (PlayerSettings, error) { return PlayerSettings{Pace: 150}, nil }
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if p, err := r.get("slack:T1/U1", read); err != nil || p.Pace != 150 {
				b.Error(p, err)
			}
		}
	})
}
