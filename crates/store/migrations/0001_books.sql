-- The first set of tables. One text for both databases: BIGINT, TEXT and BLOB only; amounts are
-- minor units, instants are microseconds since the Unix epoch, dates are ISO text, bodies are JSON.

CREATE TABLE setting (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
);

CREATE TABLE counter (
  name TEXT NOT NULL PRIMARY KEY,
  last BIGINT NOT NULL
);

CREATE TABLE configuration (
  kind TEXT NOT NULL,
  version BIGINT NOT NULL,
  recorded BIGINT NOT NULL,
  actor TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (kind, version)
);

CREATE TABLE entity (
  id TEXT NOT NULL PRIMARY KEY,
  body TEXT NOT NULL
);

CREATE TABLE product (
  code TEXT NOT NULL PRIMARY KEY,
  body TEXT NOT NULL
);

CREATE TABLE customer (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  standing TEXT NOT NULL,
  correlation TEXT NOT NULL,
  created BIGINT NOT NULL,
  body TEXT NOT NULL
);

CREATE TABLE contract (
  id TEXT NOT NULL PRIMARY KEY,
  customer TEXT NOT NULL,
  entity TEXT NOT NULL,
  currency TEXT NOT NULL,
  status TEXT NOT NULL,
  term_from TEXT NOT NULL,
  term_until TEXT NOT NULL,
  version BIGINT NOT NULL,
  value BIGINT NOT NULL,
  bill_from TEXT NOT NULL,
  correlation TEXT NOT NULL,
  created BIGINT NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX contract_by_customer ON contract (customer);
CREATE INDEX contract_to_bill ON contract (bill_from, id);

CREATE TABLE contract_version (
  contract TEXT NOT NULL,
  version BIGINT NOT NULL,
  recorded BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (contract, version)
);

CREATE TABLE obligation (
  id TEXT NOT NULL PRIMARY KEY,
  contract TEXT NOT NULL,
  component TEXT NOT NULL,
  customer TEXT NOT NULL,
  entity TEXT NOT NULL,
  currency TEXT NOT NULL,
  product TEXT NOT NULL,
  revenue_class TEXT NOT NULL,
  allocated BIGINT NOT NULL,
  billed BIGINT NOT NULL,
  recognised BIGINT NOT NULL,
  recognised_through TEXT NOT NULL,
  ends TEXT NOT NULL,
  correlation TEXT NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX obligation_by_contract ON obligation (contract);
CREATE INDEX obligation_by_entity ON obligation (entity, id);

CREATE TABLE document (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  number TEXT NOT NULL,
  entity TEXT NOT NULL,
  customer TEXT NOT NULL,
  contract TEXT NOT NULL,
  currency TEXT NOT NULL,
  issued TEXT NOT NULL,
  due TEXT NOT NULL,
  net BIGINT NOT NULL,
  tax BIGINT NOT NULL,
  total BIGINT NOT NULL,
  remaining BIGINT NOT NULL,
  status TEXT NOT NULL,
  source TEXT NOT NULL,
  reason TEXT NOT NULL,
  correlation TEXT NOT NULL,
  created BIGINT NOT NULL,
  UNIQUE (entity, number)
);
CREATE INDEX document_by_contract ON document (contract, id);
CREATE INDEX document_by_customer ON document (customer, id);
CREATE INDEX document_by_source ON document (source) WHERE source <> '';
CREATE INDEX document_open ON document (customer, due) WHERE remaining <> 0;

CREATE TABLE document_line (
  id TEXT NOT NULL PRIMARY KEY,
  document TEXT NOT NULL,
  contract TEXT NOT NULL,
  component TEXT NOT NULL,
  obligation TEXT NOT NULL,
  product TEXT NOT NULL,
  description TEXT NOT NULL,
  arithmetic TEXT NOT NULL,
  period_from TEXT NOT NULL,
  period_until TEXT NOT NULL,
  net BIGINT NOT NULL,
  tax_code TEXT NOT NULL,
  tax_rate TEXT NOT NULL,
  tax BIGINT NOT NULL,
  source_line TEXT NOT NULL,
  credited_net BIGINT NOT NULL,
  credited_tax BIGINT NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX document_line_by_document ON document_line (document);
CREATE INDEX document_line_by_contract ON document_line (contract);

CREATE TABLE payment (
  id TEXT NOT NULL PRIMARY KEY,
  customer TEXT NOT NULL,
  invoice TEXT NOT NULL,
  entity TEXT NOT NULL,
  currency TEXT NOT NULL,
  status TEXT NOT NULL,
  method TEXT NOT NULL,
  amount BIGINT NOT NULL,
  fee BIGINT NOT NULL,
  unapplied BIGINT NOT NULL,
  refunded BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  next_attempt TEXT NOT NULL,
  external_id TEXT NOT NULL,
  correlation TEXT NOT NULL,
  time BIGINT NOT NULL
);
CREATE INDEX payment_by_invoice ON payment (invoice) WHERE invoice <> '';
CREATE INDEX payment_by_customer ON payment (customer);
CREATE INDEX payment_to_retry ON payment (next_attempt) WHERE next_attempt <> '';
CREATE UNIQUE INDEX payment_by_external_id ON payment (external_id) WHERE external_id <> '';

CREATE TABLE application (
  payment TEXT NOT NULL,
  document TEXT NOT NULL,
  position BIGINT NOT NULL,
  amount BIGINT NOT NULL,
  time BIGINT NOT NULL,
  event TEXT NOT NULL,
  PRIMARY KEY (payment, document, position)
);
CREATE INDEX application_by_document ON application (document);

CREATE TABLE refund (
  id TEXT NOT NULL PRIMARY KEY,
  payment TEXT NOT NULL,
  customer TEXT NOT NULL,
  entity TEXT NOT NULL,
  currency TEXT NOT NULL,
  amount BIGINT NOT NULL,
  reason TEXT NOT NULL,
  status TEXT NOT NULL,
  external_id TEXT NOT NULL,
  correlation TEXT NOT NULL,
  time BIGINT NOT NULL
);
CREATE INDEX refund_by_payment ON refund (payment);

CREATE TABLE journal (
  id TEXT NOT NULL PRIMARY KEY,
  entity TEXT NOT NULL,
  date TEXT NOT NULL,
  month TEXT NOT NULL,
  event TEXT NOT NULL,
  event_type TEXT NOT NULL,
  rule TEXT NOT NULL,
  rule_version BIGINT NOT NULL,
  narration TEXT NOT NULL,
  document TEXT NOT NULL,
  contract TEXT NOT NULL,
  customer TEXT NOT NULL,
  correlation TEXT NOT NULL,
  currency TEXT NOT NULL,
  total BIGINT NOT NULL,
  reverses TEXT NOT NULL,
  recorded BIGINT NOT NULL
);
CREATE INDEX journal_by_correlation ON journal (correlation) WHERE correlation <> '';
CREATE INDEX journal_reversing ON journal (reverses) WHERE reverses <> '';
CREATE INDEX journal_by_date ON journal (date, id);
CREATE INDEX journal_by_document ON journal (document) WHERE document <> '';

CREATE TABLE journal_line (
  journal TEXT NOT NULL,
  line BIGINT NOT NULL,
  entity TEXT NOT NULL,
  account TEXT NOT NULL,
  currency TEXT NOT NULL,
  month TEXT NOT NULL,
  amount BIGINT NOT NULL,
  product TEXT NOT NULL,
  PRIMARY KEY (journal, line)
);
CREATE INDEX journal_line_by_account ON journal_line (entity, account, currency, month, journal);

CREATE TABLE balance (
  entity TEXT NOT NULL,
  account TEXT NOT NULL,
  currency TEXT NOT NULL,
  month TEXT NOT NULL,
  debit BIGINT NOT NULL,
  credit BIGINT NOT NULL,
  PRIMARY KEY (entity, account, currency, month)
);

CREATE TABLE closed_month (
  entity TEXT NOT NULL,
  month TEXT NOT NULL,
  PRIMARY KEY (entity, month)
);

CREATE TABLE event (
  partition_key TEXT NOT NULL,
  sequence BIGINT NOT NULL,
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  source TEXT NOT NULL,
  subject TEXT NOT NULL,
  time BIGINT NOT NULL,
  recorded BIGINT NOT NULL,
  effective TEXT NOT NULL,
  entity TEXT NOT NULL,
  correlation TEXT NOT NULL,
  causation TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  actor TEXT NOT NULL,
  origin TEXT NOT NULL,
  data TEXT NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (partition_key, sequence)
);
CREATE UNIQUE INDEX event_by_id ON event (id);
CREATE INDEX event_by_correlation ON event (correlation) WHERE correlation <> '';

CREATE TABLE partition_head (
  partition_key TEXT NOT NULL PRIMARY KEY,
  sequence BIGINT NOT NULL,
  hash BLOB NOT NULL
);

CREATE TABLE command (
  client TEXT NOT NULL,
  key TEXT NOT NULL,
  digest BLOB NOT NULL,
  answer TEXT NOT NULL,
  recorded BIGINT NOT NULL,
  PRIMARY KEY (client, key)
);

CREATE TABLE inbox (
  source TEXT NOT NULL,
  source_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  received BIGINT NOT NULL,
  digest BLOB NOT NULL,
  raw BLOB NOT NULL,
  status TEXT NOT NULL,
  reason TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  next_attempt BIGINT NOT NULL,
  deliveries BIGINT NOT NULL,
  correlation TEXT NOT NULL,
  PRIMARY KEY (source, source_id)
);
CREATE INDEX inbox_open ON inbox (next_attempt) WHERE status = 'open';
CREATE INDEX inbox_by_correlation ON inbox (correlation) WHERE correlation <> '';

CREATE TABLE effect (
  id TEXT NOT NULL PRIMARY KEY,
  lane TEXT NOT NULL,
  connection TEXT NOT NULL,
  operation TEXT NOT NULL,
  subject TEXT NOT NULL,
  key TEXT NOT NULL,
  request TEXT NOT NULL,
  status TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  next_attempt BIGINT NOT NULL,
  error_class TEXT NOT NULL,
  error TEXT NOT NULL,
  external_id TEXT NOT NULL,
  read_back BIGINT NOT NULL,
  entity TEXT NOT NULL,
  amount BIGINT NOT NULL,
  currency TEXT NOT NULL,
  correlation TEXT NOT NULL,
  created BIGINT NOT NULL,
  changed BIGINT NOT NULL
);
CREATE UNIQUE INDEX effect_by_key ON effect (key);
CREATE INDEX effect_waiting ON effect (lane, id) WHERE status NOT IN ('confirmed', 'skipped');
CREATE INDEX effect_by_subject ON effect (subject);
CREATE INDEX effect_by_correlation ON effect (correlation) WHERE correlation <> '';

CREATE TABLE exception (
  id TEXT NOT NULL PRIMARY KEY,
  key TEXT NOT NULL,
  class TEXT NOT NULL,
  summary TEXT NOT NULL,
  detail TEXT NOT NULL,
  payload TEXT NOT NULL,
  customer TEXT NOT NULL,
  document TEXT NOT NULL,
  entity TEXT NOT NULL,
  measure TEXT NOT NULL,
  amount BIGINT NOT NULL,
  currency TEXT NOT NULL,
  owner TEXT NOT NULL,
  status TEXT NOT NULL,
  resolution TEXT NOT NULL,
  correlation TEXT NOT NULL,
  opened BIGINT NOT NULL,
  resolved BIGINT NOT NULL
);
CREATE UNIQUE INDEX exception_open ON exception (key) WHERE status <> 'resolved';
CREATE INDEX exception_by_correlation ON exception (correlation) WHERE correlation <> '';

CREATE TABLE reference (
  system TEXT NOT NULL,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  object TEXT NOT NULL,
  correlation TEXT NOT NULL,
  PRIMARY KEY (system, kind, id)
);
CREATE INDEX reference_by_id ON reference (id);
CREATE INDEX reference_by_object ON reference (object);

CREATE TABLE account_user (
  name TEXT NOT NULL PRIMARY KEY,
  role TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  created BIGINT NOT NULL
);

CREATE TABLE session (
  digest BLOB NOT NULL PRIMARY KEY,
  user_name TEXT NOT NULL,
  csrf TEXT NOT NULL,
  expires BIGINT NOT NULL
);

CREATE TABLE api_token (
  digest BLOB NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  created BIGINT NOT NULL,
  revoked BIGINT NOT NULL
);
