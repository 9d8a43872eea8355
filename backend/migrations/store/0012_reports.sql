-- Files that are made in the background: exports of lines and reports too large to answer at once, and what schedules sent.
CREATE TABLE IF NOT EXISTS export_file (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL,
  kind text NOT NULL,
  file_name text NOT NULL,
  content_type text NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'active', 'ready', 'failed', 'expired')),
  request jsonb NOT NULL,
  -- What of the data whoever asked for it could see; whoever fetches it must see as much.
  scope jsonb NOT NULL,
  path text,
  rows bigint,
  bytes bigint,
  failure text,
  attempts integer NOT NULL DEFAULT 0,
  created_by text NOT NULL,
  created_by_name text NOT NULL,
  created_at timestamptz NOT NULL,
  -- When a worker last made progress with it: one that is dead does not.
  touched_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);

CREATE INDEX IF NOT EXISTS export_file_by_maker ON export_file (tenant, created_by, id DESC);
CREATE INDEX IF NOT EXISTS export_file_open ON export_file (touched_at) WHERE state IN ('waiting', 'active');
CREATE INDEX IF NOT EXISTS export_file_to_expire ON export_file (expires_at) WHERE state <> 'expired';

CREATE TABLE IF NOT EXISTS showback_report (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL,
  name text NOT NULL,
  definition jsonb NOT NULL,
  -- True: it stands in a file, which is where it is edited.
  provisioned boolean NOT NULL DEFAULT false,
  created_by text NOT NULL,
  created_by_name text NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  UNIQUE (tenant, name)
);

CREATE TABLE IF NOT EXISTS showback_schedule (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL,
  report_id bigint NOT NULL REFERENCES showback_report ON DELETE CASCADE,
  cron text NOT NULL,
  time_zone text NOT NULL,
  format text NOT NULL CHECK (format IN ('csv', 'xlsx', 'pdf')),
  lang text NOT NULL CHECK (lang IN ('en', 'ko')),
  channels text[] NOT NULL,
  enabled boolean NOT NULL,
  provisioned boolean NOT NULL DEFAULT false,
  -- The report is made with what its author saw when the schedule was saved.
  scope jsonb NOT NULL,
  created_by text NOT NULL,
  created_by_name text NOT NULL,
  next_run_at timestamptz,
  changed_at timestamptz NOT NULL
);

CREATE INDEX IF NOT EXISTS showback_schedule_due ON showback_schedule (next_run_at) WHERE enabled;
CREATE INDEX IF NOT EXISTS showback_schedule_by_report ON showback_schedule (report_id);

-- One row for each due time that was acted on: that it is unique is what makes a schedule fire once.
CREATE TABLE IF NOT EXISTS showback_run (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL,
  schedule_id bigint NOT NULL REFERENCES showback_schedule ON DELETE CASCADE,
  due_at timestamptz NOT NULL,
  missed integer NOT NULL DEFAULT 0,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'active', 'sent', 'failed')),
  file_id bigint,
  deliveries jsonb NOT NULL DEFAULT '[]',
  failure text,
  attempts integer NOT NULL DEFAULT 0,
  started_at timestamptz,
  finished_at timestamptz,
  touched_at timestamptz NOT NULL,
  UNIQUE (schedule_id, due_at)
);

CREATE INDEX IF NOT EXISTS showback_run_open ON showback_run (touched_at) WHERE state IN ('waiting', 'active');
