import { t } from '../../i18n';
import { InlineField, Input, RadioButtonGroup, Stack, type ComboboxOption } from '@grafana/ui';
import { useCallback } from 'react';
import { costMetrics, type CostMetric, type Granularity } from '../types';
import { FilterRows } from './FilterRows';
import type { FieldsProps } from './QueryEditor';
import { Choice, Choices } from '../../components/Choice';

const maximumDimensions = 3;

export function CostFields({ query, datasource, change }: FieldsProps) {
  const dimensions = useCallback(
    async (search: string): Promise<Array<ComboboxOption<string>>> => {
      const found = await datasource.list('dimensions', { search }).catch(() => []);
      return found.map(({ text, value }) => ({ label: text, value }));
    },
    [datasource],
  );
  const groupBy = query.groupBy ?? [];
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
        <InlineField
          label={t('query.group.label', 'Group by')}
          invalid={groupBy.length > maximumDimensions}
          error={t('query.group.many', 'At most three')}
        >
          <Choices
            name={t('query.group.label', 'Group by')}
            options={dimensions}
            value={groupBy.map((value) => ({ value }))}
            onChange={(options) => change({ groupBy: options.map(({ value }) => value).slice(0, maximumDimensions) })}
            placeholder={t('query.group.none', 'Nothing: the total')}
            createCustomValue
            width="auto"
            minWidth={26}
            maxWidth={60}
          />
        </InlineField>
      </Stack>
      <FilterRows
        filters={query.filters ?? []}
        datasource={datasource}
        dimensions={dimensions}
        onChange={(filters) => change({ filters })}
      />
      <ShapeFields query={query} change={change} />
    </>
  );
}

function ShapeFields({ query, change }: Pick<FieldsProps, 'query' | 'change'>) {
  return (
    <Stack direction="row" gap={1} wrap="wrap">
      <InlineField label={t('query.granularity.label', 'Per')} labelWidth={14}>
        <RadioButtonGroup<Granularity>
          aria-label={t('query.granularity.label', 'Per')}
          options={[
            { value: 'auto', label: t('query.granularity.auto', 'Auto') },
            { value: 'hour', label: t('query.granularity.hour', 'Hour') },
            { value: 'day', label: t('query.granularity.day', 'Day') },
            { value: 'total', label: t('query.granularity.total', 'Total') },
          ]}
          value={query.granularity ?? 'auto'}
          onChange={(granularity) =>
            change(granularity === 'total' ? { granularity, format: 'table' } : { granularity })
          }
        />
      </InlineField>
      <InlineField label={t('query.format.label', 'Format')}>
        <RadioButtonGroup
          aria-label={t('query.format.label', 'Format')}
          options={[
            { value: 'timeseries' as const, label: t('query.format.series', 'Time series') },
            { value: 'table' as const, label: t('query.format.table', 'Table') },
          ]}
          value={query.format ?? 'timeseries'}
          onChange={(format) => change({ format })}
        />
      </InlineField>
      <InlineField
        label={t('query.limit.label', 'Top')}
        tooltip={t('query.limit.help', 'How many groups; what is left is summed as "Other".')}
      >
        <Input
          aria-label={t('query.limit.label', 'Top')}
          type="number"
          min={1}
          max={1000}
          width={10}
          defaultValue={query.limit ?? 10}
          onBlur={(event) => {
            const limit = event.currentTarget.valueAsNumber;
            if (Number.isInteger(limit) && limit >= 1 && limit !== query.limit)
              change({ limit: Math.min(limit, 1000) });
          }}
        />
      </InlineField>
      <InlineField
        label={t('query.currency.label', 'Currency')}
        tooltip={t('query.currency.help', 'Only rows billed in it. Empty: the currency with the largest spend.')}
      >
        <Input
          aria-label={t('query.currency.label', 'Currency')}
          placeholder={t('query.currency.any', 'Auto')}
          width={10}
          maxLength={32}
          defaultValue={query.currency ?? ''}
          onBlur={(event) => {
            const currency = event.currentTarget.value.trim();
            if (currency !== (query.currency ?? '')) change({ currency });
          }}
        />
      </InlineField>
    </Stack>
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
