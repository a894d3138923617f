package demo

import (
	"encoding/binary"
	"math"
	"math/bits"
	"math/rand/v2"

	"github.com/google/uuid"
)

// The streams of random numbers that are drawn from one seed.
const (
	contactStream uint64 = 1 + iota
	channelStream
)

// newID makes a UUID of the layout that package crm uses, with randomness that is given.
func newID(micros int64, random uint64) uuid.UUID {
	var u uuid.UUID
	binary.BigEndian.PutUint64(u[:8], uint64(micros/1000)<<16|0x7000|uint64(micros%1000)<<2)
	binary.BigEndian.PutUint64(u[8:], random&^(3<<62)|1<<63)
	return u
}

// scatter sends different i below m to different numbers below m, in no order that shows. m is a multiple of 100,000.
// The number's two halves shift each other by turns, which can be undone, so that no two numbers meet.
func scatter(i, m uint64) uint64 {
	const base = 100_000
	high, low := i%m/base, i%base
	for round := range uint64(2) {
		high = (high + mix(low+round)) % (m / base)
		low = (low + mix(high+round)) % base
	}
	return high*base + low
}

// mix makes a number that looks random, below 2^40 so that a little can be added to it.
func mix(n uint64) uint64 {
	n = (n + 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>29) * 0x94d049bb133111eb
	return n >> 24
}

// wheel picks the indexes of a list of weights, each as often as its weight says.
type wheel []uint8

func newWheel(weights ...int) wheel {
	var w wheel
	for i, n := range weights {
		for range n {
			w = append(w, uint8(i))
		}
	}
	return w
}

func (w wheel) spin(r *rand.Rand) int { return int(w[r.Uint64N(uint64(len(w)))]) }

// common picks from a list that starts with what is most frequent.
func common[T any](r *rand.Rand, list []T) T {
	u := r.Float64()
	return list[int(u*math.Sqrt(u)*float64(len(list)))]
}

func anyOf[T any](r *rand.Rand, list []T) T { return list[r.Uint64N(uint64(len(list)))] }

func chance(r *rand.Rand, p float64) bool { return r.Float64() < p }

// seen remembers strings in little memory. It may claim to have seen what it has not, never the other way round.
type seen []uint64

// newSeen makes room for n strings, of which then about one in fifteen is mistaken for another.
func newSeen(n int) seen {
	words := max(1<<10, n/4)
	return make(seen, 1<<bits.Len(uint(words-1)))
}

// add reports whether s was certainly new.
func (s seen) add(b []byte) bool {
	h := uint64(14695981039346656037)
	for _, c := range b {
		h = (h ^ uint64(c)) * 1099511628211
	}
	h ^= h >> 29
	h *= 0xbf58476d1ce4e5b9
	h ^= h >> 32
	word, bit := h>>6&uint64(len(s)-1), uint64(1)<<(h&63)
	fresh := s[word]&bit == 0
	s[word] |= bit
	return fresh
}
