import type { PolicyDetail } from '@amadeus/backend/routing/contract.ts';
import type { Explanation } from '@amadeus/backend/routing/evaluation-contract.ts';
import { Button, Field, Input, Stack } from '@grafana/ui';
import { useState } from 'react';
import { FailureNote } from '../../components/States';
import { t } from '../../i18n';
import { act } from '../../service/client';
import { useAsked } from '../../service/use-asked';
import { routingDimensionName } from './call-words';
import { Explained } from './Explained';

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
