import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAudit, type AuditLog } from '../platform/audit/index.ts';
import { ManualClock } from '../platform/clock/index.ts';
import { ConfigError, loadConfig, type Config } from '../platform/config/index.ts';
import { wholeTenant } from '../platform/identity/index.ts';
import { createSilentTelemetry } from '../platform/telemetry/index.ts';
import { testStores, type TestStores } from '../platform/testing/index.ts';
import { SettingsDesk, type ScalingActor } from './settings-desk.ts';

let stores: TestStores;
let audit: AuditLog;
const clock = new ManualClock('2026-11-20T00:00:00Z');
const config = loadConfig({ environment: { AMADEUS_DATA_DIR: mkdtempSync(join(tmpdir(), 'amadeus-scaling-')) } });

beforeAll(async () => {
  stores = await testStores();
  audit = createAudit({ config, store: stores.store, clock, log: createSilentTelemetry().log });
});
afterAll(() => stores.close());

const actor = (tenant: string): ScalingActor => ({ id: 'user:7', name: 'Mina', scope: wholeTenant(tenant) });
const desk = (scaling: Partial<Config['scaling']> = {}): SettingsDesk =>
  new SettingsDesk({ store: stores.store, clock, audit, config: { scaling: { ...config.scaling, ...scaling } } });

describe('settings of a workload', () => {
  test('are the defaults until somebody changes some of them, which stands in the audit log', async () => {
    const one = desk({ defaults: { latencyLimitMs: 300 } });
    expect(await one.get('shop/web', 'a')).toMatchObject({
      origin: 'default',
      version: 0,
      settings: { mode: 'observe', latencyLimitMs: 300 },
    });
    const changed = await one.change(
      'shop/web',
      { mode: 'approve', version: 0, reason: 'It observed well' },
      actor('a'),
    );
    expect(changed).toMatchObject({ origin: 'api', version: 1, settings: { mode: 'approve', latencyLimitMs: 300 } });
    await one.change('shop/web', { minReplicas: 3, version: 1, reason: 'Never fewer' }, actor('a'));
    expect((await one.get('shop/web', 'a')).settings).toMatchObject({ mode: 'approve', minReplicas: 3 });
    expect((await one.get('shop/web', 'b')).origin).toBe('default');
    const entries = await audit.list({ tenant: 'a', action: 'scaling.settings_changed', limit: 10 });
    expect(entries.map(({ reason }) => reason).sort()).toEqual(['It observed well', 'Never fewer']);
  });

  test('are not changed over those of somebody who was faster, nor against themselves', async () => {
    const one = desk();
    await one.change('shop/api', { mode: 'auto', version: 0, reason: 'Now' }, actor('a'));
    const late = one.change('shop/api', { mode: 'observe', version: 0, reason: 'Late' }, actor('a'));
    await expect(late).rejects.toMatchObject({ code: 'CONFLICT' });
    const wrong = one.change('shop/api', { minReplicas: 9, maxReplicas: 2, version: 1, reason: 'Odd' }, actor('a'));
    await expect(wrong).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
  });

  test('of the file come and go with it, and cannot be changed by the API', async () => {
    const named = desk({ workloads: [{ tenant: 'c', workload: 'shop/web', mode: 'auto', maxReplicas: 20 }] });
    await named.keepConfigured();
    await named.keepConfigured();
    expect(await named.get('shop/web', 'c')).toMatchObject({
      origin: 'file',
      version: 1,
      settings: { maxReplicas: 20 },
    });
    const refused = named.change('shop/web', { mode: 'observe', version: 1, reason: 'No' }, actor('c'));
    await expect(refused).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await desk().keepConfigured();
    expect((await named.get('shop/web', 'c')).origin).toBe('default');
    const odd = desk({ workloads: [{ tenant: 'c', workload: 'shop/web', minReplicas: 9, maxReplicas: 2 }] });
    await expect(odd.keepConfigured()).rejects.toThrow(ConfigError);
  });
});
