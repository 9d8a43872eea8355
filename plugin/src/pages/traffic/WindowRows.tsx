import { Button, Field, IconButton, Input, Stack } from '@grafana/ui';
import { Choices } from '../../components/Choice';
import { t } from '../../i18n';
import type { DraftProblems, WindowDraft } from './settings-draft';

interface Props {
  windows: readonly WindowDraft[];
  problems: DraftProblems['windows'];
  isLocked: boolean;
  onChange: (windows: WindowDraft[]) => void;
}

const mostWindows = 20;

/** Times of the week in which a workload has at least so many replicas. */
export function WindowRows({ windows, problems, isLocked, onChange }: Props) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const add = () => onChange([...windows, { days: [], from: '09:00', to: '18:00', timeZone: zone, minReplicas: '2' }]);
  return (
    <Stack direction="column" gap={1} alignItems="flex-start">
      {windows.length === 0 && <span>{t('settings.no-windows', 'None: the same minimum holds at all times.')}</span>}
      {windows.map((window, index) => (
        <WindowRow
          key={index}
          window={window}
          number={index + 1}
          problem={problems[index]}
          isLocked={isLocked}
          onChange={(next) => onChange(windows.map((one, at) => (at === index ? next : one)))}
          onRemove={() => onChange(windows.filter((_, at) => at !== index))}
        />
      ))}
      {!isLocked && (
        <Button
          type="button"
          size="sm"
          variant="secondary"
          icon="plus"
          disabled={windows.length >= mostWindows}
          onClick={add}
        >
          {t('settings.add-window', 'Add a time')}
        </Button>
      )}
    </Stack>
  );
}

interface RowProps {
  window: WindowDraft;
  number: number;
  problem: DraftProblems['windows'][number];
  isLocked: boolean;
  onChange: (window: WindowDraft) => void;
  onRemove: () => void;
}

function WindowRow({ window, number, problem, isLocked, onChange, onRemove }: RowProps) {
  const set = (part: Partial<WindowDraft>) => onChange({ ...window, ...part });
  const days = dayNames();
  const text = (field: 'from' | 'to' | 'timeZone' | 'minReplicas', label: string, width: number) => {
    const id = `amadeus-window-${number}-${field}`;
    return (
      <Field label={label} htmlFor={id} noMargin>
        <Input
          id={id}
          width={width}
          disabled={isLocked}
          value={window[field]}
          onChange={(event) => set({ [field]: event.currentTarget.value })}
        />
      </Field>
    );
  };
  return (
    <div role="group" aria-label={t('settings.window', 'Time {{number}}', { number })}>
      <Stack direction="row" gap={1} wrap="wrap" alignItems="flex-end">
        <Field label={t('settings.days-of', 'Days')} noMargin>
          <Choices
            name={t('settings.days-of', 'Days')}
            width={24}
            disabled={isLocked}
            options={days}
            placeholder={t('settings.every-day', 'Every day')}
            value={days.filter(({ value }) => window.days.includes(value))}
            onChange={(chosen) => set({ days: chosen.map(({ value }) => value) })}
          />
        </Field>
        {text('from', t('settings.from', 'From'), 10)}
        {text('to', t('settings.to', 'To'), 10)}
        {text('timeZone', t('settings.zone', 'Time zone'), 20)}
        {text('minReplicas', t('settings.at-least', 'At least'), 10)}
        {!isLocked && (
          <IconButton
            name="trash-alt"
            tooltip={t('settings.remove-window', 'Remove this time')}
            aria-label={t('settings.remove-window-number', 'Remove time {{number}}', { number })}
            onClick={onRemove}
          />
        )}
      </Stack>
      {problem && <div role="alert">{problemText(problem)}</div>}
    </div>
  );
}

function dayNames(): Array<{ value: WindowDraft['days'][number]; label: string }> {
  return [
    { value: 'mon', label: t('settings.day.mon', 'Monday') },
    { value: 'tue', label: t('settings.day.tue', 'Tuesday') },
    { value: 'wed', label: t('settings.day.wed', 'Wednesday') },
    { value: 'thu', label: t('settings.day.thu', 'Thursday') },
    { value: 'fri', label: t('settings.day.fri', 'Friday') },
    { value: 'sat', label: t('settings.day.sat', 'Saturday') },
    { value: 'sun', label: t('settings.day.sun', 'Sunday') },
  ];
}

function problemText(problem: NonNullable<DraftProblems['windows'][number]>): string {
  const texts = {
    time: t('settings.problem.time', 'Write times as 09:00.'),
    equal: t('settings.problem.equal', 'It begins and ends at the same time, so it never holds.'),
    zone: t('settings.problem.zone', 'There is no such time zone: an IANA name, e.g. Asia/Seoul.'),
    replicas: t('settings.problem.replicas', 'A whole number, no more than the largest.'),
  };
  return texts[problem];
}
