/** Columns of a rows file that say where a record came from, and those of files whose records are JSON. */
export const sourceColumn = 'x_Source';
export const fileColumn = 'x_SourceFile';
export const lineColumn = 'x_SourceLine';
/** Why the record cannot be read; empty for all others. */
export const faultColumn = 'x_Fault';
/** The record as JSON text, for files whose records have no common columns. */
export const recordColumn = 'x_Record';

/** Keys of the file's own notes: `fields` or `records`; the names in the header as they came, as a JSON list. */
export const shapeKey = 'amadeus.shape';
export const headerKey = 'amadeus.header';
