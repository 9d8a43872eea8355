import type { LiveCall } from '@amadeus/backend/routing-panels/contract.ts';
import type { Explanation } from '@amadeus/backend/routing/evaluation-contract.ts';
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Badge, Button, ClipboardButton, Drawer, Stack, useStyles2 } from '@grafana/ui';
import type { ReactNode } from 'react';
import { Section } from '../../changes/Section';
import { FailureNote } from '../../components/States';
import { moment } from '../../format/age';
import { t } from '../../i18n';
import { act } from '../../service/client';
import { useAsked } from '../../service/use-asked';
import { duration, endColor, endName, noRoute, routeName, routingDimensionName, smallMoney } from './call-words';
import { Explained } from './Explained';

/** One request: who asked for what, each try with why it was made, what it took and what it cost. */
export function CallDrawer({ call, onClose }: { call: LiveCall; onClose: () => void }) {
  const { policy, version, asked, keyId, team, product, customer, feature, session, cache, saved, currency } = call;
  const facts: Array<[string, string]> = [
    [routingDimensionName('asked'), asked],
    [routingDimensionName('policy'), policy],
    [routingDimensionName('version'), version],
    [routingDimensionName('team'), team],
    [routingDimensionName('product'), product],
    [routingDimensionName('customer'), customer],
    [routingDimensionName('feature'), feature],
    [t('routing.session', 'Session'), session],
    [routingDimensionName('key'), keyId],
    ...Object.entries(call.tags),
  ];
  return (
    <Drawer title={titleOf(call)} subtitle={moment(call.at)} onClose={onClose} size="md">
      <Stack direction="column" gap={3}>
        <Stack direction="row" gap={1} wrap="wrap" alignItems="center">
          <Badge color={endColor(call.status)} text={endName(call.status)} />
          {cache !== '' && (
            <Badge
              color="purple"
              text={t('routing.cache-saved', '{{kind}} cache, {{amount}} saved', {
                kind: cache,
                amount: smallMoney(saved, currency || 'USD'),
              })}
            />
          )}
          <ClipboardButton size="sm" variant="secondary" icon="copy" getText={() => call.id}>
            {t('routing.copy-id', 'Copy the id')}
          </ClipboardButton>
        </Stack>
        <Section title={t('routing.tried', 'What was tried')}>
          <ol>
            {call.tries.map((attempt) => (
              <li key={attempt.number}>
                <Try attempt={attempt} currency={currency} />
              </li>
            ))}
          </ol>
        </Section>
        {policy !== '' && (
          <Section title={t('routing.alternatives', 'What else there was')}>
            <Alternatives call={call} />
          </Section>
        )}
        <Section title={t('routing.about', 'Whose request it was')}>
          <Facts facts={facts.filter(([, value]) => value !== '')} />
        </Section>
        <p>
          {t(
            'routing.no-text',
            'What was asked and answered is not kept with the usage; only a policy that says so keeps prompts, encrypted and for a time.',
          )}
        </p>
      </Stack>
    </Drawer>
  );
}

function titleOf({ route }: LiveCall): string {
  if (route === noRoute) return t('routing.call-unrouted', 'Why no route was asked for this request');
  return t('routing.call-title', 'Why this request went to {{route}}', { route: routeName(route) });
}

/** The choice among the routes for a request like this one, with what excludes each and the terms of its score, as it is now. */
function Alternatives({ call }: { call: LiveCall }) {
  const asked = useAsked<{ explanation?: Explanation }>();
  const { policy, version, asked: model, team, product, customer, feature, environment, session, personal } = call;
  const whose = { team, product, customer, feature, environment, session };
  const said = Object.entries(whose).filter(([, value]) => value !== '');
  const run = () =>
    asked.ask(() =>
      act('/api/routing/evaluate', {
        policy: { name: policy, ...(version === '' ? {} : { version }) },
        request: {
          ...{ model, ...Object.fromEntries(said), tags: call.tags, promptTokens: call.promptTokens },
          ...(personal ? { piiClasses: personal } : {}),
        },
      }),
    );
  return (
    <Stack direction="column" gap={1}>
      <p>
        {t(
          'routing.alternatives-help',
          'The policy is asked once more for a request like this one: by what was kept of it, and what gateways know of the routes now, not what they knew then.',
        )}
      </p>
      {!asked.data && (
        <div>
          <Button size="sm" variant="secondary" icon="question-circle" disabled={asked.loading} onClick={run}>
            {t('routing.probe.ask', 'Explain')}
          </Button>
        </div>
      )}
      {asked.failure && (
        <FailureNote failure={asked.failure} what={t('routing.probe.answer', 'The explanation')} retry={run} />
      )}
      {asked.data?.explanation && <Explained explanation={asked.data.explanation} />}
    </Stack>
  );
}

function Try({ attempt, currency }: { attempt: LiveCall['tries'][number]; currency: string }) {
  const { route, judge, why, status, firstTokenMs, durationMs, inputTokens, outputTokens, estimated, cost, formula } =
    attempt;
  const facts: Array<[string, ReactNode]> = [
    [t('routing.why', 'Why'), why || '–'],
    [t('routing.first', 'First token'), firstTokenMs === undefined ? '–' : duration(firstTokenMs)],
    [t('routing.took', 'Took'), durationMs === undefined ? '–' : duration(durationMs)],
    [
      t('routing.tokens', 'Tokens'),
      `${inputTokens.toLocaleString('en-US')} + ${outputTokens.toLocaleString('en-US')}${
        estimated ? ` (${t('routing.estimated', 'estimated: the provider told none')})` : ''
      }`,
    ],
    [t('routing.cost', 'Cost'), smallMoney(cost, currency)],
    [t('routing.formula', 'How'), formula || '–'],
  ];
  return (
    <Stack direction="column" gap={0.5}>
      <Stack direction="row" gap={1} wrap="wrap" alignItems="center">
        <strong>{routeName(route)}</strong>
        <Badge color={endColor(status)} text={endName(status)} />
        {judge === true && <Badge color="blue" text={t('routing.judge', 'judge')} />}
      </Stack>
      <Facts facts={facts} />
    </Stack>
  );
}

function Facts({ facts }: { facts: ReadonlyArray<[string, ReactNode]> }) {
  const styles = useStyles2(getStyles);
  return (
    <dl className={styles.facts}>
      {facts.map(([name, value]) => (
        <div key={name} className={styles.fact}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  facts: css({ margin: 0, paddingBottom: theme.spacing(1) }),
  fact: css({
    display: 'flex',
    justifyContent: 'space-between',
    gap: theme.spacing(2),
    padding: theme.spacing(0.5, 0),
    borderBottom: `1px solid ${theme.colors.border.weak}`,
    dt: { color: theme.colors.text.secondary, fontWeight: theme.typography.fontWeightRegular },
    dd: { margin: 0, textAlign: 'right', overflowWrap: 'anywhere' },
  }),
});
