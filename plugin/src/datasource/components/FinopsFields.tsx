import { t } from '../../i18n';
import { InlineField, Stack, type ComboboxOption } from '@grafana/ui';
import { Choice } from '../../components/Choice';
import { costUnits, usageMeasures, type CostUnit, type UsageMeasure } from '../types';
import { FilterRows } from './FilterRows';
import type { FieldsProps } from './QueryEditor';
import { CurrencyField, FormatField, GranularityField, GroupByField, LimitField, useNames } from './shape-fields';

/** The cost of one request, session, customer: a line by day, or a table by a dimension. */
export function UnitFields({ query, datasource, change }: FieldsProps) {
  const dimensions = useNames(datasource, 'dimensions');
  return (
    <>
      <Stack direction="row" gap={1} wrap="wrap">
        {query.format === 'table' ? (
          <ByField query={query} change={change} options={breakdownOptions()} />
        ) : (
          <InlineField label={t('query.unit.label', 'Cost per')} labelWidth={14}>
            <Choice
              name={t('query.unit.label', 'Cost per')}
              options={unitOptions()}
              value={query.unit ?? 'request'}
              onChange={(option) => change({ unit: option.value })}
              width={26}
            />
          </InlineField>
        )}
        <FormatField query={query} change={change} />
        <CurrencyField query={query} change={change} />
      </Stack>
      <FilterRows
        filters={query.filters ?? []}
        datasource={datasource}
        dimensions={dimensions}
        onChange={(filters) => change({ filters })}
      />
    </>
  );
}

/** Calls of language models. */
export function UsageFields({ query, datasource, change }: FieldsProps) {
  const dimensions = useNames(datasource, 'usage-dimensions');
  return (
    <>
      <Stack direction="row" gap={1} wrap="wrap">
        <InlineField label={t('query.measure.label', 'Count')} labelWidth={14} disabled={query.format === 'table'}>
          <Choice
            name={t('query.measure.label', 'Count')}
            options={measureOptions()}
            value={(query.measure ?? 'requests') as UsageMeasure}
            onChange={(option) => change({ measure: option.value })}
            width={26}
          />
        </InlineField>
        <GroupByField query={query} dimensions={dimensions} change={change} />
      </Stack>
      <FilterRows
        filters={query.filters ?? []}
        datasource={datasource}
        dimensions={dimensions}
        onChange={(filters) => change({ filters })}
      />
      <Stack direction="row" gap={1} wrap="wrap">
        <GranularityField query={query} change={change} />
        <FormatField query={query} change={change} />
        <LimitField query={query} change={change} />
        <CurrencyField query={query} change={change} />
      </Stack>
    </>
  );
}

/** One budget along its window, or all of them as a table. */
export function BudgetFields({ query, datasource, change }: FieldsProps) {
  const budgets = useNames(datasource, 'budgets');
  const chosen = query.budget ?? '';
  return (
    <Stack direction="row" gap={1} wrap="wrap">
      <InlineField label={t('query.budget.label', 'Budget')} labelWidth={14}>
        <Choice
          name={t('query.budget.label', 'Budget')}
          options={budgets}
          value={chosen === '' ? null : { value: chosen }}
          placeholder={t('query.budget.all', 'All of them')}
          onChange={(option) => change({ budget: option?.value ?? '' })}
          isClearable
          createCustomValue
          width={36}
        />
      </InlineField>
      <FormatField query={query} change={change} />
    </Stack>
  );
}

/** Who owes what. */
export function ShowbackFields({ query, change }: FieldsProps) {
  return (
    <Stack direction="row" gap={1} wrap="wrap">
      <ByField query={query} change={change} options={breakdownOptions().slice(0, 3)} />
      <CurrencyField query={query} change={change} />
    </Stack>
  );
}

/** What changed the cost. */
export function DriversFields({ query, datasource, change }: FieldsProps) {
  const dimensions = useNames(datasource, 'dimensions');
  return (
    <>
      <Stack direction="row" gap={1} wrap="wrap">
        <GroupByField query={query} dimensions={dimensions} change={change} />
        <LimitField query={query} change={change} />
        <CurrencyField query={query} change={change} />
      </Stack>
      <FilterRows
        filters={query.filters ?? []}
        datasource={datasource}
        dimensions={dimensions}
        onChange={(filters) => change({ filters })}
      />
    </>
  );
}

/** What carries no tag. */
export function QualityFields({ query, change }: FieldsProps) {
  return (
    <Stack direction="row" gap={1} wrap="wrap">
      <ByField
        query={query}
        change={change}
        options={[
          { value: 'team', label: t('query.by.team', 'Team') },
          { value: 'source', label: t('query.by.source', 'Source') },
        ]}
      />
      <CurrencyField query={query} change={change} />
    </Stack>
  );
}

type ByProps = Pick<FieldsProps, 'query' | 'change'> & { options: Array<ComboboxOption<string>> };

function ByField({ query, change, options }: ByProps) {
  return (
    <InlineField label={t('query.by.label', 'A row for each')} labelWidth={14}>
      <Choice
        name={t('query.by.label', 'A row for each')}
        options={options}
        value={query.by ?? options[0]!.value}
        onChange={(option) => change({ by: option.value })}
        width={26}
      />
    </InlineField>
  );
}

function breakdownOptions(): Array<ComboboxOption<string>> {
  return [
    { value: 'x_Team', label: t('query.by.team', 'Team') },
    { value: 'x_Product', label: t('query.by.product', 'Product') },
    { value: 'x_Customer', label: t('query.by.customer', 'Customer') },
    { value: 'x_Feature', label: t('query.by.feature', 'Feature') },
    { value: 'x_Environment', label: t('query.by.stage', 'Stage') },
    { value: 'x_Model', label: t('query.by.model', 'Model') },
    { value: 'ModelVersion', label: t('query.by.version', 'Model version') },
  ];
}

function unitOptions(): Array<ComboboxOption<CostUnit>> {
  const labels: Record<CostUnit, string> = {
    tokens: t('query.unit.tokens', '1,000 tokens'),
    request: t('query.unit.request', 'Request'),
    session: t('query.unit.session', 'Session'),
    customer: t('query.by.customer', 'Customer'),
    feature: t('query.by.feature', 'Feature'),
    model: t('query.by.model', 'Model'),
    version: t('query.by.version', 'Model version'),
    stage: t('query.by.stage', 'Stage'),
    job: t('query.unit.job', 'Job'),
    'gpu-hour': t('query.unit.gpu-hour', 'GPU-hour'),
  };
  return costUnits.map((value) => ({ value, label: labels[value] }));
}

function measureOptions(): Array<ComboboxOption<UsageMeasure>> {
  const labels: Record<UsageMeasure, string> = {
    requests: t('query.measure.requests', 'Requests'),
    failed: t('query.measure.failed', 'Failed requests'),
    inputTokens: t('query.measure.input', 'Input tokens'),
    cachedInputTokens: t('query.measure.cached', 'Cached input tokens'),
    outputTokens: t('query.measure.output', 'Output tokens'),
    reasoningTokens: t('query.measure.reasoning', 'Reasoning tokens'),
    sessions: t('query.measure.sessions', 'Sessions'),
    cost: t('query.measure.cost', 'Cost by the price book'),
    durationP50: t('query.measure.duration50', 'Duration, median'),
    durationP99: t('query.measure.duration99', 'Duration, 99th percentile'),
    firstTokenP50: t('query.measure.first50', 'First token, median'),
    firstTokenP99: t('query.measure.first99', 'First token, 99th percentile'),
  };
  return usageMeasures.map((value) => ({ value, label: labels[value] }));
}
