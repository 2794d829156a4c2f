// Package quiz holds the rules of the game: questions and packs, grading, the
// room with its open question or running game, the draw, the points and the
// standings.
//
// It is true of a quiz read aloud in a pub: nothing here knows of a chat
// platform, a database, a clock or a network. Time and chance are arguments.
package quiz
