package api

import (
	"regexp"
	"strings"
	"testing"
)

// keyed are keys as KITH_SECRET_KEY takes them.
const (
	firstKey  = "the first key of at least thirty-two bytes"
	secondKey = "the second key of at least thirty-two bytes"
	thirdKey  = "the third key of at least thirty-two bytes"
)

func TestAWrongSecretKeyEndsTheStart(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		with := func(keys string) environment {
			return db.env("KITH_SECRET_KEY", keys, "KITH_PUBLIC_URL", "https://kith.example.com")
		}
		starts := func(keys string) {
			t.Helper()
			start(t, binary(t), with(keys)).stop(t)
		}
		refuses := func(keys string) {
			t.Helper()
			_, log, code := with(keys).run(t, "--addr=127.0.0.1:0")
			if code != 2 || !strings.Contains(log, "KITH_SECRET_KEY: no key in it is the one that this database's secrets are encrypted with") {
				t.Errorf("%s: exit %d\n%s", keys, code, log)
			}
		}
		starts(firstKey)
		refuses(secondKey)
		starts(secondKey + "," + firstKey)
		starts(firstKey) // only kith rekey puts the second one in its place
		with(secondKey+","+firstKey).mustRun(t, "rekey")
		refuses(firstKey)

		s := start(t, binary(t), with(secondKey))
		admin, _, _ := clientsOf(t, s, db.env(), "acme")
		type created struct {
			CreateChannel struct{ UserErrors []struct{ Message string } }
		}
		made := must[created](t, admin, `mutation { createChannel(input: {name: "Shop", type: WHATSAPP, secret: "the secret of its app"}) { userErrors { message } } }`, nil)
		if len(made.CreateChannel.UserErrors) > 0 {
			t.Fatal(made)
		}
		s.stop(t)

		keyless := start(t, binary(t), db.env())
		keyless.tolerated = regexp.MustCompile(`level=WARN msg="KITH_SECRET_KEY is not set, but the database has been used with one`)
		if !keyless.tolerated.MatchString(keyless.output.String()) {
			t.Errorf("no warning:\n%s", keyless.output)
		}
		keyless.stop(t)

		if out, _, code := with(thirdKey).run(t, "rekey"); code != 1 || !strings.Contains(out, "cannot be decrypted") {
			t.Errorf("with a key that opens nothing: exit %d, %s", code, out)
		}
		refuses(thirdKey)
		with(thirdKey).mustRun(t, "rekey", "--accept-loss")
		starts(thirdKey)
	})
}
