-- One row once the generated estate was loaded, so that a start goes on where the last one ended.
CREATE TABLE IF NOT EXISTS estate_load (
    tenant text PRIMARY KEY,
    seed integer NOT NULL,
    first_day date NOT NULL,
    story_day date NOT NULL,
    loaded_until date NOT NULL,
    completed_at timestamptz
);
