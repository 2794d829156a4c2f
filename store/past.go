package store

import (
	"encoding/json"
	"fmt"

	"quizbot/bot"
	"quizbot/quiz"
)

// loadPast joins the rounds that were closed of late, with their answers, and names
// who played in the games that ended.
func loadPast(tx Tx, room string, into *quiz.Room, names names) error {
	prefix := key(keyPast, room)
	kvs, err := tx.Scan(prefix, after(prefix), 0)
	if err != nil {
		return err
	}
	for _, kv := range kvs {
		var past quiz.Past
		if err := json.Unmarshal(kv.Value, &past); err != nil {
			return fmt.Errorf("decode a past round: %w", err)
		}
		if err := loadAnswers(tx, room, &past.Round, names); err != nil {
			return err
		}
		into.Past = append(into.Past, past)
	}
	for _, g := range into.Ended {
		if err := nameScore(g.Game.Score, names); err != nil {
			return err
		}
	}
	return nil
}

// nameScore fills in what the players of a table are called.
func nameScore(score []quiz.Score, names names) (err error) {
	for i := range score {
		if score[i].Name, err = names.of(score[i].Player); err != nil {
			return err
		}
	}
	return nil
}

// changePast writes rounds that were closed, and drops those that are too old.
func changePast(tx Tx, c bot.Change) error {
	room := string(c.Room)
	for _, past := range c.Past {
		value, err := json.Marshal(past)
		if err != nil {
			return fmt.Errorf("encode a past round: %w", err)
		}
		tx.Put(key(keyPast, room, uint64(past.Round.No)), value)
	}
	for _, no := range c.Forgotten {
		tx.Delete(key(keyPast, room, uint64(no)))
	}
	return nil
}
