export { dropOldest } from './drop-oldest.ts';
export { PassingMap } from './passing-map.ts';
