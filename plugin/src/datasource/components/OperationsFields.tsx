import { t } from '../../i18n';
import { InlineField, Stack } from '@grafana/ui';
import { Choice } from '../../components/Choice';
import type { QueryType } from '../types';
import type { FieldsProps } from './QueryEditor';

/** The service as a whole, or its routes, loops and jobs. */
export function ServiceFields({ query, change }: FieldsProps) {
  const options = [
    { value: 'vitals', label: t('query.part.vitals', 'The whole') },
    { value: 'routes', label: t('query.part.routes', 'Routes') },
    { value: 'loops', label: t('query.part.loops', 'Loops') },
    { value: 'jobs', label: t('query.part.jobs', 'Jobs') },
  ];
  return (
    <Stack direction="row" gap={1} wrap="wrap">
      <InlineField label={t('query.part.label', 'Part')} labelWidth={14}>
        <Choice
          name={t('query.part.label', 'Part')}
          options={options}
          value={query.by ?? 'vitals'}
          onChange={(option) => change({ by: option.value })}
          width={26}
        />
      </InlineField>
    </Stack>
  );
}

/** Fields of numbers in the tables of each type, by the names that the service gives them. */
const numbers: Partial<Record<QueryType, readonly string[]>> = {
  unit: ['cost', 'costPerRequest', 'costPer1000Tokens', 'costPerSession', 'change', 'margin', 'marginShare'],
  usage: ['requests', 'failed', 'inputTokens', 'outputTokens', 'sessions', 'cost', 'durationP50', 'durationP99'],
  routing: [
    'requests',
    'tries',
    'errorShare',
    'tryErrorShare',
    'cacheShare',
    'cost',
    'saved',
    'firstTokenP95',
    'durationP95',
  ],
  experiments: ['cost', 'costHigh', 'quality', 'qualityLow', 'failures', 'firstToken', 'observations', 'spent'],
  budget: ['share', 'spent', 'amount', 'forecast', 'forecastShare'],
  showback: ['total', 'direct', 'shared'],
  drivers: ['difference', 'price', 'volume', 'mix', 'share', 'cost', 'previousCost'],
  gpu: ['total', 'allocated', 'used', 'idle', 'heldIdle', 'cost', 'idleCost', 'heldIdleCost'],
  quality: ['share', 'missing', 'of'],
  sources: ['late', 'ageHours', 'rows', 'quarantined'],
  reconciliation: ['share', 'difference', 'billed', 'estimated', 'days'],
  service: ['failedShare', 'p95', 'memory', 'failedTurns', 'waitingJobs', 'warehouse', 'store'],
};

/** An alert rule takes one number of each row; the texts beside it become its labels. */
export function NumberField({ query, change }: Pick<FieldsProps, 'query' | 'change'>) {
  const names = numbers[query.queryType];
  if (names === undefined || query.format === 'timeseries') return null;
  const chosen = query.number ?? '';
  return (
    <Stack direction="row" gap={1} wrap="wrap">
      <InlineField
        label={t('query.number.label', 'Only the number')}
        labelWidth={18}
        tooltip={t('query.number.help', 'An alert rule needs one number for each row; what names the row stays.')}
      >
        <Choice
          name={t('query.number.label', 'Only the number')}
          options={names.map((value) => ({ value, label: value }))}
          value={chosen === '' ? null : { value: chosen }}
          placeholder={t('query.number.all', 'All of them')}
          onChange={(option) => change({ number: option?.value })}
          isClearable
          createCustomValue
          width={26}
        />
      </InlineField>
    </Stack>
  );
}
