import { ConfigError, type Config } from '../platform/config/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { RevenueBook } from './revenue-book.ts';
import { folderState, readRevenueFolder } from './revenue-folder-file.ts';
import { readLines, type NumberedLine } from './revenue-line.ts';

const shownProblems = 20;

/**
 * Keeps the revenue of the configuration: its lines and the CSV files of its folder. Together they are one list, which is taken
 * whole or not at all.
 */
export class ProvisionedRevenue {
  readonly #settings: Config['revenue'];
  readonly #book: RevenueBook;
  readonly #log: Pick<Platform['telemetry']['log'], 'warn' | 'info'>;
  #mark: string | undefined;
  #problems: readonly string[] = [];

  constructor({ config, telemetry }: Pick<Platform, 'config' | 'telemetry'>, book: RevenueBook) {
    this.#settings = config.revenue;
    this.#book = book;
    this.#log = telemetry.log;
  }

  /** Why the files of the folder do not count as they stand; none where they do. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /**
   * Brings the configuration into the store. A file of the folder that is wrong does not stop the start, because files come and go
   * by night: what stood before counts on, and the next turn looks again.
   * @throws ConfigError where the lines of the configuration itself are wrong, or the folder cannot be read
   */
  async start(): Promise<void> {
    const { folder } = this.#settings;
    const own = this.#ownLines();
    const { problems } = readLines(own);
    if (problems.length > 0) throw new ConfigError(problems.map(({ line, reason }) => `${line} ${reason}`));
    if (folder !== undefined)
      await folderState(folder).catch((error: Error) => {
        throw new ConfigError([`revenue.folder: ${folder} cannot be read: ${error.message}`]);
      });
    await this.turn();
    if (folder === undefined && this.#problems.length > 0) throw new ConfigError(this.#problems);
  }

  /** Looks whether the files have changed, and takes them. */
  async turn(): Promise<void> {
    const { folder } = this.#settings;
    try {
      const state = folder === undefined ? { files: [], mark: '' } : await folderState(folder);
      if (state.mark === this.#mark) return;
      const read = folder === undefined ? { lines: [], problems: [] } : await readRevenueFolder(folder, state.files);
      const { revenues, problems } = readLines([...this.#ownLines(), ...read.lines]);
      const wrong = [...read.problems, ...problems.map(({ line, reason }) => `${line} ${reason}`)];
      const refused = wrong.length > 0 ? wrong : await this.#book.provision(revenues);
      this.#tell(refused);
      // What people imported may be removed meanwhile: a refusal for that is asked again.
      if (refused.length === 0 || wrong.length > 0) this.#mark = state.mark;
    } catch (error) {
      this.#tell([`revenue.folder: ${(error as Error).message}`]);
    }
  }

  #tell(problems: readonly string[]): void {
    if (problems.length > 0 && problems.join() !== this.#problems.join())
      this.#log.warn({ problems: problems.slice(0, shownProblems) }, 'Revenue of the configuration is not taken');
    this.#problems = problems.slice(0, shownProblems);
  }

  #ownLines(): NumberedLine[] {
    return this.#settings.lines.map((fields, index) => ({ line: `revenue.lines.${index}`, fields }));
  }
}
