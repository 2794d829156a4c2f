package main

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// meter counts for Prometheus what the core does. It implements bot.Meter.
type meter struct {
	registry  *prometheus.Registry
	submitted *prometheus.CounterVec
	submit    *prometheus.HistogramVec
	committed prometheus.Counter
	commit    prometheus.Histogram
	delivered *prometheus.CounterVec
	queued    prometheus.Gauge
}

func newMeter() *meter {
	m := &meter{
		registry: prometheus.NewRegistry(),
		submitted: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "quizbot_submitted_total", Help: "What people said or pressed, by outcome: ok, seen, limited, busy, failed.",
		}, []string{"platform", "outcome"}),
		submit: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "quizbot_submit_seconds", Help: "From decoded to on disk.", Buckets: prometheus.ExponentialBuckets(0.0005, 2.5, 11),
		}, []string{"platform"}),
		committed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "quizbot_committed_inputs_total", Help: "Inputs of rooms that are on disk.",
		}),
		commit: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "quizbot_commit_seconds", Help: "One commit of one room.", Buckets: prometheus.ExponentialBuckets(0.0005, 2.5, 11),
		}),
		delivered: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "quizbot_delivered_total", Help: "Messages that left the outbox, by outcome: sent, retried, in-doubt, gone, rejected, unreachable.",
		}, []string{"platform", "outcome"}),
		queued: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "quizbot_outbox_messages", Help: "Messages that wait to be delivered.",
		}),
	}
	m.registry.MustRegister(m.submitted, m.submit, m.committed, m.commit, m.delivered, m.queued,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// ready adds a gauge for a platform: 1 while it is connected.
func (m *meter) ready(platform string, ready func() error) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "quizbot_ready", Help: "1 while the platform is connected.", ConstLabels: prometheus.Labels{"platform": platform},
	}, func() float64 {
		if ready() != nil {
			return 0
		}
		return 1
	}))
}

// Submitted implements bot.Meter.
func (m *meter) Submitted(platform, outcome string, d time.Duration) {
	m.submitted.WithLabelValues(platform, outcome).Inc()
	m.submit.WithLabelValues(platform).Observe(d.Seconds())
}

// Committed implements bot.Meter.
func (m *meter) Committed(n int, d time.Duration) {
	m.committed.Add(float64(n))
	m.commit.Observe(d.Seconds())
}

// Delivered implements bot.Meter.
func (m *meter) Delivered(platform, outcome string) {
	m.delivered.WithLabelValues(platform, outcome).Inc()
}

// Queued implements bot.Meter.
func (m *meter) Queued(n int) { m.queued.Set(float64(n)) }
