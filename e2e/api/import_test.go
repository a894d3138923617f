package api

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kith/storage/postgres/pgtest"
	"kith/storage/storagetest"
)

// importState is what the API says of an import.
type importState struct {
	ID, State                                           string
	Rows, Handled, Created, Updated, Unchanged, Refused int
	Failure                                             *string
}

const importFields = `id state rows handled created updated unchanged refused failure`

// uploadFile sends a file and returns the status and the body of the answer.
func (s *server) uploadFile(t *testing.T, token, query, text string, headers ...string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/import/contacts?"+query, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := transport.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	all, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(all)
}

// sendSlowly sends a file over two seconds, as over a slow line, and reads the answer when all is sent.
func (s *server) sendSlowly(t *testing.T, token, text string) (answer string) {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	media := "text/csv"
	if strings.HasPrefix(text, "--x") {
		media = "multipart/form-data; boundary=x"
	}
	_, err = fmt.Fprintf(c, "POST /import/contacts HTTP/1.1\r\nHost: kith\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n",
		token, media, len(text))
	const parts = 20
	for i := range parts {
		if err == nil {
			_, err = io.WriteString(c, text[len(text)*i/parts:len(text)*(i+1)/parts])
		}
		time.Sleep(100 * time.Millisecond) //nolint:forbidigo // the line is slow
	}
	if err != nil {
		return err.Error()
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = res.Body.Close() }()
	all, err := io.ReadAll(res.Body)
	if err != nil {
		t.Error(err)
	}
	return string(all)
}

// uploaded is the id of a file that must be taken.
func (s *server) uploaded(t *testing.T, token, text string) string {
	t.Helper()
	status, body := s.uploadFile(t, token, "name=people.csv", text)
	var up struct{ ID string }
	if err := json.Unmarshal([]byte(body), &up); err != nil || status != http.StatusCreated {
		t.Fatalf("upload: %d %s", status, body)
	}
	return up.ID
}

func importNow(t *testing.T, c client, id string) importState {
	t.Helper()
	return must[struct{ ImportJob importState }](t, c, `query ($id: ID!) { importJob(id: $id) { `+importFields+` } }`, vars{"id": id}).ImportJob
}

// finished waits for the end of an import.
func finished(t *testing.T, c client, id string) importState {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		j := importNow(t, c, id)
		if j.State == "DONE" || j.State == "FAILED" || j.State == "CANCELLED" {
			return j
		}
		if time.Now().After(end) {
			t.Fatalf("the import does not end: %+v", j)
		}
	}
}

const startImport = `mutation ($id: ID!) { startImport(input: {id: $id}) { importJob { id } userErrors { code message } } }`

