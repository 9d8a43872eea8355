/** What the room needs of the one that keeps the bills. */
export interface TagRulePorts {
  /** Reads the kept bills again, under the rules that are in force then. Resolves when that was arranged. */
  reload?(place: { tenant: string; source?: string }): Promise<unknown>;
}
