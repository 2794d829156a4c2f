package discord

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// obj is a JSON object that is about to be sent.
type obj = map[string]any

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("sandbox/discord: encoding what it made itself: " + err.Error())
	}
	return b
}

func isNull(raw json.RawMessage) bool {
	t := bytes.TrimSpace(raw)
	return len(t) == 0 || string(t) == "null"
}

// at joins a path and an index.
func at(path string, i int) string { return path + "." + strconv.Itoa(i) }

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// form collects the faults of a body, by path, in Discord's shape.
type form struct {
	errors obj
	count  int
}

// add notes a fault at a dotted path; "" is the body itself.
func (f *form) add(path, code, message string) {
	f.count++
	if f.errors == nil {
		f.errors = obj{}
	}
	node := f.errors
	if path != "" {
		for step := range strings.SplitSeq(path, ".") {
			next, ok := node[step].(obj)
			if !ok {
				next = obj{}
				node[step] = next
			}
			node = next
		}
	}
	list, _ := node["_errors"].([]obj)
	node["_errors"] = append(list, obj{"code": code, "message": message})
}

func (f *form) required(path string) {
	f.add(path, "BASE_TYPE_REQUIRED", "This field is required")
}

// length checks the code points of a text; low 0 allows an empty one.
func (f *form) length(path, text string, low, high int) {
	n := utf8.RuneCountInString(text)
	switch {
	case n == 0 && low > 0:
		f.required(path)
	case n < low || n > high && low > 0:
		f.add(path, "BASE_TYPE_BAD_LENGTH", fmt.Sprintf("Must be between %d and %d in length.", low, high))
	case n > high:
		f.add(path, "BASE_TYPE_MAX_LENGTH", fmt.Sprintf("Must be %d or fewer in length.", high))
	}
}

// count checks how many members a list has.
func (f *form) size(path string, n, low, high int) {
	if n < low || n > high {
		f.add(path, "BASE_TYPE_BAD_LENGTH", fmt.Sprintf("Must be between %d and %d in length.", low, high))
	}
}

func (f *form) choice(path string, allowed string) {
	f.add(path, "BASE_TYPE_CHOICES", "Value must be one of ("+allowed+").")
}

// reply gives the answer for the faults, if there are any.
func (f *form) reply() (reply, bool) {
	if f.count == 0 {
		return reply{}, false
	}
	return reply{status: 400, code: 50035, body: obj{"code": 50035, "message": "Invalid Form Body", "errors": f.errors}}, true
}

// decode reads a body; a value of a wrong JSON type is a fault of the form.
func (f *form) decode(body []byte, into any) (reply, bool) {
	err := json.Unmarshal(body, into)
	if err == nil {
		return reply{}, true
	}
	if t, ok := err.(*json.UnmarshalTypeError); ok { //nolint:errorlint // json gives it unwrapped
		f.add(t.Field, "BASE_TYPE_CONVERT", "Could not interpret "+t.Value+" as "+t.Type.String()+".")
		out, _ := f.reply()
		return out, false
	}
	return apiError(400, 50109, "The request body contains invalid JSON."), false
}
