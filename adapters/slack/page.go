package slack

import (
	"html/template"
	"net/http"
)

// Page is what somebody reads in the browser at the end of an installation. In Body,
// NAME stands for the workspace's name.
type Page struct{ Title, Body string }

// Pages are those of the install flow.
type Pages struct {
	Installed Page // the app is in the workspace
	Denied    Page // the person said no at Slack
	Expired   Page // the visit did not begin here, took too long, or was over before
	Failed    Page // Slack or the database can't do it now
	Refused   Page // Slack does not know the app, or its settings differ
	OrgWide   Page // an installation for a whole organisation
	Rotating  Page // the app has token rotation on
}

// sheet has no script, no style and nothing from elsewhere; what goes in is escaped.
var sheet = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Title}}</title></head>
<body><h1>{{.Title}}</h1><p>{{.Body}}</p></body></html>
`))

// private keeps a page of the install flow out of caches, frames and the records of
// where somebody came from: its address can hold a code.
func private(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
}

func (a *Adapter) show(w http.ResponseWriter, status int, p Page) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if err := sheet.Execute(w, p); err != nil {
		a.log.Debug("page not written", "err", err)
	}
}
