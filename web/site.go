package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
)

// site is one built document with its assets, held in memory.
type site struct {
	files  map[string]*file // by path without a leading slash
	policy string           // the Content-Security-Policy
}

// file is one built file, ready to be sent.
type file struct {
	contentType string
	cache       string
	plain       []byte
	plainTag    string
	// compressed is made on first use, so that starting up costs nothing; nil when it is not worth it.
	compressed func() []byte
}

// contentTypes are those of the files that a build makes. The system's own table differs from machine to machine.
var contentTypes = map[string]string{
	".css":   "text/css; charset=utf-8",
	".html":  "text/html; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".md":    "text/plain; charset=utf-8",
	".svg":   "image/svg+xml",
	".ttf":   "font/ttf",
	".woff2": "font/woff2",
}

// newSite reads a built document, which is shown at each of the paths; a slash behind them does no harm. It panics on a
// file of an unknown kind: the build and this package go together.
func newSite(built fs.FS, policy string, paths ...string) *site {
	s := &site{files: map[string]*file{}, policy: policy}
	err := fs.WalkDir(built, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(built, name)
		if err != nil {
			return err
		}
		s.files[name], err = newFile(name, content)
		return err
	})
	if err != nil {
		panic(err)
	}
	for _, p := range paths {
		s.files[p] = s.files["index.html"]
		s.files[p+"/"] = s.files["index.html"]
	}
	return s
}

func newFile(name string, content []byte) (*file, error) {
	contentType, ok := contentTypes[path.Ext(name)]
	if !ok {
		return nil, fmt.Errorf("web: %s: no content type for this kind of file", name)
	}
	sum := sha256.Sum256(content)
	f := &file{
		contentType: contentType,
		cache:       "no-cache",
		plain:       content,
		plainTag:    hex.EncodeToString(sum[:8]),
		compressed:  sync.OnceValue(func() []byte { return compress(content) }),
	}
	if strings.HasPrefix(name, "assets/") { // its name holds a hash of its content
		f.cache = "public, max-age=31536000, immutable"
	}
	return f, nil
}

// ServeHTTP answers GET and HEAD.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", s.policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")

	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	f, ok := s.files[strings.TrimPrefix(r.URL.Path, "/")]
	if !ok {
		http.NotFound(w, r)
		return
	}

	h.Set("Content-Type", f.contentType)
	h.Set("Cache-Control", f.cache)
	h.Set("Vary", "Accept-Encoding")
	content, tag := f.plain, f.plainTag
	if acceptsGzip(r.Header.Values("Accept-Encoding")) {
		if c := f.compressed(); c != nil {
			h.Set("Content-Encoding", "gzip")
			content, tag = c, tag+"-gzip"
		}
	}
	h.Set("ETag", strconv.Quote(tag))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// compress returns content as gzip, or nil when that saves less than a tenth.
func compress(content []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, err := z.Write(content)
	if err == nil {
		err = z.Close()
	}
	if err != nil || out.Len() > len(content)*9/10 {
		return nil
	}
	return out.Bytes()
}

// acceptsGzip reads Accept-Encoding as RFC 9110 §12.5.3 has it: gzip by name or by *, unless its weight is zero.
func acceptsGzip(headers []string) bool {
	accepted := false
	for coding := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		name, params, _ := strings.Cut(coding, ";")
		q := 1.0
		if weight, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(params)), "q="); ok {
			if parsed, err := strconv.ParseFloat(weight, 64); err == nil {
				q = parsed
			}
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "gzip", "x-gzip":
			return q > 0
		case "*":
			accepted = q > 0
		}
	}
	return accepted
}
