package main

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"quizbot/bot"
)

// meter counts for Prometheus what happens. It implements bot.Meter and
// bot.LinkMeter. Names and meanings stand in docs/operating.md; labels have few
// values: never a room, a person or a team.
type meter struct {
	registry *prometheus.Registry

	submitted    *prometheus.CounterVec
	submit       *prometheus.HistogramVec
	answered     *prometheus.CounterVec
	committed    prometheus.Counter
	commit       prometheus.Histogram
	commitFailed prometheus.Counter
	synced       prometheus.Histogram
	syncGroup    prometheus.Histogram
	syncFailed   prometheus.Counter
	closeLate    prometheus.Histogram
	delivered    *prometheus.CounterVec

	acknowledged *prometheus.HistogramVec
	refused      *prometheus.CounterVec
	reconnecting *prometheus.CounterVec
	limited      *prometheus.CounterVec
	limitWait    *prometheus.CounterVec
	replied      *prometheus.CounterVec
	panicked     *prometheus.CounterVec

	logged *prometheus.CounterVec
	packs  packGauges
}

var (
	_ bot.Meter     = (*meter)(nil)
	_ bot.LinkMeter = (*meter)(nil)
)

// packGauges say what questions are drawn from.
type packGauges struct {
	topics, questions, reloaded, since prometheus.Gauge
}

// seconds are the bounds of histograms of work that should take a moment.
func seconds() []float64 { return prometheus.ExponentialBuckets(0.0005, 2.5, 11) }

