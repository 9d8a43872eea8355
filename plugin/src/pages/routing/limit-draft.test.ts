import { emptyLimit, fullest, limitDraft, limitInput, limitProblems } from './limit-draft';

describe('the form of a limit', () => {
  test('says what is missing', () => {
    expect(limitProblems(emptyLimit)).toEqual({ name: true, bounds: true });
    expect(limitProblems({ ...emptyLimit, name: 'all', requestsPerDay: '0', tokensPerDay: '1.5' })).toEqual({
      ...{ requestsPerDay: true, tokensPerDay: true },
    });
    expect(limitProblems({ ...emptyLimit, name: 'all', tokensPerMinute: '20000' })).toEqual({});
  });

  test('sends what was said and nothing else, and shows it again', () => {
    const draft = { ...emptyLimit, name: ' batch ', only: 'search, ads,', requestsPerMinute: '60' };
    const input = limitInput(draft);
    expect(input).toEqual({ name: 'batch', per: 'team', only: ['search', 'ads'], requestsPerMinute: 60 });
    const again = limitDraft({ ...input, id: 'gl_0', origin: 'api', use: [] });
    expect(again).toEqual({ ...draft, name: 'batch', only: 'search, ads' });
    expect(limitInput({ ...draft, timeZone: ' Asia/Seoul ' })).toEqual({ ...input, timeZone: 'Asia/Seoul' });
    expect(limitInput({ ...draft, window: 'rolling', timeZone: 'Asia/Seoul' })).toEqual({
      ...input,
      window: 'rolling',
    });
  });
});

test('the fullest counter of a limit is told', () => {
  const limit = {
    id: 'gl_0',
    name: 'all',
    per: 'team',
    origin: 'api',
    requestsPerMinute: 10,
    tokensPerDay: 100,
  } as const;
  expect(fullest({ ...limit, use: [] })).toBeUndefined();
  const use = [
    { value: 'ads', requestsPerMinute: 5, tokensPerDay: 10 },
    { value: 'search', requestsPerMinute: 1, tokensPerDay: 80 },
  ];
  expect(fullest({ ...limit, use })).toEqual({ value: 'search', bound: 'tokensPerDay', share: 0.8 });
});
