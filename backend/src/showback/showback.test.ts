import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { everything } from '../anycost/fixtures/cost-stand.ts';
import { openExportStand, type ExportStand } from '../focus-export/fixtures/export-stand.ts';
import { readWorkbook } from '../focus-export/fixtures/read-workbook.ts';
import { createFocusExportRoom } from '../focus-export/index.ts';
import { exact, exactText } from '../platform/amounts/index.ts';
import { AppError } from '../platform/errors/index.ts';
import type { Room } from '../platform/platform.ts';
import type { Definition, Report } from './contract.ts';
import { createShowbackRoom } from './index.ts';
import { readPdf } from './fixtures/read-pdf.ts';
import type { AllocationReport, ShowbackPorts } from './ports.ts';

let stand: ExportStand;
let room: Room;
let allocation: AllocationReport;
let askedAllocation: Parameters<NonNullable<ShowbackPorts['allocation']>['report']>[0] | undefined;

const charge = (
  start: string,
  cost: string,
  team: string,
  more: Record<string, string> = {},
): Record<string, string> => ({
  ChargePeriodStart: start,
  ChargePeriodEnd: new Date(Date.parse(start) + 3_600_000).toISOString().replace('.000Z', 'Z'),
  ...{ BilledCost: cost, EffectiveCost: cost, ListCost: cost, ContractedCost: cost },
  Tags: JSON.stringify(team === '' ? {} : { team, product: more['product'] ?? 'web' }),
  ...more,
});
const march = { BillingPeriodStart: '2026-03-01T00:00:00Z', BillingPeriodEnd: '2026-04-01T00:00:00Z' };

/** A rate for each day; none before 2026-03-02. */
const prices: NonNullable<ShowbackPorts['prices']> = {
  rates: async (from, to, firstDay, lastDay) => {
    if (firstDay < '2026-03-02')
      throw new AppError('UNPROCESSABLE', `There is no rate from ${from} to ${to} on ${firstDay}.`);
    const days = new Map<string, { rate: string; rateDay: string; source: string }>();
    for (let at = Date.parse(firstDay); at <= Date.parse(lastDay); at += 86_400_000) {
      const day = new Date(at).toISOString().slice(0, 10);
      const rate = from === 'EUR' ? '1600.125' : String(1400 + Number(day.slice(8)));
      days.set(day, { rate, rateDay: day, source: 'ECB' });
    }
    return days;
  },
};

beforeAll(async () => {
  stand = await openExportStand('2026-04-02T12:00:00Z', (platform) => {
    const exports = createFocusExportRoom(platform);
    room = createShowbackRoom(platform, {
      files: exports.files,
      prices,
      allocation: {
        report: async (query) => {
          askedAllocation = query;
          return allocation;
        },
      },
    });
    return [exports, room];
  });
  await stand.ingest('main', [
    charge('2026-03-08T04:00:00Z', '1', 'search', march),
    charge('2026-03-08T05:00:00Z', '2.000000000000000000000000000001', 'search', march),
    charge('2026-03-09T03:00:00Z', '4', 'search', { ...march, product: 'api' }),
    charge('2026-03-09T04:00:00Z', '8', 'ads', march),
    charge('2026-03-10T18:29:00Z', '16', '=cmd|calc', march),
    charge('2026-03-10T18:31:00Z', '32', '', march),
    charge('2026-03-31T23:00:00Z', '-3', 'ads', march),
  ]);
  await stand.ingest('euro', [charge('2026-03-09T12:00:00Z', '10', 'search', { ...march, BillingCurrency: 'EUR' })]);
});
beforeEach(() => {
  stand.audited.length = 0;
  stand.sent.length = 0;
  stand.broken.clear();
});
afterAll(() => stand.close());

const inMarch: Definition = { levels: ['x_Team', 'x_Product'], period: { month: '2026-03' } };

