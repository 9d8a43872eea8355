-- Pages with their parameters under a name: for oneself, or for everybody of the tenant.
CREATE TABLE IF NOT EXISTS saved_view (
  tenant text NOT NULL,
  id text NOT NULL CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  name text NOT NULL,
  -- Path of the page below the app, without a slash at either end.
  page text NOT NULL,
  -- Parameters of the address: each name with its values.
  params jsonb NOT NULL,
  shared boolean NOT NULL,
  owner_id text NOT NULL,
  owner_name text NOT NULL,
  origin text NOT NULL CHECK (origin IN ('api', 'file')),
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, id)
);

CREATE UNIQUE INDEX IF NOT EXISTS saved_view_own_name_once ON saved_view (tenant, owner_id, lower(name));
CREATE UNIQUE INDEX IF NOT EXISTS saved_view_shared_name_once ON saved_view (tenant, lower(name)) WHERE shared;
