package discord

import (
	"cmp"
	"strconv"
	"time"
)

// epochMillis is the first moment of Discord's ids, 1 January 2015.
const epochMillis = 1420070400000

// snowflake parses an id; 0 when it is none.
func snowflake(id string) uint64 {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func compareIDs(a, b string) int { return cmp.Compare(snowflake(a), snowflake(b)) }

// IDTime is the moment at which a snowflake was made; the zero time when id is
// none.
func IDTime(id string) time.Time {
	n := snowflake(id)
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(n>>22) + epochMillis)
}

// ShardOf is the shard, of n, that hears of a guild. Direct conversations
// ("") belong to shard 0.
func ShardOf(guildID string, n int) int {
	if guildID == "" || n <= 1 {
		return 0
	}
	return int((snowflake(guildID) >> 22) % uint64(n))
}

// newID gives an id of this moment, larger than every one it gave before. The
// caller holds mu.
func (s *Server) newID() string {
	id := uint64(max(s.opt.Now().UnixMilli()-epochMillis, 1)) << 22
	if id <= s.lastID {
		id = s.lastID + 1
	}
	s.lastID = id
	return strconv.FormatUint(id, 10)
}
