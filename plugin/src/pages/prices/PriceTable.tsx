import type { Price } from '@amadeus/backend/prices/contract.ts';
import { Badge } from '@grafana/ui';
import { DataTable, type Column } from '../../components/DataTable';
import { dayOf } from '../../format/age';
import { t } from '../../i18n';

interface Props {
  prices: readonly Price[];
  total: number;
  onOpen: (price: Price) => void;
}

/** The prices in force, each with what it says and where it is from. */
export function PriceTable({ prices, total, onOpen }: Props) {
  return (
    <>
      <DataTable
        name={t('price.list', 'Price book')}
        columns={columns()}
        rows={prices}
        rowKey={({ id }) => id}
        empty={t('price.none', 'No price fits. Import a price file, or write one.')}
        onOpen={onOpen}
        openLabel={({ item }) => t('price.open', 'Look at the price of {{name}}', { name: item })}
      />
      {total > prices.length && (
        <p>
          {t('price.more', 'The first {{shown}} of {{total}} are shown; search to see others.', {
            shown: prices.length,
            total: total.toLocaleString('en-US'),
          })}
        </p>
      )}
    </>
  );
}

/** Where a price is from, in words. */
export function sourceName(source: string): string {
  const names: Record<string, string> = {
    manual: t('price.source.manual', 'Written here'),
    yaml: t('price.source.yaml', 'Configuration'),
    litellm: 'LiteLLM',
    portkey: 'Portkey',
    list: t('price.source.list', 'List price, shipped'),
  };
  return names[source] ?? source;
}

function columns(): Array<Column<Price>> {
  return [
    { id: 'item', header: t('price.item', 'Model or machine'), value: ({ item }) => item },
    {
      id: 'provider',
      header: t('price.provider', 'Provider'),
      value: ({ provider }) => provider || t('price.own', 'On premises'),
    },
    { id: 'summary', header: t('price.summary', 'Price'), value: ({ summary }) => summary },
    { id: 'purchase', header: t('price.purchase', 'Bought'), value: ({ purchase }) => purchase, hidden: true },
    { id: 'region', header: t('price.region', 'Region'), value: ({ region }) => region, hidden: true },
    {
      id: 'from',
      header: t('price.from', 'Since'),
      value: ({ from }) => from ?? '',
      render: ({ from }) => (from === null ? t('price.always', 'always') : dayOf(from)),
    },
    {
      id: 'source',
      header: t('price.origin', 'From'),
      value: ({ source }) => sourceName(source),
      render: ({ source, shared }) => (
        <Badge
          color={source === 'manual' || source === 'yaml' ? 'green' : 'blue'}
          text={sourceName(source)}
          tooltip={
            shared
              ? t('price.shared-help', 'Holds for everybody until your people write a price of their own.')
              : t('price.own-help', 'Written by your people: it counts before any list price.')
          }
        />
      ),
    },
  ];
}
