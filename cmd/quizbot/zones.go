package main

// The rules of time zones, for machines that have none of their own: 410 kB of the program.
// Where a machine has them it may have newer ones, and those are used.
import _ "time/tzdata"
