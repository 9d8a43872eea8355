import type { Reconciliation as Reconciled } from '@amadeus/backend/prices/reconciliation-contract.ts';
import { Badge } from '@grafana/ui';
import { ExplainButton } from '../../components/ExplainDrawer';
import { DataTable } from '../../components/DataTable';
import { FailureNote, Skeleton } from '../../components/States';
import { formatChange, formatMoney } from '../../format/money';
import { t } from '../../i18n';
import { useService } from '../../service/use-service';
import { Part } from '../PageFrame';

const dayMs = 86_400_000;
const day = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** Whether the providers billed what the usage should cost, and why not. */
export function Reconciliation() {
  const title = t('reconcile.title', 'Is the bill right?');
  const now = Date.now();
  const { data, failure, reload } = useService<Reconciled>('/api/prices/reconciliation', {
    from: day(now - 30 * dayMs),
    to: day(now + dayMs),
  });
  return (
    <Part
      title={title}
      aside={
        data && (
          <ExplainButton
            subject={title}
            how={data.method}
            terms={data.providers.map(({ provider, billed, estimated, currency }) => ({
              name: provider,
              value: t('reconcile.term', 'billed {{billed}}, estimated {{estimated}} {{currency}}', {
                billed,
                estimated,
                currency,
              }),
            }))}
          />
        )
      }
    >
      {failure && <FailureNote failure={failure} what={title} retry={reload} />}
      {!data && !failure && <Skeleton height={160} />}
      {data && <Providers data={data} />}
      {data && data.findings.length > 0 && <Findings data={data} />}
    </Part>
  );
}

function Providers({ data: { providers, thresholdPercent } }: { data: Reconciled }) {
  const name = t('reconcile.providers', 'Bill against estimate, last 30 days');
  return (
    <DataTable
      name={name}
      columns={[
        { id: 'provider', header: t('price.provider', 'Provider'), value: ({ provider }) => provider },
        {
          id: 'billed',
          header: t('unit.basis.billed', 'Billed'),
          align: 'right',
          value: ({ billed }) => Number(billed),
          render: ({ billed, currency }) => formatMoney(billed, currency),
        },
        {
          id: 'estimated',
          header: t('unit.basis.estimated', 'Estimated'),
          align: 'right',
          value: ({ estimated }) => Number(estimated),
          render: ({ estimated, currency }) => formatMoney(estimated, currency),
        },
        {
          id: 'difference',
          header: t('reconcile.difference', 'Difference'),
          align: 'right',
          value: ({ percent }) => Number(percent ?? 0),
          render: ({ percent, above }) =>
            percent === null ? '–' : <Badge color={above ? 'orange' : 'green'} text={formatChange(Number(percent))} />,
        },
        {
          id: 'causes',
          header: t('reconcile.causes', 'Because of'),
          value: ({ causes, currency }) =>
            causes
              .filter(({ amount }) => Number(amount) !== 0)
              .map(({ cause, amount }) => `${causeName(cause)} ${signed(amount, currency)}`)
              .join(', '),
        },
      ]}
      rows={providers}
      rowKey={({ provider, currency }) => `${provider}-${currency}`}
      empty={t('reconcile.none', 'No provider has both a bill and usage yet (alert above {{percent}} %).', {
        percent: thresholdPercent,
      })}
    />
  );
}

function Findings({ data: { findings, providers } }: { data: Reconciled }) {
  const currencyOf = (provider: string) => providers.find((one) => one.provider === provider)?.currency ?? 'USD';
  return (
    <DataTable
      name={t('reconcile.findings', 'Days to look at')}
      columns={[
        { id: 'day', header: t('rates.on', 'on'), value: ({ day: at }) => at },
        { id: 'model', header: t('unit.dim.model', 'Model'), value: ({ model }) => model },
        { id: 'text', header: t('budget.what', 'What'), value: ({ text }) => text },
        {
          id: 'amount',
          header: t('reconcile.difference', 'Difference'),
          align: 'right',
          value: ({ amount }) => Math.abs(Number(amount)),
          render: ({ amount, provider }) => signed(amount, currencyOf(provider)),
        },
      ]}
      rows={findings}
      rowKey={({ day: at, provider, model }, index) => `${at}-${provider}-${model}-${index}`}
      empty=""
    />
  );
}

function causeName(cause: string): string {
  const names: Record<string, string> = {
    'missing-requests': t('reconcile.missing', 'requests not seen'),
    'failed-but-billed': t('reconcile.failed', 'failed but billed'),
    cache: t('reconcile.cache', 'cache billed otherwise'),
    'price-change': t('reconcile.price', 'another price'),
    other: t('reconcile.other', 'other'),
  };
  return names[cause] ?? cause;
}

function signed(amount: string, currency: string): string {
  return `${Number(amount) >= 0 ? '+' : '−'}${formatMoney(amount.replace('-', ''), currency)}`;
}
