package quiz

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// hostilePacks are files of up to the largest size that are made to take long.
func hostilePacks() map[string]string {
	head := "pack: p\nquestions:\n"
	fill := func(begin, each, end string) string {
		return begin + strings.Repeat(each, max(0, (hostileSize-len(begin)-len(end))/max(len(each), 1))) + end
	}
	numbered := func(begin, format, end string) string {
		var b strings.Builder
		b.WriteString(begin)
		for i := 0; b.Len() < hostileSize-2000-len(end); i++ {
			fmt.Fprintf(&b, format, i)
		}
		return b.String() + end
	}
	different := func(kind, key string) string {
		var list []string
		for i := range maxList {
			list = append(list, fmt.Sprint("t", i))
		}
		return numbered(head, "  - {id: q%d, ask: b, kind: "+kind+", "+key+": ["+strings.Join(list, ",")+"]}\n", "")
	}
	text := head + "  - {id: a, ask: b, kind: text, accept: ["
	return map[string]string{
		"aliases":           bomb(),
		"deep brackets":     fill("pack: ", "[", ""),
		"accepts":           numbered(text, "x%d, ", "y]}\n"),
		"tags":              numbered(head+"  - {id: a, ask: b, kind: truefalse, answer: true, tags: [", "t%d,", "z]}\n"),
		"aliases of a pack": numbered("pack: p\naliases: [", "t%d,", "z]\n"+head[8:]+"  - {id: a, ask: b, kind: truefalse, answer: true}\n"),
		"steps in lists":    different("order", "steps"),
		"accepts in lists":  different("text", "accept"),
		"documents":         fill("", "---\n", "\"x"),
		"an anchor":         fill("pack: [", "b,", "*x]"),
		"faults":            numbered(head, "  - {id: q%d, sak: b}\n", ""),
		"a huge number":     fill(head+"  - {id: a, ask: b, kind: number, answer: ", "9", "}\n"),
		"a huge exponent":   head + "  - {id: a, ask: b, kind: number, answer: 1e999999999}\n",
		"binary":            fill("", "\x00\x01\xff", ""),
		"tabs":              fill("pack:", "\t", "p"),
		"references":        fill("pack: [", "*a,", "]"),
		"too large":         strings.Repeat("a: b\n", 2<<20),
	}
}

// mostMade is what reading a hostile file may allocate in all, in MiB. What is not
// bounded, such as comparing each of a hundred thousand texts with all others, makes
// many times as much, or runs into the test's own end.
const mostMade = 750

// No file that fits into the limit takes much work to refuse.
func TestHostilePacksAreBounded(t *testing.T) {
	for name, src := range hostilePacks() {
		t.Run(name, func(t *testing.T) {
			if len(src) > MaxPackSize && name != "too large" {
				t.Fatalf("%d bytes", len(src))
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, _, err := LintPack("p.yaml", []byte(src))
			runtime.ReadMemStats(&after)
			made := (after.TotalAlloc - before.TotalAlloc) >> 20
			if made > mostMade {
				t.Errorf("it made %d MiB", made)
			}
			if err != nil && len(err.Error()) > 1<<20 {
				t.Errorf("its faults are told in %d bytes", len(err.Error()))
			}
		})
	}
}
