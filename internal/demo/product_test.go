package demo

import (
	"testing"

	"kith/internal/crm"
)

func TestEveryChannelTypeHasARowInTheDemo(t *testing.T) {
	t.Parallel()
	for _, kind := range crm.ChannelTypes {
		if p := products[kind]; p.channel == "" || p.id == nil {
			t.Errorf("%s lacks its row in products, or a part of it", kind)
		}
	}
	if len(products) != len(crm.ChannelTypes) {
		t.Errorf("%d rows for %d channel types", len(products), len(crm.ChannelTypes))
	}
}
