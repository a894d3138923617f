package pgtest

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// citusShards is how many parts tables have: few, because each takes time to create.
const citusShards = 4

// Citus creates an empty database for the test on every node of the Citus cluster that KITH_TEST_CITUS_URL names, a database of
// its coordinator that knows the workers. It drops them at the end, and returns the URL of the coordinator's. The user of the URL
// must be a superuser on all nodes. Without a cluster the test is skipped.
func Citus(t testing.TB) string {
	t.Helper()
	server := os.Getenv("KITH_TEST_CITUS_URL")
	if server == "" {
		t.Skip("KITH_TEST_CITUS_URL is not set: it names a database of the coordinator of a Citus cluster")
	}
	coordinator, err := url.Parse(server)
	if err != nil {
		t.Fatal("KITH_TEST_CITUS_URL is not a URL")
	}
	name := "kith_test_" + uuid.Must(uuid.NewV7()).String()[9:]
	quoted := pgx.Identifier{name}.Sanitize()
	nodes := append([]string{coordinator.Host}, citusWorkers(t, server)...)
	for _, node := range nodes {
		on := *coordinator
		on.Host = node
		administer(t, on.String(), `CREATE DATABASE `+quoted)
		t.Cleanup(func() {
			administer(t, on.String(), `DROP DATABASE IF EXISTS `+quoted+` WITH (FORCE)`)
		})
		administer(t, on.String(), `ALTER DATABASE `+quoted+` SET citus.shard_count = `+strconv.Itoa(citusShards))
		in := on
		in.Path = "/" + name
		administer(t, in.String(), `CREATE EXTENSION citus`)
	}
	coordinator.Path = "/" + name
	host, port, err := net.SplitHostPort(coordinator.Host)
	if err != nil {
		t.Fatal("KITH_TEST_CITUS_URL has no port")
	}
	administer(t, coordinator.String(), fmt.Sprintf(`SELECT citus_set_coordinator_host('%s', %s)`, host, port))
	for _, node := range nodes[1:] {
		host, port, _ := net.SplitHostPort(node)
		administer(t, coordinator.String(), fmt.Sprintf(`SELECT citus_add_node('%s', %s)`, host, port))
	}
	return coordinator.String()
}

// CitusNodes are the URLs of a database of a Citus cluster on its coordinator, whose is given, and on the workers.
func CitusNodes(t testing.TB, coordinator string) []string {
	t.Helper()
	nodes := []string{coordinator}
	for _, worker := range citusWorkers(t, coordinator) {
		u, err := url.Parse(coordinator)
		if err != nil {
			t.Fatal("not a URL")
		}
		u.Host = worker
		nodes = append(nodes, u.String())
	}
	return nodes
}

// Configure changes a setting of the database at url for sessions to come.
func Configure(t testing.TB, url, setting, value string) {
	t.Helper()
	administer(t, url, fmt.Sprintf(
		`DO $$ BEGIN EXECUTE format('ALTER DATABASE %%I SET %s = %%L', current_database(), '%s'); END $$`, setting, value))
}

// citusWorkers are the addresses of the workers that a coordinator knows.
func citusWorkers(t testing.TB, server string) []string {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatalf("connect to the coordinator: %v", err)
	}
	defer func() { _ = c.Close(ctx) }()
	rows, err := c.Query(ctx, `SELECT nodename || ':' || nodeport FROM pg_dist_node WHERE noderole = 'primary' AND groupid <> 0 ORDER BY nodeid`)
	if err != nil {
		t.Fatalf("list the workers: %v", err)
	}
	workers, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(workers) == 0 {
		t.Fatalf("the cluster has no workers: %v", err)
	}
	return workers
}
