export { inferenceModel } from './inference-graph.ts';
export { initialWeights, windowMinutes } from './network.ts';
export { NetworkRunner } from './network-runner.ts';
export { seededRandom } from './random.ts';
export { Trainer } from './trainer.ts';
export { drawBatches, LessonCollector, type Lesson } from './training-windows.ts';
export { tune, type Tuned } from './tuner.ts';
export type { Sample, Window } from './window-builder.ts';
