package contactfile

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// The encodings, by their names.
const (
	UTF8        = "utf-8"
	UTF16LE     = "utf-16le"
	UTF16BE     = "utf-16be"
	Windows1252 = "windows-1252"
)

// archives are files that people upload instead of text, by what they begin with.
var archives = []struct{ begin, reason string }{
	{"PK\x03\x04", "This is an Excel workbook or another zip file. Save it as CSV (UTF-8)."},
	{"\xd0\xcf\x11\xe0", "This is an old Excel workbook. Save it as CSV."},
	{"\x1f\x8b", "The file is compressed. Send it uncompressed."},
	{"%PDF", "This is a PDF. Save the contacts as CSV."},
}

// decode returns the text of a file in UTF-8, given its first bytes, and the name of its encoding; of one that may be UTF-8 or
// Windows-1252 it is known once everything is read.
func decode(r io.Reader, head []byte, named string) (text io.Reader, encoding func() string, err error) {
	for _, a := range archives {
		if bytes.HasPrefix(head, []byte(a.begin)) {
			return nil, nil, whole(a.reason)
		}
	}
	is := func(name string) func() string { return func() string { return name } }
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		_, err := io.CopyN(io.Discard, r, 3)
		return transform.NewReader(r, &tolerant{strict: true}), is(UTF8), err
	case bytes.HasPrefix(head, []byte("\xff\xfe")), named == UTF16LE, named == "" && sparse(head, 1):
		return wide(r, unicode.LittleEndian), is(UTF16LE), nil
	case bytes.HasPrefix(head, []byte("\xfe\xff")), named == UTF16BE, named == "" && sparse(head, 0):
		return wide(r, unicode.BigEndian), is(UTF16BE), nil
	case named == Windows1252:
		return transform.NewReader(r, charmap.Windows1252.NewDecoder()), is(Windows1252), nil
	case named != "" && named != UTF8:
		return nil, nil, whole("The encoding must be utf-8, utf-16le, utf-16be or windows-1252.")
	}
	t := &tolerant{strict: named == UTF8}
	return transform.NewReader(r, t), func() string {
		if t.western {
			return Windows1252
		}
		return UTF8
	}, nil
}

// wide returns the text of a file in UTF-16.
func wide(r io.Reader, order unicode.Endianness) io.Reader {
	return transform.NewReader(transform.NewReader(r, unicode.UTF16(order, unicode.UseBOM).NewDecoder()), &tolerant{strict: true})
}

// sparse reports whether every other byte, from the offset on, is mostly zero, as Latin text in UTF-16 has it.
func sparse(head []byte, offset int) bool {
	head = head[:min(len(head), 1000)]
	zeros, others := 0, 0
	for i, b := range head {
		switch {
		case b == 0 && i%2 == offset:
			zeros++
		case b == 0:
			others++
		}
	}
	return len(head) >= 4 && zeros > len(head)/4 && others == 0
}

var errNotUTF8 = errors.New("not UTF-8")

// byteOrderMark is in a text where files were joined, or marked twice.
const byteOrderMark = '\ufeff'

// tolerant passes UTF-8 on, without byte order marks. An invalid byte after ASCII alone means that the text is in Windows-1252, unless it is strict;
// later it is an error.
type tolerant struct {
	strict, beyondASCII, western bool
}

func (t *tolerant) Reset() { t.beyondASCII, t.western = false, false }

func (t *tolerant) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		b := src[nSrc]
		if b < utf8.RuneSelf {
			if nDst == len(dst) {
				return nDst, nSrc, transform.ErrShortDst
			}
			dst[nDst] = b
			nDst, nSrc = nDst+1, nSrc+1
			continue
		}
		if nDst+utf8.UTFMax > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		if t.western {
			nDst += utf8.EncodeRune(dst[nDst:], charmap.Windows1252.DecodeByte(b))
			nSrc++
			continue
		}
		r, size := utf8.DecodeRune(src[nSrc:])
		switch {
		case r == byteOrderMark:
			nSrc += size
			t.beyondASCII = true
		case r != utf8.RuneError || size > 1:
			nDst += copy(dst[nDst:], src[nSrc:nSrc+size])
			nSrc += size
			t.beyondASCII = true
		case !atEOF && !utf8.FullRune(src[nSrc:]):
			return nDst, nSrc, transform.ErrShortSrc
		case t.strict || t.beyondASCII:
			return nDst, nSrc, errNotUTF8
		default:
			t.western = true
		}
	}
	return nDst, nSrc, nil
}
