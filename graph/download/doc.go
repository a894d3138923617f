// Package download answers GET /export/contacts.csv and GET /export/contacts.jsonl: lists of contacts as files. It reads the
// parameters of a list, which mean what the arguments of the API's field contacts do, and writes the rows while they are read.
//
// A file that could not be written whole never looks whole: the connection is broken off.
package download
