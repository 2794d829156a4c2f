package store

import (
	"encoding/binary"
	"errors"
	"time"
)

// The first byte of a key says what it holds: see the table in doc.go.
const (
	keyRev      = 'v'
	keyRoom     = 'r'
	keyPast     = 'f'
	keySeen     = 'e'
	keyLedger   = 'l'
	keyAnswer   = 'a'
	keyOf       = 'i'
	keyName     = 'p'
	keyOutbox   = 'o'
	keyLine     = 'k'
	keyMessage  = 'm'
	keyRound    = 'w'
	keyCounter  = 'n'
	keyWake     = 't'
	keyUnsent   = 'u'
	keyWakeOf   = 'y'
	keyScore    = 's'
	keyBoard    = 'b'
	keyCount    = 'h'
	keyPlayers  = 'c'
	keyRecord   = 'x'
	keyValue    = 'z'
	keyRecalls  = 'q'
	keyHere     = 'j'
	keyClock    = 'g'
	escape      = 0x01
	endOfString = 0x00
)

// key builds a key from its kind and parts. Strings end with a zero byte and
// have zero and one bytes escaped, so that no part can reach into the next and
// the order of keys is the order of strings; numbers are 8 bytes, big-endian.
func key(kind byte, parts ...any) []byte {
	k := make([]byte, 1, 48)
	k[0] = kind
	for _, part := range parts {
		switch p := part.(type) {
		case string:
			for i := range len(p) {
				switch p[i] {
				case endOfString, escape:
					k = append(k, escape, p[i]+1)
				default:
					k = append(k, p[i])
				}
			}
			k = append(k, endOfString)
		case uint64:
			k = binary.BigEndian.AppendUint64(k, p)
		case byte:
			k = append(k, p)
		default:
			panic("store: key part of another type") // a mistake of this package
		}
	}
	return k
}

var errKey = errors.New("key is damaged")

// takeString reads the string that k begins with and returns what follows.
func takeString(k []byte) (s string, rest []byte, err error) {
	var out []byte
	for i := 0; i < len(k); i++ {
		switch k[i] {
		case endOfString:
			return string(out), k[i+1:], nil
		case escape:
			i++
			if i == len(k) {
				return "", nil, errKey
			}
			out = append(out, k[i]-1)
		default:
			out = append(out, k[i])
		}
	}
	return "", nil, errKey
}

func takeUint(k []byte) (uint64, []byte, error) {
	if len(k) < 8 {
		return 0, nil, errKey
	}
	return binary.BigEndian.Uint64(k), k[8:], nil
}

// after is the first key behind all that begin with prefix.
func after(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i] < 0xff {
			end[i]++
			return end[:i+1]
		}
	}
	return nil
}

// millis orders times as unsigned numbers.
func millis(t time.Time) uint64 { return uint64(t.UnixMilli()) ^ 1<<63 }

func fromMillis(u uint64) time.Time { return time.UnixMilli(int64(u ^ 1<<63)) }

// descending orders points so that more come first.
func descending(points int) uint64 { return ^(uint64(int64(points)) ^ 1<<63) }

func fromDescending(u uint64) int { return int(int64(^u ^ 1<<63)) }

func putUint(x uint64) []byte { return binary.BigEndian.AppendUint64(nil, x) }

func getUint(b []byte) uint64 {
	if len(b) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}
