-- When an effect was handed to the network for the first and for the last time, microseconds; 0 when
-- it never was. Looking it up does not move either.

ALTER TABLE effect ADD COLUMN first_sent BIGINT NOT NULL DEFAULT 0;
ALTER TABLE effect ADD COLUMN last_sent BIGINT NOT NULL DEFAULT 0;
UPDATE effect SET first_sent = created, last_sent = changed WHERE attempts > 0 OR fence > 0;
