import type { Preview, RuleSet } from '@amadeus/backend/tag-rules/contract.ts';
import { Alert, Button, Field, Input, Stack } from '@grafana/ui';
import { useEffect, useState } from 'react';
import { DataTable } from '../../components/DataTable';
import { Notices } from '../../components/Notices';
import { FailureNote, Skeleton } from '../../components/States';
import { formatMoney } from '../../format/money';
import { t } from '../../i18n';
import { act, send } from '../../service/client';
import { useAction } from '../../service/use-action';
import { useAsked } from '../../service/use-asked';

interface Props {
  draft: RuleSet;
  version: number;
  onDiscard: () => void;
  onSaved: () => void;
}

/** What the draft would change, before it is saved with a reason. */
export function DraftBar({ draft, version, onDiscard, onSaved }: Props) {
  const [reason, setReason] = useState('');
  const preview = useAsked<Preview>();
  const { ask } = preview;
  useEffect(() => ask(() => act<Preview>('/api/tag-rules/preview', { rules: draft })), [ask, draft]);
  const save = useAction(() => send('PUT', '/api/tag-rules', { rules: draft, version, reason: reason.trim() }));
  return (
    <Alert severity="info" title={t('rule.draft', 'This draft is not saved yet')}>
      <Stack direction="column" gap={2}>
        {preview.failure && <FailureNote failure={preview.failure} what={t('rule.preview', 'What it would change')} />}
        {!preview.data && !preview.failure && <Skeleton height={80} />}
        {preview.data && <Effect preview={preview.data} />}
        <Stack direction="row" gap={1} wrap="wrap" alignItems="flex-end">
          <Field label={t('budget.reason', 'Reason')} htmlFor="amadeus-rules-reason" noMargin>
            <Input
              id="amadeus-rules-reason"
              width={40}
              maxLength={2000}
              value={reason}
              onChange={(event) => setReason(event.currentTarget.value)}
            />
          </Field>
          <Button
            disabled={save.busy || reason.trim() === '' || preview.failure !== undefined}
            onClick={() => void save.run().then((ok) => ok && onSaved())}
          >
            {t('rule.save', 'Save and read the bills again')}
          </Button>
          <Button variant="secondary" fill="outline" onClick={onDiscard}>
            {t('rule.discard', 'Discard the draft')}
          </Button>
        </Stack>
        {save.failure && <FailureNote failure={save.failure} />}
      </Stack>
    </Alert>
  );
}

function Effect({ preview }: { preview: Preview }) {
  const { currency, changedRows, changedCost, rows, moves, missing, violations } = preview;
  const money = (amount: string) => formatMoney(amount, currency);
  return (
    <>
      <p>
        {t('rule.effect', '{{changed}} of {{rows}} lines of the last 30 days change, {{cost}}.', {
          changed: changedRows.toLocaleString('en-US'),
          rows: rows.toLocaleString('en-US'),
          cost: money(changedCost),
        })}
      </p>
      <Notices notices={preview.notices} />
      {moves.length > 0 && (
        <DataTable
          name={t('rule.moves', 'What moves')}
          columns={[
            { id: 'dimension', header: t('rule.dimension', 'Dimension'), value: (one) => one.dimension },
            { id: 'from', header: t('rule.field.from', 'From'), value: (one) => one.from || t('scope.none', '(none)') },
            { id: 'to', header: t('rule.to', 'To'), value: (one) => one.to || t('scope.none', '(none)') },
            { id: 'by', header: t('rule.by', 'By'), value: (one) => one.by },
            {
              id: 'cost',
              header: t('unit.cost', 'Cost'),
              align: 'right',
              value: (one) => Number(one.cost),
              render: (one) => money(one.cost),
            },
          ]}
          rows={moves}
          rowKey={(_, index) => String(index)}
          empty=""
        />
      )}
      {missing.map(({ tag, before, after }) => (
        <p key={tag}>
          {t('rule.missing-change', 'Without {{tag}}: {{before}} now, {{after}} then.', {
            tag,
            before: money(before),
            after: money(after),
          })}
        </p>
      ))}
      {violations.length > 0 && (
        <p>{t('rule.said-violations', '{{count}} values are not allowed.', { count: violations.length })}</p>
      )}
    </>
  );
}
