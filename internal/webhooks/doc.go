// Package webhooks sends the events of workspaces to their webhook endpoints, as Standard Webhooks 1.0 says
// (https://www.standardwebhooks.com): at least once, in order for each contact, until the receiver accepts them.
//
// It reads the log of events, and never decides what an administrator may do. Bodies are made when they are sent and kept
// nowhere. It connects to no private, loopback or link-local address unless the operator allows its network, and follows no
// redirects.
package webhooks
