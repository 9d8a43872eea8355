export { reportLine, type Figure } from './figures.ts';
export { listSeries, parseSeries, readSeries, type Series } from './read-series.ts';
export { firstPart, splitAt, walkForward, type Evaluation } from './walk-forward.ts';
