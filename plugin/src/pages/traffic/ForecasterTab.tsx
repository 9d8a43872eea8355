import type { Model } from '@amadeus/backend/forecasting/contract.ts';
import { Alert, Badge, Button, Stack, TextLink } from '@grafana/ui';
import { useState } from 'react';
import { Section } from '../../changes/Section';
import { DataTable, type Column } from '../../components/DataTable';
import { FailureNote, Skeleton } from '../../components/States';
import { ago, moment } from '../../format/age';
import { t } from '../../i18n';
import type { Accuracy } from '../../service/contract';
import { useMe } from '../../service/MeContext';
import { useService } from '../../service/use-service';
import { contest, forecasterName, noticeText, type Contestant } from './forecaster-words';
import { PinForm } from './PinForm';
import { TuningTable } from './TuningTable';

const cardUrl = 'https://github.com/mureon/amadeus/blob/main/models/MODEL_CARD.md';

interface Props {
  workload: string;
  onChange: (id: number) => void;
}

/** Who foresees the workload and why, how the others do, and what the network has learned of it. */
export function ForecasterTab({ workload, onChange }: Props) {
  const { may } = useMe();
  const path = `/api/traffic/${encodeURIComponent(workload)}`;
  const model = useService<Model>(`${path}/model`);
  const accuracy = useService<Accuracy>(`${path}/accuracy`, { range: '24h' });
  const [pin, setPin] = useState<{ forecaster: string | null } | undefined>();
  if (model.failure)
    return <FailureNote failure={model.failure} what={t('model.name', 'The forecaster')} retry={model.reload} />;
  if (!model.data) return <Skeleton height={320} />;
  const { champion, pinned, since, drift, notices, tunings, network } = model.data;
  return (
    <Stack direction="column" gap={3}>
      <Section title={t('model.champion', 'Who foresees it')}>
        <Stack direction="row" gap={1} wrap="wrap" alignItems="center">
          <strong>{forecasterName(champion)}</strong>
          {pinned && <Badge color="blue" icon="lock" text={t('model.pinned', 'Pinned by a person')} />}
          {since && <span title={moment(since)}>{t('model.since', 'since {{when}}', { when: ago(since) })}</span>}
          {pinned && may('changes:propose') && (
            <Button size="sm" variant="secondary" onClick={() => setPin({ forecaster: null })}>
              {t('model.unpin', 'Let the evidence choose')}
            </Button>
          )}
        </Stack>
        <p>{evidenceText(model.data)}</p>
      </Section>
      {drift && (
        <Alert severity="warning" title={t('model.drift', 'It is harder to foresee than it was')}>
          {t(
            'model.drift-help',
            'Since {{when}} its error is {{factor}} times that of the last two days. It may be trained anew before its day is over.',
            {
              when: moment(drift.since),
              factor: drift.factor.toFixed(1),
            },
          )}
        </Alert>
      )}
      {notices.length > 0 && (
        <Section title={t('model.notices', 'What its samples lacked')}>
          <ul>
            {notices.map((notice) => (
              <li key={notice.kind}>{noticeText(notice)}</li>
            ))}
          </ul>
        </Section>
      )}
      <Section title={t('model.contest', 'How all of them did within a day')}>
        {accuracy.failure ? (
          <FailureNote failure={accuracy.failure} what={t('traffic.scores', 'The scores')} retry={accuracy.reload} />
        ) : accuracy.data ? (
          <DataTable
            name={t('model.contest', 'How all of them did within a day')}
            columns={columns(may('changes:propose') ? (forecaster) => setPin({ forecaster }) : undefined, model.data)}
            rows={contest(accuracy.data)}
            rowKey={({ forecaster }) => forecaster}
            empty={t('scores.none', 'No forecast has been scored yet: the first is, ten minutes after it was issued.')}
          />
        ) : (
          <Skeleton height={200} />
        )}
      </Section>
      <Section title={t('model.tunings', 'Training on its own minutes')}>
        <TuningTable tunings={tunings} />
      </Section>
      <Section title={t('model.network', 'The network')}>
        <p>
          {network === null
            ? t('model.no-network', 'The network cannot run on this machine: the others foresee alone.')
            : t(
                'model.network-help',
                '{{name}}: {{weights}} weights; it reads {{window}} minutes and foresees {{horizon}}. What it learned from, and where it fails, stands in its model card; its file is {{hash}}.',
                {
                  name: network.name,
                  weights: network.weights.toLocaleString('en-US'),
                  window: network.windowMinutes,
                  horizon: network.horizonMinutes,
                  hash: network.sha256.slice(0, 12),
                },
              )}
        </p>
        <p>
          {t('model.limits', 'It does not foresee what nothing announces: make a sale known under Events.')}{' '}
          <TextLink href={cardUrl} external inline>
            {t('model.card', 'Model card')}
          </TextLink>
        </p>
      </Section>
      {pin && (
        <PinForm
          workload={workload}
          forecaster={pin.forecaster}
          onClose={() => setPin(undefined)}
          onProposed={(id) => {
            setPin(undefined);
            onChange(id);
          }}
        />
      )}
    </Stack>
  );
}

