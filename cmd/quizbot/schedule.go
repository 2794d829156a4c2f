package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"quizbot/store/bolt"
)

const (
	// backupStamp names a backup after its time, in UTC.
	backupStamp = "quizbot-20060102T150405Z.db"
	// backupLook is how often the clock is looked at: it may be set, or the machine sleep.
	backupLook = time.Minute
	// backupRetry is how long after a failure the next backup is tried.
	backupRetry = 10 * time.Minute
	// backupHalf is the age at which a half-made file is a dead process's.
	backupHalf = 24 * time.Hour
)

// backups are made on a schedule into a folder that holds no other quizbot's.
type backups struct {
	folder string
	every  time.Duration
	keep   int
	now    func() time.Time
	copy   func(ctx context.Context, path string, progress bolt.Progress, prove bolt.Proof) error
	log    *slog.Logger

	last prometheus.Gauge
	made *prometheus.CounterVec
}

func newBackups(conf config, copyTo func(context.Context, string, bolt.Progress, bolt.Proof) error, registry prometheus.Registerer, log *slog.Logger) *backups {
	b := &backups{
		folder: conf.get("QUIZBOT_BACKUPS"), every: conf.backupEvery, keep: conf.backupKeep, now: time.Now, copy: copyTo, log: log,
		last: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "quizbot_backup_last_success_timestamp_seconds", Help: "When the newest scheduled backup was made; 0: none is there.",
		}),
		made: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "quizbot_backups_total", Help: "Scheduled backups, by outcome: ok, failed.",
		}, []string{"outcome"}),
	}
	for _, outcome := range []string{"ok", "failed"} {
		b.made.WithLabelValues(outcome)
	}
	registry.MustRegister(b.last, b.made)
	return b
}

// run makes backups until ctx ends. The first is due when the newest that is there
// is old enough.
func (b *backups) run(ctx context.Context) {
	var retry time.Time
	for {
		now := b.now()
		if !now.Before(retry) && b.due(now) {
			if b.make(ctx, now) {
				retry = time.Time{}
			} else {
				retry = now.Add(min(b.every, backupRetry))
			}
		}
		timer := time.NewTimer(min(b.every, backupLook))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// due says whether a backup is to be made now. One that can't be looked for is due:
// making it will tell why.
func (b *backups) due(now time.Time) bool {
	names, err := b.names()
	if err != nil || len(names) == 0 {
		return true
	}
	for _, name := range slices.Backward(names) {
		made, _ := time.Parse(backupStamp, name)
		if made.After(now) { // the clock was ahead
			continue
		}
		b.last.Set(float64(made.Unix()))
		return now.Sub(made) >= b.every
	}
	return true
}

// names are the backups in the folder, oldest first. Other files are nobody's
// business here.
func (b *backups) names() ([]string, error) {
	entries, err := os.ReadDir(b.folder)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if made, err := time.Parse(backupStamp, e.Name()); err == nil && made.Format(backupStamp) == e.Name() && e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// make makes one backup, and then removes those that are too many.
func (b *backups) make(ctx context.Context, now time.Time) bool {
	name := now.UTC().Format(backupStamp)
	path := filepath.Join(b.folder, name)
	if err := b.copy(ctx, path, nil, proveRecords); err != nil {
		if ctx.Err() == nil {
			b.made.WithLabelValues("failed").Inc()
			b.log.Error("no backup was made; it is tried again", "again_in", min(b.every, backupRetry), "err", err)
		}
		return false
	}
	b.made.WithLabelValues("ok").Inc()
	b.last.Set(float64(now.Unix()))
	b.log.Info("backup made", "path", path, "after", b.now().Sub(now))
	if err := b.prune(name, now); err != nil {
		b.log.Error("old backups were not removed", "folder", b.folder, "err", err)
	}
	return true
}

// prune keeps the newest backups, the one just made among them, and removes halves
// that a killed process left.
func (b *backups) prune(made string, now time.Time) error {
	names, err := b.names()
	if err != nil {
		return err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return name == made })
	for len(names) > b.keep-1 {
		if err := os.Remove(filepath.Join(b.folder, names[0])); err != nil {
			return err
		}
		names = names[1:]
	}
	entries, err := os.ReadDir(b.folder)
	for _, e := range entries {
		stamp, _, half := strings.Cut(e.Name(), ".new-")
		if _, err := time.Parse(backupStamp, stamp); err != nil || !half || !e.Type().IsRegular() {
			continue
		}
		if info, err := e.Info(); err == nil && now.Sub(info.ModTime()) > backupHalf {
			_ = os.Remove(filepath.Join(b.folder, e.Name()))
		}
	}
	return err
}

// backupLeast is how often backups can be made at most.
const backupLeast = time.Minute

// checkBackups reads the settings of the schedule.
func (c *config) checkBackups() error {
	var err error
	if c.backupEvery, err = time.ParseDuration(c.get("QUIZBOT_BACKUP_EVERY")); err != nil || c.backupEvery < backupLeast {
		return usagef("QUIZBOT_BACKUP_EVERY %q: write a length of time from 1m on, like 24h or 30m", c.get("QUIZBOT_BACKUP_EVERY"))
	}
	if c.backupKeep, err = strconv.Atoi(c.get("QUIZBOT_BACKUP_KEEP")); err != nil || c.backupKeep < 1 {
		return usagef("QUIZBOT_BACKUP_KEEP %q: write how many backups to keep, from 1 on", c.get("QUIZBOT_BACKUP_KEEP"))
	}
	if dir := c.get("QUIZBOT_BACKUPS"); dir != "" {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return usagef("QUIZBOT_BACKUPS %q is not a folder: make it, or name the one for backups", dir)
		}
	}
	return nil
}
