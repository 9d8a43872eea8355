export { createHealingRoom, type HealingMark, type HealingRoom } from './healing-room.ts';
