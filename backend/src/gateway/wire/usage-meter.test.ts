import { describe, expect, test } from '@jest/globals';
import type { Json } from '../dialects/json.ts';
import { UsageMeter } from './usage-meter.ts';

function metered(...chunks: readonly Json[]): UsageMeter['metered'] {
  const meter = new UsageMeter('chat');
  for (const chunk of chunks) meter.event({ data: JSON.stringify(chunk) });
  return meter.metered;
}

const piece = (delta: Json, rest: Json = {}): Json => ({
  ...{ id: 'c', model: 'gpt-4o-mini', service_tier: 'default', choices: [{ index: 0, delta, finish_reason: null }] },
  ...rest,
});

describe('what is read out of a stream of chat completions', () => {
  test('counts what was written, however a piece puts it', () => {
    const pieces = [
      [piece({ role: 'assistant', content: 'Hello' }), 5],
      [piece({ content: ', world' }, { usage: null }), 7],
      [piece({ content: 'a "quote" and a \n line' }), 22],
      // Two, three and four bytes.
      [piece({ content: 'ü€𝄞' }), 9],
      // Pieces that are like the one before are not parsed.
      [piece({ content: ' 한국어' }), 10],
      [piece({ content: '' }), 0],
      [piece({ content: 'said', reasoning_content: 'thought' }), 11],
      [piece({ content: null, tool_calls: [{ index: 0, function: { arguments: '{"a":1}' } }] }), 7],
      [{ choices: [0, 1].map((index) => ({ index, delta: { content: 'two' } })) }, 6],
    ] as const;
    for (const [chunk, bytes] of pieces) expect(metered(chunk).writtenBytes).toBe(bytes);
    expect(metered(...pieces.map(([chunk]) => chunk)).writtenBytes).toBe(5 + 7 + 22 + 9 + 10 + 11 + 7 + 6);
  });

  test('measures an answer as a prompt is measured: in bytes, in one piece or in many', () => {
    const said = '안녕하세요, 저는 여기 있습니다';
    const whole = new UsageMeter('chat');
    whole.answer({ choices: [{ message: { content: said } }] });
    expect(whole.metered.writtenBytes).toBe(Buffer.byteLength(said));
    expect(metered(...[...said].map((content) => piece({ content }))).writtenBytes).toBe(Buffer.byteLength(said));
  });

  test('hears of model, tier, usage and errors wherever they come', () => {
    const usage = { prompt_tokens: 3, completion_tokens: 4 };
    expect(metered(piece({ content: 'a' }), piece({ content: 'b' }), { choices: [], usage })).toMatchObject({
      ...{ model: 'gpt-4o-mini', serviceTier: 'default', usage, isFinal: true, failed: false },
    });
    expect(metered(piece({ content: 'a' }), piece({ content: 'b' }, { usage })).usage).toEqual(usage);
    expect(metered(piece({ content: 'a' }), piece({ content: 'b' }, { error: { message: 'over' } })).failed).toBe(true);
    // What a model writes about usage is no usage.
    expect(metered(piece({ content: 'a' }), piece({ content: '{"usage":{"prompt_tokens":9}}' })).usage).toBeUndefined();
  });
});
