package compress_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/andybalholm/brotli"

	"kith/internal/compress"
)

func TestPick(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]string{
		"":                                 "",
		"gzip":                             "gzip",
		"GZIP":                             "gzip",
		"x-gzip":                           "gzip",
		"br":                               "br",
		"gzip, deflate, br, zstd":          "gzip",
		"br;q=1.0, gzip ; q=0.8":           "br",
		"gzip;q=0":                         "",
		"gzip;q=0.000, *":                  "br",
		"*":                                "gzip",
		"*;q=0":                            "",
		"*;q=0, br":                        "br",
		"identity":                         "",
		"identity, deflate, zstd":          "",
		"identity;q=1, gzip;q=0.5":         "",
		"identity;q=0.5, gzip;q=0.5":       "gzip",
		"identity;q=0.5, *;q=0.6":          "gzip",
		"gzip;q=2":                         "",
		"gzip;q=x, br;q=0.001":             "br",
		"deflate;q=0.9, gzip;q=0.1":        "gzip",
		"compress, gzip;q=0.5, br;q=0.500": "gzip",
	} {
		if got := compress.Pick(strings.Split(accept, ";;"), compress.Gzip, compress.Brotli); got != want {
			t.Errorf("%q: got %q, want %q", accept, got, want)
		}
	}
	if got := compress.Pick([]string{"br;q=0", "gzip"}, compress.Brotli, compress.Gzip); got != "gzip" {
		t.Errorf("two headers: %q", got)
	}
}

func TestAppend(t *testing.T) {
	t.Parallel()
	readers := map[string]func(io.Reader) (io.Reader, error){
		compress.Gzip:   func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		compress.Brotli: func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
	}
	var wg sync.WaitGroup
	for coding, reader := range readers {
		for _, size := range []int{0, 1, 1 << 10, 1 << 20} {
			for range 8 { // writers are used again
				wg.Go(func() {
					content := []byte(strings.Repeat(`{"name":"Ann"}`, size/14+1)[:size])
					packed := compress.Append([]byte("before"), coding, content)
					if size > 1<<10 && len(packed) > size/10 {
						t.Errorf("%s: %d bytes of %d", coding, len(packed), size)
					}
					r, err := reader(bytes.NewReader(packed[len("before"):]))
					if err != nil {
						t.Error(coding, size, err)
						return
					}
					got, err := io.ReadAll(r)
					if err != nil || !bytes.Equal(got, content) {
						t.Errorf("%s of %d bytes: %d, %v", coding, size, len(got), err)
					}
				})
			}
		}
	}
	wg.Wait()
}
