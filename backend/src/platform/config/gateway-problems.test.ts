import { expect, test } from '@jest/globals';
import { gatewayProblems } from './gateway-problems.ts';
import { loadConfig } from './load-config.ts';

const vllm = { name: 'vllm', kind: 'compatible', url: 'http://vllm:8000' };
const policy = (name: string, provider: string) => ({
  name,
  match: { models: [name] },
  choose: { routes: [{ provider, model: 'llama' }] },
});

function load(providers: readonly object[], policies: readonly object[]) {
  return loadConfig({
    environment: {
      AMADEUS_GATEWAY_PROVIDERS: JSON.stringify(providers),
      AMADEUS_GATEWAY_POLICIES: JSON.stringify(policies),
    },
  }).gateway;
}

test('a provider and a policy that names it are accepted', () => {
  expect(gatewayProblems(load([vllm], [policy('chat', 'vllm')]))).toEqual([]);
});

test.each([
  ['two providers of one name', [vllm, vllm], [], /vllm stands there twice/],
  ['two policies of one name', [vllm], [policy('chat', 'vllm'), policy('chat', 'vllm')], /chat stands there twice/],
  ['a server without an address', [{ name: 'vllm', kind: 'compatible' }], [], /vllm needs a `url`/],
  [
    'a setting of another strategy',
    [vllm],
    [{ ...policy('chat', 'vllm'), choose: { ...policy('chat', 'vllm').choose, strategy: 'fastest', maxLatencyMs: 9 } }],
    /chat sets `maxLatencyMs`, which counts with strategy cheapest alone/,
  ],
  ['a route to nowhere', [vllm], [policy('chat', 'vlm')], /chat names the provider vlm/],
])('%s is a mistake', (_, providers, policies, problem) => {
  expect(() => load(providers, policies)).toThrow(problem);
});
