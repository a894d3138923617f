// Command ingest measures how many messages a second Kith takes in, and how long each takes: webhooks as WhatsApp sends
// them, signed, one message each, from many customers over connections that stay open. It starts Kith on an empty
// SQLite file and on an empty PostgreSQL, or measures a Kith that runs, with -webhook.
//
//	first    the first message of each customer: a new contact and session
//	all out  more messages of all customers, as fast as the connections go
//	paced    the same at a given rate; a message that has to wait for its connection counts from when it was due
//	burst    one customer's messages all at once, beside others at half the rate; of whom the times are
//
// With -endpoints it measures instead what webhook endpoints cost: all out without any, with one, with ten, and with one whose
// receiver takes nine seconds to answer, in turns.
//
// Without a PostgreSQL in the environment it runs itself again under scripts/with-postgres, with one that waits for the
// disk. It leaves nothing behind.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"kith/bench/rig"
)

// options are the command line.
type options struct {
	customers, connections, hot int
	lasting                     time.Duration
	rates                       map[string]float64
	only, webhook, secret       string
	graphql, endpoints          bool
}

func main() {
	var o options
	var postgres, sqlite float64
	flag.IntVar(&o.customers, "customers", 10_000, "how many customers write")
	flag.IntVar(&o.connections, "connections", 32, "how many connections the messages come by")
	flag.IntVar(&o.hot, "hot", 1000, "how many messages one customer sends in a burst; 0 skips the burst")
	flag.DurationVar(&o.lasting, "lasting", 10*time.Second, "how long each measurement with a time lasts")
	flag.Float64Var(&postgres, "rate", 2000, "the pace on PostgreSQL, and of -webhook, in messages a second")
	flag.Float64Var(&sqlite, "sqlite-rate", 1000, "the pace on SQLite, in messages a second")
	flag.StringVar(&o.only, "only", "", "measure only postgres or sqlite")
	flag.StringVar(&o.webhook, "webhook", "", "measure a Kith that runs, by the webhook of a WHATSAPP channel of its")
	flag.StringVar(&o.secret, "secret", "", "the secret of the channel of -webhook")
	flag.BoolVar(&o.graphql, "graphql", false, "report by the mutation recordInteraction instead of webhooks")
	flag.BoolVar(&o.endpoints, "endpoints", false, "measure what webhook endpoints cost")
	flag.Parse()
	o.rates = map[string]float64{"postgres": postgres, "sqlite": sqlite}
	rig.Main(func(ctx context.Context) error { return run(ctx, o) })
}

func run(ctx context.Context, o options) error {
	if o.customers < 1 || o.connections < 1 || o.hot < 0 || o.lasting <= 0 ||
		o.rates["postgres"] <= 0 || o.rates["sqlite"] <= 0 {
		return errors.New("the numbers must be above nothing")
	}
	if o.endpoints && o.webhook != "" {
		return errors.New("-endpoints cannot be measured on a Kith that runs")
	}
	if o.webhook != "" {
		_, err := measure(ctx, o, "postgres", target{url: o.webhook, secret: o.secret})
		return err
	}
	return rig.Each(ctx, o.only, func(ctx context.Context, kind string, started *rig.Kith) error {
		k := kith{started}
		t, err := k.connect(ctx, o.graphql)
		if err != nil {
			return err
		}
		if o.endpoints {
			return k.withEndpoints(ctx, o, kind, t)
		}
		sent, err := measure(ctx, o, kind, t)
		if err != nil {
			return err
		}
		return k.check(ctx, sent)
	})
}

// withEndpoints measures what webhook endpoints cost.
func (k kith) withEndpoints(ctx context.Context, o options, kind string, t target) error {
	load, err := newLoad(o, t)
	if err != nil {
		return err
	}
	fmt.Printf("\n%s, %d customers, %d connections\n", kind, o.customers, o.connections)
	load.first(ctx)
	if err := load.endpoints(ctx, k, o.lasting); err != nil {
		return err
	}
	return k.check(ctx, sent{customers: o.customers, messages: int(load.taken.Load())})
}

// sent is what must be found after the measurements.
type sent struct{ customers, messages, hot int }

// measure runs all measurements against a target.
func measure(ctx context.Context, o options, kind string, t target) (sent, error) {
	load, err := newLoad(o, t)
	if err != nil {
		return sent{}, err
	}
	rate := o.rates[kind]
	fmt.Printf("\n%s, %d customers, %d connections\n", kind, o.customers, o.connections)
	fmt.Printf("%-34s %10s %8s %8s %8s %8s %8s\n", "", "messages/s", "p50 ms", "p95", "p99", "max", "failed")
	load.first(ctx).print("first message of each customer")
	load.allOut(ctx, o.lasting).print("all out")
	load.paced(ctx, o.lasting, rate).print(fmt.Sprintf("paced at %.0f a second", rate))
	if o.hot > 0 {
		others, burst := load.burst(ctx, o.lasting, rate/2, o.hot)
		others.print(fmt.Sprintf("others at %.0f beside a burst", rate/2))
		burst.print(fmt.Sprintf("the burst of %d of one customer", o.hot))
	}
	s := sent{o.customers, int(load.taken.Load()), o.hot}
	if o.hot > 0 {
		s.customers++
	}
	return s, ctx.Err()
}
