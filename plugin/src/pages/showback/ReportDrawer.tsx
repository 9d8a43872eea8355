import type { Run, SavedReport, Schedule } from '@amadeus/backend/showback/contract.ts';
import { Badge, Button, Drawer, Field, Input, RadioButtonGroup, Stack } from '@grafana/ui';
import { useState } from 'react';
import { Section } from '../../changes/Section';
import { Choices } from '../../components/Choice';
import { DataTable } from '../../components/DataTable';
import { FailureNote, Skeleton } from '../../components/States';
import { moment } from '../../format/age';
import { t } from '../../i18n';
import { act, send } from '../../service/client';
import { useAction } from '../../service/use-action';
import { useService } from '../../service/use-service';

interface Props {
  report: SavedReport;
  mayWrite: boolean;
  onClose: () => void;
  onRemoved: () => void;
}

/** A saved report: when it is sent, to whom, and what came of it. */
export function ReportDrawer({ report, mayWrite, onClose, onRemoved }: Props) {
  const path = `/api/showback/reports/${report.id}`;
  const [changes, setChanges] = useState(0);
  const schedules = useService<{ schedules: Schedule[]; channels: string[] }>(`${path}/schedules`, {}, changes);
  const remove = useAction(() => send('DELETE', path));
  const changed = () => setChanges((count) => count + 1);
  return (
    <Drawer title={report.name} subtitle={report.definition.levels.join(' → ')} onClose={onClose} size="md">
      <Stack direction="column" gap={3}>
        <Section title={t('schedule.title', 'Sent by itself')}>
          {schedules.failure && <FailureNote failure={schedules.failure} retry={schedules.reload} />}
          {!schedules.data && !schedules.failure && <Skeleton height={120} />}
          {schedules.data && (
            <Schedules
              schedules={schedules.data.schedules}
              mayWrite={mayWrite && !report.provisioned}
              onChanged={changed}
            />
          )}
          {schedules.data && mayWrite && !report.provisioned && (
            <ScheduleForm path={`${path}/schedules`} channels={schedules.data.channels} onSaved={changed} />
          )}
        </Section>
        <Section title={t('schedule.runs', 'What was sent')}>
          {schedules.data?.schedules.map(({ id }) => (
            <SentRuns key={id} schedule={id} />
          ))}
        </Section>
        {mayWrite && !report.provisioned && (
          <div>
            {remove.failure && <FailureNote failure={remove.failure} />}
            <Button
              variant="destructive"
              icon="trash-alt"
              disabled={remove.busy}
              onClick={() => void remove.run().then((ok) => ok && onRemoved())}
            >
              {t('showback.remove', 'Delete this report')}
            </Button>
          </div>
        )}
      </Stack>
    </Drawer>
  );
}

function Schedules({
  schedules,
  mayWrite,
  onChanged,
}: {
  schedules: readonly Schedule[];
  mayWrite: boolean;
  onChanged: () => void;
}) {
  const remove = useAction((id: number) => send('DELETE', `/api/showback/schedules/${id}`));
  if (schedules.length === 0) return <p>{t('schedule.none', 'It is not sent by itself yet.')}</p>;
  return (
    <>
      {schedules.map(({ id, cron, timeZone, channels, format, nextRunAt, enabled }) => (
        <Stack key={id} direction="row" gap={1} wrap="wrap" alignItems="center">
          <Badge color={enabled ? 'green' : 'blue'} text={`${cron} (${timeZone})`} />
          <span>
            {format} → {channels.join(', ')}
          </span>
          {nextRunAt && <span>{t('schedule.next', 'next {{when}}', { when: moment(nextRunAt) })}</span>}
          {mayWrite && (
            <Button
              size="sm"
              variant="secondary"
              icon="trash-alt"
              disabled={remove.busy}
              onClick={() => void remove.run(id).then((ok) => ok && onChanged())}
            >
              {t('schedule.remove', 'Stop sending')}
            </Button>
          )}
        </Stack>
      ))}
      {remove.failure && <FailureNote failure={remove.failure} />}
    </>
  );
}

