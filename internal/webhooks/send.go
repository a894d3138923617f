package webhooks

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const (
	// attemptTimeout bounds an attempt, from the look-up of the name to the answer.
	attemptTimeout = 10 * time.Second
	// maxAnswer is how many bytes of an answer are read, and of its head.
	maxAnswer = 64 << 10
	// answerPatience is how long the body of an answer is waited for, of which nothing is needed but its end.
	answerPatience = time.Second
	// maxRetryAfter is the longest wait that a receiver can ask for.
	maxRetryAfter = time.Hour
	// idleConnections is how many connections to a receiver stay open.
	idleConnections = 8
)

// sender sends single deliveries.
type sender struct {
	addresses addresses
	https     *http.Client
	plain     *http.Client // for http://
}

func newSender(allowed []netip.Prefix) *sender {
	s := &sender{addresses: addresses{allowed}}
	s.https, s.plain = s.client(false), s.client(true)
	return s
}

func (s *sender) client(plain bool) *http.Client {
	dialer := &net.Dialer{Timeout: attemptTimeout, Control: s.addresses.control(plain)}
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  nil, // the address that is checked is that of the receiver
			DialContext:            dialer.DialContext,
			ForceAttemptHTTP2:      true,
			TLSHandshakeTimeout:    attemptTimeout,
			MaxIdleConnsPerHost:    idleConnections,
			IdleConnTimeout:        time.Minute,
			DisableCompression:     true,
			MaxResponseHeaderBytes: maxAnswer,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// close closes idle connections.
func (s *sender) close() {
	s.https.CloseIdleConnections()
	s.plain.CloseIdleConnections()
}

// message is what is sent.
type message struct {
	url     string
	id      string
	at      time.Time
	body    []byte
	secrets []string
}

// answer is what became of an attempt. failure is empty where the receiver accepted the message.
type answer struct {
	status     int
	failure    string
	retryAfter time.Duration
	took       time.Duration
}

// send makes one attempt.
func (s *sender) send(ctx context.Context, m message) answer {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	r, err := m.request(ctx)
	if err != nil {
		return answer{failure: "the request cannot be made"}
	}
	client := s.https
	if r.URL.Scheme == "http" {
		client = s.plain
	}
	began := time.Now()
	res, err := client.Do(r)
	took := time.Since(began)
	if err != nil {
		return answer{failure: reason(err), took: took}
	}
	impatient := time.AfterFunc(answerPatience, cancel)
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, maxAnswer)) // so that the connection can be used again
	impatient.Stop()
	_ = res.Body.Close()
	a := answer{status: res.StatusCode, took: took}
	switch {
	case res.StatusCode >= 200 && res.StatusCode < 300:
	case res.StatusCode >= 300 && res.StatusCode < 400:
		a.failure = "the receiver redirects, which is not followed"
	default:
		a.failure = "the receiver answered " + strconv.Itoa(res.StatusCode)
		if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && seconds > 0 {
			a.retryAfter = min(time.Duration(min(seconds, 1<<20))*time.Second, maxRetryAfter)
		}
	}
	return a
}

// request is the request of a message, signed with each of its secrets.
func (m message) request(ctx context.Context) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, m.url, bytes.NewReader(m.body))
	if err != nil {
		return nil, err
	}
	signatures := make([]string, len(m.secrets))
	for i, secret := range m.secrets {
		hook, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			return nil, err
		}
		if signatures[i], err = hook.Sign(m.id, m.at, m.body); err != nil {
			return nil, err
		}
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Kith")
	r.Header.Set(standardwebhooks.HeaderWebhookID, m.id)
	r.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(m.at.Unix(), 10))
	r.Header.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	return r, nil
}

// reason says why there is no answer, in words that hold no address.
func reason(err error) string {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var host x509.HostnameError
	var timeout net.Error
	switch {
	case errors.Is(err, errAddress), errors.Is(err, errPlain):
		for _, e := range []error{errAddress, errPlain} {
			if errors.Is(err, e) {
				return e.Error()
			}
		}
	case errors.Is(err, context.Canceled):
		return "the attempt was interrupted"
	case errors.As(err, &dns) && dns.IsNotFound:
		return "the name does not exist"
	case errors.As(err, &dns):
		return "the name could not be looked up"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "no answer within 10 seconds"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed without an answer"
	case errors.As(err, &certificate), errors.As(err, &host):
		return "the certificate is not valid"
	}
	return "the receiver could not be reached"
}
