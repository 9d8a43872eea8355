-- How workloads are scaled: settings of people and of the file; what was learned of their pods; the newest decision.
CREATE TABLE IF NOT EXISTS scaling_settings (
  tenant text NOT NULL,
  workload text NOT NULL CHECK (length(workload) BETWEEN 1 AND 300),
  settings jsonb NOT NULL,
  origin text NOT NULL CHECK (origin IN ('api', 'file')),
  version integer NOT NULL DEFAULT 1,
  updated_by_id text NOT NULL,
  updated_by_name text NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, workload)
);

CREATE TABLE IF NOT EXISTS scaling_workload (
  tenant text NOT NULL,
  cluster text NOT NULL,
  region text NOT NULL,
  workload text NOT NULL,
  -- Capacity, starts of pods and the replicas that it would have where it is only observed; written every few minutes.
  learned jsonb,
  learned_at timestamptz,
  -- The newest decision with its terms, and when it was made.
  latest jsonb,
  decided_at timestamptz,
  -- Nobody but people changes its replicas before this: it was undone, or somebody else holds it.
  hold_until timestamptz,
  hold_reason text,
  PRIMARY KEY (tenant, cluster, workload)
);

CREATE INDEX IF NOT EXISTS scaling_workload_by_tenant ON scaling_workload (tenant, workload);

-- Every act that was asked for, so that after a restart the rates are kept and people are told once.
CREATE TABLE IF NOT EXISTS scaling_act (
  change_id bigint PRIMARY KEY,
  tenant text NOT NULL,
  cluster text NOT NULL,
  workload text NOT NULL,
  at timestamptz NOT NULL,
  from_replicas integer NOT NULL,
  to_replicas integer NOT NULL,
  counts boolean NOT NULL,
  told_at timestamptz
);

CREATE INDEX IF NOT EXISTS scaling_act_by_workload ON scaling_act (tenant, cluster, workload, at DESC);
