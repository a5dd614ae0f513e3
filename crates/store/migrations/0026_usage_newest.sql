-- How much use a meter was sent, and its newest events, are kept by the intake: counting millions of
-- rows on a page is slow, and the index that found the newest was one more for each event to bear.
DROP INDEX usage_event_intake;
CREATE TABLE usage_meter (
    meter TEXT NOT NULL PRIMARY KEY,
    events BIGINT NOT NULL
);
CREATE TABLE usage_newest (
    meter TEXT NOT NULL,
    intake BIGINT NOT NULL,
    happened BIGINT NOT NULL,
    event_key TEXT NOT NULL,
    PRIMARY KEY (meter, intake, happened, event_key)
);
INSERT INTO usage_meter (meter, events)
SELECT meter, CAST(count(*) AS BIGINT) FROM usage_event GROUP BY meter;
INSERT INTO usage_newest (meter, intake, happened, event_key)
SELECT meter, intake, happened, event_key FROM (
    SELECT meter, intake, happened, event_key, row_number() OVER (
        PARTITION BY meter ORDER BY intake DESC, happened DESC, event_key DESC) AS place
    FROM usage_event) placed
WHERE place <= 100;
