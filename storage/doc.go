// Package storage is the contract between Kith and its databases. [kith/storage/sqlite] and [kith/storage/postgres] keep
// it, and [kith/storage/storagetest] holds both to it, sentence by sentence.
//
// What a backend does: it stores what it is given and answers in the order asked. Folding, search keys, ids and times are
// made in Go (package search and package crm), so that both databases agree to the byte.
//
// What holds for every method:
//   - The workspace seals: a contact, session, channel or identity of another workspace does not exist.
//   - Times are UTC, cut to the microsecond.
//   - A write that has answered is durable and seen by every later read, in every process.
//   - An error is [crm.ErrNotFound], [crm.ErrInactive], [crm.ErrUnavailable], a *crm.InvalidError, *crm.TakenError,
//     *crm.ConflictError, the context's error, or one that only an operator can fix. Errors hold no personal data
//     and no SQL. One that is [crm.ErrUnavailable] is a *[UnavailableError] where the cause is known: a disk that is full, a
//     database that is read-only, locked, or not the process's to write to.
//   - A context that ends stops the statement. Writes that met a serialization failure or a deadlock were retried.
//   - Methods are safe for concurrent use.
package storage
