import type { PolicyDetail, VersionSummary } from '@amadeus/backend/routing/contract.ts';
import { Badge, Button, Stack } from '@grafana/ui';
import { useState } from 'react';
import { Diff } from '../../changes/Diff';
import { Choice } from '../../components/Choice';
import { DataTable, type Column } from '../../components/DataTable';
import { FailureNote } from '../../components/States';
import { moment } from '../../format/age';
import { formatShare } from '../../format/money';
import { t } from '../../i18n';
import { useService } from '../../service/use-service';
import { Part } from '../PageFrame';
import { policyPath } from './policy-path';

interface Props {
  policy: PolicyDetail;
  /** Absent where this person may not propose it. */
  onActivate: ((version: VersionSummary) => void) | undefined;
}

/** Every version, what each serves, and what differs between two. */
export function PolicyVersions({ policy, onActivate }: Props) {
  const { versions, yaml, name } = policy;
  return (
    <Part title={t('routing.policy.versions', 'Versions')}>
      <DataTable
        name={t('routing.policy.versions', 'Versions')}
        columns={columns(onActivate)}
        rows={versions}
        rowKey={({ version }) => version}
        empty={t('routing.policy.no-version', 'Nothing has been published yet.')}
      />
      {versions.length + (policy.draft ? 1 : 0) > 1 && <Compare policy={policy} />}
      <details>
        <summary>{t('routing.policy.yaml', '{{name}} as YAML', { name })}</summary>
        {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
        <pre tabIndex={0} aria-label={t('routing.policy.yaml', '{{name}} as YAML', { name })}>
          {yaml}
        </pre>
      </details>
    </Part>
  );
}

function Compare({ policy: { name, versions, draft } }: { policy: PolicyDetail }) {
  const sides = [...(draft ? ['draft'] : []), ...versions.map(({ version }) => version)];
  const [to, setTo] = useState(sides[0]!);
  const [from, setFrom] = useState(sides[1]!);
  const { data, failure } = useService<{ diff: string }>(`${policyPath(name)}/diff`, { from, to }, draft?.revision);
  const options = sides.map((value) => ({
    value,
    label: value === 'draft' ? t('routing.policy.is-draft', 'Draft') : value,
  }));
  return (
    <Stack direction="column" gap={1}>
      <Stack direction="row" gap={1} wrap="wrap" alignItems="center">
        <Choice
          name={t('routing.policy.from', 'From')}
          width={18}
          value={from}
          options={options}
          onChange={({ value }) => setFrom(value)}
        />
        <span aria-hidden>→</span>
        <Choice
          name={t('routing.policy.to', 'To')}
          width={18}
          value={to}
          options={options}
          onChange={({ value }) => setTo(value)}
        />
      </Stack>
      {failure && <FailureNote failure={failure} what={t('change.diff', 'Differences')} />}
      {data &&
        (data.diff === '' ? <p>{t('routing.policy.no-diff', 'Both say the same.')}</p> : <Diff text={data.diff} />)}
    </Stack>
  );
}

function columns(onActivate: Props['onActivate']): Array<Column<VersionSummary>> {
  return [
    { id: 'version', header: t('routing.policy.version', 'Version'), value: ({ version }) => version },
    {
      id: 'share',
      header: t('routing.policy.serves', 'Serves'),
      align: 'right',
      value: ({ share }) => share,
      render: ({ share }) => (share > 0 ? <Badge color="green" text={formatShare(share, 0)} /> : '–'),
    },
    { id: 'notes', header: t('routing.policy.notes', 'Notes'), value: ({ notes }) => notes || '–' },
    { id: 'by', header: t('routing.policy.by', 'By'), value: ({ author }) => author.name },
    {
      id: 'at',
      header: t('routing.policy.when', 'When'),
      value: ({ createdAt }) => createdAt,
      render: ({ createdAt }) => moment(createdAt),
    },
    {
      id: 'hash',
      header: t('routing.policy.hash', 'Hash'),
      hidden: true,
      value: ({ hash }) => hash,
      render: ({ hash }) => hash.slice(0, 12),
    },
    ...(onActivate
      ? [
          {
            id: 'act',
            header: t('routing.policy.act', 'Let it serve'),
            value: () => '',
            render: (version: VersionSummary) =>
              version.share < 1 && (
                <Button
                  size="sm"
                  variant="secondary"
                  onClick={() => onActivate(version)}
                  aria-label={t('routing.policy.activate-named', 'Let {{version}} serve', { version: version.version })}
                >
                  {t('routing.policy.activate', '10 %, or all …')}
                </Button>
              ),
          },
        ]
      : []),
  ];
}
