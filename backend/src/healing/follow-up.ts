import type { Changes } from '../changes/index.ts';
import type { Platform } from '../platform/platform.ts';
import { actsOfIncidents, type ActRow } from './act-repository.ts';
import * as incidents from './incident-repository.ts';
import type { Incident } from './incident-repository.ts';
import { incidentNotice } from './messages.ts';

type Ground = Pick<Platform, 'config' | 'store' | 'notifier'>;

/** Incidents whose Change may still move after they have ended. */
const followedMs = 24 * 3_600_000;

const outcomes: Readonly<Record<string, Pick<Incident, 'verdict' | 'why'>>> = {
  applied: { verdict: 'acted', why: 'It was done; whether it helps is seen in a few minutes.' },
  verifying: { verdict: 'acted', why: 'It was done; whether it helps is seen in a few minutes.' },
  verified: { verdict: 'acted', why: 'It was done, and it helped.' },
  rolling_back: {
    verdict: 'held',
    why: 'It was done and did not help, or a person wants it undone; it is being taken back.',
  },
  rolled_back: { verdict: 'held', why: 'It was done and taken back.' },
  rejected: { verdict: 'held', why: 'A person rejected it.' },
  cancelled: { verdict: 'held', why: 'It was cancelled.' },
  expired: { verdict: 'held', why: 'Nobody approved it in time.' },
  failed: { verdict: 'held', why: 'It could not be done.' },
  uncertain: { verdict: 'held', why: 'It is not known whether it was done; a person must look.' },
};

/** Sees what became of what was proposed, and tells people, each verdict once. */
export class FollowUp {
  readonly #ground: Ground;
  readonly #changes: Pick<Changes, 'summaries'>;

  constructor(ground: Ground, changes: Pick<Changes, 'summaries'>) {
    this.#ground = ground;
    this.#changes = changes;
  }

  async round(of: { tenant: string; cluster: string }, now: Date): Promise<void> {
    const { store } = this.#ground;
    const recent = await incidents.recentIncidents(store, of, new Date(now.getTime() - followedMs));
    const ids = [...new Set(recent.flatMap(({ changeId }) => changeId ?? []))];
    const summaries = ids.length === 0 ? [] : await this.#changes.summaries(ids, of.tenant);
    const byId = new Map(summaries.map((summary) => [summary.id, summary]));
    const acts = await actsOfIncidents(
      store,
      recent.map(({ id }) => id),
    );
    for (const incident of recent) {
      const change = byId.get(incident.changeId ?? -1);
      const outcome = change && outcomes[change.state];
      const settled =
        outcome && this.#isAbout(incident)
          ? { ...incident, ...outcome, ...(change.failure ? { why: `${outcome.why} ${change.failure}` } : {}) }
          : incident;
      if (settled.verdict !== incident.verdict || settled.why !== incident.why) {
        await incidents.noteVerdict(store, incident.id, { verdict: settled.verdict, why: settled.why });
      }
      // What is done at once is told when it was done.
      if (settled.verdict === 'proposed' && change?.mode === 'auto') continue;
      await this.#tell(
        settled,
        acts.findLast((act) => act.changeId === incident.changeId && act.incidentId === incident.id),
      );
    }
  }

  /** A later verdict (a leak, say) is not overwritten by what became of an earlier act. */
  #isAbout({ verdict }: Incident): boolean {
    return verdict === 'proposed' || verdict === 'acted' || verdict === 'observed';
  }

  async #tell(incident: Incident, act: ActRow | undefined): Promise<void> {
    const { store, notifier, config } = this.#ground;
    const { publicUrl } = config.http;
    const { grafana } = config.identity;
    const grafanaUrl = grafana.issuer ?? grafana.url;
    const told = `${incident.verdict} ${incident.verdict === 'advised' || incident.verdict === 'leak' ? incident.cause : (incident.changeId ?? '')}`;
    if (incident.told === told) return;
    const notice = incidentNotice(incident, act, { language: config.healing.language, publicUrl, grafanaUrl });
    if (notice) await notifier.send(notice);
    await incidents.noteTold(store, incident.id, told);
  }
}
