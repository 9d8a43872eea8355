-- What was decided for each workload: a row a minute, and one for every act. Read for the capacity in graphs, their marks,
-- and the report of what would have been done.
CREATE TABLE IF NOT EXISTS fact_scaling_decision ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    Cluster LowCardinality(String),
    Workload LowCardinality(String),
    At DateTime('UTC'),
    Mode LowCardinality(String),
    Replicas UInt32 COMMENT 'asked for by the specification',
    ReadyReplicas UInt32,
    WantedReplicas UInt32 COMMENT 'decided; in the mode observe, by a workload that had followed every decision',
    WantedReady UInt32 COMMENT 'of those, ready by now',
    Requests Nullable(Float64) COMMENT 'requests per minute',
    LatencySeconds Nullable(Float64) COMMENT 'p95',
    LatencyLimitSeconds Nullable(Float64),
    PerPod Nullable(Float64) COMMENT 'requests per minute that saturate a pod',
    Direction LowCardinality(String) COMMENT 'out, in or stay',
    Deciding LowCardinality(String),
    Held LowCardinality(String) COMMENT 'why nothing could be decided; none',
    Reason String,
    ChangeId Nullable(UInt64),
    HourCost Nullable(Decimal(38, 18)) COMMENT 'of one replica, in Currency',
    Currency LowCardinality(String)
)
ENGINE = ${REPLACING}(At)
PARTITION BY toYYYYMM(At)
ORDER BY (Tenant, Region, Workload, Cluster, At)
TTL At + INTERVAL 120 DAY;
