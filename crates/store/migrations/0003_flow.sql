-- Flow: heads of lanes, leases, the state of connections, holds, modes of flows.

-- How often it was taken: two workers never hold the same number. Attempts are those that count.
ALTER TABLE effect ADD COLUMN fence BIGINT NOT NULL DEFAULT 0;
-- Whoever took it has it until then, microseconds; 0 when nobody has it.
ALTER TABLE effect ADD COLUMN lease BIGINT NOT NULL DEFAULT 0;
-- Higher goes first.
ALTER TABLE effect ADD COLUMN priority BIGINT NOT NULL DEFAULT 0;
-- 1 when it waited through an outage, 2 when it was looked up afterwards and is as it should be,
-- 3 when it is not.
ALTER TABLE effect ADD COLUMN fallback BIGINT NOT NULL DEFAULT 0;
UPDATE effect SET fence = attempts;
CREATE INDEX effect_by_priority ON effect (lane, priority) WHERE status NOT IN ('confirmed', 'skipped');
CREATE INDEX effect_to_verify ON effect (connection, id) WHERE fallback = 1 AND status = 'confirmed';
CREATE INDEX effect_unsettled ON effect (connection, status) WHERE status NOT IN ('confirmed', 'skipped');

-- One row a lane with something to do: its head, kept with every change, so that what is due is
-- found without looking at what waits behind.
CREATE TABLE lane_head (
  name TEXT NOT NULL PRIMARY KEY,
  connection TEXT NOT NULL,
  head TEXT NOT NULL,
  status TEXT NOT NULL,
  due BIGINT NOT NULL,
  lease BIGINT NOT NULL,
  priority BIGINT NOT NULL,
  since BIGINT NOT NULL
);
CREATE INDEX lane_head_by_age ON lane_head (connection, priority DESC, since, head) WHERE status <> 'parked';
CREATE INDEX lane_head_fresh ON lane_head (connection, since, head) WHERE status <> 'parked';
CREATE INDEX lane_head_parked ON lane_head (connection, since, head) WHERE status = 'parked';
CREATE INDEX lane_head_under_way ON lane_head (connection, lease) WHERE lease > 0;
CREATE INDEX lane_head_due ON lane_head (due) WHERE status <> 'parked';
INSERT INTO lane_head (name, connection, head, status, due, lease, priority, since)
  SELECT e.lane, e.connection, e.id, e.status, e.next_attempt, 0, 0, e.created FROM effect e
  JOIN (SELECT lane, min(id) AS head FROM effect WHERE status NOT IN ('confirmed', 'skipped') GROUP BY lane) h
  ON h.head = e.id;

-- What only one process does at a time. The fence grows with every new holder.
CREATE TABLE lease (
  name TEXT NOT NULL PRIMARY KEY,
  holder TEXT NOT NULL,
  expires BIGINT NOT NULL,
  fence BIGINT NOT NULL
);

-- What all processes know of a connection: its budget, its breaker, its last outage.
CREATE TABLE connection_state (
  name TEXT NOT NULL PRIMARY KEY,
  per_minute BIGINT NOT NULL,
  burst BIGINT NOT NULL,
  concurrency BIGINT NOT NULL,
  failures_to_open BIGINT NOT NULL,
  hold_ms BIGINT NOT NULL,
  spent_until BIGINT NOT NULL,
  breaker TEXT NOT NULL,
  failures BIGINT NOT NULL,
  breaker_at BIGINT NOT NULL,
  ramp_from BIGINT NOT NULL,
  ready BIGINT NOT NULL,
  outage_from BIGINT NOT NULL,
  outage_until BIGINT NOT NULL,
  last_fault TEXT NOT NULL,
  quota_used BIGINT NOT NULL,
  quota_limit BIGINT NOT NULL,
  credential_from TEXT NOT NULL,
  credential_until TEXT NOT NULL,
  changed BIGINT NOT NULL
);

-- What calls came to, a row a minute. The columns up_to_… count the calls that took at most that
-- many milliseconds; took is the sum in microseconds.
CREATE TABLE connection_minute (
  connection TEXT NOT NULL,
  minute BIGINT NOT NULL,
  calls BIGINT NOT NULL,
  confirmed BIGINT NOT NULL,
  failed BIGINT NOT NULL,
  throttled BIGINT NOT NULL,
  took BIGINT NOT NULL,
  up_to_25 BIGINT NOT NULL,
  up_to_50 BIGINT NOT NULL,
  up_to_100 BIGINT NOT NULL,
  up_to_250 BIGINT NOT NULL,
  up_to_500 BIGINT NOT NULL,
  up_to_1000 BIGINT NOT NULL,
  up_to_2500 BIGINT NOT NULL,
  up_to_5000 BIGINT NOT NULL,
  up_to_10000 BIGINT NOT NULL,
  up_to_30000 BIGINT NOT NULL,
  PRIMARY KEY (connection, minute)
);

-- Deliveries that a person holds: of a whole connection or of one lane.
CREATE TABLE delivery_hold (
  scope TEXT NOT NULL,
  name TEXT NOT NULL,
  reason TEXT NOT NULL,
  actor TEXT NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (scope, name)
);

-- How a flow goes out: each fact at once, in windows, or once a day.
CREATE TABLE flow_mode (
  flow TEXT NOT NULL PRIMARY KEY,
  mode TEXT NOT NULL,
  minutes BIGINT NOT NULL,
  at TEXT NOT NULL,
  reason TEXT NOT NULL,
  actor TEXT NOT NULL,
  changed BIGINT NOT NULL
);
