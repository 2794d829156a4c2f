package discord

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"time"

	"quizbot/bot"
)

const (
	// pictureTime bounds a post with a picture; what is left of the time is for one without.
	pictureTime = 9 * time.Second
	// maxDescription is Discord's limit for the words that stand for a picture.
	maxDescription = 1024

	pictureName = "leaderboard.png"
)

// attachment is a file of a message.
type attachment struct {
	ID          int    `json:"id"` // its place among the files of the request
	Filename    string `json:"filename"`
	Description string `json:"description"`
}

// post makes a new message, with its picture where there is one that Discord takes. Both
// have the same nonce: where the first was made after all, the second is that one.
func (a *Adapter) post(ctx context.Context, endpoint string, o bot.Outgoing, at place, made any) error {
	message := func(c bot.Card) *body {
		b := render(c, at)
		b.Nonce, b.EnforceNonce = nonceOf(o.Room, o.Key), true
		return b
	}
	if o.Card.Chart == nil || a.config.Draw == nil {
		return a.call(ctx, urgent, http.MethodPost, endpoint, message(o.Card), made)
	}
	err := a.postPicture(ctx, endpoint, message(o.Card), *o.Card.Chart, made)
	if err == nil || ctx.Err() != nil {
		return err
	}
	why := a.config.Texts.NoPicture
	switch statusOf(err) {
	case http.StatusTooManyRequests, http.StatusUnauthorized:
		return err // nothing can be said now
	case http.StatusForbidden:
		if codeOf(err) == codeNoPermission {
			why = a.config.Texts.NoFiles
		}
	}
	a.log.Warn("picture not posted; its words go without", "room", o.Room, "key", o.Key, "err", err)
	return a.call(ctx, urgent, http.MethodPost, endpoint, message(explained(o.Card, why)), made)
}

// explained is a card that says why it has no picture.
func explained(c bot.Card, why string) bot.Card {
	if c.Footer != "" && why != "" {
		why = c.Footer + " · " + why
	}
	c.Footer = why
	return c
}

func (a *Adapter) postPicture(ctx context.Context, endpoint string, b *body, c bot.Chart, made any) error {
	ctx, cancel := context.WithTimeout(ctx, a.pictureTime)
	defer cancel()
	png, err := a.config.Draw(c)
	if err != nil {
		return err
	}
	b.Attachments = []attachment{{Filename: pictureName, Description: clip(c.Alt(), maxDescription)}}
	form, kind, err := multiparted(b, png)
	if err != nil {
		return err
	}
	return a.send(ctx, urgent, http.MethodPost, endpoint, kind, form, made)
}

// multiparted is a message with a file as Discord takes it.
func multiparted(b *body, png []byte) (form []byte, contentType string, err error) {
	message, err := json.Marshal(b)
	if err != nil {
		return nil, "", fmt.Errorf("encode request: %w", err)
	}
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	for _, part := range []struct {
		disposition, kind string
		content           []byte
	}{
		{`form-data; name="payload_json"`, "application/json", message},
		{`form-data; name="files[0]"; filename="` + pictureName + `"`, "image/png", png},
	} {
		p, err1 := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {part.disposition}, "Content-Type": {part.kind}})
		if err = err1; err == nil {
			_, err = p.Write(part.content)
		}
		if err != nil {
			return nil, "", err
		}
	}
	err = errors.Join(err, w.Close())
	return out.Bytes(), w.FormDataContentType(), err
}
