import type { LimitView, SetLimit } from '@amadeus/backend/limits/contract.ts';

/** What a limit can bound, as the service names it. */
export const bounds = ['requestsPerMinute', 'requestsPerDay', 'tokensPerMinute', 'tokensPerDay'] as const;
export type Bound = (typeof bounds)[number];

/** A limit as the form holds it: numbers as they are typed. */
export type LimitDraft = Record<Bound, string> & {
  name: string;
  per: SetLimit['per'];
  only: string;
  window: LimitWindow;
  timeZone: string;
};
export type LimitWindow = NonNullable<SetLimit['window']>;

export const emptyLimit: LimitDraft = {
  ...{ name: '', per: 'team', only: '', window: 'calendar', timeZone: '' },
  ...{ requestsPerMinute: '', requestsPerDay: '', tokensPerMinute: '', tokensPerDay: '' },
};

export function limitDraft(limit: LimitView): LimitDraft {
  const text = (bound: Bound) => (limit[bound] === undefined ? '' : String(limit[bound]));
  return {
    ...{ name: limit.name, per: limit.per, only: (limit.only ?? []).join(', ') },
    ...{ window: limit.window ?? 'calendar', timeZone: limit.timeZone ?? '' },
    requestsPerMinute: text('requestsPerMinute'),
    requestsPerDay: text('requestsPerDay'),
    tokensPerMinute: text('tokensPerMinute'),
    tokensPerDay: text('tokensPerDay'),
  };
}

/** What stands against sending the draft. `bounds`: none is given. */
export function limitProblems(draft: LimitDraft): Partial<Record<keyof LimitDraft | 'bounds', true>> {
  const given = bounds.filter((bound) => draft[bound].trim() !== '');
  return {
    ...(draft.name.trim() === '' ? { name: true } : {}),
    ...(given.length === 0 ? { bounds: true } : {}),
    ...Object.fromEntries(given.filter((bound) => !isCount(draft[bound])).map((bound) => [bound, true])),
  };
}

/** The draft as the service takes it: what is empty is left out. */
export function limitInput(draft: LimitDraft): SetLimit {
  const only = draft.only
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  const given = bounds.filter((bound) => draft[bound].trim() !== '');
  const zone = draft.timeZone.trim();
  return {
    name: draft.name.trim(),
    per: draft.per,
    ...(only.length === 0 ? {} : { only }),
    ...(draft.window === 'rolling' ? { window: draft.window } : {}),
    ...(draft.window === 'rolling' || zone === '' ? {} : { timeZone: zone }),
    ...Object.fromEntries(given.map((bound) => [bound, Number(draft[bound])])),
  };
}

/** How full the fullest of its counters is, 0 to 1 and above; undefined where nobody used any. */
export function fullest({ use, ...limit }: LimitView): { value: string; bound: Bound; share: number } | undefined {
  const all = use.flatMap((one) =>
    bounds.flatMap((bound) => {
      const [most, used] = [limit[bound], one[bound]];
      return most === undefined || used === undefined ? [] : [{ value: one.value, bound, share: used / most }];
    }),
  );
  return all.reduce<(typeof all)[number] | undefined>(
    (most, one) => (most === undefined || one.share > most.share ? one : most),
    undefined,
  );
}

function isCount(text: string): boolean {
  return /^[1-9]\d{0,11}$/.test(text.trim());
}
