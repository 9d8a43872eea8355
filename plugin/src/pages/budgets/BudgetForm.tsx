import type { BudgetView } from '@amadeus/backend/budgets/contract.ts';
import { Combobox, Drawer, Field, Input, RadioButtonGroup, Stack, TextArea } from '@grafana/ui';
import { useState } from 'react';
import { Choice, Choices } from '../../components/Choice';
import { SaveForm } from '../../components/FormEnd';
import { t } from '../../i18n';
import { FilterBar } from '../../scope/FilterBar';
import { act, send } from '../../service/client';
import { useAction } from '../../service/use-action';
import { draftOf, inputOf, problemsOf, type BudgetDraft } from './budget-draft';
import { Thresholds } from './Thresholds';

interface Props {
  /** Absent: a new one. */
  of: BudgetView | undefined;
  channels: readonly string[];
  onClose: () => void;
  onSaved: (id: string) => void;
}

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Creates or changes a budget. What is wrong is said beside its field. */
export function BudgetForm({ of, channels, onClose, onSaved }: Props) {
  const [draft, setDraft] = useState(() => draftOf(of, zone));
  const [tried, setTried] = useState(false);
  const set = (part: Partial<BudgetDraft>) => setDraft((old) => ({ ...old, ...part }));
  const problems = tried ? problemsOf(draft) : {};
  const save = useAction(async () => {
    const input = inputOf(draft, of);
    const saved =
      of === undefined
        ? await act<BudgetView>('/api/budgets', input)
        : await send<BudgetView>('PUT', `/api/budgets/${of.id}`, { ...input, version: of.version });
    onSaved(saved.id);
  });
  const submit = () => {
    setTried(true);
    if (Object.keys(problemsOf(draft)).length === 0) void save.run();
  };
  return (
    <Drawer
      title={of ? t('budget.edit-title', 'Change {{name}}', { name: of.name }) : t('budget.new', 'New budget')}
      onClose={onClose}
      size="md"
    >
      <SaveForm action={save} label={t('budget.save', 'Save')} onSubmit={submit} onCancel={onClose}>
        <Field
          label={t('budget.field.name', 'Name')}
          required
          invalid={problems.name === true}
          error={t('budget.problem.name', 'Give it a name that people know')}
          htmlFor="amadeus-budget-name"
        >
          <Input
            id="amadeus-budget-name"
            maxLength={100}
            value={draft.name}
            onChange={(event) => set({ name: event.currentTarget.value })}
          />
        </Field>
        <Field
          label={t('budget.scope', 'Counts')}
          description={t('budget.scope-help', 'Costs that fit every filter; without any, all of them.')}
        >
          <FilterBar
            filters={draft.filters.map(({ dimension, values }) => ({ dim: dimension, values }))}
            onChange={(filters) => set({ filters: filters.map(({ dim, values }) => ({ dimension: dim, values })) })}
          />
        </Field>
        <Stack direction="row" gap={2} wrap="wrap">
          <Field
            label={t('budget.amount', 'Amount')}
            required
            invalid={problems.amount === true}
            error={t('budget.problem.amount', 'An amount above 0, e.g. 25000')}
            htmlFor="amadeus-budget-amount"
          >
            <Input
              id="amadeus-budget-amount"
              inputMode="decimal"
              width={20}
              value={draft.amount}
              onChange={(event) => set({ amount: event.currentTarget.value })}
            />
          </Field>
          <Field
            label={t('scope.currency', 'Currency')}
            invalid={problems.currency === true}
            error={t('budget.problem.currency', 'Three letters, e.g. USD')}
            htmlFor="amadeus-budget-currency"
          >
            <Input
              id="amadeus-budget-currency"
              width={10}
              maxLength={3}
              value={draft.currency}
              onChange={(event) => set({ currency: event.currentTarget.value.toUpperCase() })}
            />
          </Field>
        </Stack>
        <WindowFields
          draft={draft}
          set={set}
          wrongDays={problems.days === true}
          wrongZone={problems.timeZone === true}
        />
        <Thresholds
          thresholds={draft.thresholds}
          invalid={problems.thresholds === true}
          onChange={(thresholds) => set({ thresholds })}
        />
        <Field
          label={t('budget.field.channels', 'Who is told')}
          description={
            channels.length === 0
              ? t('budget.no-channels', 'No channel is configured yet: alerts only stand in the history.')
              : t('budget.channels-help', 'Empty: every configured channel.')
          }
        >
          <Choices
            name={t('budget.field.channels', 'Who is told')}
            options={channels.map((value) => ({ value }))}
            value={(draft.channels ?? []).map((value) => ({ value }))}
            onChange={(options) =>
              set({ channels: options.length === 0 ? undefined : options.map(({ value }) => value) })
            }
            placeholder={t('budget.every-channel', 'Every channel')}
          />
        </Field>
        <Field label={t('budget.field.description', 'Why it is there')} htmlFor="amadeus-budget-description">
          <TextArea
            id="amadeus-budget-description"
            rows={2}
            maxLength={1000}
            value={draft.description}
            onChange={(event) => set({ description: event.currentTarget.value })}
          />
        </Field>
      </SaveForm>
    </Drawer>
  );
}

