-- Everything that alters the world. A row is only ever moved on by comparing its state (and, while the world is touched,
-- attempt_key and tries), so that two who act at once cannot both succeed.
CREATE TABLE IF NOT EXISTS change (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL,
  kind text NOT NULL CHECK (length(kind) BETWEEN 1 AND 100),
  target text NOT NULL CHECK (length(target) BETWEEN 1 AND 300),
  payload jsonb NOT NULL,
  preview jsonb NOT NULL,
  reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 2000),
  mode text NOT NULL CHECK (mode IN ('observe', 'approve', 'auto')),
  approvals_needed smallint NOT NULL CHECK (approvals_needed BETWEEN 0 AND 2),
  state text NOT NULL CHECK (state IN ('proposed', 'approved', 'applying', 'applied', 'verifying', 'verified', 'rejected',
    'cancelled', 'expired', 'failed', 'uncertain', 'rolling_back', 'rolled_back')),
  author_id text NOT NULL,
  author_name text NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  dedup_key text,
  -- When the driver is to look at it again; NULL while nothing is to be done without a person.
  look_at timestamptz,
  -- Pause after a failed try, or before verifying: the driver does nothing earlier.
  not_before timestamptz,
  -- Name of the present attempt on the world and how often it was begun: both are durable before a handler is called.
  attempt_key text,
  tries smallint NOT NULL DEFAULT 0,
  -- What is not known in the state `uncertain`.
  doubt text CHECK (doubt IN ('apply', 'verify', 'rollback')),
  applied jsonb,
  failure text,
  CHECK ((doubt IS NOT NULL) = (state = 'uncertain')),
  CHECK (state <> 'applying' OR attempt_key IS NOT NULL)
);

CREATE INDEX IF NOT EXISTS change_by_tenant ON change (tenant, id DESC);
CREATE INDEX IF NOT EXISTS change_by_state ON change (tenant, state, id DESC);
CREATE INDEX IF NOT EXISTS change_to_look_at ON change (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS change_to_expire ON change (expires_at) WHERE state IN ('proposed', 'approved');

-- The same finding proposed again while the first is open is the same Change.
CREATE UNIQUE INDEX IF NOT EXISTS change_open_once ON change (tenant, kind, dedup_key)
  WHERE dedup_key IS NOT NULL
    AND state IN ('proposed', 'approved', 'applying', 'applied', 'verifying', 'rolling_back', 'uncertain');

CREATE TABLE IF NOT EXISTS change_approval (
  change_id bigint NOT NULL REFERENCES change (id),
  person_id text NOT NULL,
  person_name text NOT NULL,
  at timestamptz NOT NULL,
  comment text,
  PRIMARY KEY (change_id, person_id)
);

CREATE TABLE IF NOT EXISTS change_comment (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  change_id bigint NOT NULL REFERENCES change (id),
  author_id text NOT NULL,
  author_name text NOT NULL,
  at timestamptz NOT NULL,
  text text NOT NULL CHECK (length(text) BETWEEN 1 AND 4000)
);

CREATE INDEX IF NOT EXISTS change_comment_by_change ON change_comment (change_id, id);

-- Every step of every Change. Steps that people are told of wait here until they were sent (told_at).
CREATE TABLE IF NOT EXISTS change_step (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  change_id bigint NOT NULL REFERENCES change (id),
  at timestamptz NOT NULL,
  actor_id text NOT NULL,
  actor_name text NOT NULL,
  event text NOT NULL,
  from_state text,
  to_state text NOT NULL,
  note text,
  tell boolean NOT NULL,
  told_at timestamptz
);

CREATE INDEX IF NOT EXISTS change_step_by_change ON change_step (change_id, id);
CREATE INDEX IF NOT EXISTS change_step_by_time ON change_step (at);
CREATE INDEX IF NOT EXISTS change_step_to_tell ON change_step (id) WHERE tell AND told_at IS NULL;
