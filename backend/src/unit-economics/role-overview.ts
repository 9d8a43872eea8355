import { exact, exactQuotient, exactText, roundedTo } from '../platform/amounts/index.ts';
import { monthSpend } from '../overview/index.ts';
import { shareText } from './cards.ts';
import type { BreakdownRow, Card, Cards, Drivers, FinopsOverview, OverviewFigure } from './contract.ts';
import { percent } from './drivers.ts';
import type { GpuSum, SpendDay } from './unit-repository.ts';

type Texts = { en: string; ko: string };
type Told = Pick<FinopsOverview, 'sentence' | 'figures'>;

const figure = (
  id: string,
  label: Texts,
  unit: OverviewFigure['unit'],
  value: string | undefined,
  how: Texts,
  more: Partial<Pick<OverviewFigure, 'previous' | 'changeShare' | 'note'>> = {},
): OverviewFigure => ({ id, label, unit, how, ...(value === undefined ? {} : { value }), ...more });

/** Month to date and where it goes, for who answers for the money. */
export function finopsOverview(
  days: readonly SpendDay[],
  drivers: Pick<Drivers, 'rows' | 'sentence' | 'total'>,
  now: Date,
  currency: string,
): Told {
  const spend = monthSpend(
    days.map(({ day, cost }) => ({ day, cost: exactText(cost) })),
    now,
  );
  const month = now.toISOString().slice(0, 7);
  const present = days.filter(({ day }) => day.startsWith(month));
  const gross = sum(present.map((day) => day.gross));
  const unowned = gross === 0n ? undefined : shareText(sum(present.map((day) => day.grossWithoutTeam)), gross);
  const before = exact(spend.previousToDate);
  const change = before > 0n ? shareText(exact(spend.month) - before, before) : undefined;
  const largest = [...drivers.rows]
    .filter((row) => row.other !== true && exact(row.split.difference) > 0n)
    .sort((a, b) => (exact(a.split.difference) > exact(b.split.difference) ? -1 : 1))[0];
  const figures = [
    figure(
      'month',
      { en: 'Month to date', ko: '이번 달 누계' },
      'money',
      spend.month,
      {
        en: 'Cost of all lines of bills whose charge begins this month (UTC).',
        ko: '이번 달(UTC)에 시작하는 모든 청구 항목의 비용입니다.',
      },
      { previous: spend.previousToDate, ...(change === undefined ? {} : { changeShare: change }) },
    ),
    figure('forecast', { en: 'Forecast to month end', ko: '월말 예상' }, 'money', spend.forecastMonth ?? undefined, {
      en: 'Spend so far, and for each day left the mean of the last complete days of its kind (weekday or weekend) within 28 days.',
      ko: '현재까지의 지출에, 남은 날마다 최근 28일 중 같은 종류(평일·주말) 날의 평균을 더합니다.',
    }),
    figure('previous-month', { en: 'Month before', ko: '지난달' }, 'money', spend.previousMonth, {
      en: 'The whole month before.',
      ko: '지난달 전체 비용입니다.',
    }),
    figure('without-owner', { en: 'Without an owner', ko: '담당 팀 없음' }, 'share', unowned, {
      en: 'Part of this month that names no team; credits counted by their size.',
      ko: '이번 달 비용 중 팀이 지정되지 않은 비율입니다(크레딧은 크기로 계산).',
    }),
    figure(
      'largest-growth',
      { en: 'Largest growth', ko: '가장 큰 증가' },
      'money',
      largest?.split.difference,
      {
        en: 'The group by team and service that grew most against the 30 days before.',
        ko: '이전 30일 대비 가장 많이 증가한 팀·서비스입니다.',
      },
      largest === undefined
        ? {}
        : {
            note: Object.values(largest.keys)
              .map((name) => name || '-')
              .join(' / '),
          },
    ),
  ];
  const amount = money(spend.month, currency);
  const against = change === undefined ? undefined : Number(percent(change));
  const en = `Spend is ${amount} this month${against === undefined ? '' : `, ${Math.abs(against)} % ${against >= 0 ? 'above' : 'below'} last month at this point`}${unowned === undefined ? '' : `; ${percent(unowned)} % has no owner`}.`;
  const ko = `이번 달 지출은 ${amount}입니다${against === undefined ? '' : ` (지난달 같은 시점보다 ${Math.abs(against)} % ${against >= 0 ? '많음' : '적음'})`}${unowned === undefined ? '' : `; 담당 팀이 없는 비용은 ${percent(unowned)} %입니다`}.`;
  return { sentence: { en, ko }, figures };
}

