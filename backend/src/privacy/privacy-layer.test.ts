import { describe, expect, test } from '@jest/globals';
import type { AdmittedCall, CallSink, Dialect, PlannedCall } from '../gateway/index.ts';
import type { Outgoing } from '../platform/outgoing/index.ts';
import { AnswerStream } from './answer-stream.ts';
import { classesOf, type PrivacyRules } from './call-privacy.ts';
import { maskedText } from './masked-text.ts';
import { presidioClient } from './presidio-client.ts';
import { privacyLayer, type PrivacyParts } from './privacy-layer.ts';

/** Takes what the caller would be sent. */
class Taken implements CallSink {
  readonly gone = new AbortController().signal;
  status = 0;
  text = '';
  ended = false;
  get started(): boolean {
    return this.status !== 0;
  }
  head(status: number): void {
    this.status = status;
  }
  write(piece: Uint8Array | string): Promise<void> {
    this.text += typeof piece === 'string' ? piece : Buffer.from(piece).toString('utf8');
    return Promise.resolve();
  }
  end(piece?: Uint8Array | string): void {
    if (piece !== undefined) void this.write(piece);
    this.ended = true;
  }
}

const rulesOf = (rules: Partial<PrivacyRules>): PrivacyRules => ({
  ...{ action: 'tokenise', presidio: false, withoutPresidio: 'refuse', answers: 'pass', unreadable: 'refuse' },
  ...rules,
});

function plan(body: object, rules: Partial<PrivacyRules>, dialect: Dialect = 'chat', facts: object = {}): PlannedCall {
  const text = JSON.stringify({ model: 'm', ...body });
  const call = {
    ...{
      id: 'c',
      dialect,
      text,
      body: JSON.parse(text) as AdmittedCall['body'],
      stream: false,
      headers: {},
      receivedAt: 0,
    },
    key: { id: 'k', name: 'k', tenant: 't', region: 'r', models: ['*'] },
    request: { tenant: 't', model: 'm', tags: {}, promptTokens: 1, ...facts },
  };
  return {
    call,
    policy: {
      name: 'p',
      match: { models: ['*'] },
      choose: { strategy: 'ordered', routes: [] },
      privacy: rulesOf(rules),
    },
  };
}

const parts: PrivacyParts = {
  presidio: undefined,
  wordFor: (_tenant, kind, thing) => `${kind}~${thing.length}`,
  onPresidioAway: () => undefined,
  onFault: () => undefined,
  onInspected: () => undefined,
};
const say = (content: string): object => ({ messages: [{ role: 'user', content }] });

/** Runs a call through the layer. @param answer what the provider says, given the call as it reads it */
async function through(
  planned: PlannedCall,
  answer: (call: AdmittedCall, sink: CallSink) => unknown,
  own: Partial<PrivacyParts> = {},
): Promise<{ seen: AdmittedCall; taken: Taken }> {
  const taken = new Taken();
  let seen: AdmittedCall | undefined;
  await privacyLayer({ ...parts, ...own })(async ({ call }, sink) => {
    seen = call;
    await answer(call, sink);
    return { attempts: [] };
  })(planned, taken);
  return { seen: seen!, taken };
}

const lastSaid = (call: AdmittedCall): string => (call.body['messages'] as { content: string }[]).at(-1)!.content;
const whole = (answer: (call: AdmittedCall) => string) => (call: AdmittedCall, sink: CallSink) => {
  sink.head(200, { 'content-type': 'application/json', 'content-length': '1' });
  sink.end(
    JSON.stringify({
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: answer(call) }, finish_reason: 'stop' }],
    }),
  );
};

