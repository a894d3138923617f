-- +goose Up

-- Sign-ins that were over before their time: credentials of them that were issued earlier are good no more. A row is of no
-- use any more when the last of them has ended by itself.
CREATE TABLE ended_sign_ins (
  sign_in TEXT PRIMARY KEY, -- random
  issued_before INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX ended_sign_ins_by_time ON ended_sign_ins (at);
