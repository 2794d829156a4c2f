package exchange

import (
	"bytes"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"

	"quizbot/quiz"
)

// Packs writes questions into pack files as they come. What is more than a pack may hold
// goes on in the next one: NAME, NAME-2, NAME-3.
type Packs struct {
	// Header is the first pack, without questions.
	Header quiz.Pack
	// Create opens the file of the pack with that ID.
	Create func(id string) (io.WriteCloser, error)

	to    io.WriteCloser
	size  int
	part  int
	names Namer
}

// packRoom is how large a file becomes before the next begins, in bytes.
const packRoom = quiz.MaxPackSize * 9 / 10

// Add writes a question and returns the ID that it has got.
func (p *Packs) Add(q quiz.Question) (string, error) {
	named := q
	named.ID = p.names.Name(q)
	body, err := questionYAML(named)
	if err != nil {
		return "", err
	}
	if p.to == nil || p.size+len(body) > packRoom {
		if err := p.next(); err != nil {
			return "", err
		}
		named.ID = p.names.Name(q)
		if body, err = questionYAML(named); err != nil {
			return "", err
		}
	}
	p.size += len(body)
	_, err = p.to.Write(body)
	return named.ID, err
}

// next begins a file.
func (p *Packs) next() error {
	if err := p.Close(); err != nil {
		return err
	}
	p.part++
	header := p.Header
	header.Questions = nil
	if p.part > 1 {
		header.ID = fmt.Sprintf("%s-%d", header.ID, p.part)
		header.Title = fmt.Sprintf("%s (%d)", header.Title, p.part)
		header.Aliases, header.Retired = nil, nil
	}
	to, err := p.Create(header.ID)
	if err != nil {
		return err
	}
	p.to, p.names = to, Namer{taken: map[string]bool{}}
	for _, id := range p.Header.Retired {
		p.names.taken[id] = true // an ID is never given again
	}
	src, err := marshalPack(header)
	if err != nil {
		return err
	}
	src = append(bytes.TrimSuffix(src, []byte("questions: []\n")), "questions:\n"...)
	p.size = len(src)
	_, err = p.to.Write(src)
	return err
}

// Close ends the file that is open.
func (p *Packs) Close() error {
	if p.to == nil {
		return nil
	}
	to := p.to
	p.to = nil
	return to.Close()
}

// questionYAML is a question as it stands in a pack.
func questionYAML(q quiz.Question) ([]byte, error) {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode([]ownQuestion{ownOf(q)}); err != nil {
		return nil, fmt.Errorf("write YAML: %w", err)
	}
	if err := e.Close(); err != nil {
		return nil, fmt.Errorf("write YAML: %w", err)
	}
	var out bytes.Buffer
	for line := range bytes.Lines(b.Bytes()) {
		if len(bytes.TrimSpace(line)) > 0 {
			out.WriteString("  ")
		}
		out.Write(line)
	}
	return append(out.Bytes(), '\n'), nil
}
