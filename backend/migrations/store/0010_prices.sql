-- The price book. A row is a version of a price: it is closed once, by the end of its time in effect, and never altered.
CREATE TABLE IF NOT EXISTS price_entry (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Empty: shared by all tenants.
  tenant text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('llm', 'gpu', 'node', 'storage', 'cpu', 'memory', 'credit')),
  provider text NOT NULL CHECK (length(provider) <= 60),
  item text NOT NULL CHECK (length(item) BETWEEN 1 AND 200),
  region text NOT NULL CHECK (length(region) <= 60),
  purchase text NOT NULL CHECK (purchase IN ('', 'on-demand', 'spot', 'reserved')),
  unit text NOT NULL CHECK (length(unit) BETWEEN 1 AND 40),
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  unit_price numeric CHECK (unit_price >= 0),
  components jsonb NOT NULL DEFAULT '[]',
  valid_from timestamptz NOT NULL,
  -- NULL: without end.
  valid_to timestamptz CHECK (valid_to >= valid_from),
  source text NOT NULL CHECK (source IN ('manual', 'yaml', 'litellm', 'portkey', 'list')),
  source_key text NOT NULL DEFAULT '',
  note text NOT NULL DEFAULT '' CHECK (length(note) <= 2000),
  supersedes bigint REFERENCES price_entry,
  created_at timestamptz NOT NULL,
  created_by_id text NOT NULL,
  created_by_name text NOT NULL,
  closed_at timestamptz,
  closed_by_id text,
  closed_by_name text,
  close_reason text NOT NULL DEFAULT '' CHECK (length(close_reason) <= 2000),
  CHECK ((kind = 'llm') = (unit_price IS NULL)),
  CHECK (kind <> 'llm' OR jsonb_array_length(components) > 0)
);

-- One price of a name from one source is open at a time.
CREATE UNIQUE INDEX IF NOT EXISTS price_entry_open_once
  ON price_entry (tenant, kind, provider, lower(item), lower(region), purchase, source) WHERE valid_to IS NULL;
CREATE INDEX IF NOT EXISTS price_entry_by_name ON price_entry (tenant, kind, provider, lower(item), valid_from);

CREATE OR REPLACE FUNCTION price_entry_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.closed_at IS NOT NULL
     OR (to_jsonb(NEW) - ARRAY['valid_to', 'closed_at', 'closed_by_id', 'closed_by_name', 'close_reason'])
        IS DISTINCT FROM (to_jsonb(OLD) - ARRAY['valid_to', 'closed_at', 'closed_by_id', 'closed_by_name', 'close_reason'])
  THEN
    RAISE EXCEPTION 'price % is a version and does not change: supersede it', OLD.id USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER price_entry_no_change BEFORE UPDATE ON price_entry
  FOR EACH ROW EXECUTE FUNCTION price_entry_frozen();

-- Percentages that were agreed with a provider.
CREATE TABLE IF NOT EXISTS price_discount (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL,
  kind text NOT NULL,
  -- Empty: any.
  provider text NOT NULL,
  -- Empty: any; a trailing * stands for any end.
  item text NOT NULL,
  percent numeric NOT NULL CHECK (percent > 0 AND percent <= 100),
  valid_from timestamptz NOT NULL,
  valid_to timestamptz CHECK (valid_to >= valid_from),
  source text NOT NULL CHECK (source IN ('manual', 'yaml')),
  note text NOT NULL DEFAULT '' CHECK (length(note) <= 2000),
  created_at timestamptz NOT NULL,
  created_by_id text NOT NULL,
  created_by_name text NOT NULL
);
CREATE INDEX IF NOT EXISTS price_discount_by_tenant ON price_discount (tenant, kind);

-- Spend or capacity that was committed to or paid ahead.
CREATE TABLE IF NOT EXISTS price_commitment (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL,
  type text NOT NULL CHECK (type IN ('spend', 'throughput')),
  kind text NOT NULL,
  provider text NOT NULL,
  item text NOT NULL,
  -- spend: of the whole span; throughput: per unit and hour.
  amount numeric NOT NULL CHECK (amount >= 0),
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  units numeric NOT NULL DEFAULT 1 CHECK (units > 0),
  prepaid boolean NOT NULL DEFAULT false,
  valid_from timestamptz NOT NULL,
  valid_to timestamptz NOT NULL CHECK (valid_to >= valid_from),
  source text NOT NULL CHECK (source IN ('manual', 'yaml')),
  note text NOT NULL DEFAULT '' CHECK (length(note) <= 2000),
  created_at timestamptz NOT NULL,
  created_by_id text NOT NULL,
  created_by_name text NOT NULL
);
CREATE INDEX IF NOT EXISTS price_commitment_by_tenant ON price_commitment (tenant, kind);

-- Counts up with every write to the book of a tenant (empty: shared), so that snapshots know that they are old.
CREATE TABLE IF NOT EXISTS price_version (
  tenant text PRIMARY KEY,
  version bigint NOT NULL
);

-- What each import found, with the fields that it does not price.
CREATE TABLE IF NOT EXISTS price_import (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL,
  format text NOT NULL,
  content_hash text NOT NULL CHECK (length(content_hash) = 64),
  report jsonb NOT NULL,
  imported_at timestamptz NOT NULL,
  imported_by_id text NOT NULL,
  imported_by_name text NOT NULL
);
CREATE INDEX IF NOT EXISTS price_import_by_tenant ON price_import (tenant, id DESC);

-- How much of `quote` one `base` is, by day.
CREATE TABLE IF NOT EXISTS currency_rate (
  tenant text NOT NULL,
  base text NOT NULL CHECK (base ~ '^[A-Z]{3}$'),
  quote text NOT NULL CHECK (quote ~ '^[A-Z]{3}$' AND quote <> base),
  day date NOT NULL,
  rate numeric NOT NULL CHECK (rate > 0),
  source text NOT NULL CHECK (length(source) BETWEEN 1 AND 200),
  PRIMARY KEY (tenant, base, quote, day)
);

-- Which deviations people were told of, and when.
CREATE TABLE IF NOT EXISTS reconciliation_alert (
  tenant text NOT NULL,
  provider text NOT NULL,
  opened_at timestamptz NOT NULL,
  told_at timestamptz NOT NULL,
  resolved_at timestamptz,
  PRIMARY KEY (tenant, provider)
);