const usualTimes = [
  { cron: '0 9 1 * *', key: 'monthly' },
  { cron: '0 9 * * 1', key: 'weekly' },
  { cron: '0 9 * * *', key: 'daily' },
] as const;

function ScheduleForm({ path, channels, onSaved }: { path: string; channels: readonly string[]; onSaved: () => void }) {
  const [cron, setCron] = useState<string>(usualTimes[0].cron);
  const [format, setFormat] = useState<'xlsx' | 'pdf' | 'csv'>('xlsx');
  const [to, setTo] = useState<string[]>([]);
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const save = useAction(() =>
    act(path, { cron, timeZone, format, channels: to, lang: t('language.code', 'en') === 'ko' ? 'ko' : 'en' }),
  );
  if (channels.length === 0)
    return <p>{t('schedule.no-channels', 'Configure a channel (e-mail or Slack) to send reports.')}</p>;
  const names = {
    monthly: t('schedule.monthly', 'First of the month'),
    weekly: t('schedule.weekly', 'Mondays'),
    daily: t('schedule.daily', 'Daily'),
  };
  return (
    <Stack direction="column" gap={1}>
      <RadioButtonGroup
        aria-label={t('schedule.when', 'When')}
        options={usualTimes.map(({ cron: value, key }) => ({ value: value, label: names[key] }))}
        value={usualTimes.some((one) => one.cron === cron) ? cron : undefined}
        onChange={setCron}
      />
      <Field
        label={t('schedule.cron', 'Minute, hour, day, month, weekday')}
        description={timeZone}
        htmlFor="amadeus-schedule-cron"
        noMargin
      >
        <Input
          id="amadeus-schedule-cron"
          width={24}
          value={cron}
          onChange={(event) => setCron(event.currentTarget.value)}
        />
      </Field>
      <Choices
        name={t('schedule.to', 'To')}
        placeholder={t('schedule.to', 'To')}
        options={channels.map((value) => ({ value }))}
        value={to.map((value) => ({ value }))}
        onChange={(options) => setTo(options.map(({ value }) => value))}
      />
      <RadioButtonGroup
        aria-label={t('schedule.as', 'As')}
        options={[
          { value: 'xlsx' as const, label: t('showback.excel', 'Excel') },
          { value: 'pdf' as const, label: 'PDF' },
          { value: 'csv' as const, label: 'CSV' },
        ]}
        value={format}
        onChange={setFormat}
      />
      {save.failure && <FailureNote failure={save.failure} />}
      <div>
        <Button
          variant="secondary"
          icon="clock-nine"
          disabled={to.length === 0 || save.busy}
          onClick={() => void save.run().then((ok) => ok && onSaved())}
        >
          {t('schedule.add', 'Send it on this schedule')}
        </Button>
      </div>
    </Stack>
  );
}

function SentRuns({ schedule }: { schedule: number }) {
  const { data, failure, reload } = useService<{ runs: Run[] }>(`/api/showback/schedules/${schedule}/runs`);
  if (failure) return <FailureNote failure={failure} retry={reload} />;
  return data ? <Runs runs={data.runs} /> : <Skeleton height={80} />;
}

function Runs({ runs }: { runs: readonly Run[] }) {
  return (
    <DataTable
      name={t('schedule.runs', 'What was sent')}
      columns={[
        {
          id: 'due',
          header: t('budget.at', 'When'),
          value: ({ dueAt }) => dueAt,
          render: ({ dueAt }) => moment(dueAt),
        },
        { id: 'state', header: t('budget.state.name', 'State'), value: ({ state }) => state },
        {
          id: 'to',
          header: t('schedule.to', 'To'),
          value: ({ deliveries }) =>
            deliveries.map(({ channel, ok, detail }) => `${channel}: ${ok ? 'ok' : detail}`).join('; '),
        },
        { id: 'failure', header: t('schedule.failure', 'What went wrong'), value: ({ failure }) => failure ?? '' },
      ]}
      rows={runs}
      rowKey={({ id }) => String(id)}
      empty={t('schedule.runs-none', 'Nothing was sent yet.')}
    />
  );
}