async function preview(changes: Partial<Definition> = {}, as?: string): Promise<Report> {
  const { status, body, text } = await stand.call(
    'POST',
    '/api/showback/preview',
    { definition: { ...inMarch, ...changes } },
    as,
  );
  if (status !== 200) throw new Error(text);
  return body as unknown as Report;
}

const sumOf = (report: Report, level: number): string =>
  exactText(report.levels[level]!.rows.reduce((sum, { total }) => sum + exact(total), 0n));

async function sql(expression: string, where = '1'): Promise<string> {
  const { rows } = await stand.platform.warehouse.query<{ value: string }>(
    `SELECT toString(${expression}) AS value FROM fact_cost_usage WHERE ${where}`,
    { scope: everything },
  );
  return rows[0]!.value;
}

describe('a report', () => {
  test('adds up to the raw lines on every level, with badges of what names nobody', async () => {
    const report = await preview();
    const bills = await sql('sum(EffectiveCost)', "BillingCurrency = 'USD'");
    expect(report).toMatchObject({ currency: 'USD', firstDay: '2026-03-01', lastDay: '2026-03-31' });
    expect([report.closes.bills, sumOf(report, 0), sumOf(report, 1)]).toEqual([bills, bills, bills]);
    expect(exactText(exact(report.closes.allocated) + exact(report.closes.unallocated))).toBe(bills);
    expect(report.closes.unallocated).toBe('32');
    expect(report.levels[0]).toMatchObject({ label: 'Team', missingShare: '0.484848', rowCount: 4 });
    expect(report.levels[0]!.rows.map(({ keys, total }) => `${keys.join('/')} ${total}`)).toEqual([
      ' 32',
      '=cmd|calc 16',
      'search 7.000000000000000000000000000001',
      'ads 5',
    ]);
    expect(report.levels[1]!.rows.map(({ keys }) => keys.join('/'))).toEqual(
      expect.arrayContaining(['search/web', 'search/api']),
    );
  });

  test('names the bills that have no rate and leaves them out, unless their currency was asked for', async () => {
    const report = await preview();
    expect(report.notices).toContainEqual({
      severity: 'warning',
      text: expect.stringMatching(/^Bills in EUR are left out/),
      ko: expect.stringMatching(/^EUR 청구서는 제외/),
    });
    const { status, body } = await stand.call('POST', '/api/showback/preview', {
      definition: { ...inMarch, currency: 'KRW' },
    });
    expect([status, body.detail]).toEqual([422, expect.stringMatching(/no rate from/)]);
  });

  test('in won converts each bill by the rate of its day, and shows the rates', async () => {
    const report = await preview({ currency: 'KRW', period: { firstDay: '2026-03-08', lastDay: '2026-03-31' } });
    const byHand = await sql(
      "sum(CAST(CAST(EffectiveCost AS Decimal(76, 30)) * if(BillingCurrency = 'EUR', toDecimal128('1600.125', 18), toDecimal128(1400 + toDayOfMonth(ChargePeriodStart), 18)) AS Decimal(76, 30)))",
    );
    expect(report.currency).toBe('KRW');
    expect([report.closes.bills, sumOf(report, 0), sumOf(report, 1)]).toEqual([byHand, byHand, byHand]);
    expect(exactText(report.days.reduce((sum, { cost }) => sum + exact(cost), 0n))).toBe(byHand);
    expect(report.rates).toContainEqual({
      from: 'USD',
      to: 'KRW',
      day: '2026-03-09',
      rate: '1409',
      rateDay: '2026-03-09',
      source: 'ECB',
    });
  });

  test.each([
    ['America/New_York', "toDate(ChargePeriodStart, 'America/New_York')"],
    ['Asia/Seoul', "toDate(ChargePeriodStart, 'Asia/Seoul')"],
    ['Asia/Kolkata', "toDate(ChargePeriodStart, 'Asia/Kolkata')"],
  ])('counts days in %s as the lines do, also when the clocks change', async (timeZone, day) => {
    const filters = [{ dim: 'x_Source', values: ['main'] }];
    const report = await preview({ timeZone, filters, period: { firstDay: '2026-03-08', lastDay: '2026-03-11' } });
    for (const each of report.days)
      expect([each.day, each.cost]).toEqual([
        each.day,
        await sql('sum(EffectiveCost)', `BillingCurrency = 'USD' AND ${day} = '${each.day}'`),
      ]);
    expect(report.days[0]!.hours).toBe(timeZone === 'America/New_York' ? 23 : 24);
    expect(report.closes.bills).toBe(
      await sql('sum(EffectiveCost)', `BillingCurrency = 'USD' AND ${day} BETWEEN '2026-03-08' AND '2026-03-11'`),
    );
  });

  test('is narrowed by filters and by what the caller may see', async () => {
    expect((await preview({ filters: [{ dim: 'x_Team', values: ['ads'] }] })).closes.bills).toBe('5');
    expect((await preview({}, 'ada/ads')).levels[0]!.rows.map(({ keys }) => keys)).toEqual([['ads']]);
    expect(
      (await preview({ filters: [{ dim: 'x_Team', values: ["'; DROP TABLE cost_daily; --"] }] })).closes.bills,
    ).toBe('0');
  });

  test.each([
    [{ levels: ['Nope'] }, /no dimension Nope/],
    [{ levels: ['x_Team', 'x_Team'] }, /stands twice/],
    [{ filters: [{ dim: 'Tenant', values: ['x'] }] }, /no dimension Tenant/],
    [{ sharedCosts: true, levels: ['ServiceName'] }, /outermost/],
  ])('%j is refused with what to write instead', async (changes, reason) => {
    await expect(preview(changes as Partial<Definition>)).rejects.toThrow(reason);
  });
});

