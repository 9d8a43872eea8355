-- Calls that an experiment drew and could not compare, by reason: nobody should take those that it could for all.
ALTER TABLE experiment ADD COLUMN IF NOT EXISTS left_out jsonb NOT NULL DEFAULT '{}';
CREATE INDEX IF NOT EXISTS experiment_hold_by_until ON experiment_hold (until);
