-- The mode that a room's own settings gave a Change (per workload, say); NULL where the configuration alone decides.
ALTER TABLE change ADD COLUMN IF NOT EXISTS asked_mode text CHECK (asked_mode IN ('observe', 'approve', 'auto'));
