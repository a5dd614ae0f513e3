-- Processes: the versions of their tables, their instances, the steps of each, the keys by which
-- events find them, and what people did to them.

CREATE TABLE process_definition (
  name TEXT NOT NULL,
  version BIGINT NOT NULL,
  recorded BIGINT NOT NULL,
  actor TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (name, version)
);

CREATE TABLE process (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  version BIGINT NOT NULL,
  subject TEXT NOT NULL,
  status TEXT NOT NULL,
  starter TEXT NOT NULL,
  memory TEXT NOT NULL,
  entity TEXT NOT NULL,
  customer TEXT NOT NULL,
  amount BIGINT NOT NULL,
  currency TEXT NOT NULL,
  correlation TEXT NOT NULL,
  reason TEXT NOT NULL,
  stuck TEXT NOT NULL,
  next_try BIGINT NOT NULL,
  started BIGINT NOT NULL,
  changed BIGINT NOT NULL
);
CREATE UNIQUE INDEX process_running ON process (name, subject) WHERE status IN ('running', 'cancelling');
CREATE INDEX process_to_work ON process (next_try, id) WHERE next_try > 0;
CREATE INDEX process_by_correlation ON process (correlation);
CREATE INDEX process_by_name ON process (name, status, id);

CREATE TABLE process_step (
  process TEXT NOT NULL,
  position BIGINT NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  status TEXT NOT NULL,
  since BIGINT NOT NULL,
  due BIGINT NOT NULL,
  settled BIGINT NOT NULL,
  cause TEXT NOT NULL,
  actor TEXT NOT NULL,
  note TEXT NOT NULL,
  late BIGINT NOT NULL,
  taken_back BIGINT NOT NULL,
  PRIMARY KEY (process, position)
);
CREATE INDEX process_step_due ON process_step (due) WHERE status IN ('waiting', 'asked') AND late = 0;

CREATE TABLE process_key (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  process TEXT NOT NULL,
  PRIMARY KEY (kind, id, process)
);
CREATE INDEX process_key_by_process ON process_key (process);

CREATE TABLE process_note (
  process TEXT NOT NULL,
  position BIGINT NOT NULL,
  time BIGINT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  step TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (process, position)
);
