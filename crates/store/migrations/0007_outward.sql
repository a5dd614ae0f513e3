-- Readers of the log, and webhooks that go out.

CREATE TABLE log_reader (
  name TEXT NOT NULL PRIMARY KEY,
  active BIGINT NOT NULL
);

-- A partition with events that a reader has not read. Set by the append itself; a hint where to
-- look, never the proof of what was read.
CREATE TABLE log_unread (
  reader TEXT NOT NULL,
  partition_key TEXT NOT NULL,
  sequence BIGINT NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (reader, partition_key)
);
CREATE INDEX log_unread_by_age ON log_unread (reader, since, partition_key);

-- The last event that a reader has read of a partition.
CREATE TABLE log_position (
  reader TEXT NOT NULL,
  partition_key TEXT NOT NULL,
  sequence BIGINT NOT NULL,
  PRIMARY KEY (reader, partition_key)
);

CREATE TABLE webhook_endpoint (
  id TEXT NOT NULL PRIMARY KEY,
  url TEXT NOT NULL,
  description TEXT NOT NULL,
  types TEXT NOT NULL,
  version BIGINT NOT NULL,
  status TEXT NOT NULL,
  reason TEXT NOT NULL,
  secret_number BIGINT NOT NULL,
  secret_shown BIGINT NOT NULL,
  previous_until BIGINT NOT NULL,
  failing_since BIGINT NOT NULL,
  hold_until BIGINT NOT NULL,
  created BIGINT NOT NULL,
  changed BIGINT NOT NULL,
  actor TEXT NOT NULL
);

CREATE TABLE webhook_message (
  endpoint TEXT NOT NULL,
  id TEXT NOT NULL,
  event TEXT NOT NULL,
  event_type TEXT NOT NULL,
  lane TEXT NOT NULL,
  sequence BIGINT NOT NULL,
  status TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  code BIGINT NOT NULL,
  error TEXT NOT NULL,
  created BIGINT NOT NULL,
  changed BIGINT NOT NULL,
  PRIMARY KEY (endpoint, id)
);
CREATE INDEX webhook_message_waiting ON webhook_message (endpoint, lane, sequence, id) WHERE status = 'waiting';
CREATE INDEX webhook_message_by_change ON webhook_message (endpoint, changed, id);

-- One row for each lane of an endpoint with something to send.
CREATE TABLE webhook_lane (
  endpoint TEXT NOT NULL,
  lane TEXT NOT NULL,
  due BIGINT NOT NULL,
  lease BIGINT NOT NULL,
  PRIMARY KEY (endpoint, lane)
);
CREATE INDEX webhook_lane_by_due ON webhook_lane (endpoint, due);

CREATE TABLE webhook_attempt (
  endpoint TEXT NOT NULL,
  message TEXT NOT NULL,
  number BIGINT NOT NULL,
  at BIGINT NOT NULL,
  took_ms BIGINT NOT NULL,
  code BIGINT NOT NULL,
  error TEXT NOT NULL,
  PRIMARY KEY (endpoint, message, number)
);
