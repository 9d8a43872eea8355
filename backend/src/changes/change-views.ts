import type { ChangeDetail, ChangeSummary } from './contract.ts';
import type { Actor, ChangeRow, StepRow } from './change-repository.ts';

export function changeSummary(row: ChangeRow): ChangeSummary {
  return {
    id: row.id,
    kind: row.kind,
    target: row.target,
    ...(row.region === null ? {} : { region: row.region }),
    ...(row.team === null ? {} : { team: row.team }),
    ...(row.product === null ? {} : { product: row.product }),
    state: row.state,
    mode: row.mode,
    approvalsNeeded: row.approvalsNeeded,
    approvals: row.approvals,
    reason: row.reason,
    summary: row.preview.summary,
    author: row.author,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    ...(row.failure === null ? {} : { failure: row.failure }),
  };
}

export function changeDetail(
  row: ChangeRow,
  parts: {
    approvals: readonly { person: Actor; at: Date; comment: string | null }[];
    comments: readonly { id: number; author: Actor; at: Date; text: string }[];
    steps: readonly StepRow[];
    canRollBack: boolean;
  },
): ChangeDetail {
  return {
    ...changeSummary(row),
    payload: row.payload,
    preview: row.preview,
    ...(row.doubt === null ? {} : { doubt: row.doubt }),
    canRollBack: parts.canRollBack,
    approvedBy: parts.approvals.map(({ person, at, comment }) => ({
      person,
      at: at.toISOString(),
      ...(comment === null ? {} : { comment }),
    })),
    comments: parts.comments.map((comment) => ({ ...comment, at: comment.at.toISOString() })),
    history: parts.steps.map((step) => ({
      at: step.at.toISOString(),
      actor: step.actor,
      event: step.event,
      ...(step.from === null ? {} : { from: step.from }),
      to: step.to,
      ...(step.note === null ? {} : { note: step.note }),
    })),
  };
}