func TestAFileIsImported(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		env := db.env("KITH_IMPORT_LIMIT", "1048576")
		env.mustRun(t, "migrate")
		token := env.token(t, "acme", "admin")
		s := start(t, quickBinary(t), env)
		c := s.client(token)
		id := s.uploaded(t, token, "\ufeffVorname;Name;E-Mail;Telefon;Notizen\r\n"+
			"Ann;Müller;ann@example.com;030 901820;\"VIP\nseit 2019\"\r\nBen;;ben@example.com;;\r\nAnna;Müller;ANN@example.com;;\r\n=1+1;;eve@example.com;;\r\nDan;;nope;;\r\n")
		preview := must[struct {
			ImportPreview struct {
				Created, Updated, Unchanged, Refused int
				Rows                                 []struct {
					Row    int
					Column *int
					Reason *string
				}
			}
		}](t, c, `query ($id: ID!) { importPreview(input: {id: $id}) { created updated unchanged refused rows { row column reason } } }`, vars{"id": id}).ImportPreview
		if preview.Created != 2 || preview.Updated != 1 || preview.Refused != 2 || preview.Rows[4].Row != 6 || *preview.Rows[4].Column != 3 || *preview.Rows[4].Reason != "Invalid email format" {
			t.Errorf("preview: %+v", preview)
		}
		if n := db.number(t, `SELECT count(*) FROM contacts`); n != 0 {
			t.Errorf("the preview made %d contacts", n)
		}
		must[any](t, c, startImport, vars{"id": id})
		if diff := cmp.Diff(importState{ID: id, State: "DONE", Rows: 5, Handled: 5, Created: 2, Updated: 1, Refused: 2}, finished(t, c, id)); diff != "" {
			t.Error(diff)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/import/contacts/"+id+"/refused.csv", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		res, err := transport.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		refused, _ := io.ReadAll(res.Body)
		want := "\ufeffrefused row,refused column,refused because,Vorname,Name,E-Mail,Telefon,Notizen\n" +
			"5,Vorname,The cell has a formula,'=1+1,,eve@example.com,,\n6,E-Mail,Invalid email format,Dan,,nope,,\n"
		if string(refused) != want {
			t.Errorf("refused rows:\n%s\nwant:\n%s", refused, want)
		}
		for name, f := range map[string]struct {
			query, text, want string
			status            int
		}{
			"an empty file":    {"", "", "The file is empty.", 422},
			"a header alone":   {"", "Name,Email\n", "The file has a header and no rows.", 422},
			"a file too large": {"", "Name,Email\n" + strings.Repeat("Ann,ann@example.com\n", 60_000), "A file can have at most 1 MiB", 413},
			"a late bad row":   {"", "Name,Email\n" + strings.Repeat("Ann,ann@example.com\n", 2000) + "B\"n,\n", "Row 2002: There is a quote inside a cell", 422},
			"a strange query":  {"file=x", "Name,Email\nAnn,a@example.com\n", "The parameters can be", 400},
		} {
			if status, body := s.uploadFile(t, token, f.query, f.text); status != f.status || !strings.Contains(body, f.want) {
				t.Errorf("%s: %d %s", name, status, body)
			}
		}
		for name, f := range map[string]struct{ text, want string }{
			"an early mistake":  {"Name,Email\nB\"n,\n" + strings.Repeat("Ann,ann@example.com\n", 50_000), "Row 2: There is a quote inside a cell"},
			"a file too large":  {"Name,Email\n" + strings.Repeat("Ann,ann@example.com\n", 100_000), "A file can have at most 1 MiB"},
			"a form with files": {"--x\r\n" + strings.Repeat("x", 1_000_000), "not within a form"},
		} {
			if answer := s.sendSlowly(t, token, f.text); !strings.Contains(answer, f.want) {
				t.Errorf("%s, of a client that reads later: %s", name, answer)
			}
		}
		if status, body := s.uploadFile(t, token, "", "\x1f\x8b", "Content-Encoding", "gzip"); status != http.StatusUnsupportedMediaType {
			t.Errorf("gzip: %d %s", status, body)
		}
		if status, body := s.uploadFile(t, env.token(t, "acme", "staff"), "", "x"); status != http.StatusForbidden {
			t.Errorf("staff: %d %s", status, body)
		}
	})
}

// TestAnImportIsCancelledWhileItsFileIsSent cancels the import of a file that is on its way, and deletes the workspace of another.
func TestAnImportIsCancelledWhileItsFileIsSent(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		env := db.env()
		env.mustRun(t, "migrate")
		s := start(t, quickBinary(t), env)
		for workspace, f := range map[string]struct {
			end          func(c client, id string)
			status, want string
		}{
			"acme": {func(c client, id string) {
				must[any](t, c, `mutation ($id: ID!) { cancelImport(input: {id: $id}) { userErrors { code } } }`, vars{"id": id})
			}, "409 ", "The import was cancelled while the file was sent"},
			"gone": {func(client, string) { env.mustRun(t, "workspace", "delete", "gone", "--yes") }, "401 ", "This workspace has been deleted"},
		} {
			token := env.token(t, workspace, "admin")
			c := s.client(token)
			must[any](t, c, `{ viewer { role } }`, nil)
			file, rest := io.Pipe()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/import/contacts", file)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+token)
			answered := make(chan string, 1)
			go func() {
				res, err := transport.Do(r)
				if err != nil {
					answered <- err.Error()
					return
				}
				defer func() { _ = res.Body.Close() }()
				all, _ := io.ReadAll(res.Body)
				answered <- fmt.Sprint(res.StatusCode, " ", string(all))
			}()
			send := func() {
				_, _ = io.WriteString(rest, strings.TrimPrefix(people("Person", 0, 5000, false), "Name,Email\n"))
			}
			_, _ = io.WriteString(rest, "Name,Email\n")
			send()
			type list struct {
				ImportJobs struct{ Nodes []importState }
			}
			jobs := must[list](t, c, `{ importJobs(first: 5) { nodes { `+importFields+` } } }`, nil).ImportJobs.Nodes
			for patience := time.Now().Add(time.Minute); len(jobs) == 0 && time.Now().Before(patience); {
				time.Sleep(10 * time.Millisecond) //nolint:forbidigo // the file is on its way
				jobs = must[list](t, c, `{ importJobs(first: 5) { nodes { `+importFields+` } } }`, nil).ImportJobs.Nodes
			}
			if len(jobs) != 1 {
				t.Fatalf("%s: %+v", workspace, jobs)
			}
			f.end(c, jobs[0].ID)
			send()
			_ = rest.Close()
			if answer := <-answered; !strings.HasPrefix(answer, f.status) || !strings.Contains(answer, f.want) {
				t.Errorf("%s: %s", workspace, answer)
			}
		}
		for patience := time.Now().Add(time.Minute); db.number(t, `SELECT count(*) FROM job_rows`) > 0; {
			if time.Now().After(patience) {
				t.Fatal("rows of a file are left that is not imported")
			}
			time.Sleep(50 * time.Millisecond) //nolint:forbidigo // they are dropped in the background
		}
	})
}

