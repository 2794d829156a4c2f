package exchange

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"quizbot/quiz"
)

// first is the first byte that is not white space; 0 where there is none.
func first(b []byte) byte {
	if b = bytes.TrimSpace(b); len(b) > 0 {
		return b[0]
	}
	return 0
}

// eachJSON calls fn for each element of a list: of the file itself, or of the one that the
// outermost object has under key. It keeps one element in memory at a time.
func (in *Input) eachJSON(key string, fn func(n int, raw json.RawMessage) error) error {
	reader := bufio.NewReader(in.reader())
	if mark, _ := reader.Peek(3); string(mark) == "\ufeff" {
		_, _ = reader.Discard(3)
	}
	d := json.NewDecoder(reader)
	fault := func(err error) error {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return errors.New("the file ends too early: its JSON is not closed")
		}
		at := d.InputOffset()
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			at += syntax.Offset // it counts from the value that is at fault
		}
		return fmt.Errorf("%s: %s", in.placeOfByte(at), plainJSON(err))
	}
	open, err := d.Token()
	if err != nil {
		return fault(err)
	}
	object := open == json.Delim('{')
	if object {
		if found, err := enter(d, key); err != nil {
			return fault(err)
		} else if !found {
			return fmt.Errorf("the file has no list of %s", key)
		}
	} else if open != json.Delim('[') {
		return fmt.Errorf("the file is no list and no object of JSON")
	}
	for n := 1; d.More(); n++ {
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return fault(err)
		}
		if at := brokenUTF8(raw); at >= 0 {
			return fmt.Errorf("%s is not UTF-8: save the file as UTF-8", in.placeOfByte(d.InputOffset()-int64(len(raw)-at)))
		}
		if err := fn(n, raw); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return fault(err)
	}
	if object {
		if _, err := enter(d, ""); err != nil { // over all keys that are left
			return fault(err)
		}
		if _, err := d.Token(); err != nil {
			return fault(err)
		}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: something stands behind the end of the JSON: take it away", in.placeOfByte(d.InputOffset()))
	}
	return nil
}

// brokenUTF8 is where a text stops being UTF-8; -1: nowhere.
func brokenUTF8(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

// headJSON reads the keys of the outermost object but the questions, which it passes by
// one at a time.
func (in *Input) headJSON() quiz.Pack {
	reader := bufio.NewReader(in.reader())
	if mark, _ := reader.Peek(3); string(mark) == "\ufeff" {
		_, _ = reader.Discard(3)
	}
	d := json.NewDecoder(reader)
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return quiz.Pack{}
	}
	keys := map[string]json.RawMessage{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return quiz.Pack{}
		}
		if name == "questions" {
			err = passBy(d)
		} else if key, ok := name.(string); ok {
			var raw json.RawMessage
			err = d.Decode(&raw)
			keys[key] = raw
		}
		if err != nil {
			return quiz.Pack{}
		}
	}
	src, err := json.Marshal(keys)
	if err != nil {
		return quiz.Pack{}
	}
	var own ownPack
	if json.Unmarshal(src, &own) != nil {
		return quiz.Pack{}
	}
	return quiz.Pack{ID: own.Pack, Title: own.Title, Aliases: own.Aliases, Language: own.Language, License: own.License, Retired: own.Retired}
}

// passBy reads over a list.
func passBy(d *json.Decoder) error {
	if open, err := d.Token(); err != nil || open != json.Delim('[') {
		return err
	}
	for d.More() {
		var skipped json.RawMessage
		if err := d.Decode(&skipped); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

// enter goes on to the beginning of the list under key in the object that was opened.
func enter(d *json.Decoder, key string) (bool, error) {
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return false, err
		}
		if name == key && key != "" {
			open, err := d.Token()
			return open == json.Delim('['), err
		}
		var skipped json.RawMessage
		if err := d.Decode(&skipped); err != nil {
			return false, err
		}
	}
	return false, nil
}

// placeOfByte is the line that an offset lies in.
func (in *Input) placeOfByte(offset int64) string {
	line := 1
	r := bufio.NewReader(io.NewSectionReader(in.Data, 0, min(offset, in.Size)))
	for {
		if _, err := r.ReadSlice('\n'); err == nil {
			line++
		} else if !errors.Is(err, bufio.ErrBufferFull) {
			return fmt.Sprintf("line %d", line)
		}
	}
}

func plainJSON(err error) string { return strings.TrimPrefix(err.Error(), "json: ") }
