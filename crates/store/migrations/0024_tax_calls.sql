-- What was said to tax engines, and what came back, word for word. Credentials are never part of it.
CREATE TABLE tax_call (
    id TEXT NOT NULL PRIMARY KEY,
    -- The decision that was asked for.
    decision TEXT NOT NULL,
    engine TEXT NOT NULL,
    -- answered, away or refused
    outcome TEXT NOT NULL,
    -- Why there is no answer, or empty.
    detail TEXT NOT NULL,
    -- Method and address, or empty when nothing was sent.
    request_line TEXT NOT NULL,
    request TEXT NOT NULL,
    -- Status of the answer; 0 when there was none.
    status BIGINT NOT NULL,
    response TEXT NOT NULL,
    -- How often in a row it came out like this.
    times BIGINT NOT NULL,
    -- First and last time, microseconds.
    first_asked BIGINT NOT NULL,
    last_asked BIGINT NOT NULL
);
CREATE INDEX tax_call_of_decision ON tax_call (decision, id);
-- A newer question takes the place of those of its contract that no document was issued by.
CREATE INDEX tax_decision_of_contract ON tax_decision (contract, id);
