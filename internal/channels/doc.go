// Package channels takes in what the providers of the channels report by themselves: one file for each provider adds its row
// to the table of providers and reads its payloads, the rest is shared. A payload is verified while it comes in, before anything of it is believed, and answered
// with success only when each of its messages is recorded or kept as a failure, because providers send again what was not
// answered so, and drop what was.
//
// What is verified is never turned away for its number. What is not, and is left to anybody, is bounded: in how much of it
// is in memory, and in how often an address may send it.
//
// It stores nothing itself, sends nothing to a provider, and logs no text, name or secret.
package channels
