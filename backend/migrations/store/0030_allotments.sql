-- A reservation that one gateway process holds for many calls and gives out in memory (docs/adr/0009). Its row in
-- budget_reservation and the parts of it are what it still holds; here stands what its calls have cost so far.
CREATE TABLE IF NOT EXISTS budget_allotment (
  reservation_id uuid PRIMARY KEY REFERENCES budget_reservation ON DELETE CASCADE,
  tenant text NOT NULL,
  -- Names the journal of the process: who recovers the journal closes its allotments.
  holder text NOT NULL,
  spent numeric NOT NULL DEFAULT 0 CHECK (spent >= 0),
  -- How many calls of the journal, in the order in which they were settled, are in `spent`.
  settled bigint NOT NULL DEFAULT 0 CHECK (settled >= 0),
  renewed_at timestamptz NOT NULL,
  -- It holds nothing but what its calls need: there is nothing to recall.
  lean boolean NOT NULL DEFAULT false,
  open boolean NOT NULL DEFAULT true
);

CREATE INDEX IF NOT EXISTS budget_allotment_open ON budget_allotment (tenant) WHERE open;
CREATE INDEX IF NOT EXISTS budget_allotment_holder ON budget_allotment (holder) WHERE open;

-- Until then no allotment keeps more of the budget than its calls under way: somebody needs the rest.
ALTER TABLE budget ADD COLUMN IF NOT EXISTS recalled_until timestamptz;
