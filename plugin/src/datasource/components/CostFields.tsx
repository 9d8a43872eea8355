import { t } from '../../i18n';
import { InlineField, Stack, type ComboboxOption } from '@grafana/ui';
import { costMetrics, type CostMetric } from '../types';
import { FilterRows } from './FilterRows';
import type { FieldsProps } from './QueryEditor';
import { Choice } from '../../components/Choice';
import { CurrencyField, FormatField, GranularityField, GroupByField, LimitField, useNames } from './shape-fields';

export function CostFields({ query, datasource, change }: FieldsProps) {
  const dimensions = useNames(datasource, 'dimensions');
  return (
    <>
      <Stack direction="row" gap={1} wrap="wrap">
        <InlineField label={t('query.metric.label', 'Metric')} labelWidth={14}>
          <Choice
            name={t('query.metric.label', 'Metric')}
            options={metricOptions()}
            value={query.metric ?? 'EffectiveCost'}
            onChange={(option) => change({ metric: option.value })}
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

function metricOptions(): Array<ComboboxOption<CostMetric>> {
  const help: Record<CostMetric, string> = {
    EffectiveCost: t('query.metric.effective', 'What was used, with discounts and commitments spread'),
    BilledCost: t('query.metric.billed', 'What is on the invoice'),
    ListCost: t('query.metric.list', 'At public list prices'),
    ContractedCost: t('query.metric.contracted', 'At negotiated prices, without commitments'),
  };
  return costMetrics.map((value) => ({ value, label: value, description: help[value] }));
}
