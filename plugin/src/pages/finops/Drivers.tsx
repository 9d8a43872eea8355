import type { Driver, Drivers as DriversAnswer } from '@amadeus/backend/unit-economics/contract.ts';
import { DataTable, type Column } from '../../components/DataTable';
import { Notices } from '../../components/Notices';
import { FailureNote, Skeleton } from '../../components/States';
import { formatMoney, formatShare } from '../../format/money';
import { t } from '../../i18n';
import type { Params } from '../../service/client';
import type { Dimension } from '../../service/contract';
import { useService } from '../../service/use-service';
import { Part } from '../PageFrame';
import { nearestDays } from './nearest-days';

interface Props {
  asked: Params;
  metric: string;
  groupBy: readonly string[];
  dims: readonly Dimension[];
  onOpen: (keys: Record<string, string>) => void;
}

/** What made the cost change against the period before: because one costs more, because there is more, or another mix. */
export function Drivers({ asked, metric, groupBy, dims, onOpen }: Props) {
  const title = t('drivers.title', 'What changed it');
  const { data, failure, reload } = useService<DriversAnswer>('/api/unit-economics/drivers', {
    ...asked,
    ...nearestDays(asked),
    metric,
    dims: groupBy.slice(0, 3).join(','),
    limit: 50,
  });
  return (
    <Part title={title}>
      {failure && <FailureNote failure={failure} what={title} retry={reload} />}
      {!data && !failure && <Skeleton height={200} />}
      {data && (
        <>
          <p>
            {moved(data)}{' '}
            {t('drivers.days', 'Whole days (UTC): {{from}} to {{to}}, against {{previousFrom}} to {{previousTo}}.', {
              from: data.from.slice(0, 10),
              to: lastDay(data.to),
              previousFrom: data.previousFrom.slice(0, 10),
              previousTo: lastDay(data.previousTo),
            })}
          </p>
          <Notices notices={data.notices} />
          <DataTable
            key={data.dims.join()}
            name={title}
            columns={columnsOf(data, dims)}
            rows={data.rows}
            rowKey={({ keys }, index) => `${Object.values(keys).join()}-${index}`}
            empty={t('drivers.none', 'Nothing changed.')}
            onOpen={({ keys, other }) => other !== true && onOpen(keys)}
            openLabel={({ keys }) => t('spend.open', 'Look into {{name}}', { name: Object.values(keys).join(' · ') })}
          />
        </>
      )}
    </Part>
  );
}

function columnsOf({ dims: names, currency }: DriversAnswer, dims: readonly Dimension[]): Array<Column<Driver>> {
  const money = (id: string, header: string, of: (row: Driver) => string, hidden = false): Column<Driver> => ({
    id,
    header,
    align: 'right',
    hidden,
    value: (row) => Number(of(row)),
    render: (row) => <span title={`${of(row)} ${currency}`}>{signed(of(row), currency)}</span>,
  });
  return [
    ...names.map((name) => ({
      id: name,
      header: dims.find((dim) => dim.name === name)?.label ?? name,
      value: ({ keys, other }: Driver) =>
        other === true ? t('drivers.other', '(other)') : keys[name] || t('scope.none', '(none)'),
    })),
    money('difference', t('spend.change', 'Change'), ({ split }) => split.difference),
    {
      id: 'share',
      header: t('drivers.share', 'Of the net change'),
      align: 'right',
      value: ({ share }) => Number(share ?? 0),
      render: ({ share }) => (share === undefined ? '–' : formatShare(share, 0)),
    },
    money('price', t('drivers.price', 'by price'), ({ split }) => split.price),
    money('volume', t('drivers.volume', 'by volume'), ({ split }) => split.volume),
    money('mix', t('drivers.mix', 'by mix'), ({ split }) => split.mix),
    money('unknown', t('drivers.unknown', 'volume without a known quantity'), ({ split }) => split.unknown, true),
    {
      id: 'note',
      header: t('drivers.note', 'Note'),
      value: ({ isNew, isGone }) => (isNew ? t('spend.new', 'new') : isGone ? t('drivers.gone', 'gone') : ''),
    },
  ];
}

/** "Most of it: Log Analytics on platform, +$1,343, mostly by volume." No share: that is the top sentence's, of its own hours. */
function moved({ rows, total, currency, dims }: DriversAnswer): string {
  const way = Math.sign(Number(total.split.difference)) || 1;
  const [first] = rows
    .filter(({ other, split }) => other !== true && Number(split.difference) * way > 0)
    .sort((a, b) => (Number(b.split.difference) - Number(a.split.difference)) * way);
  if (first === undefined) return '';
  const { price, volume, mix, difference } = first.split;
  const causes = [
    { by: Number(price), text: t('drivers.price', 'by price') },
    { by: Number(volume), text: t('drivers.volume', 'by volume') },
    { by: Number(mix), text: t('drivers.mix', 'by mix') },
  ];
  const cause = causes.sort((a, b) => (b.by - a.by) * way)[0]!;
  return t('drivers.moved', 'Most of it: {{name}}, {{difference}}, mostly {{cause}}.', {
    name: dims.map((dim) => first.keys[dim] || t('scope.none', '(none)')).join(' / '),
    difference: signed(difference, currency),
    cause: cause.text,
  });
}

/** The last day before an instant, in UTC. */
function lastDay(after: string): string {
  return new Date(Date.parse(after) - 1).toISOString().slice(0, 10);
}

/** `+$1,234` or `−$56`. */
function signed(amount: string, currency: string): string {
  const text = formatMoney(amount.replace('-', ''), currency);
  return Number(amount) === 0 ? text : `${Number(amount) > 0 ? '+' : '−'}${text}`;
}
