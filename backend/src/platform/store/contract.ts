/** State that people edit, in PostgreSQL. Every statement is parameterised: `$1`, `$2`, ... */
export interface Store {
  query<Row extends object>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
  /**
   * Runs `work` in one transaction: committed when it resolves, rolled back when it throws. Nested calls on `tx` join it,
   * and a nested call that fails dooms the whole.
   */
  transaction<T>(work: (tx: Store) => Promise<T>): Promise<T>;
  /**
   * Runs `work` while holding a session advisory lock of that name; resolves with `undefined` at once if it is taken.
   * `lost` fires when the connection that holds the lock is gone: stop then, another process may hold it.
   */
  withLock<T>(name: string, work: (lost: AbortSignal) => Promise<T>): Promise<T | undefined>;
  ping(): Promise<boolean>;
  /** Connection string for libraries that need one (the queue). Never logged. */
  readonly url: string;
  close(): Promise<void>;
}
