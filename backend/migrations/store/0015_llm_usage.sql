-- Which ingest was first seen when: of two records of one request the one of the later ingest counts, also where a worker
-- that died is repeated, or two of them overtake each other.
CREATE TABLE IF NOT EXISTS llm_usage_ingest (
  tenant text NOT NULL,
  region text NOT NULL,
  source text NOT NULL,
  ingest_id bigint NOT NULL,
  received_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, region, source, ingest_id)
);

-- A row for each day that a batch of requests touches, written before the batch goes to the warehouse and marked `landed`
-- after it is there. A day is rolled up while it has rows, and a row goes away when a roll-up saw what it stands for: rows
-- of a writer that died stay, and count as landed once no write of theirs can still be on its way.
CREATE TABLE IF NOT EXISTS llm_usage_write (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  write_id uuid NOT NULL,
  tenant text NOT NULL,
  region text NOT NULL,
  source text NOT NULL,
  day date NOT NULL,
  landed boolean NOT NULL DEFAULT false,
  noted_at timestamptz NOT NULL
);

CREATE INDEX IF NOT EXISTS llm_usage_write_by_day ON llm_usage_write (tenant, region, source, day);
CREATE INDEX IF NOT EXISTS llm_usage_write_by_write ON llm_usage_write (write_id);

-- Order of the roll-ups: taken before the facts are read, so that of two that run at once the one that read later counts.
CREATE SEQUENCE IF NOT EXISTS llm_usage_version;

-- Every set of roll-up rows that was ever begun, so that what no longer counts is found and removed.
CREATE TABLE IF NOT EXISTS llm_usage_drop (
  drop_id uuid PRIMARY KEY,
  tenant text NOT NULL,
  region text NOT NULL,
  source text NOT NULL,
  day date NOT NULL,
  version bigint NOT NULL,
  state text NOT NULL CHECK (state IN ('loading', 'active', 'superseded')),
  changed_at timestamptz NOT NULL
);

CREATE INDEX IF NOT EXISTS llm_usage_drop_by_day ON llm_usage_drop (tenant, region, source, day, version DESC);
CREATE INDEX IF NOT EXISTS llm_usage_drop_to_remove ON llm_usage_drop (changed_at) WHERE state <> 'active';

-- Months of sources whose usage is charged by the estimate, and that changed since it was last sent.
CREATE TABLE IF NOT EXISTS llm_usage_charge (
  tenant text NOT NULL,
  region text NOT NULL,
  source text NOT NULL,
  month text NOT NULL CHECK (month ~ '^\d{4}-\d{2}$'),
  -- Grows with each change; a month whose change came while it was being sent is sent again.
  change bigint NOT NULL DEFAULT 1,
  due_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, region, source, month)
);

-- The generated estate sends its calls through the door of usage now.
UPDATE estate_load SET completed_at = NULL;
