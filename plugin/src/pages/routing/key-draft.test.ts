import { emptyKey, keyInput, keyProblems, keyState } from './key-draft';

const now = new Date('2026-11-20T12:00:00Z');

describe('the form of a key', () => {
  test('says what is missing', () => {
    expect(keyProblems({ ...emptyKey, models: ' ', region: 'no spaces', expires: '2026-11-01' }, now)).toEqual({
      ...{ name: true, models: true, region: true, expires: true },
    });
    expect(keyProblems({ ...emptyKey, name: 'shop', expires: '2027-01-01' }, now)).toEqual({});
  });

  test('sends what was said and nothing else', () => {
    const draft = { ...emptyKey, name: ' shop ', team: 'search ', models: 'answers, gpt-*', expires: '2027-01-01' };
    expect(keyInput(draft)).toEqual({
      ...{ name: 'shop', team: 'search', models: ['answers', 'gpt-*'], expiresAt: '2027-01-01T00:00:00.000Z' },
    });
  });
});

test('a key that was revoked or is over does not count', () => {
  expect(keyState({}, now)).toBe('live');
  expect(keyState({ expiresAt: '2026-11-20T12:00:00Z' }, now)).toBe('over');
  expect(keyState({ expiresAt: '2027-01-01T00:00:00Z', revokedAt: '2026-11-01T00:00:00Z' }, now)).toBe('revoked');
});
