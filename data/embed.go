// Package data holds the question packs that come with the program.
package data

import (
	"embed"
	"io/fs"
)

//go:embed packs/*.yaml
var packs embed.FS

// Packs are the embedded pack files, at the top of the file system.
func Packs() fs.FS {
	sub, err := fs.Sub(packs, "packs")
	if err != nil {
		panic(err) // the folder is embedded: it is there or the program doesn't compile
	}
	return sub
}
