package discord

import (
	"encoding/json"
	"fmt"
	"net/url"
	"unicode/utf8"
)

// The limits of embeds.
const (
	maxContent          = 2000
	maxEmbeds           = 10
	maxEmbedTotal       = 6000
	maxEmbedTitle       = 256
	maxEmbedDescription = 4096
	maxEmbedFields      = 25
	maxFieldName        = 256
	maxFieldValue       = 1024
	maxFooter           = 2048
	maxEmbedAuthor      = 256
)

type embed struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	URL         string `json:"url"`
	Color       *int   `json:"color"`
	Timestamp   string `json:"timestamp"`
	Footer      struct {
		Text string `json:"text"`
	} `json:"footer"`
	Author struct {
		Name string `json:"name"`
		URL  string `json:"url"`
	} `json:"author"`
	Image     *media `json:"image"`
	Thumbnail *media `json:"thumbnail"`
	Fields    []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	} `json:"fields"`
}

type media struct {
	URL string `json:"url"`
}

// checkEmbeds checks a list of embeds and gives how many there are.
func checkEmbeds(f *form, raw json.RawMessage) int {
	if isNull(raw) {
		return 0
	}
	var list []embed
	if err := json.Unmarshal(raw, &list); err != nil {
		f.add("embeds", "LIST_TYPE_CONVERT", "Could not interpret the embeds: "+err.Error())
		return 0
	}
	if len(list) > maxEmbeds {
		f.add("embeds", "BASE_TYPE_MAX_LENGTH", fmt.Sprintf("Must be %d or fewer in length.", maxEmbeds))
	}
	total := 0
	for i, e := range list {
		p := at("embeds", i)
		f.length(p+".title", e.Title, 0, maxEmbedTitle)
		f.length(p+".description", e.Description, 0, maxEmbedDescription)
		f.length(p+".footer.text", e.Footer.Text, 0, maxFooter)
		f.length(p+".author.name", e.Author.Name, 0, maxEmbedAuthor)
		checkURL(f, p+".url", e.URL)
		checkURL(f, p+".author.url", e.Author.URL)
		if e.Color != nil && (*e.Color < 0 || *e.Color > 0xFFFFFF) {
			f.add(p+".color", "NUMBER_TYPE_MAX", "int value should be between 0 and 16777215.")
		}
		if len(e.Fields) > maxEmbedFields {
			f.add(p+".fields", "BASE_TYPE_MAX_LENGTH", fmt.Sprintf("Must be %d or fewer in length.", maxEmbedFields))
		}
		size := e.Title + e.Description + e.Footer.Text + e.Author.Name
		for j, x := range e.Fields {
			f.length(at(p+".fields", j)+".name", x.Name, 1, maxFieldName)
			f.length(at(p+".fields", j)+".value", x.Value, 1, maxFieldValue)
			size += x.Name + x.Value
		}
		for name, m := range map[string]*media{"image": e.Image, "thumbnail": e.Thumbnail} {
			if m != nil {
				checkURL(f, p+"."+name+".url", m.URL)
			}
		}
		if size == "" && e.Image == nil && e.Thumbnail == nil {
			f.required(p + ".description")
		}
		total += utf8.RuneCountInString(size)
	}
	if total > maxEmbedTotal {
		f.add("embeds", "MAX_EMBED_SIZE_EXCEEDED", fmt.Sprintf("Embed size exceeds maximum size of %d", maxEmbedTotal))
	}
	return len(list)
}

func checkURL(f *form, path, link string) {
	if link == "" {
		return
	}
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "attachment" {
		f.add(path, "URL_TYPE_INVALID_SCHEME", "Scheme must be one of ('http', 'https').")
	}
}
