export { createAccessRoom } from './access-room.ts';
export { permissionTable } from './permission-table.ts';