describe('shared costs', () => {
  const shared = { sharedCosts: true } as const;
  beforeAll(() => {
    // The lines without a team, 32, are split over two teams but for 2.
    allocation = {
      currency: 'USD',
      bills: '60.000000000000000000000000000001',
      rows: [
        {
          owner: 'search',
          direct: '7.000000000000000000000000000001',
          shared: [{ rule: 'platform', amount: '20' }],
          total: '27.000000000000000000000000000001',
          lines: 3,
        },
        { owner: '=cmd|calc', direct: '16', shared: [], total: '16', lines: 1 },
        { owner: 'ads', direct: '5', shared: [{ rule: 'platform', amount: '10' }], total: '15', lines: 2 },
      ],
      unallocated: '2',
      rules: [{ name: 'platform' }],
      notices: [],
    };
  });

  test('close to the bills on every level, and say what nobody bears', async () => {
    const report = await preview(shared);
    expect(report.closes).toEqual({
      bills: allocation.bills,
      allocated: '58.000000000000000000000000000001',
      unallocated: '2',
      withoutOwner: '2',
    });
    expect([sumOf(report, 0), sumOf(report, 1)]).toEqual([allocation.bills, allocation.bills]);
    expect(report.levels[0]!.rows.at(-1)).toMatchObject({ keys: [''], kind: 'unallocated', total: '2' });
    expect(
      report.levels[1]!.rows.filter(({ kind }) => kind === 'shared').map(({ keys, total }) => [keys[0], total]),
    ).toEqual([
      ['search', '20'],
      ['ads', '10'],
      ['', '-30'],
    ]);
    expect(report.rules).toEqual(['platform']);
  });

  test('that do not fit the bills are not shown', async () => {
    allocation = { ...allocation, bills: '61' };
    const { status, body } = await stand.call('POST', '/api/showback/preview', {
      definition: { ...inMarch, ...shared },
    });
    expect([status, body.detail]).toEqual([503, expect.stringMatching(/bills change/)]);
    allocation = { ...allocation, bills: '60.000000000000000000000000000001' };
  });

  test('are split by the days of the zone and under the filters of the report', async () => {
    const filters = [{ dim: 'x_Team', values: ['search'] }];
    allocation = { ...allocation, bills: '27.000000000000000000000000000001', unallocated: '0' };
    allocation = { ...allocation, rows: allocation.rows.slice(0, 1) };
    const report = await preview({ ...shared, filters, timeZone: 'Asia/Seoul' });
    expect(askedAllocation).toMatchObject({ timeZone: 'Asia/Seoul', filters, by: 'x_Team' });
    expect(askedAllocation!.from.toISOString()).toBe('2026-02-28T15:00:00.000Z');
    expect(askedAllocation!.exchange).toMatchObject({ currency: 'USD', firstDay: '2026-03-01' });
    expect([sumOf(report, 0), sumOf(report, 1)]).toEqual([allocation.bills, allocation.bills]);
  });
});

