package channels

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestWhateverDeliveriesDoTheirBytesAreCounted(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	now := time.Unix(0, 0)
	b := newBodies(func() time.Time { return now })
	type one struct {
		*held
		has, ended int
		believed   bool
	}
	var all []*one
	alive := func(o *one) bool { return o.ended == 0 }
	for range 20_000 {
		now = now.Add(time.Duration(random.IntN(100)) * time.Millisecond)
		var o *one
		if len(all) > 0 {
			o = all[random.IntN(len(all))]
		}
		switch n := random.IntN(10); {
		case o == nil || n == 0 && len(all) < 50:
			o = &one{}
			o.held = b.arrive(fmt.Sprint(random.IntN(3)), func() { o.ended++ })
			all = append(all, o)
		case n < 7:
			if n := random.IntN(2 << 20); o.grow(n) == granted {
				o.has += n
			}
		case n == 7:
			if o.believe() != alive(o) {
				t.Fatal("one that was given up is believed, or one that was not is not")
			}
			o.believed = true
		case n == 8 && o.has > 0:
			n := random.IntN(o.has)
			o.shrink(n)
			o.has -= n
		default:
			o.leave()
			o.leave()
			all = slices.DeleteFunc(all, func(other *one) bool { return other == o })
		}
		total, addresses := 0, map[string]int{}
		for _, o := range all {
			if o.ended > 1 || o.ended > 0 && o.believed && !o.gone {
				t.Fatal("one is given up twice, or though it is believed")
			}
			if alive(o) {
				total += o.has
				if !o.believed {
					addresses[o.address] += o.has
				}
			}
		}
		if total != b.total || total > maxBodies {
			t.Fatalf("%d bytes are counted as %d", total, b.total)
		}
		for address, n := range addresses {
			if n != b.addresses[address] || n > maxAddressBodies {
				t.Fatalf("%d bytes of %s are counted as %d", n, address, b.addresses[address])
			}
		}
	}
	for _, o := range all {
		o.leave()
	}
	if b.total != 0 || len(b.addresses) != 0 || b.arriving.Len() != 0 {
		t.Errorf("%d bytes, %v, %d are left", b.total, b.addresses, b.arriving.Len())
	}
}
