export { reportLine, type Figure } from './figures.ts';
export { listSeries, parseSeries, readSeries, type Series } from './read-series.ts';
export { firstPart, splitAt, type Evaluation } from './evaluation.ts';
export { figuresInAll, figuresOf, scoredHorizons } from './forecast-figures.ts';
export { readLessons, seasonOf } from './read-lessons.ts';
export { walkPanel, type PanelEvaluation, type PanelTools } from './walk-panel.ts';
