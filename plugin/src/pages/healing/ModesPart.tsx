import type { HealingSettings, HealingWorkloads } from '@amadeus/backend/healing/contract.ts';
import { Badge, Button } from '@grafana/ui';
import { useState } from 'react';
import { DataTable, type Column } from '../../components/DataTable';
import { FailureNote, Skeleton } from '../../components/States';
import { moment } from '../../format/age';
import { t } from '../../i18n';
import { send } from '../../service/client';
import { useMe } from '../../service/MeContext';
import { useAction } from '../../service/use-action';
import { useService, type Loaded } from '../../service/use-service';
import { Columns, Part } from '../PageFrame';
import { ModeForm, modeName } from './ModeForm';

type Row = HealingWorkloads['workloads'][number];
type Rule = HealingSettings['rules'][number];

/** How far the doctor may go, workload by workload, and the patterns that say so. */
export function ModesPart({ ground }: { ground: Loaded<HealingWorkloads> }) {
  const { may } = useMe();
  const settings = useService<HealingSettings>('/api/healing/settings');
  const [target, setTarget] = useState<string | undefined>();
  const changed = () => {
    setTarget(undefined);
    settings.reload();
    ground.reload();
  };
  const remove = useAction((rule: string) => send('DELETE', '/api/healing/settings', { target: rule }));
  const isWriter = may('changes:apply');
  return (
    <Columns>
      <Part title={t('healing.modes', 'How far may it go?')}>
        {ground.failure ? (
          <FailureNote failure={ground.failure} what={t('healing.workloads', 'The workloads')} retry={ground.reload} />
        ) : ground.data ? (
          <DataTable
            name={t('healing.modes', 'How far may it go?')}
            columns={workloadColumns()}
            rows={ground.data.workloads}
            rowKey={(row) => `${row.cluster}/${row.namespace}/${row.kind}/${row.name}`}
            empty={t('healing.no-workloads', 'No workload was found in the clusters.')}
            {...(isWriter
              ? {
                  onOpen: (row: Row) => setTarget(`${row.cluster}/${row.namespace}/${row.name}`),
                  openLabel: (row: Row) =>
                    t('healing.give', 'Give {{name}} a mode', { name: `${row.namespace}/${row.name}` }),
                }
              : {})}
          />
        ) : (
          <Skeleton height={200} />
        )}
      </Part>
      <Part
        title={t('healing.rules', 'Patterns that say so')}
        aside={
          isWriter && (
            <Button size="sm" variant="secondary" icon="plus" onClick={() => setTarget('')}>
              {t('healing.add-rule', 'Add a pattern')}
            </Button>
          )
        }
      >
        {settings.failure ? (
          <FailureNote
            failure={settings.failure}
            what={t('healing.rules', 'Patterns that say so')}
            retry={settings.reload}
          />
        ) : settings.data ? (
          <>
            <p style={{ margin: 0 }}>
              {t('healing.otherwise', 'Where no pattern fits: {{mode}}. The longest pattern wins.', {
                mode: modeName(settings.data.mode),
              })}
            </p>
            <DataTable
              name={t('healing.rules', 'Patterns that say so')}
              columns={ruleColumns(
                isWriter ? (rule) => void remove.run(rule.target).then((ok) => ok && changed()) : undefined,
              )}
              rows={settings.data.rules}
              rowKey={({ origin, target: pattern }) => `${origin} ${pattern}`}
              empty={t('healing.no-rules', 'None yet.')}
            />
          </>
        ) : (
          <Skeleton height={200} />
        )}
        {remove.failure && <FailureNote failure={remove.failure} />}
      </Part>
      {target !== undefined && (
        <ModeForm
          target={target}
          mode={ground.data?.workloads.find((row) => `${row.cluster}/${row.namespace}/${row.name}` === target)?.mode}
          onClose={() => setTarget(undefined)}
          onSaved={changed}
        />
      )}
    </Columns>
  );
}

function workloadColumns(): Array<Column<Row>> {
  return [
    { id: 'name', header: t('healing.workload', 'Workload'), value: ({ namespace, name }) => `${namespace}/${name}` },
    {
      id: 'mode',
      header: t('healing.mode', 'Mode'),
      value: ({ mode }) => modeName(mode),
      render: ({ mode }) => <Badge color={mode === 'auto' ? 'green' : 'blue'} text={modeName(mode)} />,
    },
    {
      id: 'ready',
      header: t('healing.ready', 'Ready'),
      value: ({ readyReplicas }) => readyReplicas,
      render: ({ readyReplicas, replicas }) => `${readyReplicas} / ${replicas}`,
      align: 'right',
    },
    {
      id: 'open',
      header: t('healing.troubles', 'Troubles'),
      value: ({ openIncidents }) => openIncidents,
      align: 'right',
    },
    {
      id: 'managed',
      header: t('healing.managed', 'Kept by'),
      value: ({ managedBy }) => managedBy ?? '–',
    },
    { id: 'cluster', header: t('healing.cluster', 'Cluster'), value: ({ cluster }) => cluster, hidden: true },
  ];
}

function ruleColumns(remove: ((rule: Rule) => void) | undefined): Array<Column<Rule>> {
  return [
    { id: 'target', header: t('healing.pattern', 'Pattern'), value: ({ target }) => target },
    { id: 'mode', header: t('healing.mode', 'Mode'), value: ({ mode }) => modeName(mode) },
    {
      id: 'by',
      header: t('healing.set-by', 'Set by'),
      value: ({ setBy }) => setBy ?? t('healing.by-file', 'The configuration'),
      render: ({ setBy, setAt }) => (
        <span title={setAt === null ? '' : moment(setAt)}>{setBy ?? t('healing.by-file', 'The configuration')}</span>
      ),
    },
    ...(remove === undefined
      ? []
      : [
          {
            id: 'remove',
            header: t('healing.remove', 'Remove'),
            value: () => '',
            render: (rule: Rule) =>
              rule.origin === 'file' ? null : (
                <Button
                  size="sm"
                  variant="secondary"
                  icon="trash-alt"
                  aria-label={t('healing.remove-rule', 'Remove {{pattern}}', { pattern: rule.target })}
                  onClick={() => remove(rule)}
                />
              ),
          },
        ]),
  ];
}
