-- What somebody must see of the data to be told of a saved view or report, its name among it: `{"regions": ..., "teams": ...,
-- "products": ...}`, each a list or "all". NULL where it was kept before: its filters tell, and those who see every region see it.
ALTER TABLE saved_view ADD COLUMN IF NOT EXISTS scope jsonb;
ALTER TABLE showback_report ADD COLUMN IF NOT EXISTS scope jsonb;

-- To whom belongs what a Change is about; NULL where that is not known, and nobody is kept from it for that.
ALTER TABLE change ADD COLUMN IF NOT EXISTS team text CHECK (length(team) BETWEEN 1 AND 300);
ALTER TABLE change ADD COLUMN IF NOT EXISTS product text CHECK (length(product) BETWEEN 1 AND 300);
