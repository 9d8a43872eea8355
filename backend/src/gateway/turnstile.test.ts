import { describe, expect, test } from '@jest/globals';
import { setImmediate } from 'node:timers/promises';
import { Turnstile } from './turnstile.ts';

describe('the turnstile', () => {
  test('calls that come in one turn of the event loop make each step together', async () => {
    const turnstile = new Turnstile();
    const steps: string[] = [];
    const call = async (name: string): Promise<void> => {
      await new Promise<void>((go) => turnstile.through(go));
      steps.push(`${name}1`);
      await Promise.resolve();
      steps.push(`${name}2`);
    };
    await Promise.all([call('a'), call('b'), call('c')]);
    expect(steps).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'c2']);
  });

  test('who comes while others go on goes on with the next turn', async () => {
    const turnstile = new Turnstile();
    const went: string[] = [];
    turnstile.through(() => {
      went.push('first');
      turnstile.through(() => went.push('later'));
    });
    turnstile.through(() => went.push('second'));
    await setImmediate();
    expect(went).toEqual(['first', 'second']);
    await setImmediate();
    expect(went).toEqual(['first', 'second', 'later']);
  });
});
