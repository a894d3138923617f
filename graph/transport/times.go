package transport

import "time"

// Times are how long a connection waits.
type Times struct {
	// Init is how long a socket may take to send connection_init.
	Init time.Duration
	// Message is how long a message may take to arrive, from its first byte on.
	Message time.Duration
	// Goodbye is how long a closed socket waits for the client's part of the handshake.
	Goodbye time.Duration
	// Look is how often the credential of an open connection is checked.
	Look time.Duration
	// Ping is how often a socket is pinged, and Pong how long the answer may take.
	Ping, Pong time.Duration
	// Comment is how often an idle event stream shows that it is alive, for proxies that cut idle connections.
	Comment time.Duration
	// Write is how long a write may take: the client has not read for that long.
	Write time.Duration
	// Piece is how long a piece of a large answer may take over HTTP, and Answer how long all of it.
	Piece, Answer time.Duration
	// Settle is how long an event stream rests before it is ended with the server: a client that is busy with an event
	// would miss the end.
	Settle time.Duration
}

// DefaultTimes are those of a server.
var DefaultTimes = Times{
	Init:    5 * time.Second,
	Message: 15 * time.Second,
	Goodbye: 6 * time.Second,
	Look:    30 * time.Second,
	Ping:    20 * time.Second,
	Pong:    30 * time.Second,
	Comment: 12 * time.Second,
	Write:   30 * time.Second,
	Piece:   10 * time.Second,
	Answer:  time.Minute,
	Settle:  200 * time.Millisecond,
}
