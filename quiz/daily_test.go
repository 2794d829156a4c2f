package quiz

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"quizbot/quiz/calendar"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func date(s string) (d calendar.Date) {
	if err := d.UnmarshalText([]byte(s)); err != nil {
		panic(err)
	}
	return d
}

func everyDay(hour, minute int, zone string) Daily {
	return Daily{Plan: calendar.Plan{At: calendar.Clock{Hour: hour, Minute: minute}, Days: calendar.EveryDay, Zone: zone}, Open: DefaultDaily}
}

// What is asked late closes when it was meant to, and what is too late is not asked.
func TestDailyLate(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	due := time.Date(2026, 11, 26, 9, 30, 0, 0, berlin)
	for late, want := range map[time.Duration]time.Duration{
		-time.Second:                   0,
		0:                              8 * time.Hour,
		59 * time.Second:               8 * time.Hour,
		time.Minute:                    8*time.Hour - time.Minute,
		3*time.Hour + 30*time.Second:   5*time.Hour - time.Minute,
		4 * time.Hour:                  4 * time.Hour,
		4*time.Hour + time.Millisecond: 0,
		100 * 24 * time.Hour:           0,
	} {
		d := everyDay(9, 30, "Europe/Berlin").Scheduled(due.Add(-time.Hour), berlin)
		if !d.Next.Equal(due) || d.Day != date("2026-11-26") {
			t.Fatalf("next on %s at %s", d.Day, d.Next)
		}
		now := due.Add(late)
		open, after := d.Turn(now, berlin)
		if open != want {
			t.Errorf("%s late: open for %s, want %s", late, open, want)
		}
		if missed := late > 0 && want == 0; missed != (after.Trouble == Missed) || missed && !after.Next.After(now) {
			t.Errorf("%s late: %+v", late, after)
		}
	}
}

// No question is open any more when the next one comes, also where a day has 23 hours.
func TestDailyShortDay(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	d := everyDay(9, 30, "Europe/Berlin")
	d.Open = MaxDaily
	d = d.Scheduled(time.Date(2026, 3, 28, 0, 0, 0, 0, berlin), berlin)
	if open, _ := d.Turn(d.Next, berlin); open != 23*time.Hour {
		t.Errorf("open for %s", open)
	}
}

// A zone whose rules change moves the question, and does not repeat it.
func TestDailyRulesChange(t *testing.T) {
	before, after := time.FixedZone("Nowhere", 2*3600), time.FixedZone("Nowhere", 3600)
	d := everyDay(9, 30, "Nowhere/At_All").Scheduled(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), before)
	open, d := d.Turn(d.Next, after)
	if open != 0 || !d.Next.Equal(time.Date(2026, 5, 1, 8, 30, 0, 0, time.UTC)) {
		t.Fatalf("open for %s, next at %s", open, d.Next)
	}
	if open, d = d.Turn(d.Next, after); open == 0 {
		t.Fatal("not asked")
	}
	d = d.Put(1, "x", d.Next, after)
	if d.Day != date("2026-05-02") || !d.Next.Equal(time.Date(2026, 5, 2, 8, 30, 0, 0, time.UTC)) {
		t.Errorf("then on %s at %s", d.Day, d.Next)
	}
	open, d = d.Turn(d.Next, before) // and back: it is an hour late by now
	if open != d.Open-time.Hour {
		t.Errorf("open for %s", open)
	}
}

// A room that is shut is tried ever more rarely, once a week at last; one whose platform
// takes nothing for a while gets the day's question later, as long as it is worth it.
func TestDailyMissing(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	for _, c := range []struct {
		shut bool
		want []string
	}{
		{true, []string{"01 09:30", "02 09:30", "04 09:30", "08 09:30", "15 09:30", "22 09:30"}},
		{false, []string{"01 09:30", "01 09:40", "01 10:00", "01 10:40", "01 12:00", "02 09:30", "03 09:30"}},
	} {
		d := everyDay(9, 30, "Europe/Berlin").Scheduled(time.Date(2027, 1, 1, 0, 0, 0, 0, berlin), berlin)
		var got []string
		for i := range c.want {
			now := d.Next
			got = append(got, now.In(berlin).Format("02 15:04"))
			open, after := d.Turn(now, berlin)
			if open == 0 {
				t.Fatalf("shut %v: not asked at %s", c.shut, now)
			}
			d = after.Put(i+1, "x", now, berlin)
			d = d.Missing(i+1, c.shut, now, berlin)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("shut %v: tried at %q, want %q", c.shut, got, c.want)
		}
		if d.Trouble == "" || d.Lost != len(c.want) || d.Missing(99, true, d.Next, berlin).Lost != d.Lost {
			t.Errorf("shut %v: %+v", c.shut, d)
		}
		d.Round = 9
		if d = d.Posted(9); d.Trouble != "" || d.Lost != 0 {
			t.Errorf("shut %v, and then posted: %+v", c.shut, d)
		}
	}
}

