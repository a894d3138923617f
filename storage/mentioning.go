package storage

import "kith/internal/crm"

// Mentioning returns the failures whose payloads name one of the identities, for a backend that deletes or exports them
// with their contact. batch returns some failures of a channel, in the order of their ids and after the given one, of which
// no customer is known; none when there are no more.
func Mentioning(
	identities []crm.Identity, batch func(channel crm.ChannelID, after crm.FailureID) ([]crm.Failure, error),
) (found []crm.FailureID, err error) {
	externals := make(map[crm.ChannelID][]string)
	for _, i := range identities {
		externals[i.ChannelID] = append(externals[i.ChannelID], i.ExternalID)
	}
	for channel, ids := range externals {
		for after := (crm.FailureID{}); ; {
			failures, err := batch(channel, after)
			if err != nil {
				return nil, err
			}
			if len(failures) == 0 {
				break
			}
			for _, f := range failures {
				if after = f.ID; f.Mentions(ids) {
					found = append(found, f.ID)
				}
			}
		}
	}
	return found, nil
}