func TestAnImportOutlivesProcesses(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		const rows = 4000
		env := db.env()
		env.mustRun(t, "migrate")
		token := env.token(t, "acme", "admin")
		var file strings.Builder
		file.WriteString("Name,Email\n")
		for i := range rows {
			if i%10 == 9 {
				file.WriteString("Nobody,nope\n")
			} else {
				fmt.Fprintf(&file, "Person %d,p%d@example.com\n", i, i)
			}
		}
		s := startBriefly(t, env)
		id := s.uploaded(t, token, file.String())
		must[any](t, s.client(token), startImport, vars{"id": id})
		for kills, last := 0, 0; kills < 2; {
			j := importNow(t, s.client(token), id)
			if j.State == "DONE" {
				t.Fatal("it was done before it was killed")
			}
			if j.Handled <= last+200 {
				time.Sleep(5 * time.Millisecond)
				continue
			}
			last = j.Handled
			s.kill(t)
			s = startBriefly(t, env)
			kills++
		}
		j := finished(t, s.client(token), id)
		if diff := cmp.Diff(importState{ID: id, State: "DONE", Rows: rows, Handled: rows, Created: rows * 9 / 10, Refused: rows / 10}, j); diff != "" {
			t.Error(diff)
		}
		for query, want := range map[string]int{
			`SELECT count(*) FROM contacts`:                               j.Created,
			`SELECT count(DISTINCT email) FROM contacts`:                  j.Created,
			`SELECT count(*) FROM changes WHERE kind = 'CREATED'`:         j.Created,
			`SELECT count(*) FROM audit WHERE action = 'CONTACT_CREATED'`: j.Created,
			`SELECT count(*) FROM job_rows`:                               j.Refused,
		} {
			if n := db.number(t, query); n != want {
				t.Errorf("%s: %d, want %d", query, n, want)
			}
		}
	})
}

// TestSlowAFileIsBrokenOff has clients hang up and stall in the middle of a file. The log has no error, and nothing is left of the files.
func TestSlowAFileIsBrokenOff(t *testing.T) {
	storagetest.MarkSlow(t) // a client may send nothing for half a minute
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		env := db.env()
		env.mustRun(t, "migrate")
		token := env.token(t, "acme", "admin")
		s := start(t, quickBinary(t), env)
		must[any](t, s.client(token), `{ viewer { role } }`, nil)
		begin := func() net.Conn {
			c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			_, err = fmt.Fprintf(c, "POST /import/contacts HTTP/1.1\r\nHost: kith\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s",
				token, 1<<20, people("Person", 0, 5000, false))
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		hangsUp, stalls, half := begin(), begin(), begin()
		_ = hangsUp.Close()
		_ = half.(*net.TCPConn).CloseWrite()
		for c, want := range map[net.Conn]string{half: "400 The file was not sent completely", stalls: "408 Nothing more of the file came for 30 seconds"} {
			res, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			all, _ := io.ReadAll(res.Body)
			if status, message, _ := strings.Cut(want, " "); fmt.Sprint(res.StatusCode) != status || !strings.Contains(string(all), message) {
				t.Errorf("%s: %d %s", want, res.StatusCode, all)
			}
			_ = c.Close()
		}
		type list struct {
			ImportJobs struct{ Nodes []importState }
		}
		jobs := must[list](t, s.client(token), `{ importJobs(first: 5) { nodes { `+importFields+` } } }`, nil).ImportJobs.Nodes
		for _, j := range jobs {
			if j.State != "FAILED" || j.Failure == nil || *j.Failure != "The upload was broken off." {
				t.Errorf("%+v", j)
			}
		}
		if len(jobs) != 3 {
			t.Errorf("%d imports", len(jobs))
		}
		for patience := time.Now().Add(time.Minute); db.number(t, `SELECT count(*) FROM job_rows`) > 0; {
			if time.Now().After(patience) {
				t.Fatal("rows of a file are left that is not imported")
			}
			time.Sleep(50 * time.Millisecond) //nolint:forbidigo // they are dropped in the background
		}
	})
}