describe('a call under a policy for personal data', () => {
  test('goes out with placeholders, the same for the same thing, and the answer reads as if it had not', async () => {
    const text = 'Mail grace@example.com or Grace@Example.com, not ada@example.com. [EMAIL_2] stands here already.';
    const { seen, taken } = await through(
      plan(say(text), {}),
      whole((call) => `Done: ${lastSaid(call)}`),
    );
    expect(lastSaid(seen)).toBe('Mail [EMAIL_1] or [EMAIL_1], not [EMAIL_3]. [EMAIL_2] stands here already.');
    expect(JSON.parse(seen.text)).toEqual(seen.body);
    expect(seen.request.piiClasses).toEqual(['email']);
    expect(taken.text).toContain('Done: Mail grace@example.com or grace@example.com, not ada@example.com. [EMAIL_2]');
  });

  test('is masked, also in arguments of tools, and in what its usage tells', async () => {
    const messages = [
      {
        role: 'assistant',
        tool_calls: [
          {
            id: 'c1',
            type: 'function',
            function: { name: 'f', arguments: '{"to":"ada\\u0040example.com","n":4111111111111111}' },
          },
        ],
      },
      { role: 'user', content: 'ok' },
    ];
    const facts = { customer: 'ada@example.com', tags: { owner: 'x 010-1234-5678' } };
    const { seen } = await through(
      plan({ messages }, { action: 'mask' }, 'chat', facts),
      whole(() => 'ok'),
    );
    expect(seen.text).toContain('{\\"to\\":\\"[email]\\",\\"n\\":\\"[card]\\"}');
    expect(seen.request).toMatchObject({ customer: 'email~15', tags: { owner: 'x phone~11' } });
    expect(seen.labels).toEqual({ 'gateway.personal': 'card email phone' });
  });

  test('is refused with its kinds, in words', async () => {
    const rules = { perKind: { card: 'block' } } as const;
    const sent = through(plan(say('4111 1111 1111 1111 of a@b.co'), rules), () => expect(true).toBe(false));
    await expect(sent).rejects.toMatchObject({
      status: 400,
      code: 'personal_data',
      message: expect.stringContaining('(card)') as unknown,
    });
  });

  test('goes as it is to regions that may read it, and masked to whatever copies it', async () => {
    const rules = { action: 'route' as const, regions: ['eu', 'kr'] };
    const { seen } = await through(
      plan(say('I am a@b.co'), rules, 'chat', { regions: ['us', 'kr'] }),
      whole(() => 'ok'),
    );
    expect(lastSaid(seen)).toBe('I am a@b.co');
    expect(seen.request.regions).toEqual(['kr']);
    expect(lastSaid(seen.masked!)).toBe('I am [email]');
    const clean = await through(
      plan(say('nothing'), rules),
      whole(() => 'ok'),
    );
    expect(clean.seen.request.regions).toBeUndefined();
    expect(clean.seen.request.piiClasses).toEqual(['none']);
  });

  test('with images is refused, unless the policy lets them pass', async () => {
    const body = {
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] }],
    };
    await expect(
      through(
        plan(body, {}),
        whole(() => 'ok'),
      ),
    ).rejects.toMatchObject({ code: 'unreadable_content' });
    expect(
      (
        await through(
          plan(body, { unreadable: 'pass' }),
          whole(() => 'ok'),
        )
      ).taken.status,
    ).toBe(200);
  });

  test('that begins like an image is searched as any other, with its answer', async () => {
    const text = 'data: ada@example.com';
    const { seen } = await through(
      plan(say(text), { action: 'mask' }),
      whole(() => 'ok'),
    );
    expect(lastSaid(seen)).toBe('data: [email]');
    expect(classesOf(seen)).toEqual(['none']);
    expect(classesOf(plan(say(text), {}).call)).toEqual(['email']);
    const masking = await through(
      plan(say('hi'), { answers: 'mask' }),
      whole(() => text),
    );
    expect(masking.taken.text).toContain('"data: [email]"');
    const blocking = await through(
      plan(say('hi'), { answers: 'block' }),
      whole(() => text),
    );
    expect(blocking.taken.status).toBe(502);
  });

  test.each(['previous_response_id', 'conversation'])(
    'that goes on from `%s` takes no placeholders: those of other calls may stand there',
    async (member) => {
      const ask = (rules: Partial<PrivacyRules>, kept: unknown) =>
        through(
          plan({ input: 'and ada@example.com?', [member]: kept }, rules, 'responses'),
          whole(() => 'ok'),
        );
      const refused = {
        ...{ status: 400, code: 'kept_conversation' },
        message: expect.stringMatching(/Send the whole conversation .*`mask`/) as unknown,
      };
      await expect(ask({}, 'resp_1')).rejects.toMatchObject(refused);
      await expect(ask({ action: 'mask', perKind: { card: 'tokenise' } }, { id: 'conv_1' })).rejects.toMatchObject(
        refused,
      );
      expect((await ask({}, null)).seen.text).toContain('[EMAIL_1]');
      expect((await ask({ action: 'mask' }, 'resp_1')).seen.text).toContain('[email]');
    },
  );

  test('is held back where a detector breaks', async () => {
    const broken = {
      wordFor: () => {
        throw new Error('broken');
      },
    };
    const sent = through(
      plan(say('hi'), {}, 'chat', { session: 'a@b.co' }),
      whole(() => 'ok'),
      broken,
    );
    await expect(sent).rejects.toMatchObject({ status: 503, code: 'privacy_failed' });
  });
});

