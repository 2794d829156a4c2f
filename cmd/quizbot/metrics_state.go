package main

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"quizbot/bot"
	"quizbot/quiz"
	"quizbot/store/bolt"
)

// state is what is looked at when somebody asks for the metrics. It implements
// prometheus.Collector.
type state struct {
	vitals func(context.Context) (bot.Vitals, error)
	links  map[string]func() bot.Link
	failed func() error
	db     string // a path
	now    func() time.Time
}

// vitalsTime bounds the look at the rooms.
const vitalsTime = 5 * time.Second

func described(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// What state tells. Times are in seconds, timestamps in seconds of Unix.
var (
	outboxMessages  = described("quizbot_outbox_messages", "Messages that wait to be delivered.")
	outboxAside     = described("quizbot_outbox_aside_messages", "Of them, edits that have been tried for long and let others go first.")
	outboxOldest    = described("quizbot_outbox_oldest_seconds", "How long the oldest message has waited.")
	roomCount       = described("quizbot_rooms", "Rooms that have something to do at a time, by state: timed, due, stuck.", "state")
	linkReady       = described("quizbot_ready", "1 while the platform is connected.", "platform")
	linkUp          = described("quizbot_connections", "Gateway or socket connections.", "platform")
	linkWanted      = described("quizbot_connections_wanted", "Connections that there should be.", "platform")
	linkHeard       = described("quizbot_last_heard_timestamp_seconds", "When the platform last said anything.", "platform")
	linkIdentifies  = described("quizbot_discord_identifies", "Identifies used in Discord's day; it resets the token at 1000.")
	linkInvalid     = described("quizbot_discord_invalid_calls", "Calls refused with 401, 403 or 429 in ten minutes; Discord bars the address at 10000.")
	databaseBytes   = described("quizbot_db_bytes", "Size of the database file.")
	databaseFree    = described("quizbot_db_disk_free_bytes", "Free space where the database is.")
	databaseFailed  = described("quizbot_db_failed", "1 when a write has failed and the database takes no more.")
	stateIncomplete = described("quizbot_state_errors", "What could not be looked at for these metrics.")
)

// Describe implements prometheus.Collector.
func (s *state) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		outboxMessages, outboxAside, outboxOldest, roomCount, linkReady, linkUp, linkWanted, linkHeard, linkIdentifies, linkInvalid,
		databaseBytes, databaseFree, databaseFailed, stateIncomplete,
	} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (s *state) Collect(out chan<- prometheus.Metric) {
	tell := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	faults := 0
	ctx, cancel := context.WithTimeout(context.Background(), vitalsTime)
	defer cancel()
	v, err := s.vitals(ctx)
	tell(outboxMessages, float64(v.Waiting))
	tell(outboxAside, float64(v.Aside))
	oldest := 0.0
	if !v.Oldest.IsZero() {
		oldest = max(s.now().Sub(v.Oldest), 0).Seconds()
	}
	tell(outboxOldest, oldest)
	if err == nil {
		tell(roomCount, float64(v.Timed), "timed")
		tell(roomCount, float64(v.Due), "due")
		tell(roomCount, float64(v.Stuck), "stuck")
	} else {
		faults++
	}
	for platform, link := range s.links {
		s.collectLink(tell, platform, link())
	}
	if info, err := os.Stat(s.db); err == nil {
		tell(databaseBytes, float64(info.Size()))
	} else {
		faults++
	}
	if free, ok := bolt.FreeSpace(filepath.Dir(s.db)); ok {
		tell(databaseFree, float64(free))
	}
	tell(databaseFailed, truth(s.failed() != nil))
	tell(stateIncomplete, float64(faults))
}

func (s *state) collectLink(tell func(*prometheus.Desc, float64, ...string), platform string, l bot.Link) {
	tell(linkReady, truth(l.Err == nil), platform)
	tell(linkUp, float64(l.Connected), platform)
	tell(linkWanted, float64(l.Wanted), platform)
	if !l.Heard.IsZero() {
		tell(linkHeard, float64(l.Heard.UnixMilli())/1000, platform)
	}
	if platform == "discord" {
		tell(linkIdentifies, float64(l.Identifies))
		tell(linkInvalid, float64(l.Invalid))
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// buildInfo is a metric that says which build runs.
func buildInfo() prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "quizbot_build_info", Help: "Always 1; its labels say which build runs.",
		ConstLabels: prometheus.Labels{"version": version, "commit": commitID(), "go": runtime.Version()},
	}, func() float64 { return 1 })
}

// loaded notes the packs that are in use.
func (g packGauges) loaded(p *quiz.Pool, at time.Time) {
	questions := 0
	for _, pack := range p.Packs() {
		questions += len(pack.Questions)
	}
	g.topics.Set(float64(len(p.Packs())))
	g.questions.Set(float64(questions))
	g.reloaded.Set(1)
	g.since.Set(float64(at.Unix()))
}

// refused notes that the packs as they are now can't be used.
func (g packGauges) refused() { g.reloaded.Set(0) }
