import type { EventView } from '@amadeus/backend/forecasting/event-contract.ts';
import { Field, Input, Stack, TextArea } from '@grafana/ui';
import { useState } from 'react';
import { Choice } from '../../components/Choice';
import { SaveForm } from '../../components/FormEnd';
import { localTime, readLocalTime, timeZoneName } from '../../format/local-time';
import { t } from '../../i18n';
import { act, send } from '../../service/client';
import type { Workload } from '../../service/contract';
import { useAction } from '../../service/use-action';
import { useService } from '../../service/use-service';
import { bodyOf, draftOf, problemsOf, type EventDraft } from './event-draft';

interface Props {
  /** Undefined: a new one. */
  event: EventView | undefined;
  onCancel: () => void;
  onSaved: () => void;
}

/** Makes an event known, or changes one. What is wrong is said beside its field. */
export function EventForm({ event, onCancel, onSaved }: Props) {
  const [draft, setDraft] = useState(() => draftOf(event, localTime, Date.now()));
  const [tried, setTried] = useState(false);
  const set = (part: Partial<EventDraft>) => setDraft((old) => ({ ...old, ...part }));
  const found = problemsOf(draft, readLocalTime);
  const problems = tried ? found : {};
  const save = useAction(() => {
    const body = bodyOf(draft, readLocalTime);
    return event === undefined
      ? act('/api/events', body)
      : send('PUT', `/api/events/${event.id}`, { ...body, version: event.version });
  });
  const submit = async () => {
    setTried(true);
    if (Object.keys(found).length === 0 && (await save.run())) onSaved();
  };
  return (
    <SaveForm
      action={save}
      label={t('event.save', 'Save the event')}
      onSubmit={() => void submit()}
      onCancel={onCancel}
    >
      <Field
        label={t('event.name', 'Name')}
        description={t('event.name-help', 'Events of one name are taken for repetitions of each other.')}
        required
        invalid={problems.name === true}
        error={t('event.problem-name', 'Give it a name, e.g. friday-sale')}
        htmlFor="amadeus-event-name"
      >
        <Input
          id="amadeus-event-name"
          maxLength={120}
          value={draft.name}
          onChange={(typed) => set({ name: typed.currentTarget.value })}
        />
      </Field>
      <WorkloadField workload={draft.workload} onChange={(workload) => set({ workload })} />
      <Stack direction="row" gap={2} wrap="wrap" alignItems="flex-start">
        <TimeField
          id="amadeus-event-starts"
          label={t('event.starts', 'Begins')}
          error={t('event.problem-starts', 'Say when it begins')}
          isWrong={problems.starts === true}
          value={draft.starts}
          onChange={(starts) => set({ starts })}
        />
        <TimeField
          id="amadeus-event-ends"
          label={t('event.ends', 'Ends')}
          error={t('event.problem-ends', 'After its begin, by 14 days at most')}
          isWrong={problems.ends === true}
          value={draft.ends}
          onChange={(ends) => set({ ends })}
        />
      </Stack>
      <Field
        label={t('event.ratio', 'How many times the usual traffic')}
        description={t('event.ratio-help', 'Counts until an earlier one of the name has shown it. Empty: not known.')}
        invalid={problems.ratio === true}
        error={t('event.problem-ratio', '0.01 to 100, e.g. 3')}
        htmlFor="amadeus-event-ratio"
      >
        <Input
          id="amadeus-event-ratio"
          inputMode="decimal"
          width={16}
          value={draft.ratio}
          onChange={(typed) => set({ ratio: typed.currentTarget.value })}
        />
      </Field>
      <Field label={t('event.note', 'Note')} htmlFor="amadeus-event-note">
        <TextArea
          id="amadeus-event-note"
          rows={2}
          maxLength={2000}
          value={draft.note}
          onChange={(typed) => set({ note: typed.currentTarget.value })}
        />
      </Field>
    </SaveForm>
  );
}

function WorkloadField({ workload, onChange }: { workload: string; onChange: (workload: string) => void }) {
  const { data } = useService<Workload[]>('/api/workloads');
  const label = t('event.workload', 'Workload');
  const names = [...new Set([workload, ...(data ?? []).map((one) => one.workload)])].filter((name) => name !== '');
  return (
    <Field label={label}>
      <Choice
        name={label}
        options={[
          { value: '', label: t('event.every', 'Every workload') },
          ...names.map((value) => ({ value, label: value })),
        ]}
        value={workload}
        onChange={({ value }) => onChange(value)}
      />
    </Field>
  );
}

interface TimeProps {
  id: string;
  label: string;
  error: string;
  isWrong: boolean;
  value: string;
  onChange: (text: string) => void;
}

function TimeField({ id, label, error, isWrong, value, onChange }: TimeProps) {
  return (
    <Field label={label} description={timeZoneName()} required invalid={isWrong} error={error} htmlFor={id}>
      <Input
        id={id}
        type="datetime-local"
        width={28}
        value={value}
        onChange={(typed) => onChange(typed.currentTarget.value)}
      />
    </Field>
  );
}