describe('with Presidio', () => {
  const answering = (answer: (text: string) => object | Error) => {
    const outgoing: Outgoing = {
      request: (_url, request) => {
        const { text } = JSON.parse(String(request!.body)) as { text: string };
        const said = answer(text);
        if (said instanceof Error) return Promise.reject(said);
        return Promise.resolve({ status: 200, headers: {}, body: Buffer.from(JSON.stringify(said)) });
      },
    };
    return presidioClient({ url: 'http://presidio', language: 'en', minScore: 0.5, timeoutMs: 100 }, outgoing);
  };

  test('what it finds counts, by code points, beside what is found here', async () => {
    const presidio = answering((text) => {
      const start = [...text.slice(0, text.indexOf('Seoul'))].length;
      return [
        { entity_type: 'LOCATION', start, end: start + 5, score: 0.9 },
        { entity_type: 'DATE_TIME', start: 0, end: 2, score: 0.9 },
      ];
    });
    const { seen, taken } = await through(
      plan(say('😀 in Seoul, a@b.co'), { presidio: true, perKind: { location: 'mask' } }),
      whole(lastSaid),
      { presidio },
    );
    expect(lastSaid(seen)).toBe('😀 in [location], [EMAIL_1]');
    expect(taken.text).toContain('😀 in [location], a@b.co');
  });

  test('away, the call is refused; or goes on with the own detectors where the policy says so', async () => {
    const presidio = answering(() => new Error('away'));
    const asked = plan(say('a@b.co'), { presidio: true });
    await expect(
      through(
        asked,
        whole(() => 'ok'),
        { presidio },
      ),
    ).rejects.toMatchObject({ status: 503, code: 'privacy_unavailable' });
    const lenient = plan(say('a@b.co'), { presidio: true, withoutPresidio: 'continue' });
    expect(
      lastSaid(
        (
          await through(
            lenient,
            whole(() => 'ok'),
            { presidio },
          )
        ).seen,
      ),
    ).toBe('[EMAIL_1]');
  });
});

/** What a model wrote, as the providers stream it. */
const chunk = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: 'x', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const streams: Record<
  string,
  { dialect: Dialect; pieces(parts: readonly string[]): string; texts(out: string): string }
