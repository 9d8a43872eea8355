-- Files of an ingest: one, or the parts of one report. Their rows lie in the lake as Parquet.
CREATE TABLE IF NOT EXISTS anycost_file (
  ingest_id bigint NOT NULL REFERENCES anycost_ingest ON DELETE CASCADE,
  place integer NOT NULL,
  file_name text NOT NULL,
  -- What came: csv, json, ndjson, parquet, each perhaps packed with gzip. Empty: charges that the service computed.
  format text NOT NULL,
  bytes bigint NOT NULL,
  content_hash text NOT NULL CHECK (length(content_hash) = 64),
  lake_path text NOT NULL,
  PRIMARY KEY (ingest_id, place)
);

ALTER TABLE anycost_ingest DROP CONSTRAINT IF EXISTS anycost_ingest_format_check;
ALTER TABLE anycost_ingest ADD COLUMN IF NOT EXISTS connector text NOT NULL DEFAULT 'focus';
-- Under which rules the rows were kept: equal bytes under other rules are loaded again.
ALTER TABLE anycost_ingest ADD COLUMN IF NOT EXISTS rules_version text NOT NULL DEFAULT '';
ALTER TABLE anycost_ingest ADD COLUMN IF NOT EXISTS items_kept bigint NOT NULL DEFAULT 0;
-- A load that was asked for again: after a change of the rules, or to rebuild the warehouse.
ALTER TABLE anycost_ingest ADD COLUMN IF NOT EXISTS reload_requested boolean NOT NULL DEFAULT false;
-- Which file of the ingest a finding is about.
ALTER TABLE anycost_finding ADD COLUMN IF NOT EXISTS file_name text NOT NULL DEFAULT '';
CREATE INDEX IF NOT EXISTS anycost_ingest_recent ON anycost_ingest (tenant, id DESC);

INSERT INTO anycost_file (ingest_id, place, file_name, format, bytes, content_hash, lake_path)
SELECT id, 0, file_name, format, bytes, content_hash, lake_path FROM anycost_ingest
ON CONFLICT DO NOTHING;

-- Sources that the service fetches from by itself, or that people gave a name before they send files.
CREATE TABLE IF NOT EXISTS anycost_source (
  tenant text NOT NULL,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
  connector text NOT NULL,
  region text NOT NULL,
  settings jsonb NOT NULL DEFAULT '{}',
  every_minutes integer NOT NULL CHECK (every_minutes BETWEEN 1 AND 44640),
  enabled boolean NOT NULL DEFAULT true,
  -- yaml: declared in the configuration, which alone can change it.
  origin text NOT NULL CHECK (origin IN ('yaml', 'api')),
  cursor text,
  last_run_at timestamptz,
  last_ok_at timestamptz,
  last_error text,
  next_at timestamptz,
  -- Turns in a row that went wrong; the rhythm slows down with them.
  failures integer NOT NULL DEFAULT 0,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, name)
);

CREATE INDEX IF NOT EXISTS anycost_source_due ON anycost_source (next_at) WHERE enabled;
