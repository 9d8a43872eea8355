import { CoreApp, type QueryEditorProps } from '@grafana/data';
import { t } from '../../i18n';
import { Alert, InlineField, Stack, type ComboboxOption } from '@grafana/ui';
import { Choice } from '../../components/Choice';
import type { AmadeusDatasource } from '../datasource';
import { withDefaults } from '../default-query';
import type { AmadeusOptions, AmadeusQuery, QueryType } from '../types';
import { AnnotationFields } from './AnnotationFields';
import { CostFields } from './CostFields';
import { BudgetFields, DriversFields, QualityFields, ShowbackFields, UnitFields, UsageFields } from './FinopsFields';
import { NumberField, ServiceFields } from './OperationsFields';
import { ExperimentsFields, RoutingFields } from './RoutingFields';
import { TrafficFields } from './TrafficFields';

export type EditorProps = QueryEditorProps<AmadeusDatasource, AmadeusQuery, AmadeusOptions>;

/** What one part of the editor gets: the query with its defaults, and a way to change and run it. */
export interface FieldsProps {
  query: AmadeusQuery & { queryType: QueryType };
  datasource: AmadeusDatasource;
  change: (part: Partial<AmadeusQuery>) => void;
}

export function QueryEditor({ query, onChange, onRunQuery, datasource, app }: EditorProps) {
  const full = withDefaults(query);
  const change = (part: Partial<AmadeusQuery>) => {
    onChange(withDefaults({ ...query, ...part }));
    onRunQuery();
  };
  const alerting = app === CoreApp.CloudAlerting || app === CoreApp.UnifiedAlerting;

  return (
    <Stack direction="column" gap={1}>
      <InlineField label={t('query.type.label', 'Show')} labelWidth={14}>
        <Choice
          name={t('query.type.label', 'Show')}
          options={alerting ? typeOptions().filter(({ value }) => value !== 'annotations') : typeOptions()}
          value={full.queryType}
          onChange={({ value }) => change({ ...emptied, queryType: value })}
          width={36}
        />
      </InlineField>
      <TypeFields query={full} datasource={datasource} change={change} />
      {(alerting || full.number !== undefined) && <NumberField query={full} change={change} />}
      {alerting && isLongTable(full) && (
        <Alert severity="warning" title={t('query.alert.table.title', 'An alert rule needs one number per series')}>
          {t('query.alert.table.body', 'Choose the format Time series, or the granularity Total.')}
        </Alert>
      )}
    </Stack>
  );
}

/** What two types understand differently; a new type begins with its own. */
const emptied = {
  groupBy: undefined,
  by: undefined,
  format: undefined,
  filters: undefined,
  number: undefined,
  measure: undefined,
} as const;

/** A table of which an alert rule cannot tell the numbers apart. */
function isLongTable({ queryType, format, granularity }: AmadeusQuery): boolean {
  return queryType === 'cost' && format === 'table' && granularity !== 'total';
}

function TypeFields(props: FieldsProps) {
  switch (props.query.queryType) {
    case 'traffic':
      return <TrafficFields {...props} />;
    case 'cost':
      return <CostFields {...props} />;
    case 'unit':
      return <UnitFields {...props} />;
    case 'usage':
      return <UsageFields {...props} />;
    case 'routing':
      return <RoutingFields {...props} />;
    case 'experiments':
      return <ExperimentsFields {...props} />;
    case 'budget':
      return <BudgetFields {...props} />;
    case 'showback':
      return <ShowbackFields {...props} />;
    case 'drivers':
      return <DriversFields {...props} />;
    case 'quality':
      return <QualityFields {...props} />;
    case 'service':
      return <ServiceFields {...props} />;
    case 'annotations':
      return <AnnotationFields {...props} />;
    case 'gpu':
    case 'sources':
    case 'reconciliation':
      return null;
  }
}

function typeOptions(): Array<ComboboxOption<QueryType>> {
  const option = (value: QueryType, label: string, description: string) => ({ value, label, description });
  return [
    option(
      'traffic',
      t('query.type.traffic', 'Traffic'),
      t('query.type.traffic-help', 'Requests, their forecast and pods'),
    ),
    option('cost', t('query.type.cost', 'Cost'), t('query.type.cost-help', 'Spend from the bills')),
    option(
      'unit',
      t('query.type.unit', 'Unit costs'),
      t('query.type.unit-help', 'What one request, session or customer costs'),
    ),
    option(
      'usage',
      t('query.type.usage', 'LLM usage'),
      t('query.type.usage-help', 'Requests, tokens, latency of language models'),
    ),
    option(
      'routing',
      t('query.type.routing', 'LLM gateway'),
      t('query.type.routing-help', 'Requests, errors, latency, cost and cache hits, by policy and route'),
    ),
    option(
      'experiments',
      t('query.type.experiments', 'Experiments'),
      t('query.type.experiments-help', 'Which version of a routing policy is better, and how sure that is'),
    ),
    option(
      'budget',
      t('query.type.budget', 'Budgets'),
      t('query.type.budget-help', 'Spend against budgets, and when they pass'),
    ),
    option(
      'showback',
      t('query.type.showback', 'Showback'),
      t('query.type.showback-help', 'Who owes what, shared costs split'),
    ),
    option(
      'drivers',
      t('query.type.drivers', 'Drivers'),
      t('query.type.drivers-help', 'What made the cost change: price, volume, mix'),
    ),
    option(
      'gpu',
      t('query.type.gpu', 'GPU hours'),
      t('query.type.gpu-help', 'Allocated, used, idle and held idle, by cluster'),
    ),
    option(
      'quality',
      t('query.type.quality', 'Missing tags'),
      t('query.type.quality-help', 'Part of the cost without an owner or a tag'),
    ),
    option(
      'sources',
      t('query.type.sources', 'Sources'),
      t('query.type.sources-help', 'How old each source is, and what was left out'),
    ),
    option(
      'reconciliation',
      t('query.type.reconciliation', 'Reconciliation'),
      t('query.type.reconciliation-help', 'Bills of model providers beside the estimate'),
    ),
    option(
      'service',
      t('query.type.service', 'Service health'),
      t('query.type.service-help', 'Amadeus itself: requests, loops, jobs, memory'),
    ),
    option(
      'annotations',
      t('query.type.annotations', 'Events'),
      t('query.type.annotations-help', 'Changes, and load that no forecast expected'),
    ),
  ];
}
