package cursor_test

import (
	"testing"
	"time"

	"kith/internal/cursor"
	"kith/storage"
)

var benchmarked = storage.Position{Tier: 1, Key: "ann-kathrin mustermann", At: time.UnixMicro(1_790_000_000_000_000).UTC(), ID: id}

func BenchmarkAppend(b *testing.B) {
	list, buf := sealed(b, 1).List("contacts", "NAME", "ASC"), make([]byte, 0, 2000)
	b.ReportAllocs()
	for b.Loop() {
		cursor.Append(buf, list, benchmarked)
	}
}

func BenchmarkDecode(b *testing.B) {
	list := sealed(b, 1).List("contacts", "NAME", "ASC")
	text := cursor.Encode(list, benchmarked)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := cursor.Decode(list, text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendPlain(b *testing.B) {
	list, buf := cursor.ListOf("contacts", "NAME", "ASC"), make([]byte, 0, 2000)
	b.ReportAllocs()
	for b.Loop() {
		cursor.Append(buf, list, benchmarked)
	}
}

func BenchmarkDecodePlain(b *testing.B) {
	list := cursor.ListOf("contacts", "NAME", "ASC")
	text := cursor.Encode(list, benchmarked)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := cursor.Decode(list, text); err != nil {
			b.Fatal(err)
		}
	}
}
