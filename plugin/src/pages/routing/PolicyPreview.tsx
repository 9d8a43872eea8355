import type { PolicyDetail } from '@amadeus/backend/routing/contract.ts';
import type { ReplayResult } from '@amadeus/backend/routing/evaluation-contract.ts';
import { Button, RadioButtonGroup, Stack } from '@grafana/ui';
import { useState } from 'react';
import { Choice } from '../../components/Choice';
import { FailureNote, Skeleton } from '../../components/States';
import { t } from '../../i18n';
import { act } from '../../service/client';
import { useAsked } from '../../service/use-asked';
import { Part } from '../PageFrame';
import { PolicyProbe } from './PolicyProbe';
import { ReplayAnswer } from './ReplayAnswer';

/** What a version or the draft would do: with the requests of the last days, and with one that is made up. */
export function PolicyPreview({ policy }: { policy: PolicyDetail }) {
  const { name, draft, versions } = policy;
  const sides = [...(draft ? ['draft'] : []), ...versions.map(({ version }) => version)];
  const [version, setVersion] = useState<string>();
  const [days, setDays] = useState(7);
  const replay = useAsked<{ replay?: ReplayResult }>();
  const label = t('routing.preview.days', 'Requests of the last');
  const which = t('routing.policy.version', 'Version');
  // A draft that was chosen is gone when it has been published.
  const chosen = sides.find((side) => side === version) ?? sides[0];
  const run = () =>
    replay.ask(() =>
      act('/api/routing/evaluate', {
        policy: { name, ...(chosen === undefined ? {} : { version: chosen }) },
        replay: { days },
      }),
    );
  return (
    <Part
      title={t('routing.preview.title', 'What would it do?')}
      aside={
        <Stack direction="row" gap={1} wrap="wrap" alignItems="center">
          {sides.length > 0 && (
            <Choice
              name={which}
              width={22}
              value={chosen ?? null}
              options={sides.map((value) => ({
                value,
                label: value === 'draft' ? t('routing.policy.is-draft', 'Draft') : value,
              }))}
              onChange={({ value }) => setVersion(value)}
            />
          )}
          <RadioButtonGroup
            size="sm"
            aria-label={label}
            options={[1, 7, 30].map((value) => ({
              value,
              label: t('routing.preview.span', '{{count}} d', { count: value }),
            }))}
            value={days}
            onChange={setDays}
          />
          <Button size="sm" icon={replay.loading ? 'spinner' : 'play'} disabled={replay.loading} onClick={run}>
            {t('routing.preview.replay', 'Replay')}
          </Button>
        </Stack>
      }
    >
      {replay.failure && (
        <FailureNote failure={replay.failure} what={t('routing.preview.the-replay', 'The replay')} retry={run} />
      )}
      {replay.loading && !replay.data && <Skeleton height={160} />}
      {replay.data?.replay && <ReplayAnswer replay={replay.data.replay} />}
      {!replay.data && !replay.loading && !replay.failure && (
        <p>
          {t(
            'routing.preview.help',
            'Replay puts requests that came through the gateway before this policy: what they would have cost, how fast and how good the answers would have been, and which would have been refused.',
          )}
        </p>
      )}
      <PolicyProbe policy={policy} version={chosen} />
    </Part>
  );
}
