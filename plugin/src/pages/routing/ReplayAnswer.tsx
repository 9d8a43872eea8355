import type { ReplayResult } from '@amadeus/backend/routing/evaluation-contract.ts';
import { Alert } from '@grafana/ui';
import { DataTable, type Column } from '../../components/DataTable';
import { formatShare } from '../../format/money';
import { t } from '../../i18n';
import { duration, smallMoney } from './call-words';
import { replayStory } from './replay-story';

/** What the policy would have done with requests that were, beside what serves now and what happened. */
export function ReplayAnswer({ replay }: { replay: ReplayResult }) {
  const { currency, assumed, byFeature, matched } = replay;
  if (matched === 0)
    return (
      <Alert
        severity="info"
        title={t('routing.replay.none', 'None of the {{total}} requests of these days would come to this policy', {
          total: replay.total.toLocaleString('en-US'),
        })}
      />
    );
  return (
    <>
      <p aria-live="polite">
        <strong>{sentence(replay)}</strong>
      </p>
      <DataTable
        name={t('routing.replay.table', 'Replay')}
        columns={outcomeColumns(currency)}
        rows={[
          { name: t('routing.replay.happened', 'What happened'), ...replay.happened },
          { name: t('routing.replay.present', 'What serves now'), ...replay.present },
          { name: t('routing.replay.policy', 'This one'), ...replay.policy },
        ]}
        rowKey={({ name }) => name}
        empty=""
      />
      {byFeature.length > 0 && (
        <DataTable
          name={t('routing.replay.by-feature', 'Replay by feature')}
          columns={groupColumns(currency)}
          rows={byFeature}
          rowKey={({ name }) => name}
          empty=""
        />
      )}
      <details>
        <summary>{t('routing.replay.assumed', 'What was assumed')}</summary>
        <ul>
          {assumed.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      </details>
    </>
  );
}

function sentence(replay: ReplayResult): string {
  const { difference, share, latency, refused } = replayStory(replay);
  const days = Math.max(1, Math.round((Date.parse(replay.to) - Date.parse(replay.from)) / 86_400_000));
  const sign = (text: string, value: number) => (value > 0 ? `+${text}` : text.replace('-', '−'));
  return t(
    'routing.replay.said',
    'On the last {{days}} days, {{matched}} requests: {{money}}{{share}}{{latency}}, {{refused}} refused.',
    {
      days,
      matched: replay.matched.toLocaleString('en-US'),
      money: sign(smallMoney(difference, replay.currency), Number(difference)),
      share: share === undefined ? '' : ` (${sign(formatShare(share, 0), share)})`,
      latency:
        latency === undefined
          ? ''
          : t('routing.replay.latency', ', {{time}} at p95', {
              time: sign(latency < 0 ? `-${duration(-latency)}` : duration(latency), latency),
            }),
      refused,
    },
  );
}

type OutcomeRow = ReplayResult['policy'] & { name: string };

function outcomeColumns(currency: string): Array<Column<OutcomeRow>> {
  const right = 'right' as const;
  return [
    { id: 'name', header: t('routing.replay.which', 'Which'), value: ({ name }) => name },
    {
      id: 'cost',
      header: t('routing.cost', 'Cost'),
      align: right,
      value: ({ cost }) => Number(cost),
      render: ({ cost }) => smallMoney(cost, currency),
    },
    {
      id: 'first',
      header: t('routing.first-token', 'First token, p95'),
      align: right,
      value: ({ firstTokenMs }) => firstTokenMs?.p95 ?? 0,
      render: ({ firstTokenMs }) => (firstTokenMs ? duration(firstTokenMs.p95) : '–'),
    },
    {
      id: 'total',
      header: t('routing.duration', 'Whole answer, p95'),
      align: right,
      value: ({ totalMs }) => totalMs?.p95 ?? 0,
      render: ({ totalMs }) => (totalMs ? duration(totalMs.p95) : '–'),
    },
    {
      id: 'quality',
      header: t('routing.replay.quality', 'Expected quality'),
      align: right,
      value: ({ quality }) => quality ?? 0,
      render: ({ quality }) => (quality === undefined ? '–' : quality.toFixed(2)),
    },
    { id: 'refused', header: t('routing.replay.refused', 'Refused'), align: right, value: ({ refused }) => refused },
    {
      id: 'failed',
      header: t('routing.failed-tries', 'Failed'),
      align: right,
      value: ({ failed }) => failed,
      render: ({ failed }) => failed.toFixed(Number.isInteger(failed) ? 0 : 1),
    },
    {
      id: 'routes',
      header: t('routing.replay.routes', 'Where they go'),
      value: ({ routes }) =>
        Object.entries(routes)
          .sort(([, a], [, b]) => b - a)
          .map(([route, calls]) => `${route}: ${calls}`)
          .join(', '),
    },
  ];
}

function groupColumns(currency: string): Array<Column<ReplayResult['byFeature'][number]>> {
  const money = (id: 'happened' | 'present' | 'replayed', header: string) => ({
    id,
    header,
    align: 'right' as const,
    value: (row: ReplayResult['byFeature'][number]) => Number(row[id]),
    render: (row: ReplayResult['byFeature'][number]) => smallMoney(row[id], currency),
  });
  return [
    { id: 'name', header: t('routing.dim.feature', 'Feature'), value: ({ name }) => name || t('scope.none', '(none)') },
    { id: 'calls', header: t('routing.requests', 'Requests'), align: 'right', value: ({ calls }) => calls },
    money('happened', t('routing.replay.happened', 'What happened')),
    money('present', t('routing.replay.present', 'What serves now')),
    money('replayed', t('routing.replay.policy', 'This one')),
  ];
}
