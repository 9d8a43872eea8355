import { Decimal } from 'decimal.js';
import { drawTraffic, compact, type TerminalSeries } from './chart.ts';

/** Spend of one team with what drives it, amounts as exact decimals. */
export interface TeamSpend {
  team: string;
  cost: string;
  previousCost?: string;
  drivers: readonly { name: string; cost: string }[];
}

export interface TerminalAnswer {
  currency: string;
  from: string;
  to: string;
  total: string;
  teams: readonly TeamSpend[];
  traffic?: {
    workload: string;
    minutes: readonly string[];
    series: TerminalSeries;
    peak: { at: string; requestsPerMinute: number; lower: number; upper: number } | undefined;
    accuracy:
      { mape: number | undefined; coverage: number | undefined; scored: number; forecaster: string } | undefined;
  };
}

export interface Screen {
  columns: number;
  color: boolean;
}

const bold = (text: string, screen: Screen): string => (screen.color ? `\u001b[1m${text}\u001b[0m` : text);
const dim = (text: string, screen: Screen): string => (screen.color ? `\u001b[90m${text}\u001b[0m` : text);

/** What the product knows, for a terminal: spend by team with its largest drivers, then the traffic ahead. */
export function renderAnswer(answer: TerminalAnswer, screen: Screen): string {
  return [...spendLines(answer, screen), '', ...trafficLines(answer, screen)].join('\n');
}

function spendLines(answer: TerminalAnswer, screen: Screen): string[] {
  const heading = `Spend ${money(answer.total, answer.currency)} from ${answer.from.slice(0, 10)} to ${answer.to.slice(0, 10)}`;
  if (answer.teams.length === 0)
    return [bold('No cost rows yet.', screen), 'Give it a bill: npm start -- --focus FILE.csv'];
  const largest = new Decimal(answer.teams[0]!.cost);
  const nameWidth = Math.min(22, Math.max(...answer.teams.map((team) => team.team.length)));
  const room = Math.max(8, Math.min(30, screen.columns - nameWidth - 60));
  const lines = answer.teams.map((team) => {
    const size = largest.greaterThan(0)
      ? Math.max(0, new Decimal(team.cost).div(largest).times(room).round().toNumber())
      : 0;
    const drivers = team.drivers.map((driver) => `${driver.name} ${money(driver.cost, answer.currency)}`).join(', ');
    const head = `  ${clip(team.team, nameWidth).padEnd(nameWidth)} ${money(team.cost, answer.currency).padStart(11)} ${change(team).padStart(6)} ${'█'.repeat(size).padEnd(room)} `;
    return `${head}${dim(clip(drivers, Math.max(10, screen.columns - head.length)), screen)}`;
  });
  return [bold(heading, screen), ...lines];
}

function trafficLines({ traffic }: TerminalAnswer, screen: Screen): string[] {
  if (!traffic) return [bold('No traffic yet.', screen), 'Give it a Prometheus: npm start -- --prometheus URL'];
  const peak = traffic.peak;
  const sentence = peak
    ? `${traffic.workload}: up to ${compact(peak.requestsPerMinute)} requests a minute expected at ${peak.at.slice(11, 16)} UTC (80 %: ${compact(peak.lower)} to ${compact(peak.upper)})`
    : `${traffic.workload}: waiting for enough minutes to predict`;
  const labels = { first: clock(traffic.minutes[0]), now: 'now', last: clock(traffic.minutes.at(-1)) };
  const chart = drawTraffic(traffic.series, {
    width: Math.max(30, Math.min(84, screen.columns - 14)),
    height: 11,
    labels,
    color: screen.color,
  });
  return [
    bold(sentence, screen),
    ...chart,
    dim('         ● actual  ○ predicted ten minutes before  ░ 80 % band', screen),
    accuracyLine(traffic.accuracy),
  ];
}

function accuracyLine(accuracy: NonNullable<TerminalAnswer['traffic']>['accuracy']): string {
  if (!accuracy || accuracy.scored === 0)
    return 'Accuracy: no prediction has met its minute yet; the first one does in ten minutes.';
  const error = accuracy.mape === undefined ? '' : `, off by ${(accuracy.mape * 100).toFixed(1)} % on average`;
  const band =
    accuracy.coverage === undefined
      ? ''
      : `, inside its 80 % band ${(accuracy.coverage * 100).toFixed(0)} % of the time`;
  return `Accuracy so far (${accuracy.forecaster}, ten minutes ahead): ${accuracy.scored} predictions scored${error}${band}.`;
}

function change(team: TeamSpend): string {
  if (team.previousCost === undefined || new Decimal(team.previousCost).lessThanOrEqualTo(0)) return '';
  const percent = new Decimal(team.cost).div(team.previousCost).minus(1).times(100).round();
  return `${percent.isNegative() || percent.isZero() ? '' : '+'}${percent.toFixed(0)} %`;
}

const symbols: Readonly<Record<string, string>> = { USD: '$', EUR: '€', GBP: '£', KRW: '₩', JPY: '¥' };

/** An exact amount with its currency, rounded to whole units from 100 on and to cents below; `<$0.01` where it would vanish. */
export function money(amount: string, currency: string): string {
  const value = new Decimal(amount);
  const symbol = symbols[currency] ?? `${currency} `;
  const size = value.abs();
  if (!size.isZero() && size.lessThan('0.01')) return `${value.isNegative() ? '-' : ''}<${symbol}0.01`;
  const [whole, cents] = size.toFixed(size.greaterThanOrEqualTo(100) ? 0 : 2).split('.') as [
    string,
    string | undefined,
  ];
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return `${value.isNegative() ? '-' : ''}${symbol}${grouped}${cents === undefined ? '' : `.${cents}`}`;
}

function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(1, width - 1))}…`;
}

function clock(minute: string | undefined): string {
  return minute === undefined ? '' : minute.slice(11, 16);
}
