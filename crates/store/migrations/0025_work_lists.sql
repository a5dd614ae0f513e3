-- Lists that people work through, a page at a time.
CREATE INDEX dispute_in_order ON dispute (status, opened, id);
CREATE INDEX payment_unapplied ON payment (time, id) WHERE unapplied > 0;
