export { dropOldest } from './drop-oldest.ts';
export { PassingMap } from './passing-map.ts';
export { Gathering, type Gathered } from './gathering.ts';
