import type {
  ScalingDetail,
  ScalingReport,
  ScalingSettings,
  ScalingUpdate,
} from '@amadeus/backend/scaling/contract.ts';
import { css } from '@emotion/css';
import { Alert, Button, Field, Input, RadioButtonGroup, Stack } from '@grafana/ui';
import { useState } from 'react';
import { Section } from '../../changes/Section';
import { ReasonField } from '../../components/ReasonField';
import { FailureNote, Skeleton } from '../../components/States';
import { t } from '../../i18n';
import { send } from '../../service/client';
import { useMe } from '../../service/MeContext';
import { useAction } from '../../service/use-action';
import { useService } from '../../service/use-service';
import { ReportTable } from './ScalingPart';
import {
  draftOf,
  isWhole,
  problemsOf,
  rangeOf,
  updateOf,
  type NumberField,
  type SettingsDraft,
} from './settings-draft';
import { fieldHelp, fieldName } from './settings-words';
import { SettingsPreview } from './SettingsPreview';
import { WindowRows } from './WindowRows';

interface Props {
  detail: ScalingDetail;
  onSaved: () => void;
}

const groups: ReadonlyArray<{ title: () => string; fields: readonly NumberField[] }> = [
  {
    title: () => t('settings.bounds', 'Bounds'),
    fields: ['minReplicas', 'maxReplicas', 'latencyLimitMs', 'requestsPerPod'],
  },
  { title: () => t('settings.early', 'How early, and how sure'), fields: ['quantile', 'targetShare', 'earlyMinutes'] },
  {
    title: () => t('settings.steps', 'Steps and rates'),
    fields: ['stepUpShare', 'stepUpReplicas', 'stepDownShare', 'stabilisationMinutes', 'actsPerHour'],
  },
];

/** How a workload is scaled: what it would have come to so far, and a form. */
export function SettingsTab({ detail, onSaved }: Props) {
  const { may } = useMe();
  return (
    <Stack direction="column" gap={3}>
      <WouldHave detail={detail} />
      {detail.settingsOrigin === 'file' ? (
        <Alert severity="info" title={t('settings.file', 'These settings are kept in the configuration file')}>
          {t('settings.file-help', 'Change them under scaling.workloads there; they are shown here as they hold.')}
        </Alert>
      ) : (
        !may('changes:apply') && (
          <Alert severity="info" title={t('settings.no-right', 'You may look at these settings, not change them')}>
            {t(
              'settings.no-right-help',
              'That takes the right changes:apply; an administrator of Amadeus can give it.',
            )}
          </Alert>
        )
      )}
      <SettingsForm
        detail={detail}
        isLocked={detail.settingsOrigin === 'file' || !may('changes:apply')}
        onSaved={onSaved}
      />
    </Stack>
  );
}

const dayMs = 86_400_000;
const alone = css({ alignSelf: 'flex-start' });

/** What the decisions came to, or would have: the ground for letting it act. */
function WouldHave({ detail }: { detail: ScalingDetail }) {
  const [days, setDays] = useState(1);
  const now = Math.floor(Date.now() / 60_000) * 60_000;
  const report = useService<ScalingReport>('/api/scaling/report', {
    workload: detail.workload,
    from: new Date(now - days * dayMs).toISOString(),
    to: new Date(now).toISOString(),
  });
  const title =
    detail.mode === 'observe'
      ? t('settings.would', 'What it would have done')
      : t('settings.did', 'What it did, and what was decided');
  return (
    <Section title={title}>
      <RadioButtonGroup
        className={alone}
        aria-label={t('settings.span', 'Time')}
        options={[1, 7, 30].map((value) => ({
          value,
          label: t('settings.days', 'Last {{count}} days', { count: value, defaultValue_one: 'Last day' }),
        }))}
        value={days}
        onChange={setDays}
      />
      {report.failure ? (
        <FailureNote failure={report.failure} what={t('scaling.report-name', 'The report')} retry={report.reload} />
      ) : report.data ? (
        <ReportTable report={report.data} />
      ) : (
        <Skeleton height={96} />
      )}
    </Section>
  );
}

