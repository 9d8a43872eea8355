import { expect, test } from '@jest/globals';
import type { AdmittedCall } from './admission.ts';
import type { Dialect } from './dialects/dialect.ts';
import type { Json } from './dialects/json.ts';
import { unsigned } from './dialects/message-of-chat.ts';
import { outboundRequest } from './outbound-request.ts';
import { providerKinds } from './providers/provider-kinds.ts';

function sent(
  kind: keyof typeof providerKinds,
  dialect: Dialect,
  body: Json,
  maxOutputTokens?: number,
  model = 'm',
): Json {
  const request = { model: 'm', maxOutputTokens: body['max_tokens'] ?? body['max_completion_tokens'] };
  const call = { dialect, request, body, text: JSON.stringify(body), stream: false, headers: {} };
  const route = { provider: 'p', model };
  const guards = maxOutputTokens === undefined ? {} : { maxOutputTokens };
  const asked = outboundRequest(call as unknown as AdmittedCall, route, providerKinds[kind], guards, () => 0);
  return JSON.parse(asked.body) as Json;
}

test('the bound of a policy has the name that the provider takes, or that of the caller', () => {
  const messages = [{ role: 'user', content: 'Hi' }];
  const asked = { model: 'm', messages };
  expect(sent('openai', 'chat', asked, 50)).toEqual({ ...asked, max_completion_tokens: 50 });
  expect(sent('compatible', 'chat', asked, 50)).toEqual({ ...asked, max_tokens: 50 });
  expect(sent('openai', 'chat', { ...asked, max_tokens: 80 }, 50)).toEqual({ ...asked, max_tokens: 50 });
  expect(sent('openai', 'chat', { ...asked, max_completion_tokens: 80 }, 50)).toEqual({
    ...asked,
    max_completion_tokens: 50,
  });
  expect(sent('openai', 'chat', { ...asked, max_tokens: 40 }, 50)).toEqual({ ...asked, max_tokens: 40 });
});

test('models of OpenAI that reason are spared what they refuse in a translated call', () => {
  const messages = [{ role: 'user', content: 'Hi' }];
  const thinking = { type: 'enabled', budget_tokens: 1024 };
  const asked = { max_tokens: 2000, messages, temperature: 0.4, thinking };
  expect(sent('openai', 'messages', { ...asked, model: 'm' }, undefined, 'gpt-5-mini')).toEqual({
    ...{ model: 'gpt-5-mini', messages, max_completion_tokens: 2000, reasoning_effort: 'low' },
  });
  expect(sent('openai', 'messages', { ...asked, model: 'm' }, undefined, 'gpt-4.1')).toEqual({
    ...{ model: 'gpt-4.1', messages, max_completion_tokens: 2000, temperature: 0.4 },
  });
});

test('thoughts that another model had are not sent to Anthropic, which did not sign them; its own go as they are', () => {
  const thought = (signature: string): Json => ({ type: 'thinking', thinking: 'Hm.', signature });
  const text = { type: 'text', text: 'Yes.' };
  const messages = [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: [thought(unsigned), text] },
    { role: 'assistant', content: [thought('c2lnbmVk'), text] },
  ];
  expect(sent('anthropic', 'messages', { model: 'm', max_tokens: 9, messages })['messages']).toEqual([
    messages[0],
    { role: 'assistant', content: [text] },
    messages[2],
  ]);
});
