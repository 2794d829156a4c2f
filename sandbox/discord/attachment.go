package discord

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The limits of files.
const (
	maxFiles       = 10
	maxFile        = 10 << 20
	maxDescription = 1024
)

// Attachment is a file of a message. Copies are handed out; the bytes in them must not be
// changed.
type Attachment struct {
	ID          string
	Filename    string
	Description string // the words for who can't see it
	ContentType string
	Bytes       []byte
}

// file is a file of a request.
type file struct {
	name, kind string
	content    []byte
}

// fileField is the name of a file's part: files[0], or file for an only one.
var fileField = regexp.MustCompile(`^files?(?:\[(\d+)\])?$`)

// parts takes a multipart request apart: the JSON of its body, and its files by number.
// Any other request is its body.
func parts(contentType string, body []byte) (message []byte, files map[int]file, out *reply) {
	kind, parameters, err := mime.ParseMediaType(contentType)
	if err != nil || kind != "multipart/form-data" {
		return body, nil, nil
	}
	bad := apiError(400, 50035, "Invalid Form Body")
	form := multipart.NewReader(bytes.NewReader(body), parameters["boundary"])
	files = map[int]file{}
	for {
		part, err := form.NextPart()
		if err == io.EOF { //nolint:errorlint // multipart gives it unwrapped
			return message, files, nil
		}
		if err != nil {
			return nil, nil, &bad
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return nil, nil, &bad
		}
		if part.FormName() == "payload_json" {
			message = content
			continue
		}
		m := fileField.FindStringSubmatch(part.FormName())
		if m == nil || part.FileName() == "" {
			return nil, nil, &bad
		}
		n, _ := strconv.Atoi(m[1])
		if _, twice := files[n]; twice {
			return nil, nil, &bad
		}
		files[n] = file{name: part.FileName(), kind: part.Header.Get("Content-Type"), content: content}
	}
}

// checkAttachments checks what a message says of its files, and gives them in their order.
func checkAttachments(f *form, raw json.RawMessage, files map[int]file) []Attachment {
	var said []struct {
		ID          json.RawMessage `json:"id"`
		Filename    string          `json:"filename"`
		Description string          `json:"description"`
	}
	if !isNull(raw) && json.Unmarshal(raw, &said) != nil {
		f.add("attachments", "LIST_TYPE_CONVERT", "Could not interpret the attachments.")
		return nil
	}
	f.size("attachments", max(len(said), len(files)), 0, maxFiles)
	described := map[int]Attachment{}
	for i, a := range said {
		path := at("attachments", i)
		n, err := strconv.Atoi(strings.Trim(string(a.ID), `"`))
		if _, ok := files[n]; err != nil || !ok {
			f.add(path, "ATTACHMENT_NOT_FOUND", "Attachment data not found")
			continue
		}
		f.length(path+".description", a.Description, 0, maxDescription)
		f.length(path+".filename", a.Filename, 0, 1024)
		described[n] = Attachment{Filename: a.Filename, Description: a.Description}
	}
	var numbers []int
	for n := range files {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	var out []Attachment
	for _, n := range numbers {
		a := described[n]
		if a.Filename == "" {
			a.Filename = files[n].name
		}
		a.ContentType, a.Bytes = files[n].kind, files[n].content
		out = append(out, a)
	}
	return out
}

// mayAttach says why the app may not post these files; nil: it may.
func (s *Server) mayAttach(c *channel, files map[int]file) *reply {
	if len(files) == 0 {
		return nil
	}
	if !s.permissions(c, s.opt.Bot.ID).has(AttachFiles) {
		return &noPermission
	}
	all := 0
	for _, f := range files {
		all += len(f.content)
	}
	if all > maxFile {
		out := apiError(413, 40005, "Request entity too large")
		return &out
	}
	return nil
}

// attachmentsJSON is what a message shows of its files. The caller holds mu.
func (s *Server) attachmentsJSON(m *Message) []obj {
	out := []obj{}
	for _, a := range m.Attachments {
		o := obj{
			"id": a.ID, "filename": a.Filename, "size": len(a.Bytes), "content_type": a.ContentType,
			"url": fmt.Sprintf("http://%s/attachments/%s/%s/%s", s.host(), m.ChannelID, a.ID, a.Filename),
		}
		o["proxy_url"] = o["url"]
		if a.Description != "" {
			o["description"] = a.Description
		}
		out = append(out, o)
	}
	return out
}

// Attachment finds a file of a message that is still there, by its id.
func (s *Server) Attachment(id string) (Attachment, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.messages {
		for _, a := range m.Attachments {
			if a.ID == id && !m.Deleted {
				return a, true
			}
		}
	}
	return Attachment{}, false
}

// serveAttachment gives a file to anybody who knows its address, as Discord's does.
func (s *Server) serveAttachment(w http.ResponseWriter, r *http.Request) {
	steps := strings.Split(r.URL.Path, "/") // "", attachments, channel, id, name
	if len(steps) == 5 && r.Method == http.MethodGet {
		if a, ok := s.Attachment(steps[3]); ok && a.Filename == steps[4] {
			w.Header().Set("Content-Type", "application/octet-stream")
			_, _ = w.Write(a.Bytes)
			return
		}
	}
	http.NotFound(w, r)
}
