package fastlist

import (
	"github.com/99designs/gqlgen/graphql"

	"kith/internal/crm"
)

// channel writes channels, of which a list has many times the same.
func (c *compiler) channel(fc *graphql.FieldContext) func(w *List, id crm.ChannelID) {
	channel := compile(c, fc, []string{"Channel", "Node"}, plainChannel, nil)
	written := make(map[crm.ChannelID][]byte)
	return func(w *List, id crm.ChannelID) {
		text, ok := written[id]
		if !ok {
			found, ok, err := w.loaders.Channels.Now(w.ctx, id)
			if w.fail(err); !ok {
				w.fail(crm.ErrNotFound)
				return
			}
			from := len(w.b.B)
			channel.write(w, &found)
			written[id] = append(text, w.b.B[from:]...)
			return
		}
		w.b.B = append(w.b.B, text...)
	}
}
