import { expect, test } from '@jest/globals';
import { gatewayProblems } from './gateway-problems.ts';
import { loadConfig } from './load-config.ts';

const vllm = { name: 'vllm', kind: 'compatible', url: 'http://vllm:8000' };
const policy = (name: string, provider: string) => ({
  name,
  match: { models: [name] },
  choose: { routes: [{ provider, model: 'llama' }] },
});

const forClasses = (...piiClass: string[]) => ({
  ...policy('chat', 'vllm'),
  match: { models: ['chat'], piiClass },
});

const withJudge = (provider: string) => ({
  ...policy('chat', 'vllm'),
  choose: { routes: ['small', 'large'].map((model) => ({ provider: 'vllm', model })) },
  cascade: { cheapRoutes: 1, judge: { provider, model: 'judge', minScore: 0.7 } },
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

test('classes of personal data that a call can hold are accepted, also by their beginning', () => {
  const all = ['email', 'phone', 'card', 'iban', 'koreanId', 'apiKey', 'secret', 'none', 'unknown', 'api*', '*'];
  expect(gatewayProblems(load([vllm], [forClasses(...all)]))).toEqual([]);
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
  [
    'a judge at nobody',
    [vllm],
    [withJudge('vlm')],
    /chat names the judge's provider vlm, which is not in gateway.providers/,
  ],
  [
    'a judge where the request may not go',
    [
      { ...vllm, region: 'eu' },
      { ...vllm, name: 'far', region: 'us' },
    ],
    [{ ...withJudge('far'), guards: { regions: ['eu'] } }],
    /chat allows the regions eu alone, and its judge is at far in us/,
  ],
  [
    'a class of personal data that no call is seen to hold',
    [vllm],
    [forClasses('card', 'name')],
    /chat is for the class name of personal data, which no call is seen to hold/,
  ],
  [
    'a class that is written wrong',
    [vllm],
    [forClasses('emails')],
    /for the class emails of .*; name some of email, phone/,
  ],
  ['a pattern that no class fits', [vllm], [forClasses('person*')], /for the class person\* of/],
  ['a route to nowhere', [vllm], [policy('chat', 'vlm')], /chat names the provider vlm/],
])('%s is a mistake', (_, providers, policies, problem) => {
  expect(() => load(providers, policies)).toThrow(problem);
});
