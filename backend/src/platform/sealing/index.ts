export { newKey, readyKey, seal, sealingKey, unseal } from './sealing.ts';
