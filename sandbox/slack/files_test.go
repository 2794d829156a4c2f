package slack

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"
)

const tinyPNG = "\x89PNG\r\n\x1a\nrest"

// send posts bytes to an address.
func send(t *testing.T, to, contentType, body string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, to, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := testClient(t).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

func picture(id string) map[string]any {
	return map[string]any{"channel": "C0QUIZ", "text": "x", "blocks": []any{map[string]any{"type": "image", "alt_text": "a bar", "slack_file": map[string]any{"id": id}}}}
}

func TestFilesAreUploadedAndShown(t *testing.T) {
	now := time.Now()
	s := start(t, Options{FileDelay: time.Second, Now: func() time.Time { return now }})
	for _, c := range []struct {
		args map[string]any
		want string
	}{
		{map[string]any{"length": "5"}, "missing_argument"},
		{map[string]any{"filename": "a.png"}, "missing_argument"},
		{map[string]any{"filename": "a.png", "length": "0"}, "invalid_arguments"},
		{map[string]any{"filename": "a.png", "length": "99999999"}, "file_upload_size_restricted"},
		{map[string]any{"filename": "a.png", "length": "5", "alt_txt": strings.Repeat("é", 1001)}, "alt_txt_too_large"},
	} {
		if out := api(t, s, "files.getUploadURLExternal", c.args); out["error"] != c.want {
			t.Errorf("%v: %v", c.args, out)
		}
	}
	begin := func() (id, to string) {
		out := api(t, s, "files.getUploadURLExternal", map[string]any{"filename": "a.png", "length": len(tinyPNG), "alt_txt": strings.Repeat("é", 1000)})
		id, _ = out["file_id"].(string)
		to, _ = out["upload_url"].(string)
		if out["ok"] != true || id == "" || to == "" {
			t.Fatalf("begun: %v", out)
		}
		return id, to
	}
	finish := func(id string) any {
		out := api(t, s, "files.completeUploadExternal", map[string]any{"files": []any{map[string]any{"id": id, "title": "t"}}})
		return out["error"]
	}
	id, to := begin()
	if finish(id) != "file_not_found" || finish("F0") != "file_not_found" {
		t.Error("a file without bytes was completed")
	}
	if got := send(t, to, "image/png", "short"); got != http.StatusBadRequest {
		t.Errorf("another length: %d", got)
	}
	if got := send(t, to, "application/octet-stream", tinyPNG); got != http.StatusOK {
		t.Errorf("the bytes: %d", got)
	}
	if got := send(t, to, "image/png", tinyPNG); got != http.StatusConflict {
		t.Errorf("the bytes again: %d", got)
	}
	if got := send(t, s.URL()+"/upload/v1/U0", "image/png", tinyPNG); got != http.StatusNotFound {
		t.Errorf("an address of nobody: %d", got)
	}
	if out := api(t, s, "chat.postMessage", picture(id)); out["error"] != "invalid_blocks" {
		t.Errorf("shown before it was completed: %v", out)
	}
	if e := finish(id); e != nil {
		t.Errorf("complete: %v", e)
	}
	out := api(t, s, "chat.postMessage", picture(id))
	if out["error"] != "invalid_blocks" || dig(out, "response_metadata", "messages", 0) != "[ERROR] invalid slack file [json-pointer:/blocks/0/slack_file]" {
		t.Errorf("shown before it is known as an image: %v", out)
	}
	now = now.Add(time.Second)
	out = api(t, s, "chat.postMessage", picture(id))
	ts, _ := out["ts"].(string)
	m, _ := s.Message("C0QUIZ", ts)
	if shown := m.Pictures(); len(shown) != 1 || shown[0] != (Picture{id, "a bar"}) {
		t.Errorf("%v: %+v", out, shown)
	}
	if f, ok := s.File(id); !ok || string(f.Bytes) != tinyPNG || !f.Completed || f.Title != "t" {
		t.Errorf("%+v", f)
	}
	late, to := begin()
	now = now.Add(uploadLife + time.Second)
	if got := send(t, to, "image/png", tinyPNG); got != http.StatusGone {
		t.Errorf("an address that is too old: %d", got)
	}
	for name, odd := range map[string]map[string]any{
		"both":      {"id": id, "url": "x"},
		"neither":   {},
		"no file":   {"id": "F0NOBODY"},
		"not there": {"id": late},
	} {
		p := picture(id)
		p["blocks"].([]any)[0].(map[string]any)["slack_file"] = odd
		if out := api(t, s, "chat.postMessage", p); out["error"] != "invalid_blocks" {
			t.Errorf("%s: %v", name, out)
		}
	}
}

// Bytes may also come as a form; what is no image can't be shown.
func TestFilesOfOtherKinds(t *testing.T) {
	s := start(t, Options{})
	out := api(t, s, "files.getUploadURLExternal", map[string]any{"filename": "a.txt", "length": 5})
	id, _ := out["file_id"].(string)
	to, _ := out["upload_url"].(string)
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile("filename", "a.txt")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if got := send(t, to, w.FormDataContentType(), b.String()); got != http.StatusOK {
		t.Fatalf("the form: %d", got)
	}
	files := []any{map[string]any{"id": id}}
	if out := api(t, s, "files.completeUploadExternal", map[string]any{"files": files, "channel_id": "C0QUIZ"}); out["error"] != "not_allowed" {
		t.Errorf("shared: %v", out)
	}
	if out := api(t, s, "files.completeUploadExternal", map[string]any{"files": files}); out["ok"] != true {
		t.Errorf("complete: %v", out)
	}
	if out := api(t, s, "chat.postMessage", picture(id)); out["error"] != "invalid_blocks" {
		t.Errorf("a text as a picture: %v", out)
	}
	get := func(token string) int {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, s.URL()+"/files-pri/T0SANDBOX-"+id+"/a.txt", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := testClient(t).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	if get(DefaultBotToken) != http.StatusOK || get("xoxb-other") != http.StatusForbidden {
		t.Error("files are for their app alone")
	}
}
