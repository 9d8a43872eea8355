import { t } from '../../i18n';
import { InlineField, Stack, type ComboboxOption } from '@grafana/ui';
import { Choice } from '../../components/Choice';
import { routingMeasures, type RoutingMeasure } from '../types';
import { FilterRows } from './FilterRows';
import type { FieldsProps } from './QueryEditor';
import { FormatField, GroupByField, LimitField, useNames } from './shape-fields';

/** Calls through the LLM gateway. */
export function RoutingFields({ query, datasource, change }: FieldsProps) {
  const dimensions = useNames(datasource, 'routing-dimensions');
  const name = t('query.measure.label', 'Count');
  return (
    <>
      <Stack direction="row" gap={1} wrap="wrap">
        <InlineField label={name} labelWidth={14} disabled={query.format === 'table'}>
          <Choice
            name={name}
            options={measureOptions()}
            value={query.measure ?? 'requests'}
            onChange={(option) => change({ measure: option.value as RoutingMeasure })}
            width={32}
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
        <FormatField query={query} change={change} />
        <LimitField query={query} change={change} />
      </Stack>
    </>
  );
}

/** All experiments, or those that run or have ended. */
export function ExperimentsFields({ query, change }: FieldsProps) {
  const name = t('query.experiments.label', 'Experiments');
  const options = [
    { value: 'all', label: t('query.experiments.all', 'All') },
    { value: 'running', label: t('query.experiments.running', 'Running') },
    { value: 'ended', label: t('query.experiments.ended', 'Ended') },
  ];
  return (
    <Stack direction="row" gap={1} wrap="wrap">
      <InlineField label={name} labelWidth={14}>
        <Choice
          name={name}
          options={options}
          value={query.by ?? 'all'}
          onChange={(option) => change({ by: option.value })}
          width={26}
        />
      </InlineField>
      <LimitField query={query} change={change} />
    </Stack>
  );
}

function measureOptions(): Array<ComboboxOption<string>> {
  const names: Record<RoutingMeasure, string> = {
    requests: t('query.routing.requests', 'Requests'),
    requestRate: t('query.routing.request-rate', 'Requests a second'),
    tries: t('query.routing.tries', 'Tries, with fallbacks'),
    failed: t('query.routing.failed', 'Requests not answered'),
    errorShare: t('query.routing.error-share', 'Error rate: requests not answered'),
    tryErrorShare: t('query.routing.try-error-share', 'Error rate of tries'),
    cacheShare: t('query.routing.cache-share', 'Cache hit rate'),
    inputTokens: t('query.measure.input', 'Input tokens'),
    outputTokens: t('query.measure.output', 'Output tokens'),
    cost: t('query.routing.cost', 'Cost'),
    saved: t('query.routing.saved', 'Saved by caches'),
    durationP50: t('query.routing.duration-p50', 'Duration, median'),
    durationP95: t('query.routing.duration-p95', 'Duration, p95'),
    firstTokenP50: t('query.routing.first-p50', 'First token, median'),
    firstTokenP95: t('query.routing.first-p95', 'First token, p95'),
  };
  return routingMeasures.map((value) => ({ value, label: names[value] }));
}
