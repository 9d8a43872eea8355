-- Names that bills speak of, for search: a row per drop, name and what a caller's scope is told by, with what it cost by day.
-- A job writes them once a drop counts, so that loading a bill waits for nothing; rows of drops that were replaced go with
-- those of the roll-ups.
CREATE TABLE IF NOT EXISTS cost_name ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    x_DropId UUID,
    Kind LowCardinality(String) COMMENT 'the dimension, or ResourceId',
    Name String CODEC(ZSTD(1)),
    Label String COMMENT 'ResourceName where it differs from the id' CODEC(ZSTD(1)),
    Folded String COMMENT 'name and label as search compares them, a blank before each word and a line break around each text' CODEC(ZSTD(1)),
    Weight Float32 COMMENT 'size of the cost, for the order alone',
    ServiceName LowCardinality(String) COMMENT 'of a resource',
    ResourceType LowCardinality(String),
    x_Team LowCardinality(String),
    x_Product LowCardinality(String),
    BillingCurrency LowCardinality(String),
    Days Array(Date) CODEC(ZSTD(1)),
    Costs Array(Decimal(76, 30)) COMMENT 'EffectiveCost of each of the days' CODEC(ZSTD(1))
)
ENGINE = ${MERGETREE}
ORDER BY (Tenant, Kind, Name, Region, x_DropId)
-- Few names of many are looked at closely, and their costs are wide.
SETTINGS index_granularity = 512;

-- Drops whose names are there.
CREATE TABLE IF NOT EXISTS cost_name_drop ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    x_DropId UUID,
    Names UInt64,
    IndexedAt DateTime64(3, 'UTC')
)
ENGINE = ${MERGETREE}
ORDER BY (Tenant, Region, x_DropId);