function SettingsForm({ detail, isLocked, onSaved }: Props & { isLocked: boolean }) {
  const { workload, settings, settingsVersion } = detail;
  const [draft, setDraft] = useState(() => draftOf(settings));
  const [tried, setTried] = useState(false);
  const set = (part: Partial<SettingsDraft>) => setDraft((old) => ({ ...old, ...part }));
  const update = updateOf(draft, settings, settingsVersion);
  const problems = problemsOf(draft);
  // A reason is needed to save, not to look.
  const isTyped = update !== undefined && isWhole({ ...problems, reason: false });
  const save = useAction(() => send('PUT', `/api/scaling/workloads/${encodeURIComponent(workload)}/settings`, update));
  const submit = async () => {
    setTried(true);
    if (isWhole(problems) && update !== undefined && (await save.run())) onSaved();
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Stack direction="column" gap={2}>
        <ModeField draft={draft} isLocked={isLocked} set={set} />
        {groups.map(({ title, fields }) => (
          <Section key={fields[0]} title={title()}>
            <Stack direction="row" gap={2} wrap="wrap" alignItems="flex-start">
              {fields.map((field) => (
                <NumberInput
                  key={field}
                  field={field}
                  value={draft.numbers[field]}
                  problem={problems.numbers[field]}
                  isLocked={isLocked}
                  onChange={(text) => set({ numbers: { ...draft.numbers, [field]: text } })}
                />
              ))}
            </Stack>
          </Section>
        ))}
        <Section title={t('settings.windows', 'Times with a minimum of their own')}>
          <WindowRows
            windows={draft.windows}
            problems={problems.windows}
            isLocked={isLocked}
            onChange={(windows) => set({ windows })}
          />
        </Section>
        <Section title={t('settings.ways', 'Ways')}>
          <RoadFields draft={draft} isLocked={isLocked} set={set} />
        </Section>
        {!isLocked && (
          <>
            <SettingsPreview workload={workload} changed={isTyped ? changesOf(update) : undefined} />
            <ReasonField
              id="amadeus-settings-reason"
              value={draft.reason}
              isMissing={tried}
              onChange={(reason) => set({ reason })}
            />
            {tried && update === undefined && <p role="status">{t('settings.same', 'Nothing was changed yet.')}</p>}
            {save.failure && <FailureNote failure={save.failure} />}
            <Button type="submit" className={alone} disabled={save.busy} icon={save.busy ? 'spinner' : undefined}>
              {t('settings.save', 'Save the settings')}
            </Button>
          </>
        )}
      </Stack>
    </form>
  );
}

/** Only the settings of an update. */
function changesOf({ version: _, reason: __, ...settings }: ScalingUpdate): Partial<ScalingSettings> {
  return settings;
}

interface PartProps {
  draft: SettingsDraft;
  isLocked: boolean;
  set: (part: Partial<SettingsDraft>) => void;
}

function ModeField({ draft, isLocked, set }: PartProps) {
  const label = t('scaling.mode', 'Mode');
  return (
    <Field
      label={label}
      description={t(
        'settings.mode-help',
        'Observes: only keeps what it would have done. Asks first: a person approves each Change. Acts: each act is a Change that can be undone.',
      )}
    >
      <RadioButtonGroup
        aria-label={label}
        disabled={isLocked}
        options={[
          { value: 'observe' as const, label: t('scaling.observe', 'Observes') },
          { value: 'approve' as const, label: t('scaling.approve', 'Asks first') },
          { value: 'auto' as const, label: t('scaling.auto', 'Acts') },
        ]}
        value={draft.mode}
        onChange={(mode) => set({ mode })}
      />
    </Field>
  );
}

interface NumberProps {
  field: NumberField;
  value: string;
  problem: 'range' | 'above-maximum' | undefined;
  isLocked: boolean;
  onChange: (text: string) => void;
}

function NumberInput({ field, value, problem, isLocked, onChange }: NumberProps) {
  const { min, max } = rangeOf(field);
  const id = `amadeus-scaling-${field}`;
  const range =
    max === Infinity
      ? t('settings.above', 'A number above 0')
      : t('settings.range', '{{min}} to {{max}}', { min: min < 0.01 ? 0 : min, max });
  return (
    <Field
      label={fieldName(field)}
      description={fieldHelp(field)}
      invalid={problem !== undefined}
      error={problem === 'above-maximum' ? t('settings.above-maximum', 'No more than the largest number') : range}
      htmlFor={id}
    >
      <Input
        id={id}
        inputMode="decimal"
        width={24}
        disabled={isLocked}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </Field>
  );
}

function RoadFields({ draft, isLocked, set }: PartProps) {
  const road = t('settings.road', 'How the number gets there');
  const git = t('settings.git', 'Where Git keeps the workload');
  return (
    <Stack direction="row" gap={2} wrap="wrap">
      <Field label={road}>
        <RadioButtonGroup
          aria-label={road}
          disabled={isLocked}
          options={[
            {
              value: 'auto' as const,
              label: t('settings.road-auto', 'Written'),
              description: t(
                'settings.road-auto-help',
                'To the scale subresource, or the minimum of the autoscaler that holds it',
              ),
            },
            {
              value: 'metric' as const,
              label: t('settings.road-metric', 'Told to an HPA'),
              description: t('settings.road-metric-help', 'Through the external metrics API; nothing is written'),
            },
          ]}
          value={draft.road}
          onChange={(value) => set({ road: value })}
        />
      </Field>
      <Field label={git}>
        <RadioButtonGroup
          aria-label={git}
          disabled={isLocked}
          options={[
            { value: 'propose' as const, label: t('settings.git-propose', 'Only propose') },
            {
              value: 'act' as const,
              label: t('settings.git-act', 'Write'),
              description: t('settings.git-act-help', 'The number of replicas is not kept in Git'),
            },
          ]}
          value={draft.whenGitOps}
          onChange={(value) => set({ whenGitOps: value })}
        />
      </Field>
    </Stack>
  );
}
