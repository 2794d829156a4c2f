package calendar

import (
	"cmp"
	_ "embed" // the list of zones
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/hbollon/go-edlib"
)

// zoneList has the zones of the tz database that are named after a place, its Etc zones
// and UTC. Its abbreviations (CET, EST) are left out: several places share most of them,
// and some stand for one half of the year alone.
//
//go:embed zones.txt
var zoneList string

var zones = sync.OnceValue(func() (all struct {
	names []string
	exact map[string]string // by name in lower case
	city  map[string]string // by the last part of the name
}) {
	all.names = strings.Fields(zoneList)
	all.exact, all.city = map[string]string{}, map[string]string{}
	for _, name := range all.names {
		all.exact[strings.ToLower(name)] = name
		region, _, _ := strings.Cut(name, "/")
		city := strings.ToLower(name[strings.LastIndexByte(name, '/')+1:])
		if _, taken := all.city[city]; !taken && !slices.Contains(countries, region) && !slices.Contains(corners, city) {
			all.city[city] = name
		}
	}
	return all
})

// countries are regions of the list that divide a country into its parts, and corners are
// parts of others: no cities.
var (
	countries = []string{"Brazil", "Canada", "Chile", "Etc", "Mexico", "US", "UTC"}
	corners   = []string{"north", "south", "west", "act", "nsw", "general"}
)

// Zones lists the names of all zones, in order.
func Zones() []string { return zones().names }

func zoneKey(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), "_")) }

// Zone finds a zone by its name, or by its city alone, whatever the case: "europe/berlin",
// "New York".
func Zone(s string) (name string, ok bool) {
	k := zoneKey(s)
	if name, ok = zones().exact[k]; !ok {
		name, ok = zones().city[k]
	}
	return name, ok
}

// offset is how a zone is often written that is none: a distance from UTC holds for half
// of the year only, in most places.
var offset = regexp.MustCompile(`(?i)^(utc|gmt|z)?[+-]\d{1,2}(:?\d{2})?$`)

// Offset reports that s is a distance from UTC: "+02:00", "UTC+2".
func Offset(s string) bool { return offset.MatchString(s) }

// abbreviated lists places for what people call their time.
func abbreviated() map[string][]string {
	berlin, york, chicago, denver := []string{"Europe/Berlin", "Europe/Paris"}, []string{"America/New_York"}, []string{"America/Chicago"}, []string{"America/Denver"}
	angeles, helsinki, lisbon := []string{"America/Los_Angeles"}, []string{"Europe/Helsinki", "Europe/Athens"}, []string{"Europe/Lisbon"}
	return map[string][]string{
		"cet": berlin, "cest": berlin, "met": berlin, "mez": berlin, "mesz": berlin, "eet": helsinki, "eest": helsinki, "wet": lisbon, "west": lisbon,
		"gmt": {"UTC", "Europe/London"}, "bst": {"Europe/London"}, "msk": {"Europe/Moscow"},
		"est": york, "edt": york, "et": york, "cst": {"America/Chicago", "Asia/Shanghai"}, "cdt": chicago, "ct": chicago,
		"mst": {"America/Denver", "America/Phoenix"}, "mdt": denver, "pst": angeles, "pdt": angeles, "pt": angeles,
		"akst": {"America/Anchorage"}, "hst": {"Pacific/Honolulu"}, "ist": {"Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"},
		"jst": {"Asia/Tokyo"}, "kst": {"Asia/Seoul"}, "sgt": {"Asia/Singapore"}, "hkt": {"Asia/Hong_Kong"},
		"aest": {"Australia/Sydney", "Australia/Brisbane"}, "aedt": {"Australia/Sydney"}, "acst": {"Australia/Adelaide", "Australia/Darwin"}, "awst": {"Australia/Perth"},
		"nzst": {"Pacific/Auckland"}, "nzdt": {"Pacific/Auckland"}, "brt": {"America/Sao_Paulo"}, "art": {"America/Argentina/Buenos_Aires"}, "sast": {"Africa/Johannesburg"},
		"z": {"UTC"}, "zulu": {"UTC"},
	}
}

// Abbreviated lists zones that the abbreviation may stand for; nil where s is none.
func Abbreviated(s string) []string { return abbreviated()[strings.ToLower(s)] }

// maxZone is longer than any zone's name, in characters.
const maxZone = 40

// Nearest lists up to n zones whose name or city begins with s or is like it, best first.
func Nearest(s string, n int) []string {
	k := zoneKey(s)
	if k == "" || utf8.RuneCountInString(k) > maxZone {
		return nil
	}
	type found struct {
		name string
		near float32
	}
	var hits []found
	for _, name := range zones().names {
		whole := strings.ToLower(name)
		near := float32(0)
		for i, word := range []string{whole[strings.LastIndexByte(whole, '/')+1:], whole} {
			like, err := edlib.StringsSimilarity(k, word, edlib.OSADamerauLevenshtein)
			if err != nil {
				continue
			}
			if strings.HasPrefix(word, k) {
				like = max(like, 0.95-0.01*float32(i))
			}
			near = max(near, like)
		}
		if near >= 0.5 {
			hits = append(hits, found{name, near})
		}
	}
	slices.SortStableFunc(hits, func(a, b found) int {
		return cmp.Or(cmp.Compare(b.near, a.near), cmp.Compare(len(a.name), len(b.name)))
	})
	var out []string
	for _, h := range hits[:min(n, len(hits))] {
		out = append(out, h.name)
	}
	return out
}
