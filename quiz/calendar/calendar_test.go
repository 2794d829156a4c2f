package calendar

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func load(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// What happens where clocks are set, and where a day is missing or there twice.
func TestOn(t *testing.T) {
	for _, c := range []struct {
		zone, day, clock, want string // in UTC; "": there is no such day
	}{
		{"Europe/Berlin", "2026-11-26", "09:30", "2026-11-26 08:30:00"},
		{"Europe/Berlin", "2026-03-29", "02:30", "2026-03-29 01:00:00"}, // 2:00 is followed by 3:00
		{"Europe/Berlin", "2026-03-29", "03:00", "2026-03-29 01:00:00"},
		{"Europe/Berlin", "2026-10-25", "02:30", "2026-10-25 00:30:00"}, // twice: the first
		{"Europe/Berlin", "2026-10-25", "03:00", "2026-10-25 02:00:00"},
		{"America/Sao_Paulo", "2018-11-04", "00:30", "2018-11-04 03:00:00"}, // that day began at one
		{"America/Sao_Paulo", "2018-02-17", "23:30", "2018-02-18 01:30:00"}, // its last hour came twice
		{"America/Sao_Paulo", "2018-02-18", "00:00", "2018-02-18 03:00:00"},
		{"America/Nuuk", "2024-03-30", "23:30", "2024-03-31 01:00:00"}, // its last hour was left out
		{"America/Nuuk", "2024-03-31", "00:00", "2024-03-31 01:00:00"},
		{"Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03 15:30:00"}, // half an hour is left out
		{"Asia/Kathmandu", "2026-01-01", "00:00", "2025-12-31 18:15:00"},
		{"Pacific/Kiritimati", "2026-12-31", "23:59", "2026-12-31 09:59:00"},
		{"Pacific/Apia", "2011-12-29", "09:30", "2011-12-29 19:30:00"},
		{"Pacific/Apia", "2011-12-30", "09:30", ""},
		{"Pacific/Apia", "2011-12-31", "09:30", "2011-12-30 19:30:00"},
		{"Pacific/Kwajalein", "1993-08-21", "12:00", ""},
		{"America/St_Johns", "1988-10-30", "00:00", "1988-10-30 01:30:00"}, // for a minute, and again two hours later
		{"America/St_Johns", "1988-10-29", "23:30", "1988-10-30 01:00:00"},
		{"Europe/Dublin", "2026-03-29", "01:30", "2026-03-29 01:00:00"}, // winter time is the one that is set there
		{"Africa/Casablanca", "2026-02-15", "02:30", "2026-02-15 01:30:00"},
		{"Europe/Berlin", "2040-12-31", "09:30", "2040-12-31 08:30:00"}, // the last day of a leap year, far away
	} {
		var d Date
		if err := d.UnmarshalText([]byte(c.day)); err != nil {
			t.Fatal(err)
		}
		clock, err := ParseClock(c.clock)
		if err != nil {
			t.Fatal(err)
		}
		at, ok := On(d, clock, load(t, c.zone))
		got := ""
		if ok {
			got = at.UTC().Format(time.DateTime)
		}
		if got != c.want {
			t.Errorf("%s %s in %s: %s, want %s", c.day, c.clock, c.zone, got, c.want)
		}
	}
}

// set lists the moments at which clocks in loc are set, from one year to another.
func set(loc *time.Location, from, to int) []time.Time {
	var out []time.Time
	for t := time.Date(from, 1, 1, 0, 0, 0, 0, time.UTC).In(loc); ; {
		_, end := t.ZoneBounds()
		switch {
		case end.IsZero() || end.Year() >= to:
			return out
		case !end.After(t): // the last day of a leap year
			t = t.Add(24 * time.Hour)
		default:
			out, t = append(out, end), end
		}
	}
}

// In every zone, around settings of its clocks in three centuries: a plan for all days comes once on
// each day that there is, in order.
func TestOncePerDay(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	moments := 0
	for _, name := range Zones() {
		loc := load(t, name)
		all := append(set(loc, 1840, 2110), time.Date(2026, 1, 1, 0, 0, 0, 0, loc))
		for range around {
			at := all[random.IntN(len(all))]
			before := at.Add(-time.Second)
			clock := Clock{random.IntN(24), random.IntN(60)}
			if random.IntN(2) == 0 { // in what is left out, or comes twice
				clock = Clock{before.Hour(), before.Minute()}
				if random.IntN(2) == 0 {
					clock = Clock{at.Hour(), (at.Minute() + random.IntN(30)) % 60}
				}
			}
			p := Plan{At: clock, Days: EveryDay}
			day, now := Date{}, at.Add(-72*time.Hour)
			var last Date
			for range 6 {
				next, moment, ok := p.Next(day, now, loc)
				if !ok || !moment.After(now) || !next.After(day) {
					t.Fatalf("%s at %s: after %s there is %s %s %v", name, clock, now, next, moment, ok)
				}
				if last != (Date{}) {
					for d := last.Next(); next.After(d); d = d.Next() {
						if _, there := On(d, clock, loc); there {
							t.Errorf("%s at %s: %s is left out", name, clock, d)
						}
					}
				}
				// The day is right, or its end was left out with the time that was meant.
				shown := DateOf(moment)
				if leftOut := shown == next.Next() && moment.Equal(first(shown, Clock{}, loc)); shown != next && !leftOut {
					t.Errorf("%s: %s at %s is said to be %s", name, next, clock, moment)
				}
				day, now, last = next, moment, next
				moments++
			}
		}
	}
	if moments < 3000 {
		t.Errorf("only %d were looked at", moments)
	}
}

// Minute by minute, for clocks that have been set in living memory: the moment is the
// first at which that time is shown, or else the first at which a later one is.
func TestMinutes(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	looked := 0
	for _, name := range Zones() {
		if random.IntN(sample) > 0 {
			continue
		}
		loc := load(t, name)
		all := set(loc, 1975, 2035)
		for range min(3, len(all)) {
			at := all[random.IntN(len(all))]
			near := at.Add(-time.Second)
			if random.IntN(2) == 0 {
				near = at.Add(time.Duration(random.IntN(60)) * time.Minute)
			}
			clock := Clock{near.Hour(), near.Minute()}
			for _, d := range []Date{DateOf(near.Add(-24 * time.Hour)), DateOf(near), DateOf(near).Next()} {
				want := shownFirst(d, clock, at.Add(-60*time.Hour), at.Add(60*time.Hour), loc)
				got, ok := On(d, clock, loc)
				if ok == want.IsZero() || ok && !got.Equal(want) {
					t.Errorf("%s %s %s: %s %v, want %s", name, d, clock, got, ok, want)
				}
				looked++
			}
		}
	}
	if looked < 20 {
		t.Errorf("only %d were looked at", looked)
	}
}

// shownFirst looks at the clock once a minute; zero where the day isn't seen.
func shownFirst(d Date, c Clock, from, to time.Time, loc *time.Location) time.Time {
	var later time.Time
	seen := false
	for t := from.Truncate(time.Minute).In(loc); t.Before(to); t = t.Add(time.Minute) {
		day, clock := DateOf(t), Clock{t.Hour(), t.Minute()}
		seen = seen || day == d
		if day == d && clock == c {
			return t
		}
		past := day.After(d) || day == d && (clock.Hour > c.Hour || clock.Hour == c.Hour && clock.Minute > c.Minute)
		if past && later.IsZero() {
			later = t
		}
	}
	if !seen {
		return time.Time{}
	}
	return later
}

// The days of the week are those of the zone, over the ends of years.
func TestDaysOfTheZone(t *testing.T) {
	loc := load(t, "Pacific/Auckland")
	p := Plan{At: Clock{8, 0}, Days: Weekdays}
	day, now := Date{}, time.Date(2026, 12, 31, 12, 0, 0, 0, time.UTC) // Friday the 1st there
	var got []string
	for range 3 {
		var at time.Time
		day, at, _ = p.Next(day, now, loc)
		got, now = append(got, at.UTC().Format("Mon 2006-01-02 15:04")), at
	}
	if want := []string{"Thu 2026-12-31 19:00", "Sun 2027-01-03 19:00", "Mon 2027-01-04 19:00"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if _, _, ok := (Plan{}).Next(Date{}, now, loc); ok {
		t.Error("a plan without days has a next one")
	}
	// However the clock is set, a day that was is not next again.
	if d, _, _ := p.Next(Date{2027, 3, 1}, now, loc); d != (Date{2027, 3, 2}) {
		t.Errorf("after 1 March comes %s", d)
	}
}

func TestParse(t *testing.T) {
	for in, want := range map[string]string{
		"9:30": "09:30", "09:30": "09:30", "9.30": "09:30", "0:00": "00:00", "23:59": "23:59", "9am": "09:00", "12am": "00:00", "12:15PM": "12:15", "9:30pm": "21:30",
		"24:00": "", "9": "", "9:5": "", "9:60": "", "13pm": "", "0am": "", "": "", "9:30x": "", "-1:00": "", "099:30": "",
	} {
		c, err := ParseClock(in)
		if got := c.String(); err == nil && got != want || (err != nil) != (want == "") {
			t.Errorf("%q: %s %v, want %q", in, got, err, want)
		}
	}
	for in, want := range map[string]string{
		"weekdays": "mon,tue,wed,thu,fri", "mon-fri": "mon,tue,wed,thu,fri", "Mon,WED,fri": "mon,wed,fri", "fri-mon": "mon,fri,sat,sun", "sat": "sat",
		"weekends": "sat,sun", "mon-sun": "every day", "every day": "every day", "daily": "every day", "tuesday,thurs": "tue,thu", "mon-wed,sat": "mon,tue,wed,sat", "mondays": "mon",
		"": "", "mo": "", "mon-": "", "mon,": "", "someday": "", "mon-fri-sun": "", "http": "",
	} {
		d, err := ParseDays(in)
		if got := d.String(); err == nil && got != want || (err != nil) != (want == "") {
			t.Errorf("%q: %s %v, want %q", in, got, err, want)
		}
	}
}

// What is kept is read as it was written.
func TestJSON(t *testing.T) {
	type both struct {
		Plan Plan `json:"plan"`
		Day  Date `json:"day,omitzero"`
	}
	for days := Days(1); days <= EveryDay; days++ {
		in := both{Plan{Clock{9, 5}, days, "Europe/Berlin"}, Date{2026, 2, 28}}
		b, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		var out both
		if err := json.Unmarshal(b, &out); err != nil || out != in {
			t.Errorf("%s became %+v: %v", b, out, err)
		}
	}
	var none both
	if err := json.Unmarshal([]byte(`{"plan":{"at":"09:00","days":"mon","zone":"UTC"},"day":""}`), &none); err != nil || none.Day != (Date{}) {
		t.Errorf("%+v %v", none, err)
	}
}

// Every zone that is offered is one, is found by what people write, and is its own nearest.
func TestZones(t *testing.T) {
	if !slices.IsSorted(Zones()) || len(Zones()) < 500 {
		t.Errorf("%d zones", len(Zones()))
	}
	for i, name := range Zones() {
		load(t, name)
		if got, ok := Zone(name); !ok || got != name {
			t.Errorf("%s is found as %q", name, got)
		}
		if i%sample != 0 { // each of them is compared with all
			continue
		}
		if near := Nearest(name, 1); len(near) != 1 || near[0] != name {
			t.Errorf("nearest to %s is %q", name, near)
		}
	}
	for in, want := range map[string]string{
		"europe/berlin": "Europe/Berlin", "Berlin": "Europe/Berlin", "new york": "America/New_York", "America/New York": "America/New_York",
		"america/argentina/ushuaia": "America/Argentina/Ushuaia", "utc": "UTC", "Etc/GMT-2": "Etc/GMT-2", "istanbul": "Asia/Istanbul",
		"CET": "", "EST": "", "+02:00": "", "Eastern": "", "Berln": "", "../etc/passwd": "", "/etc/localtime": "", "": "", "west": "", "Local": "",
	} {
		if got, ok := Zone(in); got != want || ok != (want != "") {
			t.Errorf("%q is %q", in, got)
		}
	}
	for in, want := range map[string]string{"Berln": "Europe/Berlin", "Europe/Berlim": "Europe/Berlin", "new yrok": "America/New_York", "amster": "Europe/Amsterdam"} {
		if near := Nearest(in, 3); !slices.Contains(near, want) {
			t.Errorf("nearest to %q: %q", in, near)
		}
	}
	if near := Nearest("xqzw", 3); len(near) > 0 {
		t.Errorf("nearest to nonsense: %q", near)
	}
	for _, in := range []string{"+02:00", "UTC+2", "gmt-5", "+0530", "-3", "Z+1"} {
		if !Offset(in) {
			t.Errorf("%q is no offset", in)
		}
	}
	for abbr, names := range abbreviated() {
		for _, name := range names {
			if _, ok := Zone(name); !ok {
				t.Errorf("%s stands for %s, which is none", abbr, name)
			}
		}
		if _, ok := zones().exact[abbr]; ok {
			t.Errorf("%s is a zone as well", abbr)
		}
	}
}

func FuzzWords(f *testing.F) {
	for _, s := range []string{"9:30", "mon-fri", "Europe/Berlin", "+02:00", "fri-mon,tue", "12:00am"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if c, err := ParseClock(s); err == nil {
			if again, err := ParseClock(c.String()); err != nil || again != c {
				t.Errorf("%q is %s, and that is %s %v", s, c, again, err)
			}
		}
		if d, err := ParseDays(s); err == nil {
			if again, err := ParseDays(d.String()); err != nil || again != d || d == 0 {
				t.Errorf("%q is %s, and that is %s %v", s, d, again, err)
			}
		}
		if name, ok := Zone(s); ok && !slices.Contains(Zones(), name) {
			t.Errorf("%q is the zone %q", s, name)
		}
		Nearest(s, 3)
	})
}
