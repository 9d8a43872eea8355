export { inEachProcess } from './in-each-process.ts';
export { runLoops, type LoopRunner } from './run-loops.ts';
