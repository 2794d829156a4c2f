package store

import (
	"encoding/json"
	"slices"
)

// recalls: what each player has answered to each question is what the ledger says.
func (v *verifier) recalls(s *expected) error {
	if v.format < 3 {
		return nil
	}
	if err := v.each(keyRecalls, func(parts keyParts, value []byte) error {
		player := parts.text[0]
		if !s.mine(standing{player: player}) {
			return nil
		}
		var got recalls
		if err := json.Unmarshal(value, &got); err != nil {
			return err
		}
		k := string(key(keyRecalls, parts.text[0], parts.text[1], parts.text[2]))
		want := s.recalls[k]
		delete(s.recalls, k)
		if !slices.Equal(got, want) {
			v.fault("%s answered question %s of %s %d times as far as review knows, the ledger has %d answers, or others: review would ask at the wrong time",
				player, parts.text[2], parts.text[1], len(got), len(want))
		}
		here, err := v.tx.Get(key(keyHere, player))
		if err == nil && here == nil {
			v.fault("%s is not listed as somebody who has answered here: review would ask nothing of it", player)
		}
		return err
	}); err != nil {
		return err
	}
	for k := range s.recalls {
		if !v.broken[k] {
			parts, _ := takeKey([]byte(k))
			v.fault("review doesn't know what %s answered to question %s of %s", parts.text[0], parts.text[2], parts.text[1])
		}
	}
	return nil
}

// answerers: whoever is listed as having answered here has.
func (v *verifier) answerers() error {
	return v.each(keyHere, func(parts keyParts, _ []byte) error {
		prefix := key(keyRecalls, parts.text[0])
		some, err := v.tx.Scan(prefix, after(prefix), 1)
		if err == nil && len(some) == 0 {
			v.fault("%s is listed as somebody who has answered here, and has not", parts.text[0])
		}
		return err
	})
}
