package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestClassify(t *testing.T) {
	for text, want := range map[string]string{
		"MIT License\n\nPermission is hereby granted, free of\ncharge, to any person obtaining a copy":                                  "MIT",
		"   Apache License\n   Version 2.0, January 2004":                                                                               "Apache-2.0",
		"Redistribution and use in source and binary forms, with or without modification, are":                                          "BSD-2-Clause",
		"Redistribution and use … Neither the name of Google Inc.":                                                                      "BSD-3-Clause",
		"Permission is hereby granted, free of charge, to any person obtaining a copy … Licensed under the Apache License, Version 2.0": "Apache-2.0 AND MIT",
		"GNU GENERAL PUBLIC LICENSE Version 3":                                                                                          "",
		"":                                                                                                                              "",
	} {
		if got := classify([]byte(text)); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// A module without a licence that is known to be allowed stops the build.
func TestUnknownLicence(t *testing.T) {
	dir := t.TempDir()
	m := []module{{"example.com/m", "v1.0.0", dir}}
	if _, err := write(m); err == nil || !strings.Contains(err.Error(), "example.com/m") {
		t.Errorf("no licence: %v", err)
	}
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("LICENSE", "GNU AFFERO GENERAL PUBLIC LICENSE")
	if _, err := write(m); err == nil {
		t.Error("the AGPL was let in")
	}
	put("LICENSE", "Permission is hereby granted, free of charge, to any person obtaining a copy")
	put("NOTICE.txt", "made by somebody")
	text, err := write(m)
	if err != nil || !strings.Contains(string(text), "made by somebody") || !strings.Contains(string(text), "MIT\n") {
		t.Errorf("%v\n%s", err, text)
	}
}
