export { ManualClock } from './manual-clock.ts';
export { millisecondsOf, systemClock, type Clock } from './clock.ts';
