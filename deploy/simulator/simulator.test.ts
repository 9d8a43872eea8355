import { afterEach, describe, expect, test } from '@jest/globals';
import { readAsked } from './asked.ts';
import { Character, type Traits } from './character.ts';
import { ProviderSimulator } from './provider-simulator.ts';
import { seeded } from './random.ts';
import { readMs } from './token-figures.ts';

const asked = readAsked('/v1/chat/completions', {}, JSON.stringify({ model: 'm', messages: [] }))!;
const running: ProviderSimulator[] = [];

afterEach(async () => {
  for (const simulator of running.splice(0)) await simulator.close();
});

function drawn(traits: Traits, count: number): ReturnType<Character['behave']>[] {
  const character = new Character(traits, seeded(5));
  return Array.from({ length: count }, () => character.behave(asked, 0));
}

async function started(): Promise<{ simulator: ProviderSimulator; url: string }> {
  const simulator = new ProviderSimulator();
  running.push(simulator);
  return { simulator, url: await simulator.start() };
}

const post = (url: string, body: object): Promise<Response> =>
  fetch(url, { method: 'POST', body: JSON.stringify(body) });

describe('a character', () => {
  test('writes answers as long as those of the trace', () => {
    const lengths = drawn({}, 4000)
      .map(({ words }) => words!.length)
      .sort((one, other) => one - other);
    const at = (share: number): number => lengths[Math.floor(share * (lengths.length - 1))]!;
    // The trace has 13, 55 and 249 there.
    expect(at(0.5)).toBeGreaterThanOrEqual(12);
    expect(at(0.5)).toBeLessThanOrEqual(14);
    expect(Math.abs(at(0.9) - 55)).toBeLessThan(8);
    expect(Math.abs(at(0.99) - 249)).toBeLessThan(80);
  });

  test.each([
    [1, 54],
    [1469, 104],
    [4096, 379],
    [16_384, 1786],
  ])('reads a prompt of %d tokens in about %d ms, as was measured', (tokens, milliseconds) => {
    expect(readMs(tokens)).toBeCloseTo(milliseconds, -1);
  });

  test('fails, cuts and stalls in the shares of its traits, and is faster in all where it is fast', () => {
    const calls = drawn({ failures: 0.1, cuts: 0.05, stalls: 0.02 }, 5000);
    const share = (holds: (one: (typeof calls)[number]) => boolean): number => calls.filter(holds).length / 5000;
    expect(share(({ status }) => status !== undefined)).toBeCloseTo(0.1, 1);
    expect(share(({ cutAfter }) => cutAfter !== undefined)).toBeCloseTo(0.05, 1);
    expect(share(({ stallAfter }) => stallAfter !== undefined)).toBeCloseTo(0.02, 1);
    const mean = (traits: Traits): number =>
      drawn(traits, 500).reduce((sum, { firstMs = 0 }) => sum + firstMs, 0) / 500;
    expect(mean({ speed: 4 }) / mean({})).toBeCloseTo(0.25, 2);
  });

  test('refuses beyond its limit, and lets calls through again when time has passed', () => {
    const character = new Character({ requestsPerMinute: 2 }, seeded(1));
    const at = (ms: number): number | undefined => character.behave(asked, ms).status;
    expect([at(0), at(0), at(0)]).toEqual([undefined, undefined, 429]);
    expect(at(29_000)).toBe(429);
    expect(at(31_000)).toBeUndefined();
  });
});

describe('the simulator', () => {
  test('refuses in the words and headers of each provider', async () => {
    const { simulator, url } = await started();
    simulator.behaviour = { status: 429, retryAfter: 7 };
    const openai = await post(`${url}/v1/chat/completions`, { model: 'm' });
    expect(Object.fromEntries(openai.headers)).toMatchObject({ 'retry-after': '7', 'retry-after-ms': '7000' });
    expect(await openai.json()).toMatchObject({ error: { code: 'rate_limit_exceeded' } });
    const anthropic = await post(`${url}/v1/messages`, { model: 'm' });
    expect(await anthropic.json()).toMatchObject({ type: 'error', error: { type: 'rate_limit_error' } });
    const gemini = await post(`${url}/v1beta/models/m:generateContent`, {});
    expect(await gemini.json()).toMatchObject({
      error: { status: 'RESOURCE_EXHAUSTED', details: [{ retryDelay: '7s' }] },
    });
    const bedrock = await post(`${url}/model/m/converse`, {});
    expect(bedrock.headers.get('x-amzn-errortype')).toBe('ThrottlingException');
  });

  test('breaks a stream off, and cuts pieces anywhere without losing a byte', async () => {
    const { simulator, url } = await started();
    simulator.behaviour = { words: ['서울', ' 날씨'], pieceBytes: 3 };
    const whole = await post(`${url}/v1/messages`, { model: 'm', stream: true });
    expect(await whole.text()).toContain('"text":"서울"');
    simulator.behaviour = { cutAfter: 2 };
    const cut = await post(`${url}/v1/messages`, { model: 'm', stream: true });
    await expect(cut.text()).rejects.toThrow();
  });

  test('keeps to the bound of the caller, and says that it did', async () => {
    const { url } = await started();
    const answer = await post(`${url}/v1/chat/completions`, { model: 'm', max_tokens: 2 });
    expect(await answer.json()).toMatchObject({
      choices: [{ message: { content: 'Hello wide' }, finish_reason: 'length' }],
      usage: { completion_tokens: 2 },
    });
  });
});
