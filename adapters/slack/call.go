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

// call calls a method of the Web API that needs no token: what it needs stands in
// the form, and so in no address that is logged on the way. What Slack's answer says
// beyond whether it is good is decoded into out.
func (a *Adapter) call(ctx context.Context, method string, form url.Values, out any) (http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.config.APIURL+method, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := a.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	var answer struct {
		OK    bool   `json:"ok"`
		Error string `json:"error"`
	}
	switch {
	case resp.StatusCode != http.StatusOK:
		return nil, slackgo.StatusCodeError{Code: resp.StatusCode, Status: resp.Status}
	case json.Unmarshal(body, &answer) != nil:
		return nil, fmt.Errorf("%s: the answer is not understood", method) // its text may hold a token
	case !answer.OK:
		return nil, slackgo.SlackErrorResponse{Err: answer.Error}
	}
	if err := json.Unmarshal(body, out); err != nil {
		return nil, fmt.Errorf("%s: the answer is not understood", method)
	}
	return resp.Header, nil
}
