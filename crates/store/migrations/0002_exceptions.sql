-- Exceptions as work: grouped by cause, with a term of service, escalation, proposals, batches of
-- actions, incidents and disputes.

ALTER TABLE exception ADD COLUMN fingerprint TEXT NOT NULL DEFAULT '';
ALTER TABLE exception ADD COLUMN connection TEXT NOT NULL DEFAULT '';
ALTER TABLE exception ADD COLUMN operation TEXT NOT NULL DEFAULT '';
ALTER TABLE exception ADD COLUMN cause TEXT NOT NULL DEFAULT '';
ALTER TABLE exception ADD COLUMN period TEXT NOT NULL DEFAULT '';
ALTER TABLE exception ADD COLUMN severity TEXT NOT NULL DEFAULT '';
ALTER TABLE exception ADD COLUMN assignee TEXT NOT NULL DEFAULT '';
ALTER TABLE exception ADD COLUMN respond_due BIGINT NOT NULL DEFAULT 0;
ALTER TABLE exception ADD COLUMN due BIGINT NOT NULL DEFAULT 0;
ALTER TABLE exception ADD COLUMN responded BIGINT NOT NULL DEFAULT 0;
ALTER TABLE exception ADD COLUMN level BIGINT NOT NULL DEFAULT 0;
ALTER TABLE exception ADD COLUMN escalated_to TEXT NOT NULL DEFAULT '';
ALTER TABLE exception ADD COLUMN escalate_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE exception ADD COLUMN incident TEXT NOT NULL DEFAULT '';
ALTER TABLE exception ADD COLUMN outcome_code TEXT NOT NULL DEFAULT '';
ALTER TABLE exception ADD COLUMN resolved_by TEXT NOT NULL DEFAULT '';
UPDATE exception SET fingerprint = class WHERE fingerprint = '';

-- The inbox groups by reading this index alone, and lists by walking the two after it.
CREATE INDEX exception_inbox ON exception
  (fingerprint, currency, class, owner, assignee, escalated_to, status, incident, period, due, opened, level, amount)
  WHERE status <> 'resolved';
CREATE INDEX exception_open_by_value ON exception ((abs(amount)) DESC, opened, id) WHERE status <> 'resolved';
CREATE INDEX exception_group_by_value ON exception (fingerprint, (abs(amount)) DESC, opened, id);
CREATE INDEX exception_to_escalate ON exception (escalate_at) WHERE status <> 'resolved' AND escalate_at > 0;
CREATE INDEX exception_of_incident ON exception (incident) WHERE incident <> '' AND status <> 'resolved';
CREATE INDEX exception_counted ON exception (class, owner, status, currency, amount, opened);

-- What was done about an exception, an incident or a dispute, in order.
CREATE TABLE trail (
  subject TEXT NOT NULL,
  position BIGINT NOT NULL,
  time BIGINT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (subject, position)
);

CREATE TABLE playbook_step (
  exception TEXT NOT NULL,
  step BIGINT NOT NULL,
  actor TEXT NOT NULL,
  done BIGINT NOT NULL,
  PRIMARY KEY (exception, step)
);

-- A proposed edit of what is parked; it counts once somebody else has approved it.
CREATE TABLE exception_fix (
  id TEXT NOT NULL PRIMARY KEY,
  exception TEXT NOT NULL,
  target TEXT NOT NULL,
  before TEXT NOT NULL,
  after TEXT NOT NULL,
  reason TEXT NOT NULL,
  status TEXT NOT NULL,
  maker TEXT NOT NULL,
  made BIGINT NOT NULL,
  checker TEXT NOT NULL,
  checked BIGINT NOT NULL,
  remark TEXT NOT NULL
);
CREATE INDEX exception_fix_of ON exception_fix (exception, made, id);

-- One action over many exceptions, worked off in steps.
CREATE TABLE exception_batch (
  id TEXT NOT NULL PRIMARY KEY,
  action TEXT NOT NULL,
  body TEXT NOT NULL,
  actor TEXT NOT NULL,
  status TEXT NOT NULL,
  total BIGINT NOT NULL,
  begun BIGINT NOT NULL,
  ended BIGINT NOT NULL
);
CREATE INDEX exception_batch_running ON exception_batch (begun, id) WHERE status = 'running';
CREATE TABLE exception_batch_item (
  batch TEXT NOT NULL,
  position BIGINT NOT NULL,
  exception TEXT NOT NULL,
  status TEXT NOT NULL,
  result TEXT NOT NULL,
  PRIMARY KEY (batch, position)
);
CREATE INDEX exception_batch_status ON exception_batch_item (batch, status);

CREATE TABLE incident (
  id TEXT NOT NULL PRIMARY KEY,
  title TEXT NOT NULL,
  severity TEXT NOT NULL,
  owner TEXT NOT NULL,
  status TEXT NOT NULL,
  opened BIGINT NOT NULL,
  closed BIGINT NOT NULL
);
CREATE TABLE incident_group (
  fingerprint TEXT NOT NULL,
  incident TEXT NOT NULL,
  PRIMARY KEY (fingerprint, incident)
);

CREATE TABLE dispute (
  id TEXT NOT NULL PRIMARY KEY,
  invoice TEXT NOT NULL,
  customer TEXT NOT NULL,
  contract TEXT NOT NULL,
  entity TEXT NOT NULL,
  currency TEXT NOT NULL,
  amount BIGINT NOT NULL,
  lines TEXT NOT NULL,
  reason_code TEXT NOT NULL,
  note TEXT NOT NULL,
  owner TEXT NOT NULL,
  status TEXT NOT NULL,
  outcome TEXT NOT NULL,
  credit_note TEXT NOT NULL,
  exception TEXT NOT NULL,
  correlation TEXT NOT NULL,
  opened BIGINT NOT NULL,
  closed BIGINT NOT NULL
);
CREATE UNIQUE INDEX dispute_open ON dispute (invoice) WHERE status = 'open';
CREATE INDEX dispute_by_customer ON dispute (customer, id);
