//go:build !unix

package main

func keepMemoryPrivate() error { return nil }
