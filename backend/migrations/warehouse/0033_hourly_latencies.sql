-- Latencies by the hour are kept for a week and a day of slack: with two weeks the roll-ups were above 2 % of the facts.
ALTER TABLE llm_hourly
    MODIFY COLUMN DurationMs Map(UInt16, UInt64) COMMENT 'measured requests per bucket; of the last week' CODEC(ZSTD(3)) TTL Hour + INTERVAL 9 DAY,
    MODIFY COLUMN FirstTokenMs Map(UInt16, UInt64) COMMENT 'measured requests per bucket; of the last week' CODEC(ZSTD(3)) TTL Hour + INTERVAL 9 DAY;
