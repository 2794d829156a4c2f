package discord

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"
)

// upload posts a message with files, by the names of their parts.
func upload(t *testing.T, s *Server, method, path string, message any, files map[string]string) answer {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	raw, err := json.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	_ = w.WriteField("payload_json", string(raw))
	for name, content := range files {
		part, err := w.CreateFormFile(name, "a.png")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(part, content)
	}
	_ = w.Close()
	req, err := http.NewRequestWithContext(ctxFor(t), method, s.APIURL()+path, &b)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bot "+DefaultToken)
	req.Header.Set("Content-Type", w.FormDataContentType())
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode}
	a.raw, _ = io.ReadAll(resp.Body)
	_ = json.Unmarshal(a.raw, &a.json)
	return a
}

func TestFilesOfMessages(t *testing.T) {
	s := start(t, Options{Rate: Rate{Limit: 1000, Window: time.Second}})
	described := func(id any, words string) obj {
		return obj{"attachments": []obj{{"id": id, "filename": "chart.png", "description": words}}}
	}
	a := upload(t, s, "POST", quizMessages, described(0, "a bar"), map[string]string{"files[0]": "picture"})
	if a.status != 200 || dig(a.json, "attachments", 0, "description") != "a bar" || dig(a.json, "attachments", 0, "size") != 7.0 {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	m, _ := s.Message(a.id())
	if len(m.Attachments) != 1 || string(m.Attachments[0].Bytes) != "picture" || m.Attachments[0].Filename != "chart.png" {
		t.Errorf("%+v", m.Attachments)
	}
	address, _ := dig(a.json, "attachments", 0, "url").(string)
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get(address)
	if err != nil {
		t.Fatal(err)
	}
	content, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK || string(content) != "picture" {
		t.Errorf("%s: %d %q", address, resp.StatusCode, content)
	}
	for name, c := range map[string]struct {
		message obj
		files   map[string]string
		status  int
		code    int
	}{
		"a file that isn't there": {described(1, "x"), map[string]string{"files[0]": "x"}, 400, 50035},
		"no file":                 {described(0, "x"), nil, 400, 50035},
		"long words":              {described("0", strings.Repeat("é", 1025)), map[string]string{"files[0]": "x"}, 400, 50035},
		"an odd part":             {described(0, "x"), map[string]string{"files[0]": "x", "evil": "x"}, 400, 50035},
		"too large":               {described(0, "x"), map[string]string{"files[0]": strings.Repeat("x", maxFile+1)}, 413, 40005},
		"no words":                {obj{}, map[string]string{"files[3]": "x"}, 200, 0},
		"the most words":          {described("0", strings.Repeat("é", 1024)), map[string]string{"files[0]": "x"}, 200, 0},
	} {
		if a := upload(t, s, "POST", quizMessages, c.message, c.files); a.status != c.status || c.code != 0 && a.code() != c.code {
			t.Errorf("%s: %d %s", name, a.status, a.raw)
		}
	}
	if a := upload(t, s, "PATCH", quizMessages+"/"+m.ID, obj{"content": "x"}, map[string]string{"files[0]": "x"}); a.status != 400 {
		t.Errorf("a file of an edit: %d %s", a.status, a.raw)
	}
	if err := s.SetOverwrites(DefaultChannelID, Overwrite{ID: s.BotID(), Member: true, Deny: AttachFiles}); err != nil {
		t.Fatal(err)
	}
	if a := upload(t, s, "POST", quizMessages, described(0, "x"), map[string]string{"files[0]": "x"}); a.status != 403 || a.code() != 50013 {
		t.Errorf("without the permission: %d %s", a.status, a.raw)
	}
	if a := upload(t, s, "POST", quizMessages, obj{"content": "words"}, nil); a.status != 200 {
		t.Errorf("words without the permission for files: %d %s", a.status, a.raw)
	}
}

// The same nonce is the same message, with or without its file.
func TestFilesAndNonces(t *testing.T) {
	s := start(t, Options{})
	body := obj{"content": "x", "nonce": "n1", "enforce_nonce": true}
	first := upload(t, s, "POST", quizMessages, body, map[string]string{"files[0]": "x"})
	if again := want(t, s, 200, 0, "POST", quizMessages, body); again.id() != first.id() || dig(again.json, "attachments", 0, "id") == nil {
		t.Errorf("%s\n%s", first.raw, again.raw)
	}
}
