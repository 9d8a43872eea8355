-- The sums of calls through the gateway by the hour tell versions of policies apart. Hours that were summed up before have none.
ALTER TABLE llm_route_hourly ${ON_CLUSTER}
    ADD COLUMN IF NOT EXISTS Version LowCardinality(String) DEFAULT '' COMMENT 'of the policy' AFTER Policy;