interface WindowProps {
  draft: BudgetDraft;
  set: (part: Partial<BudgetDraft>) => void;
  wrongDays: boolean;
  wrongZone: boolean;
}

function WindowFields({ draft, set, wrongDays, wrongZone }: WindowProps) {
  const { window } = draft;
  const label = t('budget.window', 'Window');
  return (
    <Stack direction="row" gap={2} wrap="wrap" alignItems="flex-start">
      <Field label={label}>
        <RadioButtonGroup
          aria-label={label}
          options={[
            { value: 'calendar' as const, label: t('budget.calendar', 'Calendar') },
            { value: 'rolling' as const, label: t('budget.rolling', 'Last days') },
          ]}
          value={window.kind}
          onChange={(kind) => set({ window: { ...window, kind } })}
        />
      </Field>
      {window.kind === 'calendar' ? (
        <Field label={t('budget.unit', 'Each')}>
          <Choice
            name={t('budget.unit', 'Each')}
            width={16}
            options={[
              { value: 'day' as const, label: t('budget.day', 'Day') },
              { value: 'week' as const, label: t('budget.week', 'Week') },
              { value: 'month' as const, label: t('budget.month', 'Month') },
              { value: 'quarter' as const, label: t('budget.quarter', 'Quarter') },
              { value: 'year' as const, label: t('budget.year', 'Year') },
            ]}
            value={window.unit}
            onChange={({ value }) => set({ window: { ...window, unit: value } })}
          />
        </Field>
      ) : (
        <Field
          label={t('budget.length', 'Days')}
          invalid={wrongDays}
          error={t('budget.problem.days', '1 to 366')}
          htmlFor="amadeus-budget-days"
        >
          <Input
            id="amadeus-budget-days"
            type="number"
            width={12}
            value={window.days}
            onChange={(event) => set({ window: { ...window, days: event.currentTarget.value } })}
          />
        </Field>
      )}
      <Field
        label={t('budget.zone', 'Time zone')}
        invalid={wrongZone}
        error={t('budget.problem.zone', 'An IANA name, e.g. Asia/Seoul')}
      >
        <ZoneChoice value={draft.timeZone} onChange={(timeZone) => set({ timeZone })} />
      </Field>
    </Stack>
  );
}

function ZoneChoice({ value, onChange }: { value: string; onChange: (zone: string) => void }) {
  const zones = [...new Set(['UTC', zone, value, ...Intl.supportedValuesOf('timeZone')])];
  return (
    <Combobox
      aria-label={t('budget.zone', 'Time zone')}
      width={30}
      options={zones.map((name) => ({ value: name, label: name }))}
      value={value}
      onChange={(option) => onChange(option.value)}
    />
  );
}
