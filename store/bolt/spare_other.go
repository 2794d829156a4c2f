//go:build !linux && !darwin

package bolt

// freeSpace is not asked of this system.
func freeSpace(string) (int64, bool) { return 0, false }

func sameDisk(string, string) bool { return false }
