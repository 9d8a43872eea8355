export { createScalingRoom, type ScalingRoom } from './scaling-room.ts';
