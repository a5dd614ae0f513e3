-- What a bill run would issue and does not issue yet: it has no number, is not posted and covers nothing.
-- `status` is draft (it is issued by itself on the day `ends`), waiting (for a second person), denied,
-- finalised (it became `document`) or withdrawn. At most one of a contract is open.
CREATE TABLE invoice_draft (
    id          TEXT NOT NULL PRIMARY KEY,
    status      TEXT NOT NULL,
    kind        TEXT NOT NULL,
    contract    TEXT NOT NULL,
    customer    TEXT NOT NULL,
    entity      TEXT NOT NULL,
    currency    TEXT NOT NULL,
    through     TEXT NOT NULL,
    ends        TEXT NOT NULL,
    net         BIGINT NOT NULL,
    tax         BIGINT NOT NULL,
    total       BIGINT NOT NULL,
    lines       TEXT NOT NULL,
    version     BIGINT NOT NULL,
    needs       TEXT NOT NULL,
    approval    TEXT NOT NULL,
    document    TEXT NOT NULL,
    reason      TEXT NOT NULL,
    maker       TEXT NOT NULL,
    correlation TEXT NOT NULL,
    created     BIGINT NOT NULL,
    changed     BIGINT NOT NULL
);
CREATE UNIQUE INDEX invoice_draft_open ON invoice_draft (contract) WHERE status IN ('draft', 'waiting', 'denied');
CREATE INDEX invoice_draft_due ON invoice_draft (ends, id) WHERE status = 'draft';
CREATE INDEX invoice_draft_document ON invoice_draft (document) WHERE document <> '';
CREATE INDEX invoice_draft_status ON invoice_draft (status, id);
