-- +goose Up

-- The order by creation, which the ids of contacts do not tell.
CREATE INDEX contacts_by_creation ON contacts (workspace_id, created_at, id);

CREATE INDEX changes_activity_of_contact ON changes (workspace_id, contact_id) WHERE session_id IS NULL AND kind = 'ACTIVITY';

-- Whose a session is stands with the session alone: nothing may lead from a session to a contact that is gone.
UPDATE audit SET contact_id = NULL WHERE session_id IS NOT NULL AND contact_id IS NOT NULL;
UPDATE changes SET contact_id = NULL WHERE session_id IS NOT NULL AND contact_id IS NOT NULL;
UPDATE changes e SET contact_id = NULL, version = 0, fields = '{}', old_values = NULL, new_values = NULL, actor = ''
WHERE e.session_id IS NULL AND e.kind <> 'DELETED' AND e.contact_id IS NOT NULL AND NOT EXISTS (
  SELECT FROM contacts c WHERE c.workspace_id = e.workspace_id AND c.id = e.contact_id
);
DELETE FROM changes WHERE seq = 0 AND contact_id IS NULL;
UPDATE sessions SET last_message_preview = NULL WHERE contact_id IS NULL AND last_message_preview IS NOT NULL;

-- +goose Down
DROP INDEX contacts_by_creation, changes_activity_of_contact;
