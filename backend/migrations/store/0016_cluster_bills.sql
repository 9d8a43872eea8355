-- What was billed of which cluster and month, and up to which facts: a month with newer facts is billed again.
CREATE TABLE IF NOT EXISTS cluster_bill (
  tenant text NOT NULL,
  region text NOT NULL,
  cluster text NOT NULL,
  period text NOT NULL CHECK (period ~ '^\d{4}-\d{2}$'),
  source text NOT NULL,
  -- The newest arrival among the facts that the bill holds, and the last day of capacity in it.
  facts_until timestamptz NOT NULL,
  days_until timestamptz NOT NULL,
  charges bigint NOT NULL DEFAULT 0,
  -- Sentences for people: what has no price, what holds more than there is.
  notices text[] NOT NULL DEFAULT '{}',
  billed_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, region, cluster, period)
);

-- How far GPU samples have been joined to jobs, per cluster.
CREATE TABLE IF NOT EXISTS cluster_sample_join (
  tenant text NOT NULL,
  region text NOT NULL,
  cluster text NOT NULL,
  facts_until timestamptz NOT NULL,
  PRIMARY KEY (tenant, region, cluster)
);

-- The warehouse keeps jobs and GPU samples in another way now: the generated estate loads its own again.
UPDATE estate_load SET completed_at = NULL;
