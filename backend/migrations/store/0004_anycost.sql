-- Bills that were received. A row is written after the bytes are safe in the lake and before the sender is told so.
CREATE TABLE IF NOT EXISTS anycost_ingest (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL,
  region text NOT NULL,
  source text NOT NULL CHECK (length(source) BETWEEN 1 AND 64),
  -- The one month that the sender named; NULL: each month found in the file is a drop of its own.
  period text CHECK (period ~ '^\d{4}-\d{2}$'),
  -- Grows with each file of a source, also over a restored store: it begins with the time in microseconds.
  version bigint NOT NULL,
  file_name text NOT NULL,
  format text NOT NULL CHECK (format IN ('csv', 'csv.gz', 'parquet')),
  bytes bigint NOT NULL,
  content_hash text NOT NULL CHECK (length(content_hash) = 64),
  lake_path text NOT NULL,
  received_by text NOT NULL,
  idempotency_key text,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'active', 'completed', 'failed')),
  attempts integer NOT NULL DEFAULT 0,
  progress smallint NOT NULL DEFAULT 0,
  rows_read bigint NOT NULL DEFAULT 0,
  rows_loaded bigint NOT NULL DEFAULT 0,
  rows_quarantined bigint NOT NULL DEFAULT 0,
  rows_flagged bigint NOT NULL DEFAULT 0,
  -- True where equal bytes were active already and nothing was loaded.
  unchanged boolean NOT NULL DEFAULT false,
  periods text[] NOT NULL DEFAULT '{}',
  failure text,
  received_at timestamptz NOT NULL,
  -- When a worker last made progress with it: one that is dead does not.
  touched_at timestamptz NOT NULL,
  finished_at timestamptz
);

CREATE INDEX IF NOT EXISTS anycost_ingest_by_source ON anycost_ingest (tenant, region, source, id DESC);
CREATE INDEX IF NOT EXISTS anycost_ingest_open ON anycost_ingest (id) WHERE state IN ('waiting', 'active');
CREATE UNIQUE INDEX IF NOT EXISTS anycost_ingest_by_key ON anycost_ingest (tenant, received_by, idempotency_key)
  WHERE idempotency_key IS NOT NULL;

-- Lines that were not loaded (quarantined) or loaded with a remark (flagged). Never the text of a field.
CREATE TABLE IF NOT EXISTS anycost_finding (
  ingest_id bigint NOT NULL REFERENCES anycost_ingest ON DELETE CASCADE,
  place integer NOT NULL,
  line bigint NOT NULL,
  field text NOT NULL,
  reason text NOT NULL,
  quarantined boolean NOT NULL,
  PRIMARY KEY (ingest_id, place)
);

-- Every set of rows that was ever begun in the warehouse, so that what no longer counts is found and removed.
CREATE TABLE IF NOT EXISTS anycost_drop (
  drop_id uuid PRIMARY KEY,
  ingest_id bigint NOT NULL REFERENCES anycost_ingest,
  tenant text NOT NULL,
  region text NOT NULL,
  source text NOT NULL,
  period text NOT NULL,
  version bigint NOT NULL,
  rows_loaded bigint NOT NULL DEFAULT 0,
  state text NOT NULL CHECK (state IN ('loading', 'activating', 'active', 'superseded', 'abandoned')),
  changed_at timestamptz NOT NULL
);

CREATE INDEX IF NOT EXISTS anycost_drop_by_period ON anycost_drop (tenant, region, source, period, version DESC);
CREATE INDEX IF NOT EXISTS anycost_drop_to_remove ON anycost_drop (changed_at) WHERE state <> 'active';
