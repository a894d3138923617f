package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"kith/internal/compress"
)

// site is one built document with its assets, held in memory.
type site struct {
	files  map[string]*file // by path without a leading slash
	pages  []string         // patterns of paths that show the document, as path.Match has them
	policy string           // the Content-Security-Policy
}

// file is one built file, ready to be sent.
type file struct {
	contentType string
	cache       string
	tag         string            // of the plain content; that of a coding ends in its name
	content     map[string][]byte // by coding: plain is "", and the others are there where they save a tenth
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

// document is the built document of a site.
const document = "index.html"

// newSite reads a built document, which is shown at each path of the patterns (see [path.Match]); a slash behind it does no
// harm. Its assets are loaded from below the base path. It panics on a file of an unknown kind: the build and this package go together.
func newSite(built fs.FS, base, policy string, pages ...string) *site {
	s := &site{files: map[string]*file{}, pages: pages, policy: policy}
	err := fs.WalkDir(built, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if strings.HasSuffix(name, ".br") || strings.HasSuffix(name, ".gz") { // see web/precompress
			return nil
		}
		s.files[name], err = newFile(built, name)
		return err
	})
	if err != nil {
		panic(err)
	}
	if base != "" {
		s.files[document] = s.files[document].below(base)
	}
	return s
}

// find returns the file for a path, or nil.
func (s *site) find(name string) *file {
	if f, ok := s.files[name]; ok {
		return f
	}
	for _, pattern := range s.pages {
		if ok, _ := path.Match(pattern, strings.TrimSuffix(name, "/")); ok {
			return s.files[document]
		}
	}
	return nil
}

func newFile(built fs.FS, name string) (*file, error) {
	contentType, ok := contentTypes[path.Ext(name)]
	if !ok {
		return nil, fmt.Errorf("web: %s: no content type for this kind of file", name)
	}
	f := &file{contentType: contentType, cache: "no-cache", content: map[string][]byte{}}
	for coding, ending := range map[string]string{"": "", compress.Brotli: ".br", compress.Gzip: ".gz"} {
		content, err := fs.ReadFile(built, name+ending)
		switch {
		case err == nil:
			f.content[coding] = content
		case coding == "" || !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	f.tag = tagOf(f.content[""])
	if strings.HasPrefix(name, "assets/") { // its name holds a hash of its content
		f.cache = "public, max-age=31536000, immutable"
	}
	return f, nil
}

// below is a document whose assets have addresses below base. All else finds its way from where its scripts lie.
func (f *file) below(base string) *file {
	moved := *f
	content := f.content[""]
	for _, attribute := range []string{"src", "href"} {
		content = bytes.ReplaceAll(content, []byte(attribute+`="/`), []byte(attribute+`="`+base+"/"))
	}
	moved.content, moved.tag = map[string][]byte{"": content}, tagOf(content)
	return &moved
}

// tagOf identifies content.
func tagOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:8])
}

// coding is the smallest that a client accepts.
func (f *file) coding(r *http.Request) string {
	var offered []string
	for _, coding := range []string{compress.Brotli, compress.Gzip} {
		if f.content[coding] != nil {
			offered = append(offered, coding)
		}
	}
	return compress.Pick(r.Header.Values("Accept-Encoding"), offered...)
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
	f := s.find(strings.TrimPrefix(r.URL.Path, "/"))
	if f == nil {
		http.NotFound(w, r)
		return
	}

	h.Set("Content-Type", f.contentType)
	h.Set("Cache-Control", f.cache)
	h.Set("Vary", "Accept-Encoding")
	coding, tag := f.coding(r), f.tag
	if coding != "" {
		h.Set("Content-Encoding", coding)
		tag += "-" + coding
	}
	h.Set("ETag", strconv.Quote(tag))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.content[coding]))
}
