import { bodyOf, draftOf, problemsOf } from './event-draft';

/** As in UTC. */
const read = (text: string) => {
  return text === '' ? undefined : Date.parse(`${text}:00Z`);
};
const write = (instant: number) => new Date(instant).toISOString().slice(0, 16);
const draft = {
  ...{
    name: ' friday-sale ',
    workload: '',
    starts: '2026-11-27T20:00',
    ends: '2026-11-27T23:00',
    ratio: '3',
    note: '',
  },
};

describe('an event, as a person types it', () => {
  test('is sent with instants, without what was left open', () => {
    expect(problemsOf(draft, read)).toEqual({});
    expect(bodyOf(draft, read)).toEqual({
      ...{ name: 'friday-sale', startsAt: '2026-11-27T20:00:00.000Z', endsAt: '2026-11-27T23:00:00.000Z', ratio: 3 },
    });
  });

  test.each([
    [{ name: ' ' }, { name: true }],
    [{ starts: '' }, { starts: true }],
    [{ ends: '2026-11-27T20:00' }, { ends: true }],
    [{ ends: '2026-12-27T20:00' }, { ends: true }],
    [{ ratio: 'much' }, { ratio: true }],
    [{ ratio: '0' }, { ratio: true }],
  ])('is not sent with %j', (part, problems) => {
    expect(problemsOf({ ...draft, ...part }, read)).toEqual(problems);
  });

  test('begins with the next whole hour', () => {
    const now = Date.parse('2026-11-21T19:10:00Z');
    expect(draftOf(undefined, write, now)).toMatchObject({ starts: '2026-11-21T20:00', ends: '2026-11-21T21:00' });
  });
});
