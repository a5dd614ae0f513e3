-- Invoices and credit notes that another system issued: each a fact, once by system and id.
CREATE TABLE outside_document (
  system TEXT NOT NULL,
  outside_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  number TEXT NOT NULL,
  contract TEXT NOT NULL,
  customer TEXT NOT NULL,
  entity TEXT NOT NULL,
  currency TEXT NOT NULL,
  issued TEXT NOT NULL,
  net BIGINT NOT NULL,
  tax BIGINT NOT NULL,
  digest TEXT NOT NULL,
  body TEXT NOT NULL,
  document TEXT NOT NULL,
  status TEXT NOT NULL,
  reason TEXT NOT NULL,
  received BIGINT NOT NULL,
  PRIMARY KEY (system, outside_id)
);
CREATE INDEX outside_document_by_contract ON outside_document (contract, outside_id);
CREATE INDEX outside_document_parked ON outside_document (system, outside_id) WHERE document = '';
