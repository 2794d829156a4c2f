// Package bot is the application core: it turns what people say in a chat into
// inputs of the quiz, saves what was decided, and only then says it.
//
// Decide, save, speak, in that order. Submit returns without an error only when
// the effect of what was said is on disk, so an adapter acknowledges its
// platform after Submit and never before. What the whole room should see goes
// through an outbox that is written in the same transaction as the decision.
//
// Nothing here knows a platform or a storage engine.
package bot
