export { runLoops, type LoopRunner } from './run-loops.ts';
