// Package operation is an operator's work over any engine: finding messages
// (filter), seeing why they failed (causes), changing many of them (plan, job,
// pace), and taking that back (log, undo).
//
// A change goes through four steps. A Request says what is wanted. Plan
// resolves it once, to a frozen list of message ids with counts and warnings,
// and changes nothing. Start makes a job of the plan, which works in small
// steps and writes each into a journal before and after it, so that a death in
// the middle neither loses nor doubles a message. A finished job says what
// became of every message that was chosen, and PlanUndo makes the plan that
// takes it back.
//
// The package knows no screen, and of engines only the contract.
package operation
