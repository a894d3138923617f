// Command genqlient uses the client that genqlient made of docs/clients.md: it reads every page, edits one field of a contact,
// clears another and is refused an edit of an old version, and prints what came of it as JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"

	"github.com/Khan/genqlient/graphql"
)

type signedIn struct{ authorization string }

func (s signedIn) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", s.authorization)
	return http.DefaultTransport.RoundTrip(r)
}

type outcome struct {
	Pages    int     `json:"pages"`
	Name     bool    `json:"name"` // whether it is still there
	Email    *string `json:"email"`
	Notes    string  `json:"notes"`
	Conflict string  `json:"conflict"`
}

func main() {
	o, err := run(context.Background(), os.Args[1], os.Args[2], os.Args[3])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_ = json.NewEncoder(os.Stdout).Encode(o)
}

func run(ctx context.Context, url, authorization, id string) (o outcome, err error) {
	client := graphql.NewClient(url, &http.Client{Transport: signedIn{authorization}})
	first := 20
	for after := (*string)(nil); ; {
		page, err := Contacts(ctx, client, nil, &first, after)
		if err != nil {
			return o, err
		}
		o.Pages++
		if !page.Contacts.PageInfo.HasNextPage || o.Pages == 3 {
			break
		}
		after = page.Contacts.PageInfo.EndCursor
	}
	email, notes, old := "somebody@example.com", "By genqlient", 1
	if _, err := EditContact(ctx, client, &UpdateContactInput{Id: id, Email: &email}); err != nil {
		return o, err
	}
	if _, err := ClearEmail(ctx, client, id); err != nil {
		return o, err
	}
	edited, err := EditContact(ctx, client, &UpdateContactInput{Id: id, Notes: &notes})
	if err != nil {
		return o, err
	}
	c := edited.UpdateContact.Contact
	o.Name, o.Email, o.Notes = c.Name != nil && *c.Name != "", c.Email, c.Notes
	refused, err := EditContact(ctx, client, &UpdateContactInput{Id: id, Notes: &email, ExpectedVersion: &old})
	if err != nil {
		return o, err
	}
	o.Conflict = string(refused.UpdateContact.UserErrors[0].Code)
	return o, nil
}