// TestAnImportOnTheCommandLineIsInterrupted interrupts the command while it reads the file. It fails, and nothing is left.
func TestAnImportOnTheCommandLineIsInterrupted(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		env := db.env()
		env.mustRun(t, "demo", "--contacts=1", "--workspace=acme")
		file := filepath.Join(t.TempDir(), "people.csv")
		if err := os.WriteFile(file, []byte(people("Person", 0, 500_000, false)), 0o600); err != nil {
			t.Fatal(err)
		}
		c := exec.Command(quickBinary(t), "import", "--workspace=acme", file)
		var wrote strings.Builder
		c.Env, c.Stderr = env.list(), &wrote
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		for patience := time.Now().Add(time.Minute); db.number(t, `SELECT count(*) FROM job_rows`) == 0 && time.Now().Before(patience); {
			time.Sleep(10 * time.Millisecond) //nolint:forbidigo // it reads
		}
		if err := c.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait()
		if code := c.ProcessState.ExitCode(); code != 1 || !strings.Contains(wrote.String(), "interrupted") {
			t.Errorf("exit code %d: %s", code, wrote.String())
		}
		if n := db.number(t, `SELECT count(*) FROM jobs WHERE state IN ('PENDING', 'RUNNING')`); n != 0 {
			t.Error("the import still waits to be started")
		}
	})
}

// people writes rows for the numbers from up to to, in that order or the reverse, under names of the file. Every tenth is refused.
func people(name string, from, to int, reverse bool) string {
	rows := make([]string, 0, to-from)
	for i := from; i < to; i++ {
		if i%10 == 9 {
			rows = append(rows, "Nobody,nope\n")
		} else {
			rows = append(rows, fmt.Sprintf("%s %d,p%d@example.com\n", name, i, i))
		}
	}
	if reverse {
		slices.Reverse(rows)
	}
	return "Name,Email\n" + strings.Join(rows, "")
}

// steps is how many steps of jobs a process has done.
func (s *server) steps(t *testing.T, token string) (n int) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := transport.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("metrics: %d %v", res.StatusCode, err)
	}
	_, after, _ := strings.Cut(string(text), `kith_storage_call_duration_seconds_count{call="StepJob"} `)
	_, _ = fmt.Sscan(after, &n) // none without such a line
	return n
}

