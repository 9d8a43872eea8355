export { createGatewayRoom, type GatewayRoom } from './gateway-room.ts';
