import { expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { HeardSink } from './heard-sink.ts';

test('the first of an answer is timed from the call on, whatever was tried before it', async () => {
  const sink = new HeardSink(undefined);
  await delay(30);
  sink.head(200, { 'content-type': 'text/event-stream' });
  expect(sink.firstMs).toBeUndefined();
  await sink.write('one');
  const first = sink.firstMs!;
  expect(first).toBeGreaterThan(25);
  await delay(30);
  sink.end('two');
  expect(sink.firstMs).toBe(first);
  expect(sink.answer?.toString()).toBe('onetwo');
});