func TestDailyTopics(t *testing.T) {
	pack := func(id string) Pack {
		if id == "empty" {
			return Pack{ID: id, Title: id}
		}
		return Pack{ID: id, Title: id, Questions: []Question{{ID: "q"}}}
	}
	all := func(ids ...string) *Pool {
		var packs []Pack
		for _, id := range ids {
			packs = append(packs, pack(id))
		}
		pool, err := NewPool(packs)
		if err != nil {
			t.Fatal(err)
		}
		return pool
	}
	run := func(d Daily, pools ...*Pool) string {
		out := ""
		for _, pool := range pools {
			id, ok := d.Topic(pool)
			if !ok {
				id = "-"
			} else {
				d.Last = id
			}
			out += id + " "
		}
		return out
	}
	three := all("c", "a", "b", "empty")
	named := Daily{Topics: []string{"c", "a"}}
	for _, c := range []struct {
		d     Daily
		pools []*Pool
		want  string
	}{
		{Daily{}, []*Pool{three, three, three, three}, "a b c a "},
		{Daily{}, []*Pool{three, all("b", "c", "d"), all("c", "d"), all("a", "c", "d"), three}, "a b c d a "},
		{Daily{Last: "zz"}, []*Pool{three}, "a "},
		{named, []*Pool{three, three, three}, "c a c "},
		{named, []*Pool{three, all("b", "c"), all("b"), three}, "c c - a "},
		{Daily{Topics: []string{"empty"}}, []*Pool{three}, "- "},
		{Daily{}, []*Pool{all()}, "- "},
	} {
		if got := run(c.d, c.pools...); got != c.want {
			t.Errorf("%+v: %q, want %q", c.d, got, c.want)
		}
	}
}

// Years of days in all zones, with absences, clocks that are set wrong, rooms that are
// shut and platforms that take nothing: no day is asked twice, days come in order, no two
// come together, and while nothing is wrong no day is left out.
func TestDailyForYears(t *testing.T) {
	names := calendar.Zones()
	for seed := range uint64(seeds) {
		random := rand.New(rand.NewPCG(seed, 9))
		name := names[random.IntN(len(names))]
		loc := zone(t, name)
		d := Daily{Open: MinDaily + time.Duration(random.Int64N(int64(MaxDaily-MinDaily)))}
		d.Plan = calendar.Plan{At: calendar.Clock{Hour: random.IntN(24), Minute: random.IntN(60)}, Days: calendar.Days(1 + random.IntN(int(calendar.EveryDay))), Zone: name}
		now := time.Date(1975+random.IntN(70), time.Month(1+random.IntN(12)), 1, random.IntN(24), 0, 0, 0, time.UTC)
		d = d.Scheduled(now, loc)
		where := fmt.Sprintf("seed %d: %s %s %s", seed, name, d.Plan.At, d.Plan.Days)
		asked := map[calendar.Date]bool{}
		var last calendar.Date
		calm := d.Day // since that day nothing is wrong
		for round := 1; round < 300; round++ {
			now = d.Next.Add(time.Duration(random.IntN(900)) * time.Millisecond)
			if random.IntN(12) == 0 {
				now = now.Add(time.Duration(random.Int64N(int64(40 * 24 * time.Hour)))) // away
				calm = calendar.Date{}
			}
			open, after := d.Turn(now, loc)
			d = after
			if open == 0 {
				if !d.Next.After(now) {
					t.Fatalf("%s: at %s it is still to be looked at: %+v", where, now, d)
				}
				calm = calendar.Date{}
				continue
			}
			if open < BlockingLimit || open > d.Open || asked[d.Day] || last.After(d.Day) {
				t.Fatalf("%s: %s is asked for %s, after %s", where, d.Day, open, last)
			}
			if calm != (calendar.Date{}) && d.Day != calm {
				t.Fatalf("%s: %s is left out, %s is asked", where, calm, d.Day)
			}
			before := d
			d = d.Put(round, "x", now, loc)
			if next, _, ok := d.Plan.Next(before.Day, now, loc); !ok || next != d.Day || !d.Next.After(now) {
				t.Fatalf("%s: after %s comes %s at %s", where, before.Day, d.Day, d.Next)
			}
			calm = d.Day
			if random.IntN(15) == 0 {
				d = d.Missing(round, random.IntN(2) == 0, now.Add(time.Duration(random.IntN(600))*time.Second), loc)
				calm = calendar.Date{}
				continue
			}
			d = d.Posted(round)
			asked[before.Day], last = true, before.Day
			if random.IntN(30) == 0 { // an admin says it again, perhaps otherwise
				d.Plan.At.Hour = random.IntN(24)
				d = d.Scheduled(now, loc)
				calm = d.Day
			}
		}
	}
}
