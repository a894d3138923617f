// Package compress encodes answers in the coding that a client accepts. It knows nothing of what they hold.
package compress

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
)

// The codings of content (RFC 9110, section 8.4.1).
const (
	Brotli = "br"
	Gzip   = "gzip"
)

// MinSize is the size in bytes from which content is worth it.
const MinSize = 1 << 10

// Pick returns the coding of those offered that a client likes best; of several, the first one offered. It is empty if the client
// accepts none, or likes plain content better (RFC 9110, section 12.5.3).
func Pick(accept []string, offered ...string) string {
	weights := make(map[string]float64)
	for part := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		name, params, _ := strings.Cut(part, ";")
		name = strings.ToLower(strings.TrimSpace(name))
		if name == "x-gzip" {
			name = Gzip
		}
		weights[name] = weight(params)
	}
	best, most := "", weights["identity"]
	for _, coding := range offered {
		q, named := weights[coding]
		if !named {
			q = weights["*"]
		}
		if q > most || q == most && q > 0 && best == "" {
			best, most = coding, q
		}
	}
	return best
}

// weight reads the parameters of a coding.
func weight(params string) float64 {
	text, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(params)), "q=")
	if !ok {
		return 1
	}
	q, err := strconv.ParseFloat(text, 64)
	if err != nil || !(0 <= q && q <= 1) {
		return 0
	}
	return q
}

// encoder writes content in a coding.
type encoder interface {
	io.WriteCloser
	Reset(w io.Writer)
}

// The levels are quick: an answer is read once. Each writer has hundreds of kilobytes, so that they are kept.
var (
	brotlis = sync.Pool{New: func() any { return brotli.NewWriterV2(nil, 1) }}
	gzips   = sync.Pool{New: func() any { return newGzip() }}
)

func newGzip() *gzip.Writer {
	w, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil {
		panic(err) // only for a level that does not exist
	}
	return w
}

// Append appends content in a coding that [Pick] returned.
func Append(b []byte, coding string, content []byte) []byte {
	pool := &gzips
	if coding == Brotli {
		pool = &brotlis
	}
	w, _ := pool.Get().(encoder)
	defer pool.Put(w)
	out := bytes.NewBuffer(b)
	w.Reset(out)
	_, _ = w.Write(content) // to memory: neither fails
	_ = w.Close()
	return out.Bytes()
}
