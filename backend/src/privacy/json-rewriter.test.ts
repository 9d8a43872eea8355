import { describe, expect, test } from '@jest/globals';
import { JsonRewriter } from './json-rewriter.ts';
import { detectorsFor } from './personal.ts';
import { walkTexts, parseExactly } from './body-texts.ts';
import { rewritten } from './text-rewriter.ts';

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
      model: 'meta-llama/Llama-3',
      user: 'grace@example.com',
      messages: [
        { role: 'user', name: 'grace@example.com', content: [{ type: 'text', text: 'I am grace@example.com' }] },
        {
          role: 'assistant',
          tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'call_4111111111111111', content: 'grace@example.com' },
        { role: 'tool', tool_call_id: 'grace@example.com', content: 'ok' },
      ],
      unknown: { deep: ['grace@example.com'] },
      seed: 4111111111111111,
    };
    const { body: changed, unreadable } = hidden(body);
    expect(changed).toEqual({
      ...{ model: 'meta-llama/Llama-3', user: '***', unknown: { deep: ['***'] }, seed: 4111111111111111 },
      messages: [
        { role: 'user', name: '***', content: [{ type: 'text', text: 'I am ***' }] },
        {
          role: 'assistant',
          tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: 'json({})' } }],
        },
        { role: 'tool', tool_call_id: 'call_4111111111111111', content: '***' },
        { role: 'tool', tool_call_id: '***', content: 'ok' },
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

  /** What is left of a member where everything is masked that detectors find. */
  const masked = (body: unknown) => {
    const mask = ({ kind }: { kind: string }): string => `[${kind}]`;
    return walkTexts(body, (text, isJson) =>
      isJson ? new JsonRewriter(all, mask).last(text) : rewritten(text, all, mask),
    );
  };

  test.each([
    ...[
      'call_4111111111111111',
      'toolu_01A09q90qw90lq917835lq9',
      'msg_013Zva2CMHLNnjNjJKqJ2EF',
      'resp_67ccd2bed1ec8190b14f964a',
    ],
    ...[
      'gpt-4.1',
      'meta-llama/Llama-3',
      'llama3.2:1b',
      'claude-3-5-sonnet@20240620',
      'ft:gpt-4o-mini-2024-07-18:acme::4111111111111111',
    ],
    ...['image/svg+xml', 'Er+/4111111111111111Ab==', 'file-6F2ksmvXxt4VdoqmHRw6kL'],
  ])('keeps the name %j of the protocol', (name) => {
    const members = [
      'id',
      'tool_call_id',
      'model',
      'status',
      'signature',
      'media_type',
      'thought_signature',
      'file_id',
    ];
    const body = { deep: Object.fromEntries(members.map((member) => [member, name])) };
    expect(masked(body).body).toBe(body);
  });

  test.each(['id', 'status', 'detail', 'model', 'role', 'call_id', 'signature'])('hides nothing in `%s`', (member) => {
    const said = ['ada@example.com', 'call 010-1234-5678', '010-1234-5678', '4111111111111111', 4111111111111111];
    const { body } = masked({ customer: said.map((one) => ({ [member]: one })) });
    const left = ['[email]', 'call [phone]', '[phone]', '[card]', '[card]'];
    expect(body).toEqual({ customer: left.map((one) => ({ [member]: one })) });
  });

  test('hides nothing in numbers and names of functions, and keeps fractions and seeds', () => {
    const exact = parseExactly('{"card":5000000000000123005,"part":0.41111111111111110,"seed":5000000000000123005}');
    expect(JSON.stringify(masked(exact).body)).toBe(
      '{"card":"[card]","part":0.41111111111111110,"seed":5000000000000123005}',
    );
    expect(masked({ part: 0.4111111111111111, seed: 4111111111111111, card: 4111111111111111 }).body).toEqual({
      ...{ part: 0.4111111111111111, seed: 4111111111111111, card: '[card]' },
    });
    expect(masked({ type: 'function', name: 'ada@example.com', list: [{ name: 'f', parameters: {} }] }).body).toEqual({
      ...{ type: 'function', name: '[email]', list: [{ name: 'f', parameters: {} }] },
    });
  });

  test.each([
    ['the input of a tool of the provider', (found: object) => ({ type: 'server_tool_use', name: 'f', input: found })],
    ['the input of a tool of MCP', (found: object) => ({ type: 'mcp_tool_use', name: 'f', input: found })],
    ['an input of a kind that nobody here knows', (found: object) => ({ type: 'new', input: found })],
    ['variables of a prompt', (found: object) => ({ prompt: { id: 'pmpt_1', variables: found } })],
    ['metadata', (found: object) => ({ metadata: found })],
  ])('is free in %s', (_, around) => {
    const said = { id: 'O"Neil', status: '010-1234-5678', n: 4111111111111111, 'a@b.co': [{ role: 'O"Neil' }] };
    const left = { id: '[name]', status: '[phone]', n: '[card]', '[email]': [{ role: '[name]' }] };
    expect(masked(around(said))).toEqual({ body: around(left), changed: true, unreadable: false });
  });

  test('tells of images and files wherever they stand', () => {
    const image = { type: 'input_image', file_id: 'file-6F2ksmvXxt4VdoqmHRw6kL', detail: 'auto' };
    const url = 'data:image/png;base64,iVBORw0KGgo=';
    for (const body of [
      { prompt: { id: 'pmpt_1', variables: { photo: image } } },
      { input: { image: url } },
      { messages: [{ role: 'user', content: url }] },
      { messages: [{ role: 'user', content: 'DATA:text/plain;charset=utf-8;base64,QWRh' }] },
      { file_data: 'QWRh' },
    ])
      expect(masked(body)).toEqual({ body, changed: false, unreadable: true });
  });

  test('is searched where it only begins like an image, and so is the name of a file', () => {
    for (const text of [
      'data: ada@example.com',
      'data:text/plain,ada@example.com',
      'data:a/b;base64,see ada@example.com',
    ])
      expect(masked({ content: text })).toEqual({
        ...{ body: { content: text.replace('ada@example.com', '[email]') }, changed: true, unreadable: false },
      });
    expect(masked({ type: 'base64', data: 'ada@example.com' })).toEqual({
      ...{ body: { type: 'base64', data: '[email]' }, changed: true, unreadable: true },
    });
    expect(masked({ url: 'data:text/csv;name=ada@example.com;base64,QWRh' })).toEqual({
      ...{ body: { url: 'data:text/csv;name=[email];base64,QWRh' }, changed: true, unreadable: true },
    });
  });

  test('is gone through in time that grows with it', () => {
    const long = 'a'.repeat(4_000_000);
    for (const text of [`${long} `, `data:${long}`, `data:a/b;${';'.repeat(4_000_000)}`, `data:a/b;base64,${long}`])
      expect(walkTexts({ id: text, content: text }, (one) => one).changed).toBe(false);
  });

  test('is the very same where there is nothing, with every digit', () => {
    const text = '{"seed":12345678901234567890,"t":0.10,"messages":[{"role":"user","content":"hi"}]}';
    const read = parseExactly(text);
    expect(hidden(read)).toEqual({ body: read, changed: false, unreadable: false });
    expect(JSON.stringify(read)).toBe(text);
  });
});
