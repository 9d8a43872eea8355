import { t } from '../../i18n';
import { InlineField, Input, RadioButtonGroup, type ComboboxOption } from '@grafana/ui';
import { useCallback } from 'react';
import { Choices } from '../../components/Choice';
import type { AmadeusDatasource } from '../datasource';
import type { Granularity, VariableType } from '../types';
import type { FieldsProps } from './QueryEditor';

/** Names of the service's lists, by type-ahead. */
export type LoadNames = (search: string) => Promise<Array<ComboboxOption<string>>>;
type ShapeProps = Pick<FieldsProps, 'query' | 'change'>;

const maximumDimensions = 3;

/** Loads a list of the service; empty where the service does not answer, so that names can still be typed. */
export function useNames(datasource: AmadeusDatasource, type: VariableType): LoadNames {
  return useCallback(
    async (search) => {
      const found = await datasource.list(type, { search }).catch(() => []);
      return found.map(({ text, value }) => ({ label: text, value }));
    },
    [datasource, type],
  );
}

export function GroupByField({ query, change, dimensions }: ShapeProps & { dimensions: LoadNames }) {
  const groupBy = query.groupBy ?? [];
  return (
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
  );
}

export function GranularityField({ query, change }: ShapeProps) {
  return (
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
        onChange={(granularity) => change(granularity === 'total' ? { granularity, format: 'table' } : { granularity })}
      />
    </InlineField>
  );
}

export function FormatField({ query, change }: ShapeProps) {
  return (
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
  );
}

export function LimitField({ query, change }: ShapeProps) {
  return (
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
          if (Number.isInteger(limit) && limit >= 1 && limit !== query.limit) change({ limit: Math.min(limit, 1000) });
        }}
      />
    </InlineField>
  );
}

export function CurrencyField({ query, change }: ShapeProps) {
  return (
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
  );
}
