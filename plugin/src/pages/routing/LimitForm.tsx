import type { LimitView, SetLimit } from '@amadeus/backend/limits/contract.ts';
import { Drawer, Field, Input, RadioButtonGroup } from '@grafana/ui';
import { useState } from 'react';
import { SaveForm } from '../../components/FormEnd';
import { t } from '../../i18n';
import { act, send } from '../../service/client';
import { useAction } from '../../service/use-action';
import {
  bounds,
  emptyLimit,
  limitDraft,
  limitInput,
  limitProblems,
  type LimitDraft,
  type LimitWindow,
} from './limit-draft';
import { boundName, perName, windowName } from './limit-words';

interface Props {
  /** The limit to change; undefined makes a new one. */
  of: LimitView | undefined;
  onClose: () => void;
  onDone: () => void;
}

/** Sets how much somebody may send to the gateway. */
export function LimitForm({ of, onClose, onDone }: Props) {
  const [draft, setDraft] = useState(of ? limitDraft(of) : emptyLimit);
  const [tried, setTried] = useState(false);
  const problems = tried ? limitProblems(draft) : {};
  const title = of ? t('routing.limit.change', 'Change the limit') : t('routing.limit.new', 'New limit');
  const save = useAction(() => {
    const body = limitInput(draft);
    return of ? send('PUT', `/api/gateway/limits/${of.id}`, body) : act('/api/gateway/limits', body);
  });
  const submit = () => {
    setTried(true);
    if (Object.keys(limitProblems(draft)).length === 0) void save.run().then((ok) => ok && onDone());
  };
  const text = (name: Exclude<keyof LimitDraft, 'per' | 'window'>, label: string, help?: string, error?: string) => (
    <Field
      key={name}
      label={label}
      {...(help === undefined ? {} : { description: help })}
      invalid={problems[name] === true}
      error={error}
      htmlFor={`amadeus-limit-${name}`}
    >
      <Input
        id={`amadeus-limit-${name}`}
        maxLength={name === 'only' ? 2000 : 100}
        inputMode={name === 'name' || name === 'only' || name === 'timeZone' ? 'text' : 'numeric'}
        value={draft[name]}
        onChange={(event) => {
          const value = event.currentTarget.value;
          setDraft((old) => ({ ...old, [name]: value }));
        }}
      />
    </Field>
  );
  const perLabel = t('routing.limit.per', 'Each of these has counters of its own');
  const pers = (['team', 'product', 'customer', 'key'] as const).map((value) => ({ value, label: perName(value) }));
  const windowLabel = t('routing.limit.window', 'Minutes and days');
  const windows = (['calendar', 'rolling'] as const).map((value) => ({ value, label: windowName(value) }));
  return (
    <Drawer title={title} onClose={onClose} size="md">
      <SaveForm
        action={save}
        label={t('routing.limit.save', 'Save the limit')}
        what={title}
        onSubmit={submit}
        onCancel={onClose}
      >
        {text(
          'name',
          t('routing.limit.name', 'Name'),
          t('routing.limit.name-help', 'Whoever is refused reads it.'),
          t('routing.limit.problem-name', 'Give it a name'),
        )}
        <Field label={perLabel}>
          <RadioButtonGroup<SetLimit['per']>
            aria-label={perLabel}
            options={pers}
            value={draft.per}
            onChange={(per) => setDraft((old) => ({ ...old, per }))}
          />
        </Field>
        {text(
          'only',
          t('routing.limit.only', 'Only for'),
          t('routing.limit.only-help', 'Names (or ids of keys) with commas; empty: for all of them.'),
        )}
        {bounds.map((bound) =>
          text(bound, boundName(bound), undefined, t('routing.limit.problem-count', 'A whole number above 0')),
        )}
        <Field
          label={windowLabel}
          description={t('routing.limit.window-help', 'Rolling: the last 60 seconds and 24 hours, at every moment.')}
        >
          <RadioButtonGroup<LimitWindow>
            aria-label={windowLabel}
            options={windows}
            value={draft.window}
            onChange={(window) => setDraft((old) => ({ ...old, window }))}
          />
        </Field>
        {draft.window === 'calendar' &&
          text(
            'timeZone',
            t('routing.limit.zone', 'Time zone of the days'),
            t('routing.limit.zone-help', 'E.g. Asia/Seoul; empty: UTC.'),
          )}
        {problems.bounds && <p role="alert">{t('routing.limit.problem-none', 'Say at least one of the four.')}</p>}
      </SaveForm>
    </Drawer>
  );
}
