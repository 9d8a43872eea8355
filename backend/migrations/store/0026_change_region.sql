-- Region of what a Change is about; NULL where it concerns none in particular, so that only those who see every region see it.
ALTER TABLE change ADD COLUMN IF NOT EXISTS region text CHECK (length(region) BETWEEN 1 AND 300);
