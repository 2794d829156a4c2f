package store

import (
	"encoding/json"
	"fmt"
)

// Check says what is wrong with a record as it is stored, as far as that can be
// told by itself; engines call it when they open what another process has left.
func Check(key, value []byte) error {
	if len(key) == 0 {
		return errKey
	}
	sound := true
	switch key[0] {
	case keyRoom, keyPast, keyLedger, keyOutbox, keyRecord, keyRecalls, keyTeamSettings, keyOwnSettings:
		sound = json.Valid(value)
	case keyRev, keyAnswer, keyLine, keyRound, keyCounter, keyWakeOf, keyScore, keyCount, keyPlayers:
		sound = len(value) == 8
	case keyClock:
		sound = len(value) == 16
	case keyRated:
		sound = len(value) == ratedSize
	case keyStrength, keyDifficulty:
		sound = len(value) == strengthSize
	case keyForm:
		sound = len(value) == formSize
	case keyName, keyMessage, keyValue:
	case keySeen, keyWake, keyUnsent, keyBoard, keyOf, keyHere, keyHidden:
		sound = len(value) == 0
	default:
		return fmt.Errorf("%w: no record begins with %q", errKey, key[0])
	}
	if !sound {
		return fmt.Errorf("the record %q can't be read", key)
	}
	return nil
}