func newMeter() *meter {
	m := &meter{
		registry:  prometheus.NewRegistry(),
		submitted: counters("quizbot_submitted_total", "What people said or pressed, by outcome: ok, seen, limited, busy, failed.", "platform", "outcome"),
		submit: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "quizbot_submit_seconds", Help: "From decoded to on disk.", Buckets: seconds(),
		}, []string{"platform"}),
		answered: counters("quizbot_answers_total", "Answers that were acknowledged, by outcome: taken, repeated, late.", "platform", "outcome"),
		committed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "quizbot_committed_inputs_total", Help: "Inputs of rooms that are on disk.",
		}),
		commit: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "quizbot_commit_seconds", Help: "One commit of one room, its wait for others included.", Buckets: seconds(),
		}),
		commitFailed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "quizbot_commit_failures_total", Help: "Changes of rooms that were not saved.",
		}),
		synced: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "quizbot_db_commit_seconds", Help: "One commit of the database, its disk sync included.", Buckets: seconds(),
		}),
		syncGroup: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "quizbot_db_commit_writes", Help: "Writes that shared one commit of the database.", Buckets: prometheus.ExponentialBuckets(1, 2, 11),
		}),
		syncFailed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "quizbot_db_commit_failures_total", Help: "Commits of the database that failed.",
		}),
		closeLate: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "quizbot_close_late_seconds", Help: "From the end of a question's time to its close on disk.",
			Buckets: []float64{0.25, 0.5, 1, 1.5, 2, 3, 5, 10, 30, 60, 300, 3600},
		}),
		delivered: counters("quizbot_delivered_total", "Deliveries of the outbox, by outcome: sent, retried, in-doubt, gone, rejected, unreachable, given-up.", "platform", "outcome"),

		acknowledged: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "quizbot_acknowledge_seconds", Help: "From hearing the platform to answering it; it gives up after 3 s.",
			Buckets: []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10},
		}, []string{"platform", "kind"}),
		refused:      counters("quizbot_refused_requests_total", "Requests from outside that were not let in, by reason: signature, stale, large, unreadable, stopping, busy, slow.", "platform", "reason"),
		reconnecting: counters("quizbot_reconnects_total", "Connections that ended or were not made, by reason.", "platform", "reason"),
		limited:      counters("quizbot_rate_limited_total", "Calls that a platform refused for their rate, by scope.", "platform", "scope"),
		limitWait:    counters("quizbot_rate_limit_wait_seconds_total", "Time that a platform told the bot to wait.", "platform"),
		replied:      counters("quizbot_replies_total", "Replies beside the outbox, by outcome: sent, failed, dropped.", "platform", "outcome"),
		panicked:     counters("quizbot_panics_total", "Faults in one event that were caught.", "platform"),

		logged: counters("quizbot_log_lines_total", "Lines for the log, those left out in a flood included, by level.", "level"),
		packs: packGauges{
			topics:    gauge("quizbot_packs_topics", "Topics that questions are drawn from."),
			questions: gauge("quizbot_packs_questions", "Questions in all topics."),
			reloaded:  gauge("quizbot_packs_reload_success", "1 when the packs were good as they were last read, 0 while the last good set stays in use."),
			since:     gauge("quizbot_packs_loaded_timestamp_seconds", "When the packs in use were read."),
		},
	}
	m.registry.MustRegister(m.submitted, m.submit, m.answered, m.committed, m.commit, m.commitFailed, m.synced, m.syncGroup, m.syncFailed,
		m.closeLate, m.delivered, m.acknowledged, m.refused, m.reconnecting, m.limited, m.limitWait, m.replied, m.panicked, m.logged,
		m.packs.topics, m.packs.questions, m.packs.reloaded, m.packs.since, buildInfo(),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

func gauge(name, help string) prometheus.Gauge {
	return prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
}

// platform makes a platform's counters begin at zero, so that an alert sees the
// first of what it waits for.
func (m *meter) platform(name string) {
	for vec, words := range map[*prometheus.CounterVec][]string{
		m.submitted: {"ok", "seen", "limited", "busy", "failed"},
		m.answered:  {"taken", "repeated", "late"},
		m.delivered: {"sent", "retried", "in-doubt", "gone", "rejected", "unreachable", "given-up"},
		m.replied:   {"sent", "failed", "dropped"},
	} {
		for _, word := range words {
			vec.WithLabelValues(name, word)
		}
	}
	m.panicked.WithLabelValues(name)
	m.limitWait.WithLabelValues(name)
}

// Submitted implements bot.Meter.
func (m *meter) Submitted(platform, outcome string, d time.Duration) {
	m.submitted.WithLabelValues(platform, outcome).Inc()
	m.submit.WithLabelValues(platform).Observe(d.Seconds())
}

// Answered implements bot.Meter.
func (m *meter) Answered(platform, outcome string) {
	m.answered.WithLabelValues(platform, outcome).Inc()
}

// Committed implements bot.Meter.
func (m *meter) Committed(n int, d time.Duration) {
	m.committed.Add(float64(n))
	m.commit.Observe(d.Seconds())
}

// CommitFailed implements bot.Meter.
func (m *meter) CommitFailed() { m.commitFailed.Inc() }

// Closed implements bot.Meter.
func (m *meter) Closed(late time.Duration) { m.closeLate.Observe(late.Seconds()) }

// Delivered implements bot.Meter.
func (m *meter) Delivered(platform, outcome string) {
	m.delivered.WithLabelValues(platform, outcome).Inc()
}

// wrote is told of each commit of the database.
func (m *meter) wrote(writes int, d time.Duration, err error) {
	if err != nil {
		m.syncFailed.Inc()
		return
	}
	m.synced.Observe(d.Seconds())
	m.syncGroup.Observe(float64(writes))
}

// Acknowledged implements bot.LinkMeter.
func (m *meter) Acknowledged(platform, kind string, d time.Duration) {
	m.acknowledged.WithLabelValues(platform, kind).Observe(d.Seconds())
}

// Refused implements bot.LinkMeter.
func (m *meter) Refused(platform, reason string) {
	m.refused.WithLabelValues(platform, reason).Inc()
}

// Reconnecting implements bot.LinkMeter.
func (m *meter) Reconnecting(platform, reason string) {
	m.reconnecting.WithLabelValues(platform, reason).Inc()
}

// Limited implements bot.LinkMeter.
func (m *meter) Limited(platform, scope string, wait time.Duration) {
	m.limited.WithLabelValues(platform, scope).Inc()
	m.limitWait.WithLabelValues(platform).Add(max(wait, 0).Seconds())
}

// Replied implements bot.LinkMeter.
func (m *meter) Replied(platform, outcome string) {
	m.replied.WithLabelValues(platform, outcome).Inc()
}

// Panicked implements bot.LinkMeter.
func (m *meter) Panicked(platform string) { m.panicked.WithLabelValues(platform).Inc() }
