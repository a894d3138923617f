package api

import (
	"fmt"
	"testing"
	"time"

	"kith/storage/storagetest"
)

// bulkJob is a bulk job as the API shows it.
type bulkJob struct {
	ID, State                 string
	Total                     *int
	Handled, Deleted, Refused int
}

func (c client) bulkJob(t *testing.T, id string) bulkJob {
	t.Helper()
	return must[struct{ BulkJob bulkJob }](t, c, `query ($id: ID!) { bulkJob(id: $id) { id state total handled deleted refused } }`, vars{"id": id}).BulkJob
}

// TestSlowABulkDeletionOutlivesItsProcesses kills the process that deletes, twice. In the end the job has counted every contact
// once, and the database agrees.
func TestSlowABulkDeletionOutlivesItsProcesses(t *testing.T) {
	storagetest.MarkSlow(t) // a killed process keeps its job for ten seconds
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		env := db.env("KITH_DEMO", "off")
		env.mustRun(t, "migrate")
		env.mustRun(t, "demo", "--contacts", "300", "--seed", "1", "--workspace", "acme")
		token := env.token(t, "acme", "admin")
		servers := []*server{startBriefly(t, env)}
		if db.isPostgres() {
			servers = append(servers, startBriefly(t, env))
		}
		c := servers[0].client(token)
		const bulk = `mutation ($in: BulkDeleteContactsInput!) { bulkDeleteContacts(input: $in) { count token job { id } userErrors { code } } }`
		type answer struct {
			BulkDeleteContacts struct {
				Count int
				Token string
				Job   struct{ ID string }
			}
		}
		filter := vars{"hasEmail": true}
		counted := must[answer](t, c, bulk, vars{"in": vars{"filter": filter, "dryRun": true}}).BulkDeleteContacts
		before := db.number(t, `SELECT count(*) FROM contacts`)
		matching := db.number(t, `SELECT count(*) FROM contacts WHERE email IS NOT NULL`)
		if counted.Count != matching || matching < 150 {
			t.Fatalf("counted %d of %d", counted.Count, matching)
		}
		id := must[answer](t, c, bulk, vars{"in": vars{"filter": filter, "token": counted.Token}}).BulkDeleteContacts.Job.ID

		handled := 0
		for kill := range 2 {
			patience := time.Now().Add(40 * time.Second)
			for now := c.bulkJob(t, id); now.Handled <= handled; now = c.bulkJob(t, id) {
				if now.State == "DONE" || time.Now().After(patience) {
					t.Fatalf("before kill %d: %+v", kill, now)
				}
				time.Sleep(time.Millisecond) //nolint:forbidigo // the moment is to be any
			}
			for i := range servers { // whichever is at it
				servers[i].kill(t)
				servers[i] = startBriefly(t, env)
			}
			c = servers[0].client(token)
			handled = c.bulkJob(t, id).Handled
		}
		job := c.bulkJob(t, id)
		for patience := time.Now().Add(2 * time.Minute); job.State == "RUNNING" && time.Now().Before(patience); job = c.bulkJob(t, id) {
			time.Sleep(20 * time.Millisecond) //nolint:forbidigo // it works meanwhile
		}
		want := bulkJob{ID: id, State: "DONE", Total: &matching, Handled: matching, Deleted: matching}
		if fmt.Sprint(job.ID, job.State, *job.Total, job.Handled, job.Deleted, job.Refused) !=
			fmt.Sprint(want.ID, want.State, *want.Total, want.Handled, want.Deleted, want.Refused) {
			t.Errorf("%+v, of %d", job, matching)
		}
		for query, want := range map[string]int{
			`SELECT count(*) FROM contacts`:                                                 before - matching,
			`SELECT count(*) FROM contacts WHERE email IS NOT NULL`:                         0,
			`SELECT count(*) FROM audit WHERE action = 'CONTACT_DELETED'`:                   matching,
			`SELECT count(DISTINCT contact_id) FROM audit WHERE action = 'CONTACT_DELETED'`: matching,
			`SELECT count(DISTINCT contact_id) FROM changes WHERE kind = 'DELETED'`:         matching,
			`SELECT count(*) FROM job_rows`:                                                 0,
		} {
			if got := db.number(t, query); got != want {
				t.Errorf("%s: %d, want %d", query, got, want)
			}
		}
	})
}

// TestSlowProgressOfAJobIsHeardFromEveryProcess has each process asked how far a job is, of which one does the work.
func TestSlowProgressOfAJobIsHeardFromEveryProcess(t *testing.T) {
	storagetest.MarkSlow(t)
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		env := db.env("KITH_DEMO", "off")
		env.mustRun(t, "migrate")
		env.mustRun(t, "demo", "--contacts", "3000", "--seed", "1", "--workspace", "acme")
		token := env.token(t, "acme", "staff")
		servers := []*server{startBriefly(t, env)}
		if db.isPostgres() {
			servers = append(servers, startBriefly(t, env))
		}
		c := servers[0].client(token)
		const bulk = `mutation ($in: BulkDeleteContactsInput!) { bulkDeleteContacts(input: $in) { token job { id } } }`
		type answer struct {
			BulkDeleteContacts struct {
				Token string
				Job   struct{ ID string }
			}
		}
		counted := must[answer](t, c, bulk, vars{"in": vars{"dryRun": true}}).BulkDeleteContacts
		id := must[answer](t, c, bulk, vars{"in": vars{"token": counted.Token}}).BulkDeleteContacts.Job.ID
		const progress = `subscription ($id: ID!) { bulkJobProgress(id: $id) { id state total handled deleted refused } }`
		streams := make([]*watching, len(servers))
		for i, s := range servers {
			streams[i] = s.client(token).subscribe(t, progress, vars{"id": id})
		}
		for i, stream := range streams {
			var heard []bulkJob
			for {
				var a struct {
					Data struct{ BulkJobProgress bulkJob }
				}
				if !stream.read(t, &a) {
					break
				}
				heard = append(heard, a.Data.BulkJobProgress)
			}
			last := heard[len(heard)-1]
			if last.State != "DONE" || last.Handled != 3000 || last.Deleted != 3000 {
				t.Errorf("process %d: the last of %d is %+v", i, len(heard), last)
			}
			if len(heard) < 3 {
				t.Errorf("heard %d times: %+v", len(heard), heard)
			}
			for n := 1; n < len(heard); n++ {
				if heard[n].Handled < heard[n-1].Handled {
					t.Errorf("process %d: %+v after %+v", i, heard[n], heard[n-1])
				}
			}
		}
	})
}
