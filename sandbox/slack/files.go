package slack

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// UploadMethod stands in Calls and in the faults for the upload of a file's bytes to the
// address that files.getUploadURLExternal gave out.
const UploadMethod = "upload"

// The limits of files, and how long an address for uploads is good.
const (
	maxAltText = 1000
	maxFile    = 4 << 20
	uploadLife = 5 * time.Minute
)

// File is an upload of an app, finished or not. Copies are given out; the bytes in them are
// not to be changed.
type File struct {
	ID, Team, Name, Title string
	AltText               string
	Length                int // as it was announced
	Bytes                 []byte
	Uploaded              bool // the bytes are there
	Completed             bool
}

// file is a File with what becomes of it. Guarded by Server.mu.
type file struct {
	File
	till  time.Time // when its address ends
	ready time.Time // when Slack knows it as an image
}

// Picture is a file that a message shows.
type Picture struct{ FileID, AltText string }

// Files lists the app's uploads in the order in which they were begun.
func (s *Server) Files() []File {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []File{}
	for _, id := range s.fileOrder {
		out = append(out, s.files[id].File)
	}
	return out
}

// File finds an upload by its id.
func (s *Server) File(id string) (File, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, ok := s.files[id]; ok {
		return f.File, true
	}
	return File{}, false
}

// Pictures lists the files that the message shows, in the order shown.
func (m Message) Pictures() []Picture {
	var out []Picture
	for _, b := range m.placed {
		if block, ok := b.(map[string]any); ok && str(block, "type") == "image" && block["slack_file"] != nil {
			out = append(out, Picture{str(obj(block, "slack_file"), "id"), str(block, "alt_text")})
		}
	}
	return out
}

func (s *Server) filesGetUploadURL(q *request) reply {
	length, err := strconv.Atoi(q.args["length"])
	switch {
	case q.args["filename"] == "" || q.args["length"] == "":
		return fail("missing_argument")
	case err != nil || length <= 0:
		return fail("invalid_arguments")
	case length > maxFile:
		return fail("file_upload_size_restricted")
	case utf8.RuneCountInString(q.args["alt_txt"]) > maxAltText:
		return fail("alt_txt_too_large")
	}
	id := s.newID("F")
	f := &file{
		File: File{ID: id, Team: q.team.ID, Name: q.args["filename"], AltText: q.args["alt_txt"], Length: length},
		till: s.opt.Now().Add(uploadLife),
	}
	s.files[id] = f
	s.fileOrder = append(s.fileOrder, id)
	address := s.newID("U")
	s.uploads[address] = f
	to := s.faultState.uploadTo
	s.faultState.uploadTo = ""
	if to == "" {
		to = s.url() + "/upload/v1/" + address
	}
	return done(map[string]any{"upload_url": to, "file_id": id})
}

// serveUpload takes a file's bytes, as they are or as a part of a form. The call's Args
// tell how many they were, and whether a token came with them, which Slack doesn't ask for.
func (s *Server) serveUpload(w http.ResponseWriter, r *http.Request) {
	content, err := uploaded(r)
	a := args{"bytes": strconv.Itoa(len(content))}
	if r.Header.Get("Authorization") != "" {
		a["authorization"] = "sent"
	}
	address := r.PathValue("address")
	s.answer(w, r, UploadMethod, a, r.Header.Get("Content-Type"), func(q *request) reply {
		f, ok := s.uploads[address]
		no := func(status int, code string) reply {
			return reply{err: code, status: status, plain: code, header: http.Header{"Content-Type": {"text/plain"}}}
		}
		switch {
		case !ok:
			return no(http.StatusNotFound, "not_found")
		case s.opt.Now().After(f.till):
			return no(http.StatusGone, "expired")
		case err != nil || len(content) != f.Length:
			return no(http.StatusBadRequest, "bad_length")
		case f.Uploaded:
			return no(http.StatusConflict, "uploaded_before")
		}
		q.call.Team = f.Team
		f.Bytes, f.Uploaded = content, true
		return reply{plain: "OK - " + strconv.Itoa(len(content)), header: http.Header{"Content-Type": {"text/plain"}}}
	})
}

func uploaded(r *http.Request) ([]byte, error) {
	kind, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return io.ReadAll(r.Body)
	}
	form := multipart.NewReader(r.Body, parameters["boundary"])
	for {
		part, err := form.NextPart()
		if err != nil {
			return nil, err
		}
		if part.FileName() != "" {
			return io.ReadAll(part)
		}
	}
}

func (s *Server) filesCompleteUpload(q *request) reply {
	var wanted []struct{ ID, Title string }
	if json.Unmarshal(q.raw("files"), &wanted) != nil || len(wanted) == 0 {
		return fail("invalid_arguments")
	}
	if q.args["channel_id"] != "" || q.args["channels"] != "" {
		return fail("not_allowed") // see the package's words on what is not simulated
	}
	for _, x := range wanted {
		if f, ok := s.files[x.ID]; !ok || f.Team != q.team.ID || !f.Uploaded {
			return fail("file_not_found")
		}
	}
	var shown []any
	for _, x := range wanted {
		f := s.files[x.ID]
		if !f.Completed {
			f.Completed, f.Title, f.ready = true, x.Title, s.opt.Now().Add(s.opt.FileDelay)
		}
		shown = append(shown, map[string]any{"id": f.ID, "title": f.Title, "name": f.Name, "mimetype": "", "url_private": s.privateURL(f)})
	}
	return done(map[string]any{"files": shown})
}

func (s *Server) privateURL(f *file) string {
	return s.url() + "/files-pri/" + f.Team + "-" + f.ID + "/" + f.Name
}

// serveFile gives a file's bytes to the app, as url_private does: with its token.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	var found *file
	for _, f := range s.files {
		if f.Completed && r.PathValue("file") == f.Team+"-"+f.ID && r.Header.Get("Authorization") == "Bearer "+s.teams[f.Team].BotToken {
			found = f
		}
	}
	s.mu.Unlock()
	if found == nil {
		http.Error(w, "sign in to see this file", http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write(found.Bytes)
}

// checkFiles returns what Slack would refuse in the files that blocks show.
func (s *Server) checkFiles(t *team, raw json.RawMessage) []string {
	var blocks []any
	if len(raw) == 0 || decode(raw, &blocks) != nil {
		return nil
	}
	c := &checker{}
	for i, b := range blocks {
		block, ok := b.(map[string]any)
		if !ok || str(block, "type") != "image" || block["slack_file"] == nil {
			continue
		}
		at := "/blocks/" + strconv.Itoa(i) + "/slack_file"
		named := obj(block, "slack_file")
		f := s.files[str(named, "id")]
		if (named["id"] == nil) == (named["url"] == nil) || block["image_url"] != nil {
			c.bad(at, "must define either `id` or `url`")
			continue
		}
		if f == nil || f.Team != t.ID || !f.Completed || s.opt.Now().Before(f.ready) || !isImage(f.Bytes) {
			c.bad(at, "invalid slack file")
		}
	}
	return c.problems
}

// isImage: it begins as one of the kinds that Slack shows.
func isImage(b []byte) bool {
	return slices.ContainsFunc([]string{"\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "GIF8"}, func(head string) bool { return bytes.HasPrefix(b, []byte(head)) })
}

// MisdirectUpload makes the next files.getUploadURLExternal name another address.
func (f *Faults) MisdirectUpload(to string) {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	f.s.faultState.uploadTo = to
}
