-- What is wrong with a workload, as its pods show it: open while it lasts, one row per workload, container, trouble and
-- revision (the ReplicaSet, or the template of what has none).
CREATE TABLE IF NOT EXISTS healing_incident (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL,
  region text NOT NULL,
  cluster text NOT NULL,
  namespace text NOT NULL,
  api_version text NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  container text NOT NULL,
  trouble text NOT NULL CHECK (trouble IN ('oom-killed', 'crash-loop', 'image-pull', 'configuration', 'unready', 'unplaced')),
  revision text NOT NULL,
  -- From here on: the latest finding.
  cause text NOT NULL,
  pattern text,
  evidence text,
  crashes integer NOT NULL DEFAULT 0,
  pods integer NOT NULL DEFAULT 0,
  verdict text NOT NULL CHECK (verdict IN ('waiting', 'observed', 'proposed', 'acted', 'advised', 'leak', 'held')),
  why text NOT NULL,
  change_id bigint,
  first_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  closed_at timestamptz,
  -- The verdict that people were told of last.
  told text
);

CREATE UNIQUE INDEX IF NOT EXISTS healing_incident_open_once
  ON healing_incident (tenant, cluster, namespace, kind, name, container, trouble, revision) WHERE closed_at IS NULL;
CREATE INDEX IF NOT EXISTS healing_incident_by_time ON healing_incident (tenant, last_at DESC);

-- What was decided to be done. Written before the Change is proposed, so that a crash in between is seen: it counts.
CREATE TABLE IF NOT EXISTS healing_act (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  incident_id bigint NOT NULL REFERENCES healing_incident (id),
  tenant text NOT NULL,
  cluster text NOT NULL,
  namespace text NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  container text NOT NULL,
  act text NOT NULL CHECK (act IN ('memory', 'rollback')),
  mode text NOT NULL CHECK (mode IN ('observe', 'approve', 'auto')),
  -- The same for the same step, whoever takes it and however often.
  key text NOT NULL,
  -- The ReplicaSet that a rollback goes back to.
  revision text,
  detail jsonb NOT NULL,
  at timestamptz NOT NULL,
  change_id bigint
);

CREATE INDEX IF NOT EXISTS healing_act_by_workload ON healing_act (tenant, cluster, namespace, kind, name, at DESC);
CREATE INDEX IF NOT EXISTS healing_act_by_incident ON healing_act (incident_id);
CREATE UNIQUE INDEX IF NOT EXISTS healing_act_by_change ON healing_act (change_id) WHERE change_id IS NOT NULL;

-- ReplicaSets that were seen to be well, so that it is known what can be gone back to when their pods are gone.
CREATE TABLE IF NOT EXISTS healing_revision (
  tenant text NOT NULL,
  cluster text NOT NULL,
  namespace text NOT NULL,
  replica_set text NOT NULL,
  well_since timestamptz NOT NULL,
  well_until timestamptz NOT NULL,
  PRIMARY KEY (tenant, cluster, namespace, replica_set)
);

-- Modes that people gave, by pattern of cluster/namespace/name.
CREATE TABLE IF NOT EXISTS healing_mode (
  tenant text NOT NULL,
  target text NOT NULL CHECK (length(target) BETWEEN 1 AND 300),
  mode text NOT NULL CHECK (mode IN ('observe', 'approve', 'auto')),
  set_by_id text NOT NULL,
  set_by_name text NOT NULL,
  set_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, target)
);

-- When each cluster was last looked at, and heard of.
CREATE TABLE IF NOT EXISTS healing_watch (
  tenant text NOT NULL,
  cluster text NOT NULL,
  region text NOT NULL,
  looked_at timestamptz NOT NULL,
  fresh_at timestamptz,
  leads boolean NOT NULL,
  pods integer NOT NULL,
  trouble text,
  PRIMARY KEY (tenant, cluster)
);
