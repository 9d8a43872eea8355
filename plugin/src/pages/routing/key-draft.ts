import type { CreateKey, GatewayKey } from '@amadeus/backend/gateway/contract.ts';

/** A key as the form holds it. */
export interface KeyDraft {
  name: string;
  region: string;
  team: string;
  product: string;
  customer: string;
  feature: string;
  environment: string;
  models: string;
  /** A day, or empty. */
  expires: string;
}

export const emptyKey: KeyDraft = {
  ...{ name: '', region: '', team: '', product: '', customer: '', feature: '', environment: '' },
  ...{ models: '*', expires: '' },
};

/** What stands against sending the draft. */
export function keyProblems(draft: KeyDraft, now: Date): Partial<Record<keyof KeyDraft, true>> {
  return {
    ...(draft.name.trim() === '' ? { name: true } : {}),
    ...(modelsOf(draft).length === 0 ? { models: true } : {}),
    ...(draft.region !== '' && !/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(draft.region.trim()) ? { region: true } : {}),
    ...(draft.expires !== '' && !(Date.parse(draft.expires) > now.getTime()) ? { expires: true } : {}),
  };
}

/** The draft as the service takes it: what is empty is left out. */
export function keyInput(draft: KeyDraft): Partial<CreateKey> {
  const { name, models: _, expires, ...rest } = draft;
  const named = Object.entries(rest)
    .map(([field, value]) => [field, value.trim()])
    .filter(([, value]) => value !== '');
  return {
    name: name.trim(),
    models: modelsOf(draft),
    ...(Object.fromEntries(named) as Partial<CreateKey>),
    ...(expires === '' ? {} : { expiresAt: new Date(expires).toISOString() }),
  };
}

function modelsOf({ models }: KeyDraft): string[] {
  return models
    .split(/[\s,]+/)
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

export type KeyState = 'live' | 'revoked' | 'over';

export function keyState(key: Pick<GatewayKey, 'revokedAt' | 'expiresAt'>, now: Date): KeyState {
  if (key.revokedAt !== undefined) return 'revoked';
  return key.expiresAt !== undefined && Date.parse(key.expiresAt) <= now.getTime() ? 'over' : 'live';
}
