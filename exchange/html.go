package exchange

import (
	"strings"

	"golang.org/x/net/html"
)

// plainHTML is what people read of HTML: its text, with line breaks where blocks end. media
// says that pictures, sounds or films are left behind.
func plainHTML(s string) (text string, media bool) {
	if !strings.ContainsAny(s, "<&") {
		return strings.TrimSpace(s), false
	}
	z := html.NewTokenizer(strings.NewReader(s))
	var b strings.Builder
	hidden := "" // the element whose content nobody reads
	for {
		switch z.Next() {
		case html.ErrorToken:
			return tidy(b.String()), media
		case html.TextToken:
			if hidden == "" {
				b.WriteString(strings.ReplaceAll(string(z.Text()), "\r\n", "\n"))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			switch tag := string(name); tag {
			case "br", "p", "div", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote", "ul", "ol", "table", "hr":
				b.WriteByte('\n')
			case "li":
				b.WriteString("\n• ")
			case "td", "th":
				b.WriteByte(' ')
			case "img", "audio", "video", "object", "embed", "iframe", "svg":
				media = true
				for more {
					var k, v []byte
					k, v, more = z.TagAttr()
					if string(k) == "alt" && len(v) > 0 {
						b.WriteString("[" + string(v) + "]")
					}
				}
			case "script", "style":
				hidden = tag
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			switch tag := string(name); tag {
			case hidden:
				hidden = ""
			case "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote", "ul", "ol", "table":
				b.WriteByte('\n')
			}
		}
	}
}

// tidy leaves one space between words, and at most one empty line between paragraphs.
func tidy(s string) string {
	var out []string
	for line := range strings.SplitSeq(s, "\n") {
		line = strings.Join(strings.Fields(line), " ")
		if line == "" && (len(out) == 0 || out[len(out)-1] == "") {
			continue
		}
		out = append(out, line)
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}

// html sets a text to what people read of HTML, and notes what is left behind.
func (f *Found) html(to *string, what string) {
	text, media := plainHTML(*to)
	*to = text
	if media {
		f.note("%s had a picture, sound or film, which is left out", what)
	}
}
