-- What a tax engine was asked about a document and what it answered. `status` is asked, agreed,
-- mismatch, accepted or table (the engine was away and our own rows decided); a decision that a
-- document was issued by has the document.
CREATE TABLE tax_decision (
    id        TEXT NOT NULL PRIMARY KEY,
    digest    TEXT NOT NULL,
    contract  TEXT NOT NULL,
    entity    TEXT NOT NULL,
    engine    TEXT NOT NULL,
    status    TEXT NOT NULL,
    question  TEXT NOT NULL,
    ours      TEXT NOT NULL,
    answer    TEXT NOT NULL,
    own_tax   BIGINT NOT NULL,
    their_tax BIGINT NOT NULL,
    taken     TEXT NOT NULL,
    reason    TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    document  TEXT NOT NULL,
    asked     BIGINT NOT NULL,
    answered  BIGINT NOT NULL
);
CREATE INDEX tax_decision_digest ON tax_decision (digest);
CREATE INDEX tax_decision_status ON tax_decision (status, id);
CREATE INDEX tax_decision_document ON tax_decision (document);

-- The value of work that is billed in parts: by milestones, by percentages and amounts, or by hours.
CREATE TABLE progress_plan (
    id          TEXT NOT NULL PRIMARY KEY,
    contract    TEXT NOT NULL,
    product     TEXT NOT NULL,
    description TEXT NOT NULL,
    currency    TEXT NOT NULL,
    value       BIGINT NOT NULL,
    created     BIGINT NOT NULL
);
CREATE INDEX progress_plan_contract ON progress_plan (contract);

-- A part of a plan. `status` is planned, accepted or undone; an accepted one has its component.
CREATE TABLE progress_part (
    plan      TEXT NOT NULL,
    number    BIGINT NOT NULL,
    name      TEXT NOT NULL,
    words     TEXT NOT NULL,
    amount    BIGINT NOT NULL,
    status    TEXT NOT NULL,
    effective TEXT NOT NULL,
    component TEXT NOT NULL,
    actor     TEXT NOT NULL,
    PRIMARY KEY (plan, number)
);

-- What one legal entity billed to another, with the journal in the books of each.
CREATE TABLE intercompany_pair (
    id             TEXT NOT NULL PRIMARY KEY,
    number         TEXT NOT NULL,
    seller         TEXT NOT NULL,
    buyer          TEXT NOT NULL,
    description    TEXT NOT NULL,
    currency       TEXT NOT NULL,
    cost           BIGINT NOT NULL,
    markup         TEXT NOT NULL,
    amount         BIGINT NOT NULL,
    dated          TEXT NOT NULL,
    seller_journal TEXT NOT NULL,
    buyer_journal  TEXT NOT NULL,
    status         TEXT NOT NULL,
    actor          TEXT NOT NULL,
    created        BIGINT NOT NULL
);
CREATE INDEX intercompany_pair_parties ON intercompany_pair (seller, buyer);
