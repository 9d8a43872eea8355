import type { Store } from '../platform/store/index.ts';
import type { Actor } from './change-repository.ts';

// What people said of a Change: who agreed, and what was commented.

export async function insertApproval(
  store: Store,
  approval: { changeId: number; person: Actor; at: Date; comment: string | null },
): Promise<void> {
  await store.query(
    'INSERT INTO change_approval (change_id, person_id, person_name, at, comment) VALUES ($1, $2, $3, $4, $5)',
    [approval.changeId, approval.person.id, approval.person.name, approval.at, approval.comment],
  );
}

export async function listApprovals(
  store: Store,
  changeId: number,
): Promise<{ person: Actor; at: Date; comment: string | null }[]> {
  return store.query(
    `SELECT jsonb_build_object('id', person_id, 'name', person_name) AS person, at, comment
     FROM change_approval WHERE change_id = $1 ORDER BY at, person_id`,
    [changeId],
  );
}

export async function insertComment(
  store: Store,
  comment: { changeId: number; author: Actor; at: Date; text: string },
): Promise<number> {
  const rows = await store.query<{ id: string }>(
    'INSERT INTO change_comment (change_id, author_id, author_name, at, text) VALUES ($1, $2, $3, $4, $5) RETURNING id',
    [comment.changeId, comment.author.id, comment.author.name, comment.at, comment.text],
  );
  return Number(rows[0]?.id);
}

export async function listComments(
  store: Store,
  changeId: number,
): Promise<{ id: number; author: Actor; at: Date; text: string }[]> {
  const rows = await store.query<{ id: string; author: Actor; at: Date; text: string }>(
    `SELECT id, jsonb_build_object('id', author_id, 'name', author_name) AS author, at, text
     FROM change_comment WHERE change_id = $1 ORDER BY id LIMIT 1000`,
    [changeId],
  );
  return rows.map((row) => ({ ...row, id: Number(row.id) }));
}
