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
// the folder takes the place of an embedded one that has one of its names.
func readPacks(dir string) ([]packFile, error) {
	all, err := readPackFS(data.Packs(), "")
	if err != nil {
		return nil, err
	}
	for i := range all {
		all[i].embedded = true
	}
	if dir == "" {
		return all, nil
	}
	own, err := readPackFS(os.DirFS(dir), dir)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, f := range own {
		for _, name := range append(f.pack.Aliases, f.pack.ID) {
			names[strings.ToLower(name)] = true
		}
	}
	all = slices.DeleteFunc(all, func(f packFile) bool { return names[f.pack.ID] })
	for i := range all { // an alias goes to the operator's pack too
		all[i].pack.Aliases = slices.DeleteFunc(slices.Clone(all[i].pack.Aliases), func(a string) bool { return names[strings.ToLower(a)] })
	}
	return append(all, own...), nil
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

func loadPool(dir string) (*quiz.Pool, error) {
	files, err := readPacks(dir)
	if err != nil {
		return nil, err
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
		pool, err := loadPool(dir)
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
