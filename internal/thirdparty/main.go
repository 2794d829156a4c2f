// Command thirdparty writes THIRD_PARTY_LICENSES: the modules that are linked into
// quizbot on any system it is released for, and the licences that they ask to be passed
// on. With -check it only says whether the file is current. A licence that is not
// known to be allowed is an error.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

const (
	output  = "THIRD_PARTY_LICENSES"
	program = "./cmd/quizbot"
)

// allowed are the licences whose terms a program under Apache-2.0 can keep, by a
// sentence that only they have; a text can hold several.
func allowed() []struct{ name, words string } {
	return []struct{ name, words string }{
		{"Apache-2.0", "Apache License Version 2.0"},
		{"Apache-2.0", "Licensed under the Apache License, Version 2.0"},
		{"BSD-3-Clause", "Neither the name of"},
		{"BSD-2-Clause", "Redistribution and use in source and binary forms, with or without modification"},
		{"MIT", "Permission is hereby granted, free of charge, to any person obtaining a copy"},
	}
}

// module is one that is linked.
type module struct{ path, version, folder string }

func main() {
	check := flag.Bool("check", false, "say whether the file is current, and write nothing")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, "thirdparty: "+err.Error())
		os.Exit(1)
	}
}

func run(check bool) error {
	modules, err := linked()
	if err != nil {
		return err
	}
	text, err := write(modules)
	if err != nil {
		return err
	}
	if !check {
		return os.WriteFile(output, text, 0o600)
	}
	have, err := os.ReadFile(output)
	if err != nil || !bytes.Equal(have, text) {
		return fmt.Errorf("%s is not current: run go run ./internal/thirdparty, and look at what changed", output)
	}
	fmt.Printf("%d modules, all under licences that are allowed\n", len(modules))
	return nil
}

// linked are the modules of the program on every system it is released for.
func linked() ([]module, error) {
	all := map[string]module{}
	for _, system := range []string{"linux", "darwin", "windows"} {
		cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}{{end}}", program) //nolint:noctx // a tool
		cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH=amd64", "CGO_ENABLED=0")
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("go list for %s: %w", system, err)
		}
		for line := range strings.SplitSeq(strings.TrimSpace(string(out)), "\n") {
			if f := strings.Split(line, "\t"); len(f) == 3 {
				all[f[0]] = module{f[0], f[1], f[2]}
			}
		}
	}
	return slices.SortedFunc(maps.Values(all), func(a, b module) int { return strings.Compare(a.path, b.path) }), nil
}

// besides are texts of other names that a module asks to be passed on too: those of fonts
// that it holds, which have owners of their own.
func besides() map[string][]string {
	return map[string][]string{"golang.org/x/image": {"font/gofont/ttfs/README"}}
}

var licenceName = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice)(\.\w+)?$`)

// write puts the list and the texts together. What follows one licence word for word
// is still printed: the names in it differ.
func write(modules []module) ([]byte, error) {
	var list, texts bytes.Buffer
	goRoot, err := os.ReadFile(filepath.Join(runtime.GOROOT(), "LICENSE")) //nolint:staticcheck // of the toolchain that runs this
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(&list, "%-42s %-42s %s\n", "the Go standard library", "", "BSD-3-Clause")
	section(&texts, "the Go standard library", goRoot)
	for _, m := range modules {
		entries, err := os.ReadDir(m.folder)
		if err != nil {
			return nil, err
		}
		name := ""
		for _, e := range entries {
			if e.IsDir() || !licenceName.MatchString(e.Name()) {
				continue
			}
			text, err := os.ReadFile(filepath.Join(m.folder, e.Name()))
			if err != nil {
				return nil, err
			}
			if found := classify(text); found != "" && !strings.Contains(name, found) {
				name = strings.TrimPrefix(name+" AND "+found, " AND ")
			}
			section(&texts, m.path+" "+m.version+": "+e.Name(), text)
		}
		for _, other := range besides()[m.path] {
			text, err := os.ReadFile(filepath.Join(m.folder, filepath.FromSlash(other)))
			if err != nil {
				return nil, err
			}
			if classify(text) == "" {
				return nil, fmt.Errorf("%s of %s %s is no licence that is known to be allowed", other, m.path, m.version)
			}
			section(&texts, m.path+" "+m.version+": "+other, text)
		}
		if name == "" {
			return nil, fmt.Errorf("%s %s has no licence that is known to be allowed: read it, and add it to this program or do without the module", m.path, m.version)
		}
		fmt.Fprintf(&list, "%-42s %-42s %s\n", m.path, m.version, name)
	}
	head := "quizbot is under Apache-2.0 (LICENSE). Linked into it are these modules, whose licences follow.\n" +
		"Made by go run ./internal/thirdparty.\n\n"
	return append([]byte(head), append(list.Bytes(), texts.Bytes()...)...), nil
}

func section(w *bytes.Buffer, title string, text []byte) {
	fmt.Fprintf(w, "\n%s\n%s\n\n%s\n", strings.Repeat("=", 80), title, bytes.TrimSpace(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))))
}

// classify names the allowed licences that a text holds; "" for others.
func classify(text []byte) string {
	flat := strings.Join(strings.Fields(string(text)), " ")
	var found []string
	for _, l := range allowed() {
		if strings.Contains(flat, l.words) && !slices.Contains(found, l.name) &&
			(l.name != "BSD-2-Clause" || !slices.Contains(found, "BSD-3-Clause")) {
			found = append(found, l.name)
		}
	}
	return strings.Join(found, " AND ")
}
