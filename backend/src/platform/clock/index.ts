export { ManualClock } from './manual-clock.ts';
export { Spread } from './spread.ts';
export { millisecondsOf, systemClock, type Clock } from './clock.ts';
