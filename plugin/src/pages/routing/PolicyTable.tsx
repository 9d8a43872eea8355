import type { PolicySummary } from '@amadeus/backend/routing/contract.ts';
import { Badge } from '@grafana/ui';
import { DataTable, type Column } from '../../components/DataTable';
import { t } from '../../i18n';
import { matchText, routesText } from './policy-draft';
import { policyColor, policyState, strategyName } from './policy-words';

interface Props {
  policies: readonly PolicySummary[];
  chosen: string | undefined;
  onOpen: (policy: PolicySummary) => void;
}

/** Policies in the order in which they are looked at: the first that fits a request decides. */
export function PolicyTable({ policies, chosen, onOpen }: Props) {
  return (
    <DataTable
      name={t('routing.policy.list', 'Policies')}
      columns={columns(chosen)}
      rows={policies}
      rowKey={({ name, origin }) => `${origin} ${name}`}
      empty={t('routing.policy.none', 'There is no policy yet')}
      onOpen={onOpen}
      openLabel={({ name }) => t('routing.policy.open', 'Show the policy {{name}}', { name })}
    />
  );
}

function columns(chosen: string | undefined): Array<Column<PolicySummary>> {
  return [
    {
      id: 'name',
      header: t('routing.dim.policy', 'Policy'),
      value: ({ name }) => name,
      render: ({ name }) => (name === chosen ? <strong>{name}</strong> : name),
    },
    {
      id: 'state',
      header: t('routing.policy.state', 'State'),
      value: (policy) => policyState(policy),
      render: (policy) => (
        <>
          <Badge color={policyColor(policy.state)} text={policyState(policy)} />{' '}
          {policy.hasDraft && policy.state !== 'draft' && (
            <Badge color="orange" text={t('routing.policy.is-draft', 'Draft')} />
          )}{' '}
          {policy.openChange !== undefined && (
            <Badge color="orange" icon="clock-nine" text={t('routing.policy.waits', 'Waits for approval')} />
          )}
        </>
      ),
    },
    { id: 'version', header: t('routing.policy.version', 'Version'), value: ({ version = '–' }) => version },
    { id: 'match', header: t('routing.policy.for', 'For'), value: ({ content }) => matchText(content) },
    {
      id: 'strategy',
      header: t('routing.policy.chooses', 'Chooses'),
      value: ({ content }) => strategyName(content.choose.strategy),
    },
    { id: 'routes', header: t('routing.policy.among', 'Among'), value: ({ content }) => routesText(content) },
    { id: 'position', header: t('routing.policy.place', 'Place'), hidden: true, value: ({ position }) => position },
  ];
}