// TestSlowTwoProcessesShareImports kills the process that imports, twice, while the other one is alive. Whatever they were at, the counts are those of the database.
func TestSlowTwoProcessesShareImports(t *testing.T) {
	storagetest.MarkSlow(t) // a killed process keeps its job for ten seconds
	t.Parallel()
	const rows = 20_000
	for name, c := range map[string]struct {
		files []string
		kills int
		// want sums up the imports. With crossing, it depends on who comes first which rows update contacts.
		want     importState
		crossing bool
	}{
		"a file": {
			[]string{people("Person", 0, rows, false)}, 0,
			importState{Created: rows*9/10 - 3600, Updated: 1800, Unchanged: 1800, Refused: rows / 10}, false,
		},
		"a file, with kills": {
			[]string{people("Person", 0, rows, false)}, 2,
			importState{Created: rows*9/10 - 3600, Updated: 1800, Unchanged: 1800, Refused: rows / 10}, false,
		},
		"the same file twice at the same time, with kills": {
			[]string{people("Person", 0, rows/2, false), people("Person", 0, rows/2, false)}, 2,
			importState{Created: rows/2*9/10 - 3600, Updated: 1800, Unchanged: rows/2*9/10 + 1800, Refused: rows / 10}, false,
		},
		"the same contacts under other names and in reverse, with kills": {
			[]string{people("Person", 0, rows/2, false), people("Other", 0, rows/2, true)}, 2,
			importState{Created: rows/2*9/10 - 3600, Updated: rows/2*9/10 + 3600, Refused: rows / 10}, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := database{pgtest.Database(t)}
			env := db.env()
			env.mustRun(t, "migrate")
			token := env.token(t, "acme", "admin")
			servers := []*server{start(t, quickBinary(t), env), start(t, quickBinary(t), env)}
			// 1,800 contacts are there as the files have them, and as many under other names.
			for _, text := range []string{people("Person", 0, 2000, false), people("Somebody", 2000, 4000, false)} {
				id := servers[0].uploaded(t, token, text)
				must[any](t, servers[0].client(token), startImport, vars{"id": id})
				if j := finished(t, servers[0].client(token), id); j.Created != 1800 {
					t.Fatalf("%+v", j)
				}
			}
			before := db.number(t, `SELECT count(*) FROM job_rows`)
			ids := make([]string, len(c.files))
			for i, text := range c.files {
				ids[i] = servers[i].uploaded(t, token, text)
			}
			for i, id := range ids {
				must[any](t, servers[i].client(token), startImport, vars{"id": id})
			}
			handled := func() (n int) {
				for _, id := range ids {
					n += importNow(t, servers[0].client(token), id).Handled
				}
				return n
			}
			for kill, last := range make([]int, c.kills) {
				for patience := time.Now().Add(time.Minute); last == 0; {
					switch n := handled(); {
					case n == rows || time.Now().After(patience):
						t.Fatalf("%d of %d rows are handled before kill %d", n, rows, kill)
					case n >= rows/4*(kill+1):
						last = n
					default:
						time.Sleep(5 * time.Millisecond) //nolint:forbidigo // the moment is to be any
					}
				}
				busy, idle := 0, servers[1].steps(t, token)
				for done := servers[0].steps(t, token); servers[0].steps(t, token) == done; {
					if servers[1].steps(t, token) > idle {
						busy = 1
						break
					}
				}
				servers[busy].kill(t)
				servers[busy] = start(t, quickBinary(t), env)
			}
			var sum importState
			for _, id := range ids {
				j := finished(t, servers[0].client(token), id)
				if j.State != "DONE" || j.Handled != j.Rows || j.Created+j.Updated+j.Unchanged+j.Refused != j.Rows {
					t.Errorf("%+v", j)
				}
				sum.Created += j.Created
				sum.Updated += j.Updated
				sum.Unchanged += j.Unchanged
				sum.Refused += j.Refused
			}
			if c.crossing {
				c.want.Updated -= sum.Unchanged
				c.want.Unchanged = sum.Unchanged
			}
			if diff := cmp.Diff(c.want, sum); diff != "" {
				t.Error(diff)
			}
			for query, want := range map[string]int{
				`SELECT count(*) FROM contacts`:                                            3600 + sum.Created,
				`SELECT count(DISTINCT email) FROM contacts`:                               3600 + sum.Created,
				`SELECT count(*) FROM contacts WHERE name LIKE 'Somebody %'`:               0,
				`SELECT count(*) FROM changes WHERE kind = 'CREATED'`:                      3600 + sum.Created,
				`SELECT count(*) FROM audit WHERE action = 'CONTACT_CREATED'`:              3600 + sum.Created,
				`SELECT count(*) FROM changes WHERE kind = 'UPDATED'`:                      sum.Updated,
				`SELECT sum(version - 1) FROM contacts`:                                    sum.Updated,
				`SELECT count(*) FROM audit WHERE action = 'CONTACT_EDITED'`:               sum.Updated,
				`SELECT count(*) FROM job_rows`:                                            before + sum.Refused,
				`SELECT count(DISTINCT (job_id, position)) FROM job_rows WHERE code <> ''`: before + sum.Refused,
			} {
				if n := db.number(t, query); n != want {
					t.Errorf("%s: %d, want %d", query, n, want)
				}
			}
			if out := env.mustRun(t, "check"); !strings.Contains(out, "The database is sound.") {
				t.Error(out)
			}
		})
	}
}
