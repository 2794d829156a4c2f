package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"quizbot/data"
	"quizbot/quiz"
)

// packFile is a pack and where it comes from.
type packFile struct {
	path     string
	embedded bool
	pack     quiz.Pack
}

// readPacks reads the embedded packs and those of a folder ("": none). A pack of
// the folder takes the place of an embedded one with its id. Where an alias means
// two packs, an id goes before an alias, and the folder before what is embedded;
// notes say what was decided.
func readPacks(dir string) (files []packFile, notes []string, err error) {
	all, err := readPackFS(data.Packs(), "")
	if err != nil {
		return nil, nil, err
	}
	for i := range all {
		all[i].embedded = true
	}
	if dir == "" {
		return all, nil, nil
	}
	own, err := readPackFS(os.DirFS(dir), dir)
	if err != nil {
		return nil, nil, err
	}
	all = slices.DeleteFunc(all, func(f packFile) bool {
		replaced := slices.ContainsFunc(own, func(o packFile) bool { return o.pack.ID == f.pack.ID })
		if replaced {
			notes = append(notes, fmt.Sprintf("the folder's pack %s takes the place of the embedded one", f.pack.ID))
		}
		return replaced
	})
	ids, aliases := map[string]bool{}, map[string]bool{}
	for _, f := range all {
		ids[f.pack.ID] = true
	}
	for i := range own {
		own[i].pack.Aliases = dropAliases(own[i], ids, "is an embedded pack", &notes)
		for _, alias := range own[i].pack.Aliases {
			aliases[strings.ToLower(alias)] = true
		}
		aliases[own[i].pack.ID] = true
	}
	for i := range all {
		all[i].pack.Aliases = dropAliases(all[i], aliases, "means a pack of the folder", &notes)
	}
	return append(all, own...), notes, nil
}

func dropAliases(f packFile, taken map[string]bool, why string, notes *[]string) []string {
	return slices.DeleteFunc(slices.Clone(f.pack.Aliases), func(alias string) bool {
		drop := taken[strings.ToLower(alias)]
		if drop {
			*notes = append(*notes, fmt.Sprintf("the alias %s of pack %s is not used: it %s", alias, f.pack.ID, why))
		}
		return drop
	})
}

func readPackFS(fsys fs.FS, dir string) ([]packFile, error) {
	var out []packFile
	var problems quiz.Problems
	names, err := packNames(fsys)
	if err != nil {
		return nil, fmt.Errorf("packs folder %s: %w", dir, err)
	}
	for _, name := range names {
		path := filepath.Join(dir, name)
		src, err := readPackFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("pack %s: %w", path, err)
		}
		pack, err := quiz.ParsePack(path, src)
		var found quiz.Problems
		switch {
		case errors.As(err, &found):
			problems = append(problems, found...)
		case err != nil:
			return nil, fmt.Errorf("pack %s: %w", path, err)
		default:
			out = append(out, packFile{path: path, pack: pack})
		}
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return out, nil
}

// packNames are the pack files of a folder, in order.
func packNames(fsys fs.FS) ([]string, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if name := e.Name(); !e.IsDir() && !strings.HasPrefix(name, ".") && isPackName(name) {
			names = append(names, name)
		}
	}
	return names, nil
}

func isPackName(name string) bool {
	ext := strings.ToLower(filepath.Ext(name))
	return ext == ".yaml" || ext == ".yml"
}

// readPackFile reads no more than a pack may have; the parser says what is wrong
// with a longer one.
func readPackFile(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return readAtMost(f, quiz.MaxPackSize+1)
}

func newPool(files []packFile) (*quiz.Pool, error) {
	packs := make([]quiz.Pack, len(files))
	for i, f := range files {
		packs[i] = f.pack
	}
	return quiz.NewPool(packs)
}

// loadPool reads the packs and logs what had to be decided about their names.
func loadPool(dir string, log *slog.Logger) (*quiz.Pool, error) {
	files, notes, err := readPacks(dir)
	if err != nil {
		return nil, err
	}
	for _, note := range notes {
		log.Warn("packs: " + note)
	}
	return newPool(files)
}

// followEvery is how often the folder is looked at.
const followEvery = 2 * time.Second

// followPacks puts a changed folder to use while the bot runs. A folder with a
// fault changes nothing: the last good set stays.
func followPacks(ctx context.Context, dir string, now <-chan os.Signal, use func(*quiz.Pool), log *slog.Logger) {
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	last := fingerprint(dir)
	for {
		forced := false
		select {
		case <-ctx.Done():
			return
		case <-now:
			forced = true
		case <-tick.C:
		}
		print := fingerprint(dir)
		if print == last && !forced {
			continue
		}
		last = print
		pool, err := loadPool(dir, log)
		if err != nil {
			log.Error("packs not reloaded; the last good set stays in use", "folder", dir, "err", err)
			continue
		}
		use(pool)
		log.Info("packs reloaded", "folder", dir, "topics", len(pool.Packs()))
	}
}

// fingerprint changes when a pack file does.
func fingerprint(dir string) string {
	if dir == "" {
		return ""
	}
	fsys := os.DirFS(dir)
	names, err := packNames(fsys)
	if err != nil {
		return "error: " + err.Error()
	}
	var b strings.Builder
	for _, name := range names {
		info, err := fs.Stat(fsys, name)
		if err != nil {
			fmt.Fprintf(&b, "%s %v\n", name, err)
			continue
		}
		fmt.Fprintf(&b, "%s %d %d\n", name, info.Size(), info.ModTime().UnixNano())
	}
	return b.String()
}
