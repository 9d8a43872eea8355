import { describe, expect, test } from '@jest/globals';
import { JsonRewriter } from './json-rewriter.ts';
import { detectorsFor } from './personal.ts';
import { walkTexts, parseExactly } from './body-texts.ts';

const all = detectorsFor(undefined, ['O"Neil']);
const make = (): JsonRewriter => new JsonRewriter(all, ({ kind }) => `<${kind}>"\n`);

const texts = [
  '{"to":"grace@example.com","n":4111111111111111,"t":true,"list":["a","01012345678",1.5e3]}',
  '{"to":"grace\\u0040example.com","x":"line\\ngrace@example.com\\t\\"o\\\\\\u00e9\\ud83d\\ude00"}',
  '{"o\\"neil":"O\\"Neil"}',
  '{"open":"grace@exam',
  '{"half":"\\u00',
  'no JSON: grace@example.com and 4111 1111 1111 1111',
];

describe('a JSON text in pieces', () => {
  test.each(texts)('comes out the same however it is cut: %j', (text) => {
    const whole = make().last(text);
    for (let one = 0; one <= text.length; one++) {
      for (const step of [1, 3, 7]) {
        const other = Math.min(text.length, one + step);
        const rewriter = make();
        const out =
          rewriter.push(text.slice(0, one)) + rewriter.push(text.slice(one, other)) + rewriter.last(text.slice(other));
        expect(out).toBe(whole);
      }
    }
  });

  test('stays JSON, whatever is put in, and escapes hide nothing', () => {
    expect(JSON.parse(make().last(texts[0]))).toEqual({
      ...{ to: '<email>"\n', n: '<card>"\n', t: true, list: ['a', '<phone>"\n', 1500] },
    });
    expect(JSON.parse(make().last(texts[1]))).toEqual({ to: '<email>"\n', x: 'line\n<email>"\n\t"o\\é😀' });
    expect(JSON.parse(make().last(texts[2]))).toEqual({ '<name>"\n': '<name>"\n' });
  });
});

describe('a body', () => {
  const hidden = (body: unknown) =>
    walkTexts(body, (text, isJson) => (isJson ? `json(${text})` : text.replace(/grace@example\.com|4111\d+/g, '***')));

  test('is changed in every text, and in nothing of the protocol', () => {
    const body = {
      model: 'grace@example.com',
      user: 'grace@example.com',
      messages: [
        { role: 'user', name: 'grace@example.com', content: [{ type: 'text', text: 'I am grace@example.com' }] },
        {
          role: 'assistant',
          tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'grace@example.com', content: 'grace@example.com' },
      ],
      unknown: { deep: ['grace@example.com'] },
      seed: 4111111111111111,
    };
    const { body: changed, unreadable } = hidden(body);
    expect(changed).toEqual({
      ...{ model: 'grace@example.com', user: '***', unknown: { deep: ['***'] }, seed: 4111111111111111 },
      messages: [
        { role: 'user', name: '***', content: [{ type: 'text', text: 'I am ***' }] },
        {
          role: 'assistant',
          tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: 'json({})' } }],
        },
        { role: 'tool', tool_call_id: 'grace@example.com', content: '***' },
      ],
    });
    expect(unreadable).toBe(false);
  });

  test('of Anthropic: the input of a tool with its numbers and names; what cannot be read is told', () => {
    const use = {
      type: 'tool_use',
      id: 'toolu_1',
      name: 'mail',
      input: { id: 'grace@example.com', card: 4111111111111111, 'grace@example.com': 1 },
    };
    const content = [use, { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }];
    const { body, unreadable } = hidden({ messages: [{ role: 'assistant', content }] });
    expect(body).toEqual({
      messages: [{ role: 'assistant', content: [{ ...use, input: { id: '***', card: '***', '***': 1 } }, content[1]] }],
    });
    expect(unreadable).toBe(true);
  });

  test('is the very same where there is nothing, with every digit', () => {
    const text = '{"seed":12345678901234567890,"t":0.10,"messages":[{"role":"user","content":"hi"}]}';
    const read = parseExactly(text);
    expect(hidden(read)).toEqual({ body: read, changed: false, unreadable: false });
    expect(JSON.stringify(read)).toBe(text);
  });
});
