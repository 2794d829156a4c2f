package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
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

// embedded are the packs that are built in, read once: they don't change, and are read
// again whenever those of a folder do.
var embedded = sync.OnceValues(readEmbedded)

func readEmbedded() ([]packFile, error) {
	all, err := readPackFS(data.Packs(), "")
	for i := range all {
		all[i].embedded = true
	}
	return all, err
}

// readPacks reads the embedded packs and those of a folder ("": none). A pack of
// the folder takes the place of an embedded one with its id. Where an alias means
// two packs, an id goes before an alias, and the folder before what is embedded;
// notes say what was decided.
func readPacks(dir string) (files []packFile, notes []string, err error) {
	built, err := embedded()
	if err != nil {
		return nil, nil, err
	}
	all := slices.Clone(built)
	if dir == "" {
		return all, nil, nil
	}
	if err := checkFolder(dir); err != nil {
		return nil, nil, err
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
			aliases[spoken(alias)] = true
		}
		aliases[own[i].pack.ID] = true
	}
	for i := range all {
		all[i].pack.Aliases = dropAliases(all[i], aliases, "means a pack of the folder", &notes)
	}
	return append(all, own...), notes, nil
}

// checkFolder says the same of a wrong folder wherever one is named.
func checkFolder(dir string) error {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return usagef("packs folder %q is not a folder: name the one that holds the pack files, with --packs or QUIZBOT_PACKS", dir)
	}
	return nil
}

// spoken is a name as the pool compares it.
func spoken(name string) string { return strings.ToLower(strings.Join(strings.Fields(name), " ")) }

func dropAliases(f packFile, taken map[string]bool, why string, notes *[]string) []string {
	return slices.DeleteFunc(slices.Clone(f.pack.Aliases), func(alias string) bool {
		drop := taken[spoken(alias)]
		if drop {
			*notes = append(*notes, fmt.Sprintf("the alias %s of pack %s is not used: it %s", alias, f.pack.ID, why))
		}
		return drop
	})
}

func readPackFS(fsys fs.FS, dir string) ([]packFile, error) {
	names, err := packNames(fsys)
	if err != nil {
		return nil, fmt.Errorf("packs folder %s: %w", dir, err)
	}
	var out []packFile
	var sources []quiz.Source
	var problems quiz.Problems
	for _, name := range names {
		path := filepath.Join(dir, name)
		src, err := readPackFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("pack %s: %w", path, err)
		}
		s := quiz.ReadSource(path, src)
		problems = append(problems, s.Faults...)
		sources = append(sources, s)
		out = append(out, packFile{path: path, pack: s.Pack})
	}
	if problems = append(problems, quiz.Clashes(sources)...); len(problems) > 0 {
		return nil, problems
	}
	return out, nil
}

// maxFolder bounds what the pack files of a folder have in all, in bytes: they
// are read again and again, and all of them are kept in memory.
const maxFolder = 64 << 20

// packNames are the pack files of a folder, in order. Only regular files are, and
// links to them: reading a pipe would wait for whoever writes into it.
func packNames(fsys fs.FS) ([]string, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, err
	}
	var names []string
	var total int64
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || strings.HasPrefix(name, ".") || !isPackName(name) {
			continue
		}
		info, err := fs.Stat(fsys, name)
		if err == nil && !info.Mode().IsRegular() {
			continue
		}
		if err == nil { // else reading it says what is wrong
			total += min(info.Size(), quiz.MaxPackSize)
		}
		names = append(names, name)
	}
	if total > maxFolder {
		return nil, fmt.Errorf("its pack files have more than %d MiB in all: move some of them out", maxFolder>>20)
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
// fault changes nothing: the last good set stays, and refused is called.
func followPacks(ctx context.Context, dir string, now <-chan os.Signal, use func(*quiz.Pool), refused func(), log *slog.Logger) {
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
			refused()
			log.Error("packs not reloaded; the last good set stays in use", "folder", dir, "err", err)
			continue
		}
		use(pool)
		log.Info("packs reloaded", "folder", dir, "topics", len(pool.Packs()))
	}
}

// fingerprint changes when a pack file does. It is made of what the files hold,
// for a file can be replaced by one of the same size and time.
func fingerprint(dir string) string {
	if dir == "" {
		return ""
	}
	fsys := os.DirFS(dir)
	names, err := packNames(fsys)
	if err != nil {
		return "error: " + err.Error()
	}
	h := sha256.New()
	for _, name := range names {
		src, err := readPackFile(fsys, name)
		_, _ = fmt.Fprintf(h, "%q %d %v\n", name, len(src), err)
		_, _ = h.Write(src)
	}
	return string(h.Sum(nil))
}
