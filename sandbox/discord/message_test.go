package discord

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// A flag hides embeds; an edit that doesn't name flags leaves it, one that does sets
// it or takes it back.
func TestSuppressedEmbeds(t *testing.T) {
	s := start(t, Options{})
	m := post(t, s, obj{"content": "link", "embeds": []obj{{"description": "preview"}}, "flags": FlagNoEmbeds})
	text := func() string {
		now, _ := s.Message(m.ID)
		return now.Text()
	}
	edit := func(body obj) { want(t, s, 200, 0, "PATCH", quizMessages+"/"+m.ID, body) }
	if got := text(); got != "link" {
		t.Errorf("people see %q", got)
	}
	edit(obj{"content": "edited"})
	if got := text(); got != "edited" {
		t.Errorf("after an edit without flags people see %q", got)
	}
	edit(obj{"flags": 0})
	if got := text(); got != "edited\npreview" {
		t.Errorf("after the flag was taken back people see %q", got)
	}
	edit(obj{"flags": FlagNoEmbeds | FlagEphemeral})
	if now, _ := s.Message(m.ID); now.Flags != FlagNoEmbeds {
		t.Errorf("flags %d", now.Flags)
	}
}

// Posts have Discord's limit where nothing else is said.
func TestPostsAreLimited(t *testing.T) {
	now := newClock()
	s := start(t, Options{Now: now.Now})
	for range 5 {
		post(t, s, obj{"content": "x"})
	}
	want(t, s, http.StatusTooManyRequests, 0, "POST", quizMessages, obj{"content": "x"})
	elsewhere := strings.Replace(quizMessages, DefaultChannelID, DefaultLobbyID, 1)
	want(t, s, 200, 0, "POST", elsewhere, obj{"content": "x"})
	now.add(5 * time.Second)
	post(t, s, obj{"content": "x"})
}

// After an id come the next messages, not the latest.
func TestListAfter(t *testing.T) {
	s := start(t, Options{})
	var ids []string
	for range 4 {
		m, err := s.Say(ctxFor(t), DefaultChannelID, BobID, "x")
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, m.ID)
	}
	for query, wanted := range map[string][]string{
		"?limit=2&after=" + ids[0]:  {ids[2], ids[1]},
		"?limit=2":                  {ids[3], ids[2]},
		"?limit=2&before=" + ids[3]: {ids[2], ids[1]},
		"?after=" + ids[3]:          {},
	} {
		list, _ := want(t, s, 200, 0, "GET", quizMessages+query, nil).json.([]any)
		var got []string
		for i := range list {
			id, _ := dig(list, i, "id").(string)
			got = append(got, id)
		}
		if strings.Join(got, " ") != strings.Join(wanted, " ") {
			t.Errorf("%s: %v, want %v", query, got, wanted)
		}
	}
}

// A close by Discord with 1000 or 1001 leaves the session, one by the app ends it.
func TestWhoClosesWith1000(t *testing.T) {
	for _, code := range []int{1000, 1001} {
		s := start(t, Options{})
		l := online(t, s, testIntents)
		session := s.Connections()[0].Session
		s.Faults().CloseAll(code)
		l.closed(code)
		if err := s.WaitFor(ctxFor(t), func() bool { return s.Connections()[0].Closed }); err != nil {
			t.Fatal(err)
		}
		back := greeted(t, s.ResumeURL())
		back.send(opResume, obj{"token": DefaultToken, "session_id": session, "seq": 2})
		back.event("RESUMED")
	}
}

// What a player types as a name becomes a mention, as in a client.
func TestTypedMentions(t *testing.T) {
	s := start(t, Options{})
	for typed, wanted := range map[string]string{
		"@quizbot help":          "<@" + DefaultBotID + "> help",
		"help @QuizBot":          "help <@" + DefaultBotID + ">",
		"hi @Bobby, and @carol!": "hi <@" + BobID + ">, and <@" + CarolID + ">!",
		"@quizbots":              "@quizbots",
		"me@quizbot":             "me@quizbot",
		"@nobody @everyone":      "@nobody @everyone",
		"<@" + AliceID + ">":     "<@" + AliceID + ">",
	} {
		if m := say(t, s, DefaultChannelID, BobID, typed); m.Content != wanted {
			t.Errorf("%q became %q, want %q", typed, m.Content, wanted)
		}
	}
	dm, err := s.OpenDM(BobID)
	if err != nil {
		t.Fatal(err)
	}
	if m := say(t, s, dm, BobID, "@quizbot help"); m.Content != "<@"+DefaultBotID+"> help" || len(m.Mentioned) != 1 {
		t.Errorf("in private: %+v", m)
	}
}