describe('a file', () => {
  const download = (format: string, more: object = {}) =>
    stand.call('POST', '/api/showback/download', {
      name: '3월 보고',
      definition: { ...inMarch, ...more },
      format,
      lang: 'ko',
    });

  test('as CSV is guarded, adds up, and is audited', async () => {
    const { text, headers } = await download('csv');
    const [head = '', ...lines] = text.slice(1).trim().split('\r\n');
    expect(head).toBe('팀,제품,직접 비용,합계,통화,비율,청구 항목 수');
    expect(lines.find((line) => line.includes('cmd'))).toMatch(/^'=cmd\|calc,/);
    const total = lines.reduce((sum, line) => sum + exact(line.split(',').at(-4)!), 0n);
    expect(exactText(total)).toBe(await sql('sum(EffectiveCost)', "BillingCurrency = 'USD'"));
    expect(headers['content-disposition']).toContain(encodeURIComponent('3월-보고-2026-03-01-to-2026-03-31.csv'));
    expect(stand.audited).toEqual([
      expect.objectContaining({ action: 'showback.report_downloaded', actor: { id: 'user:ada', name: 'ada' } }),
    ]);
  });

  test('as Excel has one sheet a level with real numbers and days', async () => {
    const sheets = readWorkbook(
      (await download('xlsx', { currency: 'KRW', period: { firstDay: '2026-03-08', lastDay: '2026-03-31' } })).bytes,
    );
    expect([...sheets.keys()]).toEqual(['요약', '팀', '팀 - 제품', '일별', '환율']);
    for (const name of ['팀', '팀 - 제품']) {
      const [head = [], ...rows] = sheets.get(name)!;
      const at = head.findIndex((cell) => cell?.value === '합계');
      expect(new Set(rows.map((row) => row[at]?.type))).toEqual(new Set(['n']));
      const report = await preview({ currency: 'KRW', period: { firstDay: '2026-03-08', lastDay: '2026-03-31' } });
      expect(exactText(rows.reduce((sum, row) => sum + exact(row[at]!.value), 0n))).toBe(report.closes.bills);
    }
    expect(sheets.get('일별')![1]!.map((cell) => cell?.type)).toEqual(['n', 'n', 'n', 's']);
    expect(sheets.get('일별')![1]![0]!.value).toBe('46089');
  });

  test('as PDF is one, in both languages, with its fonts inside', async () => {
    for (const lang of ['ko', 'en']) {
      const { bytes, status } = await stand.call('POST', '/api/showback/download', {
        name: '보고',
        definition: inMarch,
        format: 'pdf',
        lang,
      });
      expect([status, bytes.subarray(0, 5).toString(), bytes.includes('NanumGothic')]).toEqual([200, '%PDF-', true]);
      const { closes } = await preview();
      for (const said of ['보고', 'search', '=cmd|calc', `${Number(closes.bills).toFixed(2)} USD`])
        expect(readPdf(bytes)).toContain(said);
      expect(readPdf(bytes)).toContain(lang === 'ko' ? '제외되었습니다' : 'left out');
    }
  });
});

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- answers of many shapes
const settled = async (url: string, ended: (body: Record<string, any>) => boolean) => {
  for (let turn = 0; turn < 600; turn++) {
    const { body } = await stand.get(url);
    if (ended(body)) return body;
    await delay(25);
  }
  throw new Error(`${url} does not end`);
};

describe('a saved report', () => {
  test('is kept, changed and deleted by whoever may, with an entry in the audit log each time', async () => {
    const { status, body } = await stand.call('POST', '/api/showback/reports', {
      name: ' Board ',
      definition: inMarch,
    });
    expect([status, body.name, body.createdBy]).toEqual([201, 'Board', 'ada']);
    expect((await stand.call('POST', '/api/showback/reports', { name: 'Board', definition: inMarch })).status).toBe(
      409,
    );
    expect(
      (await stand.call('POST', '/api/showback/reports', { name: 'x', definition: inMarch }, 'viewer')).status,
    ).toBe(403);
    expect(
      (await stand.call('POST', '/api/showback/reports', { name: 'x', definition: { ...inMarch, levels: ['Nope'] } }))
        .status,
    ).toBe(400);
    const changed = { name: 'Board', definition: { ...inMarch, timeZone: 'Asia/Seoul' } };
    expect((await stand.call('PUT', `/api/showback/reports/${body.id}`, changed)).body.definition.timeZone).toBe(
      'Asia/Seoul',
    );
    expect((await stand.get(`/api/showback/reports/${body.id}/preview`, 'viewer')).body.timeZone).toBe('Asia/Seoul');
    expect((await stand.get('/api/showback/reports')).body.reports).toHaveLength(1);
    const order = await stand.get(`/api/showback/reports/${body.id}/download?format=xlsx&async=true`);
    expect(order.status).toBe(202);
    await settled(`/api/exports/${order.body.id}`, ({ state }) => state === 'ready');
    expect((await stand.get(order.body.href)).bytes.subarray(0, 2).toString()).toBe('PK');
    expect((await stand.call('DELETE', `/api/showback/reports/${body.id}`)).status).toBe(204);
    expect((await stand.get(`/api/showback/reports/${body.id}`)).status).toBe(404);
    expect(stand.audited.map(({ action }) => action)).toEqual(
      expect.arrayContaining([
        'showback.report_created',
        'showback.report_changed',
        'export.ordered',
        'export.downloaded',
        'showback.report_deleted',
      ]),
    );
  });
});

describe('a report of other regions or teams', () => {
  const report = (name: string, more: object = {}) => ({ name, definition: { ...inMarch, ...more } });
  const save = async (body: object, as?: string): Promise<number> => {
    const answer = await stand.call('POST', '/api/showback/reports', body, as);
    if (answer.status !== 201) throw new Error(answer.text);
    return answer.body.id as number;
  };
  const names = async (as: string) =>
    ((await stand.get('/api/showback/reports', as)).body.reports as { name: string }[]).map(({ name }) => name);

  test('is told to nobody who does not see them, by any of its addresses', async () => {
    const seoul = await save({ ...report('Of Seoul'), regions: ['seoul'] });
    await save(report('Of all regions'));
    await save({ ...report('Of none'), regions: [] });
    await save({ ...report('Of ads', { filters: [{ dim: 'x_Team', values: ['ads'] }] }), regions: [] });
    expect(await names('bob')).toEqual(['Of ads', 'Of all regions', 'Of none', 'Of Seoul']);
    expect(await names('kim//seoul')).toEqual(['Of ads', 'Of none', 'Of Seoul']);
    expect(await names('ola//oslo')).toEqual(['Of ads', 'Of none']);
    expect(await names('eve/search')).toEqual(['Of all regions', 'Of none', 'Of Seoul']);
    expect(await names('eve/ads/oslo')).toEqual(['Of ads', 'Of none']);
    const times = { cron: '0 9 * * *', format: 'csv', channels: ['mail'] };
    const { body: own } = await stand.call('POST', `/api/showback/reports/${seoul}/schedules`, times, 'kim//seoul');
    const asked = async (as: string) =>
      Promise.all(
        (
          [
            ['GET', `reports/${seoul}`],
            ['GET', `reports/${seoul}/preview`],
            ['GET', `reports/${seoul}/download?format=csv`],
            ['GET', `reports/${seoul}/schedules`],
            ['GET', `schedules/${own.id}/runs`],
            ['PUT', `reports/${seoul}`, { ...report('Mine'), regions: [] }],
            ['POST', `reports/${seoul}/schedules`, times],
            ['PUT', `schedules/${own.id}`, times],
            ['POST', `schedules/${own.id}/run`],
            ['DELETE', `schedules/${own.id}`],
            ['DELETE', `reports/${seoul}`],
          ] as [Parameters<ExportStand['call']>[0], string, object?][]
        ).map(async ([method, path, body]) => {
          const { status, text } = await stand.call(method, `/api/showback/${path}`, body, as);
          return `${status}${text.includes('Seoul') ? ' named' : ''}`;
        }),
      );
    expect(new Set(await asked('ola//oslo'))).toEqual(new Set(['404']));
    // A schedule is made with what its author sees: who sees less of the data is not told of it, and does not take it away.
    const { body: wide } = await stand.call('POST', `/api/showback/reports/${seoul}/schedules`, times);
    expect((await stand.get(`/api/showback/reports/${seoul}/schedules`, 'kim//seoul')).body.schedules).toMatchObject([
      { id: own.id },
    ]);
    expect((await stand.get(`/api/showback/schedules/${wide.id}/runs`, 'kim//seoul')).status).toBe(404);
    expect((await stand.call('DELETE', `/api/showback/reports/${seoul}`, undefined, 'kim//seoul')).status).toBe(403);
    await stand.stores.store.query('DELETE FROM showback_report');
  });

  test('is not saved by who does not see them', async () => {
    const other = report('Other team', { filters: [{ dim: 'x_Team', values: ['ads'] }] });
    expect((await stand.call('POST', '/api/showback/reports', other, 'eve/search')).status).toBe(403);
    const wide = { ...report('Wide'), regions: 'all' };
    expect((await stand.call('POST', '/api/showback/reports', wide, 'kim//seoul')).status).toBe(403);
    const id = await save(report('Kept'), 'kim//seoul');
    expect((await stand.get(`/api/showback/reports/${id}`)).body).toMatchObject({ regions: ['seoul'] });
    await stand.stores.store.query('DELETE FROM showback_report');
  });
});

describe('a schedule', () => {
  const turn = () => room.loops![0]!.run(new AbortController().signal);
  const daily = { cron: '0 9 * * *', timeZone: 'Asia/Seoul', format: 'xlsx', channels: ['mail', 'slack'] };
  const made = async (name: string, body: object = daily) => {
    const report = await stand.call('POST', '/api/showback/reports', {
      name,
      definition: { ...inMarch, period: { range: 'lastMonth' } },
    });
    const {
      status,
      body: schedule,
      text,
    } = await stand.call('POST', `/api/showback/reports/${report.body.id}/schedules`, body);
    if (status !== 201) throw new Error(text);
    return schedule;
  };
  const ended = (id: number, count: number) =>
    settled(
      `/api/showback/schedules/${id}/runs`,
      ({ runs }) => runs.length === count && runs.every((run: { finishedAt?: string }) => run.finishedAt !== undefined),
    );

  test('fires once when it is due, also when many look at it, and sends the file and a summary', async () => {
    const { id, nextRunAt } = await made('Daily');
    expect(nextRunAt).toBe('2026-04-03T00:00:00.000Z');
    await turn();
    expect((await stand.get(`/api/showback/schedules/${id}/runs`)).body.runs).toEqual([]);
    await stand.clock.advance(12 * 3_600_000);
    await Promise.all([turn(), turn(), turn()]);
    await turn();
    const { runs } = await ended(id, 1);
    expect(runs[0]).toMatchObject({
      state: 'sent',
      missed: 0,
      dueAt: '2026-04-03T00:00:00.000Z',
      deliveries: [
        { channel: 'mail', ok: true },
        { channel: 'slack', ok: true },
      ],
    });
    expect(stand.sent.map(({ channel }) => channel)).toEqual(['mail', 'slack']);
    const { notification } = stand.sent[0]!;
    expect(notification.title).toBe('Daily: 60.00 USD (2026-03-01 - 2026-03-31)');
    expect(notification.fields).toMatchObject({
      Bills: '60.00 USD',
      Unallocated: '32.00 USD',
      search: '7.00 USD (11.7 %)',
    });
    expect(notification.attachments![0]!.fileName).toBe('Daily-2026-03-01-to-2026-03-31.xlsx');
    expect(
      notification.attachments![0]!.content.equals((await stand.get(`/api/exports/${runs[0].fileId}/file`)).bytes),
    ).toBe(true);
    expect(stand.audited.map(({ action }) => action)).toContain('showback.report_sent');
    await stand.call('DELETE', `/api/showback/schedules/${id}`);
  });

  test('that was missed while the service was away is sent once', async () => {
    const { id } = await made('Missed');
    await stand.clock.advance(5 * 86_400_000);
    await turn();
    const { runs } = await ended(id, 1);
    expect(runs[0]).toMatchObject({ state: 'sent', missed: 4 });
    await turn();
    expect(stand.sent).toHaveLength(2);
    await stand.call('DELETE', `/api/showback/schedules/${id}`);
  });

  test('tries a channel again that refused, and no other, and says in the end what failed', async () => {
    stand.broken.add('slack');
    const { id } = await made('Broken');
    await stand.call('POST', `/api/showback/schedules/${id}/run`);
    const { runs } = await ended(id, 1);
    expect(runs[0]).toMatchObject({ state: 'failed', failure: expect.stringMatching(/slack \(refused\)/) });
    expect(stand.sent.map(({ channel }) => channel)).toEqual(['mail']);
    await stand.call('DELETE', `/api/showback/schedules/${id}`);
  });

  test.each([
    [{ cron: '* * * * *' }, /every hour/],
    [{ channels: ['pager'] }, /no channel pager; configured are mail, slack/],
    [{ timeZone: 'Mars/Olympus' }, /no time zone/],
  ])('with %j is refused', async (changes, reason) => {
    await expect(made(`Refused ${JSON.stringify(changes)}`, { ...daily, ...changes })).rejects.toThrow(reason);
  });
});

test('reports of the configuration come, change and go with it, and are edited there alone', async () => {
  const { platform } = stand;
  const list = async () =>
    (await stand.get('/api/showback/reports')).body.reports.filter(
      ({ provisioned }: { provisioned: boolean }) => provisioned,
    );
  const schedules = [{ cron: '0 9 1 * *', format: 'pdf' as const, channels: ['mail'] }];
  platform.config.showback = { reports: [{ name: 'From file', definition: inMarch, schedules }] };
  await room.start!(new AbortController().signal);
  const [first] = await list();
  const before = (await stand.get(`/api/showback/reports/${first.id}/schedules`)).body.schedules;
  platform.config.showback.reports[0]!.definition = { ...inMarch, currency: 'KRW' };
  await room.start!(new AbortController().signal);
  const [second] = await list();
  expect([second.id, second.definition.currency]).toEqual([first.id, 'KRW']);
  expect((await stand.get(`/api/showback/reports/${first.id}/schedules`)).body.schedules).toEqual(before);
  expect(
    (await stand.call('PUT', `/api/showback/reports/${first.id}`, { name: 'Mine', definition: inMarch })).status,
  ).toBe(409);
  expect((await stand.call('DELETE', `/api/showback/schedules/${before[0].id}`)).status).toBe(409);
  platform.config.showback = { reports: [{ name: 'Bad', definition: { ...inMarch, levels: ['Nope'] } }] };
  await expect(room.start!(new AbortController().signal)).rejects.toThrow(
    /showback.reports, Bad: There is no dimension/,
  );
  platform.config.showback = { reports: [] };
  await room.start!(new AbortController().signal);
  expect(await list()).toEqual([]);
});
