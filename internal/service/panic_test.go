package service_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"kith/internal/crm"
	"kith/internal/service"
	"kith/storage"
)

// dizzy is a store that has no page and panics when it counts.
type dizzy struct{ storage.Store }

func (dizzy) Contacts(context.Context, crm.WorkspaceID, storage.ContactQuery) (storage.ContactPage, error) {
	return storage.ContactPage{}, crm.ErrUnavailable
}

func (dizzy) CountContacts(context.Context, crm.WorkspaceID, storage.ContactQuery, int) (storage.Count, error) {
	panic("Ann is away")
}

// TestAPanicInACountThatNobodyAsksForIsTold reads a count ahead of a page that there is none of.
func TestAPanicInACountThatNobodyAsksForIsTold(t *testing.T) {
	t.Parallel()
	store, v := openStore(t)
	told := make(chan *storage.PanicError, 2)
	d := service.New(dizzy{store}, service.Options{
		Now: func() time.Time { return start }, Panicked: func(p *storage.PanicError) { told <- p },
	})
	if _, err := d.Contacts(t.Context(), v, service.ContactList{Counted: []int{service.DefaultMost}}); !errors.Is(err, crm.ErrUnavailable) {
		t.Error(err)
	}
	if p := <-told; p.What != "string" || !strings.Contains(string(p.Stack), "CountContacts") {
		t.Error(p)
	}
}
