package postgres

func init() {
	indexes = append(indexes,
		index{"INDEX", "contacts_by_next", `contacts (workspace_id, next, id)`},
		index{"INDEX", "messages_next", `messages (workspace_id, day, session_id)`})
}
