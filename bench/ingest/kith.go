package main

import (
	"context"
	"fmt"
	"strconv"

	"kith/bench/rig"
)

const appSecret = "app_secret-of-the-bench" //nolint:gosec // of a throw-away database

// kith is the server that is measured.
type kith struct{ *rig.Kith }

// connect makes a channel, to be reached by its webhook or by GraphQL.
func (k kith) connect(ctx context.Context, graphql bool) (target, error) {
	var made struct {
		CreateChannel struct{ Channel struct{ ID string } }
	}
	err := k.Ask(ctx, "admin", `mutation { createChannel(input: { name: "Bench", type: WHATSAPP, secret: "`+appSecret+`" }) {
		channel { id } userErrors { message } } }`, nil, &made)
	if err != nil {
		return target{}, err
	}
	id := made.CreateChannel.Channel.ID
	if !graphql {
		return target{url: k.Base + "/channels/" + id + "/webhook", secret: appSecret, channel: id}, nil
	}
	t, err := rig.Token("channel")
	return target{url: k.Base + "/graphql", token: t, channel: id}, err
}

// check compares what is stored with what was sent: each message once, and the burst in one session.
func (k kith) check(ctx context.Context, s sent) error {
	var found struct {
		Contacts struct{ TotalCount struct{ Value int } }
	}
	if err := k.Ask(ctx, "admin", `{ contacts(first: 1) { totalCount { value } } }`, nil, &found); err != nil {
		return err
	}
	if n := found.Contacts.TotalCount.Value; n != s.customers {
		return fmt.Errorf("%d customers are %d contacts", s.customers, n)
	}
	total, most, sessions := 0, 0, 0
	for after := "null"; ; {
		var page struct {
			Sessions struct {
				Nodes    []struct{ UnreadCount int }
				PageInfo struct {
					HasNextPage bool
					EndCursor   string
				}
			}
		}
		err := k.Ask(ctx, "admin", `{ sessions(first: 100, after: `+after+`) {
			nodes { unreadCount } pageInfo { hasNextPage endCursor } } }`, nil, &page)
		if err != nil {
			return err
		}
		for _, one := range page.Sessions.Nodes {
			total, most, sessions = total+one.UnreadCount, max(most, one.UnreadCount), sessions+1
		}
		if !page.Sessions.PageInfo.HasNextPage {
			break
		}
		after = strconv.Quote(page.Sessions.PageInfo.EndCursor)
	}
	if total != s.messages || sessions != s.customers || most < s.hot {
		return fmt.Errorf("%d messages are %d in %d sessions, %d in one of them", s.messages, total, sessions, most)
	}
	fmt.Printf("stored: %d messages in %d sessions of as many contacts, as sent\n", total, sessions)
	return nil
}
