import type { Lines } from './contract.ts';
import { conditions, dropList, type Statement } from './cost-sql.ts';
import type { LineCursor } from './line-page.ts';
import type { Filter } from './plan.ts';
import type { Span } from './range.ts';

/** What of a line is told; the key columns are among it. */
const lineColumns = [
  ...[
    'Region',
    'x_DropId',
    'x_Source',
    'x_SourceFile',
    'BillingCurrency',
    'ProviderName',
    'ServiceCategory',
    'ServiceName',
  ],
  ...['ChargeCategory', 'ChargeClass', 'ChargeDescription', 'BillingAccountId', 'BillingAccountName', 'SubAccountId'],
  ...[
    'SubAccountName',
    'RegionId',
    'ResourceId',
    'ResourceName',
    'ResourceType',
    'SkuId',
    'PricingUnit',
    'ConsumedUnit',
  ],
  ...['x_Team', 'x_Product', 'x_Customer', 'x_Feature', 'x_Environment', 'x_Model', 'Tags'],
];
const lineAmounts = [
  ...['BilledCost', 'EffectiveCost', 'ListCost', 'ContractedCost', 'ListUnitPrice', 'ContractedUnitPrice'],
  ...['PricingQuantity', 'ConsumedQuantity'],
];

/** Lines in the order of the table, so that a page reads little more than itself. */
export function linesStatement(
  query: {
    range: Span;
    filters: readonly Filter[];
    currency?: string;
    resource?: string;
    limit: number;
    after?: LineCursor;
  },
  drops: readonly string[],
): Statement {
  const params: Record<string, unknown> = {
    from: query.range.from / 1000,
    to: query.range.to / 1000,
    limit: query.limit,
  };
  query.filters.forEach((filter, index) => (params[`filter${index}`] = [...filter.values]));
  if (query.currency !== undefined) params['currency'] = query.currency;
  if (query.resource !== undefined) params['resource'] = query.resource;
  if (query.after) Object.assign(params, query.after);
  const after = `(Region, x_DropId, ChargePeriodStart, ProviderName, ServiceName, x_SourceLine) >
    ({region:String}, toUUID({dropId:String}), toDateTime({start:UInt32}, 'UTC'), {provider:String}, {service:String}, {line:UInt64})`;
  const sql = `
SELECT ${[...lineColumns, ...lineAmounts].join(', ')},
       toUInt32(x_SourceLine) AS line, toUnixTimestamp(ChargePeriodStart) AS start, toUnixTimestamp(ChargePeriodEnd) AS end
FROM fact_cost_usage
WHERE x_DropId IN ${dropList(drops)}
  AND ChargePeriodStart >= toDateTime({from:UInt32}, 'UTC') AND ChargePeriodStart < toDateTime({to:UInt32}, 'UTC')
  ${conditions(query)}${query.currency === undefined ? '' : ' AND BillingCurrency = {currency:String}'}${query.resource === undefined ? '' : ' AND ResourceId = {resource:String}'}${query.after ? ` AND ${after}` : ''}
ORDER BY Tenant, Region, x_DropId, ChargePeriodStart, ProviderName, ServiceName, x_SourceLine
LIMIT {limit:UInt32}`;
  return { sql, params };
}

/** A row of the statement: what of the line is told, and its key. */
export type LineRow = Omit<Line, 'ChargePeriodStart' | 'ChargePeriodEnd' | 'x_SourceLine' | 'x_LakePath'> & {
  Region: string;
  line: number;
  start: number;
  end: number;
};
type Line = Lines['lines'][number];

export function cursorOf({ Region, x_DropId, start, ProviderName, ServiceName, line }: LineRow): LineCursor {
  return { region: Region, dropId: x_DropId, start, provider: ProviderName, service: ServiceName, line };
}

/** A line as it is answered: FOCUS names, exact decimals, instants in ISO form. */
export function lineOf({ Region: _, line, start, end, ...told }: LineRow, lakePath: string): Line {
  return {
    ...told,
    ChargePeriodStart: new Date(start * 1000).toISOString(),
    ChargePeriodEnd: new Date(end * 1000).toISOString(),
    x_SourceLine: line,
    x_LakePath: lakePath,
  };
}
