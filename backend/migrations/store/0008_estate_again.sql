-- The warehouse keeps language model calls in another way now: the generated estate loads its own again.
UPDATE estate_load SET completed_at = NULL;
