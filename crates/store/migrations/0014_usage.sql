-- Use that is measured: who is measured by which meter, the events, what was set aside, each intake.

-- One row for each component of a contract that a meter measures. `billed_until` is the instant up to
-- which its periods have been billed, 0 before the first; `reopened_from` the earliest instant before
-- that from which they are to be looked at again, 0 when none is.
CREATE TABLE usage_component (
    contract TEXT NOT NULL,
    component TEXT NOT NULL,
    customer TEXT NOT NULL,
    meter TEXT NOT NULL,
    entity TEXT NOT NULL,
    product TEXT NOT NULL,
    measure TEXT NOT NULL,
    serves_from BIGINT NOT NULL,
    serves_until BIGINT NOT NULL,
    billed_until BIGINT NOT NULL,
    reopened_from BIGINT NOT NULL,
    look_back_from BIGINT NOT NULL,
    PRIMARY KEY (contract, component)
);
CREATE INDEX usage_component_customer ON usage_component (meter, customer);

-- Events are never changed or deleted. `happened` is the time that the event says, `counted` the time
-- at which it counts, which differs for late ones that count in the next period.
CREATE TABLE usage_event (
    meter TEXT NOT NULL,
    event_key TEXT NOT NULL,
    contract TEXT NOT NULL,
    happened BIGINT NOT NULL,
    counted BIGINT NOT NULL,
    value TEXT NOT NULL,
    dimensions TEXT NOT NULL,
    corrects TEXT NOT NULL,
    cancels BIGINT NOT NULL,
    late BIGINT NOT NULL,
    intake BIGINT NOT NULL,
    PRIMARY KEY (meter, event_key)
);
CREATE INDEX usage_event_counted ON usage_event (contract, meter, counted);
CREATE INDEX usage_event_intake ON usage_event (intake, meter);
CREATE UNIQUE INDEX usage_event_corrects ON usage_event (meter, corrects) WHERE corrects <> '';

-- What was rejected, or is held until a person decides.
CREATE TABLE usage_aside (
    intake BIGINT NOT NULL,
    place BIGINT NOT NULL,
    meter TEXT NOT NULL,
    event_key TEXT NOT NULL,
    contract TEXT NOT NULL,
    status TEXT NOT NULL,
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    event TEXT NOT NULL,
    received BIGINT NOT NULL,
    PRIMARY KEY (intake, place)
);
CREATE INDEX usage_aside_meter ON usage_aside (meter, intake, place);
CREATE INDEX usage_aside_held ON usage_aside (contract, meter) WHERE status = 'held';

CREATE TABLE usage_intake (
    number BIGINT NOT NULL PRIMARY KEY,
    received BIGINT NOT NULL,
    actor TEXT NOT NULL,
    events BIGINT NOT NULL,
    accepted BIGINT NOT NULL,
    duplicates BIGINT NOT NULL,
    late BIGINT NOT NULL,
    held BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    totals TEXT NOT NULL,
    digest BLOB NOT NULL
);