/** What GPUs cost and how much of them nobody used, for who runs them. */
export function platformOverview(
  rows: readonly GpuSum[],
  held: { hours: number; held: number },
  currency: string,
): Told {
  const of = (period: 0 | 1, isIdle?: boolean) =>
    rows.filter(
      (row) => row.day === undefined && row.period === period && (isIdle === undefined || row.isIdle === isIdle),
    );
  const cost = (list: readonly GpuSum[]) => sum(list.map((row) => row.cost));
  const hours = (list: readonly GpuSum[]) => sum(list.map((row) => row.gpuHours));
  const [all, before, idle] = [cost(of(0)), cost(of(1)), hours(of(0, true))];
  const idleShare = hours(of(0)) === 0n ? undefined : shareText(idle, hours(of(0)));
  const rate = (list: readonly GpuSum[], period: 0 | 1) =>
    hours(list) === 0n ? undefined : exactText(roundedTo(exactQuotient(cost(of(period)), hours(list)), 10));
  const heldShare = held.hours === 0 ? undefined : (held.held / held.hours).toFixed(6);
  const change = before === 0n ? undefined : shareText(all - before, before);
  const previousRate = rate(of(1), 1);
  const figures = [
    figure(
      'gpu-cost',
      { en: 'GPU cost, 30 days', ko: 'GPU 비용 (30일)' },
      'money',
      exactText(all),
      {
        en: 'Lines of bills that are measured in GPU-hours.',
        ko: 'GPU 시간으로 측정된 청구 항목입니다.',
      },
      { previous: exactText(before), ...(change === undefined ? {} : { changeShare: change }) },
    ),
    figure('idle-share', { en: 'Idle', ko: '유휴' }, 'share', idleShare, {
      en: 'Part of the GPU-hours that no job had.',
      ko: '어떤 작업에도 할당되지 않은 GPU 시간의 비율입니다.',
    }),
    figure('held-idle-share', { en: 'Held and unused', ko: '점유 후 미사용' }, 'share', heldShare, {
      en: 'Part of the sampled GPU-hours that jobs held in which the GPU was used by less than 5 %.',
      ko: '작업이 점유한 GPU 시간(샘플 기준) 중 사용률이 5 % 미만인 비율입니다.',
    }),
    figure(
      'gpu-hour',
      { en: 'Cost of a GPU-hour', ko: 'GPU 시간당 비용' },
      'money',
      rate(of(0), 0),
      {
        en: 'GPU cost by all GPU-hours.',
        ko: 'GPU 비용을 전체 GPU 시간으로 나눕니다.',
      },
      previousRate === undefined ? {} : { previous: previousRate },
    ),
    figure(
      'used-gpu-hour',
      { en: 'Cost of an allocated GPU-hour', ko: '할당된 GPU 시간당 비용' },
      'money',
      rate(of(0, false), 0),
      {
        en: 'GPU cost, idle included, by the GPU-hours that jobs had.',
        ko: '유휴를 포함한 GPU 비용을 작업에 할당된 GPU 시간으로 나눕니다.',
      },
    ),
  ];
  const amount = money(exactText(all), currency);
  return {
    sentence: {
      en: `GPUs cost ${amount} in 30 days${idleShare === undefined ? '' : `; ${percent(idleShare)} % of their hours were idle`}${heldShare === undefined ? '' : ` and ${percent(heldShare)} % were held unused`}.`,
      ko: `30일 동안 GPU 비용은 ${amount}입니다${idleShare === undefined ? '' : `; 시간의 ${percent(idleShare)} %가 유휴 상태였습니다`}${heldShare === undefined ? '' : `, ${percent(heldShare)} %는 점유만 되고 사용되지 않았습니다`}.`,
    },
    figures,
  };
}

