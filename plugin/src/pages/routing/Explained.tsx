import type { Explanation } from '@amadeus/backend/routing/evaluation-contract.ts';
import { Stack } from '@grafana/ui';
import { DataTable, type Column } from '../../components/DataTable';
import { formatShare } from '../../format/money';
import { t } from '../../i18n';
import { duration, routingDimensionName } from './call-words';

type Candidate = NonNullable<Explanation['choice']>['candidates'][number];

/** Which policy decides about a request, and how its routes compare. */
export function Explained({ explanation: { policies, choice } }: { explanation: Explanation }) {
  const passed = policies.filter(({ unmet }) => unmet.length > 0);
  return (
    <Stack direction="column" gap={1}>
      <p aria-live="polite">
        {choice
          ? t('routing.probe.said', '{{policy}} decides, and {{route}} would answer: {{reason}}.', {
              policy: choice.policy,
              route: choice.order[0] ?? t('routing.probe.nobody', 'nobody'),
              reason: choice.reason,
            })
          : t('routing.probe.no-policy', 'No policy fits such a request; the gateway would refuse it.')}
      </p>
      {passed.length > 0 && (
        <ul>
          {passed.map(({ policy, unmet }) => (
            <li key={policy}>
              {policy}: {unmet.join(', ')}
            </li>
          ))}
        </ul>
      )}
      {choice && (
        <DataTable
          name={t('routing.probe.candidates', 'Candidates')}
          columns={candidateColumns(choice.order)}
          rows={choice.candidates}
          rowKey={({ route }) => route}
          empty={t('routing.probe.none', 'The policy has no route.')}
        />
      )}
    </Stack>
  );
}

function candidateColumns(order: readonly string[]): Array<Column<Candidate>> {
  const right = 'right' as const;
  return [
    { id: 'route', header: routingDimensionName('route'), value: ({ route }) => route },
    {
      id: 'order',
      header: t('routing.probe.turn', 'Turn'),
      align: right,
      value: ({ route }) => (order.includes(route) ? order.indexOf(route) + 1 : Infinity),
      render: ({ route }) => (order.includes(route) ? order.indexOf(route) + 1 : '–'),
    },
    {
      id: 'excluded',
      header: t('routing.probe.excluded', 'Why not'),
      value: ({ excluded }) => excluded.join(', ') || '–',
    },
    {
      id: 'cost',
      header: t('routing.probe.cost', 'Expected cost'),
      align: right,
      value: ({ expectedCost }) => Number(expectedCost ?? 0),
      render: ({ expectedCost }) => expectedCost ?? '–',
    },
    {
      id: 'latency',
      header: t('routing.probe.latency', 'Latency, p95'),
      align: right,
      value: ({ latencyMs }) => latencyMs ?? 0,
      render: ({ latencyMs }) => (latencyMs === undefined ? '–' : duration(latencyMs)),
    },
    {
      id: 'errors',
      header: t('routing.failed-tries', 'Failed'),
      align: right,
      value: ({ errorRate }) => errorRate,
      render: ({ errorRate }) => formatShare(errorRate),
    },
    {
      id: 'quality',
      header: t('routing.replay.quality', 'Expected quality'),
      align: right,
      value: ({ quality }) => quality ?? 0,
      render: ({ quality }) => quality?.toFixed(2) ?? '–',
    },
    {
      id: 'score',
      header: t('routing.probe.score', 'Score'),
      value: ({ score }) => score ?? 0,
      render: ({ score, terms }) =>
        score === undefined
          ? '–'
          : `${score.toFixed(3)}${
              terms
                ? ` (${Object.entries(terms)
                    .map(([name, value]) => `${name} ${value.toFixed(2)}`)
                    .join(' + ')})`
                : ''
            }`,
    },
  ];
}
