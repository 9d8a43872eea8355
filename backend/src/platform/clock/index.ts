export { ManualClock } from './manual-clock.ts';
export { systemClock, type Clock } from './clock.ts';
