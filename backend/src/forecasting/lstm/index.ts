export { inferenceModel } from './inference-graph.ts';
export { initialWeights } from './network.ts';
export { seededRandom } from './random.ts';
export { Trainer } from './trainer.ts';
export { drawBatches, LessonCollector, type Lesson } from './training-windows.ts';
