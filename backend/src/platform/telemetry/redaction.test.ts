import { describe, expect, test } from '@jest/globals';
import { redactLine, redactText } from './redaction.ts';

const redacted = (entry: unknown) => JSON.parse(redactLine(JSON.stringify(entry))) as Record<string, unknown>;

describe('redaction of a line of log', () => {
  test.each([
    'authorization',
    'Proxy-Authorization',
    'cookie',
    'set-cookie',
    'password',
    'smtpPassword',
    'serviceToken',
    'api_key',
    'x-api-key',
    'routing_key',
    'clientSecret',
    'webhookUrl',
    'X-Grafana-Id',
  ])('takes out the value of %s at any depth', (key) => {
    const line = redactLine(JSON.stringify({ msg: 'call', req: { headers: [{ [key]: 'hunter2"\\quoted' }] } }));
    expect(line).not.toContain('hunter2');
    expect(JSON.parse(line)).toEqual({ msg: 'call', req: { headers: [{ [key]: '[redacted]' }] } });
  });

  test('takes out lists, numbers and objects under a secret key', () => {
    expect(redacted({ token: ['a', 'b'], password: 1234, credentials: { user: 'x', pass: 'y' }, after: 1 })).toEqual({
      token: '[redacted]',
      password: '[redacted]',
      credentials: '[redacted]',
      after: 1,
    });
  });

  test('keeps counts of tokens, which are no secret', () => {
    const entry = { inputTokens: 12, tokens: 3, x_OutputTokens: '9', tokenizer: 'o200k' };
    expect(redacted(entry)).toEqual(entry);
  });

  test('takes user and password out of an address, also inside a message and a stack', () => {
    const line = redactLine(
      JSON.stringify({
        msg: 'cannot reach postgres://amadeus:s3cret@db:5432/amadeus',
        err: { stack: 'Error: redis://:pa55@cache:6379\n    at x' },
      }),
    );
    expect(line).not.toMatch(/s3cret|pa55|amadeus:/);
    expect(JSON.parse(line)).toMatchObject({ msg: 'cannot reach postgres://[redacted]@db:5432/amadeus' });
  });

  test.each([
    ['GET failed with Authorization: Bearer abcdef123456', 'abcdef123456'],
    ['posted to https://hooks.slack.com/services/T000/B000/XXXXsecret', 'XXXXsecret'],
    ['id eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1c2VyOjEifQ.c2ln', 'eyJzdWIi'],
    ['GET https://host/path?range=1d&api_key=topsecret', 'topsecret'],
  ])('takes the secret out of the text: %s', (text, secret) => {
    expect(redactText(text)).not.toContain(secret);
  });

  test('leaves ordinary addresses and e-mail addresses in words alone', () => {
    const text = 'see https://grafana.example.com/a/mureon-amadeus-app?range=30d or write to ops@example.com';
    expect(redactText(text)).toBe(text);
  });
});