/** What one request, session and customer cost and earn, for who makes the product. */
export function productOverview(
  cards: Cards,
  customers: readonly Pick<BreakdownRow, 'key' | 'revenue' | 'margin'>[],
): Told {
  const card = (id: Card['id']) => cards.cards.find((one) => one.id === id);
  const ofCard = (id: Card['id'], name: string) => {
    const found = card(id);
    const more = {
      ...(found?.previous?.value === undefined ? {} : { previous: found.previous.value }),
      ...(found?.change?.share === undefined ? {} : { changeShare: found.change.share }),
    };
    return figure(
      name,
      found?.title ?? { en: name, ko: name },
      'money',
      found?.value,
      found?.how ?? { en: '', ko: '' },
      more,
    );
  };
  const earning = customers.filter((row) => row.margin !== undefined);
  const margin = earning.length === 0 ? undefined : exactText(sum(earning.map((row) => exact(row.margin!))));
  const revenue = sum(earning.map((row) => exact(row.revenue ?? '0')));
  const worst = [...earning].sort((a, b) => (exact(a.margin!) < exact(b.margin!) ? -1 : 1))[0];
  const figures = [
    ofCard('request', 'request'),
    ofCard('session', 'session'),
    ofCard('customer', 'customer'),
    figure(
      'margin',
      { en: 'Margin', ko: '마진' },
      'money',
      margin,
      {
        en: 'Revenue less cost and shared cost of the customers whose revenue is known, the last 30 days.',
        ko: '매출이 알려진 고객의 최근 30일 매출에서 비용과 공유 비용을 뺀 값입니다.',
      },
      margin === undefined || revenue === 0n ? {} : { note: shareText(exact(margin), revenue) },
    ),
    figure(
      'worst-customer',
      { en: 'Least margin', ko: '마진이 가장 낮은 고객' },
      'money',
      worst?.margin,
      {
        en: 'The customer with the smallest margin.',
        ko: '마진이 가장 낮은 고객입니다.',
      },
      worst === undefined ? {} : { note: worst.key },
    ),
  ];
  const { currency } = cards;
  const session = card('session')?.value;
  const known = session === undefined ? card('request')?.value : session;
  const unit = session === undefined ? { en: 'request', ko: '요청' } : { en: 'session', ko: '세션' };
  if (known === undefined)
    return {
      sentence: {
        en: 'No request of a language model is known in this range.',
        ko: '이 기간에 알려진 언어 모델 요청이 없습니다.',
      },
      figures,
    };
  const cost = smallMoney(known, currency);
  return {
    sentence: {
      en: `A ${unit.en} costs ${cost}${margin === undefined ? '' : `; customers leave a margin of ${money(margin, currency)}`}${worst === undefined ? '' : `, the least ${worst.key} with ${money(worst.margin!, currency)}`}.`,
      ko: `${unit.ko}당 비용은 ${cost}입니다${margin === undefined ? '' : `; 고객 마진은 ${money(margin, currency)}`}${worst === undefined ? '' : `, 가장 낮은 고객은 ${worst.key} (${money(worst.margin!, currency)})입니다`}.`,
    },
    figures,
  };
}

function money(amount: string, currency: string): string {
  const whole = exactText(roundedTo(exact(amount), 0));
  if (!/^[A-Z]{3}$/.test(currency)) return whole;
  return new Intl.NumberFormat('en', { style: 'currency', currency, maximumFractionDigits: 0 }).format(BigInt(whole));
}

/** Four places, for what one unit costs. */
function smallMoney(amount: string, currency: string): string {
  const text = exactText(roundedTo(exact(amount), 4));
  return /^[A-Z]{3}$/.test(currency) ? `${text} ${currency}` : text;
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((all, value) => all + value, 0n);
}
