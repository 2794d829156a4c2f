// Package exchange takes questions in from other programs' files and out to them.
//
// A format reads a file from front to back and hands over what it finds, one question at a
// time, with what could not be carried and why; so a file may be longer than the memory.
// Nothing is invented: what a file doesn't say, the question doesn't have. What a format
// can't hold is said per question when it is written.
//
// The package knows no folders and no terminal: it reads what it is given and writes where
// it is told to. docs/formats.md shows each format with a small file.
package exchange
