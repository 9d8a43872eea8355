import type { BudgetInput } from '@amadeus/backend/budgets/contract.ts';
import { Button, Field, IconButton, Input, Stack } from '@grafana/ui';
import { Choice } from '../../components/Choice';
import { t } from '../../i18n';

type Threshold = BudgetInput['thresholds'][number];

interface Props {
  thresholds: readonly Threshold[];
  invalid: boolean;
  onChange: (thresholds: Threshold[]) => void;
}

const mostThresholds = 10;

/** When people are told: percent of the amount or money, on what was spent or on the forecast. */
export function Thresholds({ thresholds, invalid, onChange }: Props) {
  const set = (index: number, part: Partial<Threshold>) =>
    onChange(thresholds.map((old, at) => (at === index ? { ...old, ...part } : old)));
  const label = t('budget.field.thresholds', 'Tell people at');
  return (
    <Field
      label={label}
      description={t('budget.thresholds-help', 'Each is told once in a window.')}
      invalid={invalid}
      error={t('budget.problem.threshold', 'Numbers above 0')}
    >
      <Stack direction="column" gap={1} alignItems="flex-start">
        {thresholds.map((threshold, index) => (
          <Stack key={index} direction="row" gap={1} alignItems="center" wrap="wrap">
            <Input
              aria-label={t('budget.threshold', 'Threshold {{number}}', { number: index + 1 })}
              inputMode="decimal"
              width={12}
              value={threshold.value}
              onChange={(event) => set(index, { value: event.currentTarget.value })}
            />
            <Choice
              name={t('budget.threshold-unit', 'Unit of threshold {{number}}', { number: index + 1 })}
              width={16}
              options={[
                { value: 'percent' as const, label: t('budget.percent', '% of amount') },
                { value: 'amount' as const, label: t('budget.money', 'money') },
              ]}
              value={threshold.kind}
              onChange={({ value }) => set(index, { kind: value })}
            />
            <Choice
              name={t('budget.threshold-on', 'What threshold {{number}} compares', { number: index + 1 })}
              width={16}
              options={[
                { value: 'actual' as const, label: t('budget.on-actual', 'spent') },
                { value: 'forecast' as const, label: t('budget.on-forecast', 'forecast') },
              ]}
              value={threshold.on}
              onChange={({ value }) => set(index, { on: value })}
            />
            <IconButton
              name="trash-alt"
              tooltip={t('budget.threshold-remove', 'Remove threshold {{number}}', { number: index + 1 })}
              onClick={() => onChange(thresholds.filter((_, at) => at !== index))}
            />
          </Stack>
        ))}
        {thresholds.length < mostThresholds && (
          <Button
            type="button"
            size="sm"
            variant="secondary"
            icon="plus"
            onClick={() => onChange([...thresholds, { kind: 'percent', value: '90', on: 'actual' }])}
          >
            {t('budget.threshold-add', 'Add a threshold')}
          </Button>
        )}
      </Stack>
    </Field>
  );
}
