import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ProviderSimulator } from './fixtures/provider-simulator.ts';

/** A gateway in a process of its own, which is sent a real SIGTERM while streams are open. */
const provider = new ProviderSimulator();
const streams = 20;
let child: ChildProcess;
let gateway: { url: string; secret: string };

beforeAll(async () => {
  const url = await provider.start();
  child = fork(join(import.meta.dirname, 'fixtures', 'gateway-process.ts'), [url], { execArgv: ['--no-warnings'] });
  [gateway] = (await once(child, 'message')) as [typeof gateway];
}, 120_000);

afterAll(async () => {
  if (child?.exitCode === null) child.kill('SIGKILL');
  await provider.close();
});

function ask(stream: boolean): Promise<Response> {
  return fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'answers', stream, messages: [{ role: 'user', content: 'Hello' }] }),
  });
}

/** One stream, of which the first words have come. */
async function opened(): Promise<() => Promise<string>> {
  const answer = await ask(true);
  expect(answer.status).toBe(200);
  const reader = answer.body!.getReader();
  const decoder = new TextDecoder();
  let text = decoder.decode((await reader.read()).value, { stream: true });
  return async () => {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read())
      text += decoder.decode(piece.value, { stream: true });
    return text;
  };
}

/** How a new call is answered: it finds nobody, or is served for the last time over the connection that it has. */
async function newCall(): Promise<string> {
  try {
    const response = await ask(false);
    await response.text();
    return `${response.status} ${response.headers.get('connection')}`;
  } catch {
    return 'nobody';
  }
}

test('a process that is asked to end lets every stream come to its end, takes no new call, and ends with 0', async () => {
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const words = ['One', ' two', ' three'];
  // The provider keeps its connections open for a moment after the last words, when the callers are gone already.
  const slowly = { words, holdAfter: 2, until: held, betweenMs: 200 };
  provider.script.push(...Array.from({ length: streams }, () => slowly));
  const open = await Promise.all(Array.from({ length: streams }, opened));
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
  const told = once(child, 'message') as Promise<[{ kept: number }]>;
  child.kill('SIGTERM');
  let answer = await newCall();
  // Until the signal has come it is served as ever.
  for (let n = 0; n < 1200 && answer !== 'nobody'; n++) {
    await new Promise((resolve) => setTimeout(resolve, 25));
    answer = await newCall();
  }
  expect(answer).toBe('nobody');
  expect(child.exitCode).toBeNull();
  letGo();
  const texts = await Promise.all(open.map((rest) => rest()));
  expect(texts.filter((text) => !text.includes(' three') || !text.trimEnd().endsWith('[DONE]'))).toEqual([]);
  // What they used was handed on before the process ended.
  const [{ kept }] = await told;
  expect(kept).toBeGreaterThanOrEqual(streams);
  expect(await ended).toEqual([0, null]);
}, 120_000);