function evidenceText({ evidence, pinned, champion }: Model): string {
  if (pinned)
    return t('model.by-person', 'A person chose it; the others go on, and are scored against the same minutes.');
  if (evidence === null)
    return t(
      'model.no-evidence',
      'There is no evidence yet that another one is better; this one begins with every workload.',
    );
  const number = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 1 });
  return t(
    'model.evidence',
    'Over {{minutes}} minutes the error of {{champion}} was {{mae}} requests a minute, that of {{former}} {{formerMae}}.',
    {
      minutes: evidence.minutes,
      champion: forecasterName(champion),
      mae: number(evidence.mae),
      former: forecasterName(evidence.former),
      formerMae: evidence.formerMae === null ? '–' : number(evidence.formerMae),
    },
  );
}

function columns(
  pin: ((forecaster: string) => void) | undefined,
  { champion, pinned }: Model,
): Array<Column<Contestant>> {
  const number = (value: number | null | undefined) =>
    typeof value === 'number' ? value.toLocaleString('en-US', { maximumFractionDigits: 1 }) : '–';
  const percent = (value: number | null | undefined) =>
    typeof value === 'number' ? `${(value * 100).toFixed(0)} %` : '–';
  return [
    {
      id: 'forecaster',
      header: t('scores.forecaster', 'Forecaster'),
      value: ({ forecaster }) => forecasterName(forecaster),
      render: ({ forecaster, isChampion }) => (
        <>
          {forecasterName(forecaster)} {isChampion && <Badge color="green" text={t('scores.champion', 'in use')} />}
        </>
      ),
    },
    {
      id: 'far',
      header: t('model.far', 'Error 10 min ahead'),
      value: ({ far }) => far?.mae ?? -1,
      render: ({ far }) => number(far?.mae),
      align: 'right',
    },
    {
      id: 'against',
      header: t('model.against', 'Against "it stays"'),
      value: ({ againstPersistence }) => againstPersistence ?? -1,
      render: ({ againstPersistence }) => percent(againstPersistence),
      align: 'right',
    },
    {
      id: 'coverage',
      header: t('scores.coverage', 'In the 80 % band'),
      value: ({ far }) => far?.coverage ?? -1,
      render: ({ far }) => percent(far?.coverage),
      align: 'right',
    },
    {
      id: 'near',
      header: t('model.near', 'Error 1 min ahead'),
      value: ({ near }) => near?.mae ?? -1,
      render: ({ near }) => number(near?.mae),
      align: 'right',
    },
    ...(pin === undefined
      ? []
      : [
          {
            id: 'pin',
            header: t('model.choose', 'Choose'),
            value: () => '',
            render: ({ forecaster }: Contestant) =>
              pinned && forecaster === champion ? null : (
                <Button
                  size="sm"
                  variant="secondary"
                  icon="lock"
                  aria-label={t('model.pin-named', 'Pin {{name}}', { name: forecasterName(forecaster) })}
                  onClick={() => pin(forecaster)}
                >
                  {t('model.pin', 'Pin')}
                </Button>
              ),
          },
        ]),
  ];
}
