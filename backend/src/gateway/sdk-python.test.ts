import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openGatewayStand, plainPolicy, type GatewayStand } from './fixtures/gateway-stand.ts';
import { ProviderSimulator } from './fixtures/provider-simulator.ts';

/** `npm test` names a Python that has the SDKs; where there is none, this is skipped, and said so there. */
const python = process.env['GATEWAY_TEST_PYTHON'];
const script = join(import.meta.dirname, 'fixtures', 'sdk_calls.py');
const kinds = ['openai', 'anthropic', 'gemini'] as const;
const provider = new ProviderSimulator();
let gateway: GatewayStand;

(python === undefined ? describe.skip : describe)('the official SDKs for Python', () => {
  beforeAll(async () => {
    const url = await provider.start();
    gateway = await openGatewayStand({
      providers: kinds.map((kind) => ({ name: kind, kind, url })),
      policies: kinds.map((kind) => plainPolicy(`by-${kind}`, [kind])),
    });
  });

  afterAll(async () => {
    await gateway.close();
    await provider.close();
  });

  test('work before every dialect by another address and another key', async () => {
    const models = kinds.map((kind) => `by-${kind}`);
    const { stdout } = await promisify(execFile)(python!, [script, gateway.url, gateway.secret, ...models]);
    const said = {
      chat_whole: ['Hello wide world', 1000, 3],
      chat_streamed: ['Hello wide world', 1000, 3],
      responses_streamed: ['Hello wide world', 1000, 3],
      messages_whole: ['Hello wide world', 600, 3],
      messages_streamed: ['Hello wide world', 3, 'end_turn'],
    };
    expect(JSON.parse(stdout)).toEqual({
      said: Object.fromEntries(models.map((model) => [model, said])),
      embeddings: [8, 8],
      refused: 'invalid_api_key',
    });
  });
});