> = {
  'chat completions': {
    dialect: 'chat',
    pieces: (parts) => parts.map((content) => chunk({ content })).join('') + chunk({}, 'stop') + 'data: [DONE]\n\n',
    texts: (out) =>
      eventsOf(out)
        .map(({ choices }) => choices?.[0]?.delta?.content ?? '')
        .join(''),
  },
  'arguments of a tool': {
    dialect: 'chat',
    pieces: (parts) => {
      const json = JSON.stringify({ text: parts.join('') });
      const cuts = [0, 9 + parts[0]!.length, 9 + parts[0]!.length + parts[1]!.length, json.length];
      const cut = parts.map((_, n) =>
        chunk({ tool_calls: [{ index: 1, function: { arguments: json.slice(cuts[n], cuts[n + 1]) } }] }),
      );
      return cut.join('') + chunk({}, 'tool_calls');
    },
    texts: (out) => {
      const json = eventsOf(out)
        .flatMap(({ choices }) => choices?.[0]?.delta?.tool_calls ?? [])
        .map((call) => call.function.arguments)
        .join('');
      return (JSON.parse(json) as { text: string }).text;
    },
  },
  messages: {
    dialect: 'messages',
    pieces: (parts) => {
      const event = (type: string, rest: object): string =>
        `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
      return (
        event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }) +
        parts.map((text) => event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })).join('') +
        event('content_block_stop', { index: 0 })
      );
    },
    texts: (out) =>
      eventsOf(out)
        .map(({ delta }) => (delta as { text?: string } | undefined)?.text ?? '')
        .join(''),
  },
  responses: {
    dialect: 'responses',
    pieces: (parts) => {
      const place = { item_id: 'i', output_index: 0, content_index: 0 };
      const event = (type: string, rest: object): string =>
        `event: ${type}\ndata: ${JSON.stringify({ type, ...place, ...rest })}\n\n`;
      return (
        parts.map((delta) => event('response.output_text.delta', { delta })).join('') +
        event('response.output_text.done', { text: parts.join('') })
      );
    },
    texts: (out) =>
      eventsOf(out)
        .map(({ delta }) => (typeof delta === 'string' ? delta : ''))
        .join(''),
  },
};

interface Event {
  choices?: { delta?: { content?: string; tool_calls?: { function: { arguments: string } }[] } }[];
  delta?: unknown;
  text?: string;
}
function eventsOf(out: string): Event[] {
  return out
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)) as Event);
}

describe('a streamed answer', () => {
  const said = 'To [NAME_1], "b@c.de" and [NAME_9]: 4111 1111 1111 1111. Ünï [NAME_1]';
  const expected = 'To O"Neil, "[email]" and [NAME_9]: [card]. Ünï O"Neil';

  test.each(Object.keys(streams))('of %s is the same however it is cut', async (name) => {
    const { dialect, pieces, texts } = streams[name]!;
    for (let cut = 1; cut < said.length; cut++) {
      const bytes = Buffer.from(pieces([said.slice(0, cut), said.slice(cut, cut + 7), said.slice(cut + 7)]));
      const planned = plan(say('O"Neil asks'), { names: ['O"Neil'], answers: 'mask' }, dialect);
      const { taken } = await through(planned, async (_call, sink) => {
        const half = (cut * 31) % bytes.length;
        sink.head(200, { 'content-type': 'text/event-stream' });
        await sink.write(bytes.subarray(0, half));
        await sink.write(bytes.subarray(half));
        sink.end();
      });
      expect(taken.ended).toBe(true);
      expect(texts(taken.text)).toBe(expected);
      if (name === 'responses') expect(eventsOf(taken.text).at(-1)!.text).toBe(expected);
    }
  });

  test('that holds what may not pass ends in words, and the provider is left', async () => {
    let left = false;
    const { taken } = await through(plan(say('hi'), { answers: 'block' }), async (_call, sink) => {
      sink.head(200, { 'content-type': 'text/event-stream' });
      await sink.write(chunk({ content: 'Write to b@c' }));
      await sink.write(chunk({ content: '.de, please' }));
      left = sink.gone.aborted;
      await sink.write(chunk({ content: ' secret' }));
      sink.end();
    });
    expect(left).toBe(true);
    expect(taken.text).toContain('Write to ');
    expect(taken.text).toContain('"personal_data"');
    expect(taken.text).not.toContain('b@c');
    expect(taken.text).not.toContain('secret');
  });

  test('that is cut gives what it held, and thoughts that are signed keep their placeholders', () => {
    const stream = new AnswerStream({
      detectors: [{ kind: 'x', find: () => undefined, openFrom: (text, from) => Math.min(text.length, from) }],
      thoughts: [],
      replace: () => '',
    });
    const event = {
      event: 'content_block_delta',
      data: '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"held"}}',
    };
    const thought = {
      data: '{"type":"content_block_delta","index":1,"delta":{"type":"thinking_delta","thinking":"[EMAIL_1]"}}',
    };
    expect(stream.push(event)).toEqual([]);
    expect(stream.push(thought)).toEqual([thought]);
    expect(stream.end()).toEqual([event]);
  });
});

describe('a kept text', () => {
  const answer = (content: string): string => JSON.stringify({ choices: [{ index: 0, message: { content } }] });

  test('is masked by patterns, and by the names of its policy', () => {
    const said = 'Ada Lovelace, ada@example.com';
    const { privacy } = plan(say(''), { names: ['Ada Lovelace'], kinds: ['card'] }).policy;
    for (let time = 0; time < 2; time++) expect(maskedText(answer(said), privacy)).toBe(answer('[name], [email]'));
    expect(maskedText(answer(said), rulesOf({}))).toBe(answer('Ada Lovelace, [email]'));
    expect(maskedText(answer(said))).toBe(answer('Ada Lovelace, [email]'));
    const stream = chunk({ content: 'by Ada Love' }) + chunk({ content: 'lace' }, 'stop') + 'data: [DONE]\n\n';
    expect(streams['chat completions']!.texts(maskedText(stream, privacy))).toBe('by [name]');
  });
});
