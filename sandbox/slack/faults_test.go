package slack

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestPostsCanLandLate: a client that has left has not taken its request along.
func TestPostsCanLandLate(t *testing.T) {
	s := start(t, Options{})
	post := func(text string) context.CancelFunc {
		ctx, leave := context.WithCancel(ctxFor(t))
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.APIURL()+"chat.postMessage", strings.NewReader("channel=C0QUIZ&text="+text))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Authorization", "Bearer "+DefaultBotToken)
		left := make(chan struct{})
		go func() {
			defer close(left)
			if resp, err := testClient(t).Do(req); err == nil {
				_ = resp.Body.Close()
				t.Error("it was answered")
			}
		}()
		return func() { leave(); <-left }
	}
	let := s.Faults().Park("chat.postMessage", 1)
	const pause = 200 * time.Millisecond
	s.Faults().Slow("chat.postMessage", 1, pause)
	for i, text := range []string{"parked", "slow"} {
		leave := post(text)
		if _, err := s.WaitCalls(ctxFor(t), "chat.postMessage", i+1); err != nil {
			t.Fatal(err)
		}
		leave()
	}
	if _, err := s.Wait(ctxFor(t), "C0QUIZ", func(all []Message) bool { return len(all) == 1 && all[0].Text == "slow" }); err != nil {
		t.Fatal(err)
	}
	let()
	if _, err := s.Wait(ctxFor(t), "C0QUIZ", func(all []Message) bool { return len(all) == 2 && all[1].Text == "parked" }); err != nil {
		t.Fatal(err)
	}
	if err := s.WaitFor(ctxFor(t), func() bool { return s.Calls("chat.postMessage")[1].Done }); err != nil {
		t.Fatal(err)
	}
	if c := s.Calls("chat.postMessage")[1]; !c.Made || c.Latency < pause {
		t.Errorf("it did not take its time: %+v", c)
	}
}
