package failpoint_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"quizbot/internal/failpoint"
)

// Every point that is declared is listed, once: who goes through the list misses none.
func TestAllIsComplete(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "points.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	listed := map[failpoint.Point]int{}
	for _, p := range failpoint.All() {
		listed[p]++
	}
	declared := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		kind, ok := spec.Type.(*ast.Ident)
		if !ok || kind.Name != "Point" {
			return true
		}
		for _, v := range spec.Values {
			name, err := strconv.Unquote(v.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			declared++
			if listed[failpoint.Point(name)] != 1 {
				t.Errorf("%s is listed %d times", name, listed[failpoint.Point(name)])
			}
		}
		return true
	})
	if declared == 0 || declared != len(listed) {
		t.Errorf("%d declared, %d listed", declared, len(listed))
	}
}
