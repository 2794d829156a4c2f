//go:build linux || darwin

package bolt

import (
	"os"
	"syscall"
)

// freeSpace is how many bytes this user can still write in a folder.
func freeSpace(folder string) (int64, bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		return 0, false
	}
	return product(s.Bavail, s.Bsize), true
}

// product: the system's numbers are of other types on other machines.
func product[A, B int32 | int64 | uint32 | uint64](a A, b B) int64 { return int64(a) * int64(b) }

func sameDisk(a, b string) bool {
	one, err1 := os.Stat(a)
	two, err2 := os.Stat(b)
	if err1 != nil || err2 != nil {
		return false
	}
	s, ok1 := one.Sys().(*syscall.Stat_t)
	t, ok2 := two.Sys().(*syscall.Stat_t)
	return ok1 && ok2 && s.Dev == t.Dev
}
