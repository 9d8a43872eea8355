import { expect, test } from '@jest/globals';
import type { CallSink } from './attempting.ts';
import { TimedSink } from './timed-sink.ts';

test('the first of an answer is timed from the call on, whatever was tried before it', () => {
  let now = 1_000;
  const pieces: unknown[] = [];
  const inner = {
    ...{ gone: new AbortController().signal, started: false, head: () => undefined },
    write: (piece: unknown) => void pieces.push(piece),
    end: (piece: unknown) => void pieces.push(piece),
  } as unknown as CallSink;
  const sink = new TimedSink(inner, () => now);
  now += 30;
  sink.head(200, { 'content-type': 'text/event-stream' });
  expect(sink.firstMs).toBeUndefined();
  void sink.write('one');
  expect(sink.firstMs).toBe(30);
  now += 30;
  sink.end('two');
  expect(sink.firstMs).toBe(30);
  expect(pieces).toEqual(['one', 'two']);
});
