-- Budgets, what is known of them, whom they told, and the counters by which gateways enforce them.
CREATE TABLE IF NOT EXISTS budget (
  tenant text NOT NULL,
  id text NOT NULL CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  name text NOT NULL,
  -- Filters, amount, window, thresholds and the rest, as the API shows them.
  settings jsonb NOT NULL,
  enforcement text NOT NULL CHECK (enforcement IN ('none', 'observe', 'enforce')),
  origin text NOT NULL CHECK (origin IN ('api', 'file', 'sample')),
  version integer NOT NULL DEFAULT 1,
  created_by_id text NOT NULL,
  created_by_name text NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  -- Deleted budgets stay for their history.
  deleted_at timestamptz,
  PRIMARY KEY (tenant, id)
);

CREATE UNIQUE INDEX IF NOT EXISTS budget_name_once ON budget (tenant, lower(name)) WHERE deleted_at IS NULL;
CREATE INDEX IF NOT EXISTS budget_enforced ON budget (tenant) WHERE enforcement <> 'none' AND deleted_at IS NULL;

-- The last look at each budget. `fingerprint` names the bills, the day and the version behind it: while it is the same,
-- there is nothing to look at.
CREATE TABLE IF NOT EXISTS budget_state (
  tenant text NOT NULL,
  budget_id text NOT NULL,
  fingerprint text NOT NULL DEFAULT '',
  evaluated_at timestamptz,
  status jsonb,
  data_until text,
  method text,
  notices jsonb NOT NULL DEFAULT '[]',
  snoozed_until timestamptz,
  snooze_reason text,
  snoozed_by_id text,
  snoozed_by_name text,
  snoozed_at timestamptz,
  PRIMARY KEY (tenant, budget_id),
  FOREIGN KEY (tenant, budget_id) REFERENCES budget
);

CREATE TABLE IF NOT EXISTS budget_snapshot (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL,
  budget_id text NOT NULL,
  at timestamptz NOT NULL,
  window_from text NOT NULL,
  spent numeric NOT NULL,
  amount numeric NOT NULL,
  forecast numeric,
  state text NOT NULL
);

CREATE INDEX IF NOT EXISTS budget_snapshot_by_budget ON budget_snapshot (tenant, budget_id, id DESC);
CREATE INDEX IF NOT EXISTS budget_snapshot_by_time ON budget_snapshot (at);

-- One row per threshold and window: it fires once, and resolves when the value drops under it or the window ends.
CREATE TABLE IF NOT EXISTS budget_alert (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL,
  budget_id text NOT NULL,
  threshold text NOT NULL,
  window_from text NOT NULL,
  watches text NOT NULL CHECK (watches IN ('actual', 'forecast')),
  threshold_limit numeric NOT NULL,
  firing boolean NOT NULL,
  fired_at timestamptz NOT NULL,
  resolved_at timestamptz,
  -- True while people know of it: only then are they told of its end.
  told boolean NOT NULL DEFAULT false,
  UNIQUE (tenant, budget_id, threshold, window_from)
);

CREATE INDEX IF NOT EXISTS budget_alert_firing ON budget_alert (tenant, budget_id) WHERE firing;

-- What people are to be told; a row waits here until it was sent, held back while the budget is snoozed or quiet.
CREATE TABLE IF NOT EXISTS budget_notice (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL,
  budget_id text NOT NULL,
  alert_id bigint NOT NULL REFERENCES budget_alert (id),
  notification jsonb NOT NULL,
  channels text[] NOT NULL,
  created_at timestamptz NOT NULL,
  -- Nobody takes it up before this: a pause after a failed try, or somebody has it in hand.
  next_at timestamptz NOT NULL,
  attempts smallint NOT NULL DEFAULT 0,
  held text,
  done_at timestamptz,
  outcome text CHECK (outcome IN ('sent', 'dropped', 'failed'))
);

CREATE INDEX IF NOT EXISTS budget_notice_waiting ON budget_notice (id) WHERE done_at IS NULL;

CREATE TABLE IF NOT EXISTS budget_event (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL,
  budget_id text NOT NULL,
  at timestamptz NOT NULL,
  kind text NOT NULL,
  text text NOT NULL,
  by_id text,
  by_name text,
  reason text,
  before jsonb,
  after jsonb
);

CREATE INDEX IF NOT EXISTS budget_event_by_budget ON budget_event (tenant, budget_id, id DESC);

-- Counters of gateways by day in the time zone of the budget; a window is a sum of days, so that counters outlive a change of
-- the window. They change only while the row of the budget is locked, in the transaction that writes the reservation.
CREATE TABLE IF NOT EXISTS budget_counter (
  tenant text NOT NULL,
  budget_id text NOT NULL,
  day date NOT NULL,
  reserved numeric NOT NULL DEFAULT 0 CHECK (reserved >= 0),
  settled numeric NOT NULL DEFAULT 0 CHECK (settled >= 0),
  PRIMARY KEY (tenant, budget_id, day),
  FOREIGN KEY (tenant, budget_id) REFERENCES budget
);

CREATE TABLE IF NOT EXISTS budget_reservation (
  id uuid PRIMARY KEY,
  tenant text NOT NULL,
  amount numeric NOT NULL CHECK (amount >= 0),
  currency text NOT NULL,
  state text NOT NULL CHECK (state IN ('open', 'settled', 'expired')),
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  settled_at timestamptz,
  actual numeric CHECK (actual >= 0),
  late boolean NOT NULL DEFAULT false,
  CHECK ((state = 'settled') = (actual IS NOT NULL))
);

CREATE INDEX IF NOT EXISTS budget_reservation_open ON budget_reservation (expires_at) WHERE state = 'open';
CREATE INDEX IF NOT EXISTS budget_reservation_over ON budget_reservation (created_at) WHERE state <> 'open';

-- What a reservation holds in each budget, in the currency of the budget at the rate of that moment.
CREATE TABLE IF NOT EXISTS budget_reservation_part (
  reservation_id uuid NOT NULL REFERENCES budget_reservation ON DELETE CASCADE,
  tenant text NOT NULL,
  budget_id text NOT NULL,
  day date NOT NULL,
  amount numeric NOT NULL CHECK (amount >= 0),
  rate numeric NOT NULL CHECK (rate > 0),
  PRIMARY KEY (reservation_id, budget_id)
);

CREATE INDEX IF NOT EXISTS budget_reservation_part_by_budget ON budget_reservation_part (tenant, budget_id);
