-- Sealed secrets, the use of sessions, failed sign-ins, and the log of access.

CREATE TABLE secret (
  purpose TEXT NOT NULL,
  name TEXT NOT NULL,
  sealed TEXT NOT NULL,
  changed BIGINT NOT NULL,
  PRIMARY KEY (purpose, name)
);

-- What a session knows besides its secret: a name that may be shown, when it began and was last used,
-- and where from.
CREATE TABLE session_use (
  digest BLOB NOT NULL PRIMARY KEY,
  id TEXT NOT NULL,
  user_name TEXT NOT NULL,
  began BIGINT NOT NULL,
  used BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  address TEXT NOT NULL,
  agent TEXT NOT NULL
);
CREATE INDEX session_use_by_user ON session_use (user_name);

-- Failed sign-ins in a window. The key is a digest: people type passwords into the wrong field.
CREATE TABLE sign_in_failure (
  key TEXT NOT NULL PRIMARY KEY,
  since BIGINT NOT NULL,
  failures BIGINT NOT NULL
);
CREATE INDEX sign_in_failure_by_time ON sign_in_failure (since);

-- Who came in, what was refused, seen or taken out; the events say what was changed. Each entry is
-- sealed with the one before.
CREATE TABLE access_entry (
  number BIGINT NOT NULL PRIMARY KEY,
  time BIGINT NOT NULL,
  kind TEXT NOT NULL,
  actor TEXT NOT NULL,
  role TEXT NOT NULL,
  object TEXT NOT NULL,
  detail TEXT NOT NULL,
  address TEXT NOT NULL,
  request TEXT NOT NULL,
  hash BLOB NOT NULL
);
CREATE INDEX access_entry_by_actor ON access_entry (actor, number);
CREATE INDEX access_entry_by_kind ON access_entry (kind, number);
