import { afterEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startService, type RunningService } from './service.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const ROWS = 2_000;
/** FOCUS 1.2 with what the schema asks for; each line costs 0.01. */
const header =
  'BilledCost,EffectiveCost,ListCost,ContractedCost,BillingCurrency,BillingAccountId,BillingAccountName,BillingPeriodStart,BillingPeriodEnd,ChargePeriodStart,ChargePeriodEnd,ChargeCategory,ChargeClass,ChargeDescription,ProviderName,PublisherName,InvoiceIssuerName,ServiceCategory,ServiceName,PricingQuantity,PricingUnit,ConsumedQuantity,ConsumedUnit,RegionId,ResourceId,SkuId,Tags';
const line = (i: number): string =>
  `0.01,0.01,0.01,0.01,USD,acc,Acc,2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,2026-10-0${(i % 9) + 1}T00:00:00Z,2026-10-0${(i % 9) + 1}T01:00:00Z,Usage,,compute,AWS,AWS,AWS,Compute,EC2,1,Hours,1,Hours,eu-central-1,vm-${i},sku,"{""team"":""search""}"`;

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

describe('the service as a process', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'amadeus-service-'));
  let service: RunningService | undefined;

  const start = async (): Promise<RunningService> => {
    service = await startService({
      root,
      args: ['serve', '--loading'],
      environment: {
        ...process.env,
        NODE_OPTIONS: '',
        AMADEUS_DATA_DIR: dataDir,
        AMADEUS_HTTP_PORT: String(await freePort()),
      },
      logDir: join(dataDir, 'log'),
      onProgress: () => undefined,
    });
    return service;
  };
  const get = async <T>(running: RunningService, path: string, token: string | undefined): Promise<T> => {
    let answer: Response;
    do {
      answer = await fetch(new URL(path, running.url), { headers: { authorization: `Bearer ${token}` } });
    } while (answer.status === 503 && (await delay(200, true)));
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  /** Processes that have the data directory in their command line: the engines of this installation. */
  const left = (): string[] =>
    execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' })
      .split('\n')
      .filter((process) => process.includes(dataDir) && !process.includes('ps -eo'));

  afterEach(async () => {
    await service?.stop();
    service = undefined;
  });

  test('loses nothing that was acknowledged when it is killed, and counts nothing twice', async () => {
    const file = join(dataDir, 'bill.csv');
    writeFileSync(file, `${header}\n${Array.from({ length: ROWS }, (_, i) => line(i)).join('\n')}\n`);
    const first = await start();
    const form = new FormData();
    form.append('file', new Blob([readFileSync(file)]), 'bill.csv');
    const accepted = await fetch(new URL('/api/ingest/focus?source=test', first.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${first.loadingKey}` },
      body: form,
    });
    expect(accepted.status).toBe(202);
    const { jobId } = (await accepted.json()) as { jobId: string };
    process.kill(first.process.pid!, 'SIGKILL');
    await first.ended;

    const second = await start();
    let state = '';
    for (let i = 0; i < 600 && state !== 'completed'; i++) {
      ({ state } = await get<{ state: string }>(
        second,
        `/api/ingest/jobs/${encodeURIComponent(jobId)}`,
        second.loadingKey,
      ));
      expect(state).not.toBe('failed');
      if (state !== 'completed') await delay(200);
    }
    expect(state).toBe('completed');
    const summary = await get<{ total: { cost: string; lines: number } }>(
      second,
      '/api/cost/summary?dims=x_Team&from=2026-10-01&to=2026-11-01&metric=BilledCost',
      second.datasourceToken,
    );
    expect(summary.total).toMatchObject({ cost: '20', lines: ROWS });
  }, 240_000);

  test('leaves nothing running when it is stopped', async () => {
    const running = await start();
    expect(left().length).toBeGreaterThan(0);
    await running.stop();
    expect(await running.ended).toBe(0);
    for (let i = 0; i < 50 && left().length > 0; i++) await delay(100);
    expect(left()).toEqual([]);
    rmSync(dataDir, { recursive: true, force: true });
  }, 120_000);
});
