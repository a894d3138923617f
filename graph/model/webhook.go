package model

import (
	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/internal/service"
	"kith/storage"
)

// WebhookEndpointConnection is a page of webhook endpoints.
type WebhookEndpointConnection struct{ service.EndpointPage }

// Edges are the webhook endpoints with their cursors.
func (c *WebhookEndpointConnection) Edges() []WebhookEndpointEdge {
	out := make([]WebhookEndpointEdge, len(c.Endpoints))
	for i := range c.Endpoints {
		out[i] = WebhookEndpointEdge{c.List(), c.Endpoints[i]}
	}
	return out
}

// Nodes are the webhook endpoints.
func (c *WebhookEndpointConnection) Nodes() []crm.WebhookEndpoint { return c.Endpoints }

// PageInfo says whether there are more pages.
func (c *WebhookEndpointConnection) PageInfo() PageInfo {
	p := PageInfo{HasNextPage: c.HasNext, HasPreviousPage: c.HasPrevious, list: c.List()}
	if n := len(c.Endpoints); n > 0 {
		first, last := storage.EndpointPosition(c.Endpoints[0]), storage.EndpointPosition(c.Endpoints[n-1])
		p.first, p.last = &first, &last
	}
	return p
}

// WebhookEndpointEdge is an endpoint in the list, with its cursor.
type WebhookEndpointEdge struct {
	List cursor.List
	Node crm.WebhookEndpoint
}

// Cursor encodes the position in the list.
func (e *WebhookEndpointEdge) Cursor() string {
	return cursor.Encode(e.List, storage.EndpointPosition(e.Node))
}

// WebhookDeliveryConnection is a page of deliveries to a webhook endpoint.
type WebhookDeliveryConnection struct {
	service.DeliveryPage

	// Count answers for the whole list, as far as most.
	Count func(most int) (storage.Count, error)
}

// Edges are the deliveries to a webhook endpoint with their cursors.
func (c *WebhookDeliveryConnection) Edges() []WebhookDeliveryEdge {
	out := make([]WebhookDeliveryEdge, len(c.Deliveries))
	for i := range c.Deliveries {
		out[i] = WebhookDeliveryEdge{c.List(), c.Deliveries[i]}
	}
	return out
}

// Nodes are the deliveries to a webhook endpoint.
func (c *WebhookDeliveryConnection) Nodes() []crm.WebhookDelivery { return c.Deliveries }

// PageInfo says whether there are more pages.
func (c *WebhookDeliveryConnection) PageInfo() PageInfo {
	p := PageInfo{HasNextPage: c.HasNext, HasPreviousPage: c.HasPrevious, list: c.List()}
	if n := len(c.Deliveries); n > 0 {
		first, last := storage.DeliveryPosition(c.Deliveries[0]), storage.DeliveryPosition(c.Deliveries[n-1])
		p.first, p.last = &first, &last
	}
	return p
}

// WebhookDeliveryEdge is a delivery in the list, with its cursor.
type WebhookDeliveryEdge struct {
	List cursor.List
	Node crm.WebhookDelivery
}

// Cursor encodes the position in the list.
func (e *WebhookDeliveryEdge) Cursor() string {
	return cursor.Encode(e.List, storage.DeliveryPosition(e.Node))
}
