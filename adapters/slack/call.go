package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	slackgo "github.com/slack-go/slack"
)

// maxAnswer bounds what is read of an answer of the Web API, in bytes.
const maxAnswer = 1 << 20

// maxPage bounds it where the answer is a page of a history.
const maxPage = 16 << 20

// webAnswer is what the Web API has answered, as it came.
type webAnswer struct {
	status int
	header http.Header
	body   []byte
}

// post calls a method of the Web API with a token or, with "", without one, and reads
// at most so many bytes of the answer. With an error the status is 0 where none came.
func (a *Adapter) post(ctx context.Context, token, method string, form url.Values, most int64) (webAnswer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.config.APIURL+method, strings.NewReader(form.Encode()))
	if err != nil {
		return webAnswer{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := a.http.Do(req)
	if err != nil {
		return webAnswer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, most))
	return webAnswer{resp.StatusCode, resp.Header, body}, err
}

// call calls a method of the Web API that needs no token: what it needs stands in
// the form, and so in no address that is logged on the way. What Slack's answer says
// beyond whether it is good is decoded into out.
func (a *Adapter) call(ctx context.Context, method string, form url.Values, out any) (http.Header, error) {
	got, err := a.post(ctx, "", method, form, maxAnswer)
	if err != nil {
		return nil, err
	}
	var answer struct {
		OK    bool   `json:"ok"`
		Error string `json:"error"`
	}
	switch {
	case got.status != http.StatusOK:
		return nil, slackgo.StatusCodeError{Code: got.status, Status: http.StatusText(got.status)}
	case json.Unmarshal(got.body, &answer) != nil:
		return nil, fmt.Errorf("%s: the answer is not understood", method) // its text may hold a token
	case !answer.OK:
		return nil, slackgo.SlackErrorResponse{Err: answer.Error}
	}
	if err := json.Unmarshal(got.body, out); err != nil {
		return nil, fmt.Errorf("%s: the answer is not understood", method)
	}
	return got.header, nil
}
