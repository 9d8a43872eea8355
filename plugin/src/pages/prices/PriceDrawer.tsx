import type { Price, PriceDetail } from '@amadeus/backend/prices/contract.ts';
import { Button, Drawer, Stack } from '@grafana/ui';
import { useState } from 'react';
import { Section } from '../../changes/Section';
import { DataTable } from '../../components/DataTable';
import { ReasonField } from '../../components/ReasonField';
import { FailureNote, Skeleton } from '../../components/States';
import { dayOf } from '../../format/age';
import { t } from '../../i18n';
import { send } from '../../service/client';
import { useAction } from '../../service/use-action';
import { useService } from '../../service/use-service';
import { sourceName } from './PriceTable';

interface Props {
  id: string;
  mayWrite: boolean;
  onSupersede: (price: PriceDetail) => void;
  onChanged: () => void;
  onClose: () => void;
}

/** One price: each of its parts, since when it holds, and every version that it had. */
export function PriceDrawer({ id, mayWrite, onSupersede, onChanged, onClose }: Props) {
  const { data, failure, reload } = useService<PriceDetail>(`/api/prices/${id}`);
  return (
    <Drawer
      title={data?.item ?? t('price.one', 'Price {{id}}', { id })}
      subtitle={data && `${data.provider || t('price.own', 'On premises')} · ${sourceName(data.source)}`}
      onClose={onClose}
      size="md"
    >
      {failure && <FailureNote failure={failure} what={t('price.one', 'Price {{id}}', { id })} retry={reload} />}
      {!data && !failure && <Skeleton height={320} />}
      {data && (
        <Stack direction="column" gap={3}>
          <p>{data.summary}</p>
          {data.note !== '' && <p>{data.note}</p>}
          <Components price={data} />
          <Section title={t('price.history', 'Versions')}>
            <DataTable
              name={t('price.history', 'Versions')}
              columns={[
                { id: 'from', header: t('price.from', 'Since'), value: (one: Price) => since(one) },
                { id: 'to', header: t('price.until', 'Until'), value: (one: Price) => (one.to ? dayOf(one.to) : '–') },
                { id: 'summary', header: t('price.summary', 'Price'), value: (one: Price) => one.summary },
                { id: 'source', header: t('price.origin', 'From'), value: (one: Price) => sourceName(one.source) },
              ]}
              rows={data.history}
              rowKey={(one) => one.id}
              empty=""
            />
          </Section>
          {mayWrite && (
            <Writing
              price={data}
              onSupersede={() => onSupersede(data)}
              onRetired={() => {
                onChanged();
                onClose();
              }}
            />
          )}
        </Stack>
      )}
    </Drawer>
  );
}

const since = ({ from }: Price): string => (from === null ? t('price.always', 'always') : dayOf(from));

function Components({ price: { components, currency, unitPrice, unit } }: { price: PriceDetail }) {
  if (components.length === 0)
    return (
      <p>
        {unitPrice} {currency} / {unit}
      </p>
    );
  return (
    <DataTable
      name={t('price.components', 'What it is made of')}
      columns={[
        { id: 'meter', header: t('price.meter', 'Counted'), value: ({ meter }) => meter },
        {
          id: 'price',
          header: t('price.per-one', 'Price of one ({{currency}})', { currency }),
          value: ({ price }) => price,
          align: 'right',
        },
        { id: 'when', header: t('price.when', 'When'), value: ({ when }) => conditionText(when) },
      ]}
      rows={components}
      rowKey={({ meter }, index) => `${meter}-${index}`}
      empty=""
    />
  );
}

type Condition = PriceDetail['components'][number]['when'];

function conditionText(when: Condition): string {
  if (when === undefined) return '';
  const { tier, promptAbove, resultsAbove, intervalAbove, options = {} } = when;
  return [
    tier,
    promptAbove === undefined
      ? undefined
      : t('price.above', 'prompt above {{tokens}} tokens', { tokens: promptAbove.toLocaleString('en-US') }),
    resultsAbove === undefined ? undefined : t('price.results', 'at least {{count}} results', { count: resultsAbove }),
    intervalAbove === undefined
      ? undefined
      : t('price.interval', 'intervals above {{seconds}} s', { seconds: intervalAbove }),
    ...Object.entries(options).map(([name, value]) => `${name} ${value}`),
  ]
    .filter((part) => part !== undefined)
    .join(', ');
}

function Writing({
  price,
  onSupersede,
  onRetired,
}: {
  price: PriceDetail;
  onSupersede: () => void;
  onRetired: () => void;
}) {
  const [reason, setReason] = useState('');
  const [asking, setAsking] = useState(false);
  const retire = useAction(() => send('DELETE', `/api/prices/${price.id}?reason=${encodeURIComponent(reason.trim())}`));
  if (price.to !== null) return null;
  return (
    <Stack direction="column" gap={1}>
      {asking && (
        <ReasonField
          id="amadeus-price-reason"
          value={reason}
          isMissing={false}
          onChange={setReason}
          help={t('price.retire-help', 'The price ends now; what it priced before stays as it is.')}
          noMargin
        />
      )}
      {retire.failure && <FailureNote failure={retire.failure} />}
      <Stack direction="row" gap={1}>
        <Button icon="pen" onClick={onSupersede}>
          {t('price.supersede', 'New version')}
        </Button>
        <Button
          variant="secondary"
          icon="trash-alt"
          disabled={retire.busy || (asking && reason.trim() === '')}
          onClick={() => (asking ? void retire.run().then((ok) => ok && onRetired()) : setAsking(true))}
        >
          {t('price.retire', 'End this price')}
        </Button>
      </Stack>
    </Stack>
  );
}
