import { InlineField, InlineSwitch, Stack } from '@grafana/ui';
import { Choice, Choices } from '../../components/Choice';
import { t } from '../../i18n';
import type { Dimension } from '../../service/contract';
import { useService } from '../../service/use-service';
import { mostLevels, recentMonths, type ReportDraft } from './report-draft';

interface Props {
  draft: ReportDraft;
  onChange: (part: Partial<ReportDraft>) => void;
}

interface NewestRate {
  from: string;
  to: string;
}

/** Span, levels, currency, time zone and shared costs of the report. */
export function ReportChoices({ draft, onChange }: Props) {
  const { data: known } = useService<{ dims: Dimension[] }>('/api/cost/dimensions');
  const { data: rates } = useService<NewestRate[]>('/api/prices/currency-rates');
  const dims = known?.dims ?? [];
  const labelOf = (name: string) => dims.find((dim) => dim.name === name)?.label ?? name.replace(/^x_/, '');
  const currencies = [...new Set([draft.currency, ...(rates ?? []).flatMap(({ from, to }) => [from, to])])].sort();
  const zones = [...new Set(['UTC', Intl.DateTimeFormat().resolvedOptions().timeZone, draft.timeZone])];
  const period = t('showback.period', 'Span');
  const levels = t('showback.levels', 'Levels');
  const currency = t('scope.currency', 'Currency');
  const zone = t('budget.zone', 'Time zone');
  return (
    <Stack direction="row" gap={1} wrap="wrap" alignItems="flex-start">
      <InlineField label={period}>
        <Choice
          name={period}
          width={20}
          options={[
            { value: 'lastMonth', label: t('showback.last-month', 'Last month') },
            { value: 'month', label: t('showback.this-month', 'This month') },
            { value: '30d', label: t('showback.days', 'Last 30 days') },
            { value: '90d', label: t('showback.quarter', 'Last 90 days') },
            ...recentMonths(new Date()).map((value) => ({ value })),
          ]}
          value={draft.period}
          onChange={({ value }) => onChange({ period: value })}
        />
      </InlineField>
      <InlineField label={levels} tooltip={t('showback.levels-help', 'From the outermost inwards, at most four')}>
        <Choices
          name={levels}
          options={dims.map(({ name, label }) => ({ value: name, label }))}
          value={draft.levels.map((value) => ({ value, label: labelOf(value) }))}
          onChange={(options) =>
            options.length > 0 && onChange({ levels: options.map(({ value }) => value).slice(0, mostLevels) })
          }
          width="auto"
          minWidth={24}
          maxWidth={60}
        />
      </InlineField>
      <InlineField label={currency}>
        <Choice
          name={currency}
          width={16}
          options={currencies.map((value) => ({ value, label: value || t('showback.as-billed', 'As billed') }))}
          value={draft.currency}
          onChange={({ value }) => onChange({ currency: value })}
        />
      </InlineField>
      <InlineField label={zone}>
        <Choice
          name={zone}
          width={24}
          options={zones.map((value) => ({ value }))}
          value={draft.timeZone}
          createCustomValue
          onChange={({ value }) => onChange({ timeZone: value })}
        />
      </InlineField>
      <InlineField label={t('showback.shared', 'Split shared costs')} htmlFor="amadeus-showback-shared">
        <InlineSwitch
          id="amadeus-showback-shared"
          value={draft.sharedCosts}
          onChange={(event) => onChange({ sharedCosts: event.currentTarget.checked })}
        />
      </InlineField>
    </Stack>
  );
}
