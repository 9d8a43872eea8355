import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import Type from 'typebox';
import { openJobs } from '../queue/index.ts';
import { testStores, type TestStores } from '../testing/index.ts';
import { traceWarehouse } from '../warehouse/index.ts';
import { createTelemetry } from './index.ts';
import { startOtlpReceiver } from './otlp-receiver-fixture.ts';

let stores: TestStores;
beforeAll(async () => {
  stores = await testStores({ migrated: false });
});
afterAll(async () => {
  await stores.close();
});

test('a trace goes from the caller through the queue into the queries of the job', async () => {
  const collector = await startOtlpReceiver();
  const telemetry = await createTelemetry({
    config: { telemetry: { logLevel: 'error', otlpUrl: collector.url } },
    serviceVersion: '1',
    destination: { write: () => true },
    processMetrics: false,
  });
  const warehouse = traceWarehouse(stores.warehouse, telemetry);
  const jobs = await openJobs({ store: stores.store, log: telemetry.log, span: telemetry.span });
  const definition = {
    name: 'traced',
    payload: Type.Object({}),
    handle: async () => {
      const { rows } = await warehouse.query<{ n: number }>('SELECT {n:UInt8} AS n', { params: { n: 7 } });
      return rows;
    },
  };
  jobs.define(definition);
  const traceId = 'c'.repeat(32);
  const id = await telemetry.span('request', {}, () => jobs.enqueue(definition, {}), {
    parent: `00-${traceId}-${'d'.repeat(16)}-01`,
  });
  await jobs.start();
  while ((await jobs.status('traced', id)).state !== 'completed') await delay(20);
  await jobs.close();
  await telemetry.close();
  await collector.close();

  const { spans } = collector.received;
  const named = (name: string) => spans.find((span) => span.name === name);
  const [request, job, query] = [named('request'), named('job traced'), named('warehouse query')];
  expect(spans.map((span) => span.traceId)).toEqual(spans.map(() => traceId));
  expect(job).toMatchObject({ parentSpanId: request?.spanId, kind: 5, attributes: { 'messaging.message.id': id } });
  expect(query).toMatchObject({
    parentSpanId: job?.spanId,
    kind: 3,
    attributes: { 'db.query.text': 'SELECT {n:UInt8} AS n', 'db.response.returned_rows': 1 },
  });
});
