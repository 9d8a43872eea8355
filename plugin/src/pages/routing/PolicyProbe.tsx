import type { PolicyDetail } from '@amadeus/backend/routing/contract.ts';
import type { Explanation } from '@amadeus/backend/routing/evaluation-contract.ts';
import { Button, Field, Input, Stack } from '@grafana/ui';
import { useState } from 'react';
import { DataTable, type Column } from '../../components/DataTable';
import { FailureNote } from '../../components/States';
import { formatShare } from '../../format/money';
import { t } from '../../i18n';
import { act } from '../../service/client';
import { useAsked } from '../../service/use-asked';
import { duration, routingDimensionName } from './call-words';

type Candidate = NonNullable<Explanation['choice']>['candidates'][number];

/** Asks where one made-up request would go, and why. */
export function PolicyProbe({ policy, version }: { policy: PolicyDetail; version: string | undefined }) {
  const [first = ''] = policy.content.match.models;
  const [model, setModel] = useState(first.endsWith('*') ? '' : first);
  const [team, setTeam] = useState('');
  const [feature, setFeature] = useState('');
  const [tokens, setTokens] = useState('1000');
  const asked = useAsked<{ explanation?: Explanation }>();
  const count = Number(tokens);
  const isFit = model.trim() !== '' && Number.isInteger(count) && count >= 0;
  const run = () =>
    asked.ask(() =>
      act('/api/routing/evaluate', {
        policy: { name: policy.name, ...(version === undefined ? {} : { version }) },
        request: {
          model: model.trim(),
          promptTokens: count,
          ...(team.trim() === '' ? {} : { team: team.trim() }),
          ...(feature.trim() === '' ? {} : { feature: feature.trim() }),
        },
      }),
    );
  const field = (id: string, label: string, value: string, set: (text: string) => void, width = 22) => (
    <Field label={label} htmlFor={`amadeus-probe-${id}`} noMargin>
      <Input
        id={`amadeus-probe-${id}`}
        width={width}
        maxLength={200}
        value={value}
        onChange={(event) => set(event.currentTarget.value)}
      />
    </Field>
  );
  return (
    <details>
      <summary>{t('routing.probe.title', 'Where would one request go, and why?')}</summary>
      <Stack direction="column" gap={2}>
        <Stack direction="row" gap={2} wrap="wrap" alignItems="flex-end">
          {field('model', routingDimensionName('asked'), model, setModel)}
          {field('team', routingDimensionName('team'), team, setTeam)}
          {field('feature', routingDimensionName('feature'), feature, setFeature)}
          {field('tokens', t('routing.probe.tokens', 'Prompt, tokens'), tokens, setTokens, 12)}
          <Button size="md" disabled={!isFit || asked.loading} onClick={run}>
            {t('routing.probe.ask', 'Explain')}
          </Button>
        </Stack>
        {asked.failure && (
          <FailureNote failure={asked.failure} what={t('routing.probe.answer', 'The explanation')} retry={run} />
        )}
        {asked.data?.explanation && <Explained explanation={asked.data.explanation} />}
      </Stack>
    </details>
  );
}

function Explained({ explanation: { policies, choice } }: { explanation: Explanation }) {
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
