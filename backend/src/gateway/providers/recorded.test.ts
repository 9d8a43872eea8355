import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { through, type Expected, type Recorded } from '../fixtures/recorded-case.ts';
import { providerKinds } from './provider-kinds.ts';

/**
 * Each kind of provider has calls on record, made up after its documentation: what a caller asks in one of the gateway's dialects,
 * what the provider is asked then, what it answers, what the caller is told, and which tokens are counted.
 */
const kinds = Object.keys(providerKinds) as (keyof typeof providerKinds)[];

describe.each(kinds)('%s', (kind) => {
  const folder = join(import.meta.dirname, kind, 'recorded');

  test.each(readdirSync(folder))('%s', (file) => {
    const { request, told, usage, ...recorded } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Recorded &
      Expected;
    expect(JSON.parse(JSON.stringify(through(providerKinds[kind], recorded)))).toEqual({ request, told, usage });
  });
});
