import Type from 'typebox';

/** Settings of sources whose usage may be charged by the estimate, because no bill covers it. */
export const chargeSettings = {
  charges: Type.Optional(
    Type.Boolean({
      description:
        'True: the estimated cost also becomes charges. Only for usage that no bill covers, neither of the provider nor of the machines: it would be paid twice in every report. Default false',
    }),
  ),
  chargedProviders: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
      maxItems: 50,
      description: 'With charges: only calls of these providers, where others of the source are billed',
    }),
  ),
};

const Target = Type.Optional(Type.String({ maxLength: 200 }));

/** Whom usage belongs to that the provider knows only by project, workspace or key. */
export const OwnersSetting = Type.Optional(
  Type.Array(
    Type.Object(
      {
        id: Type.String({ minLength: 1, maxLength: 200, description: 'Project, workspace, API key or user' }),
        team: Target,
        product: Target,
        customer: Target,
        feature: Target,
        environment: Target,
      },
      { additionalProperties: false },
    ),
    { maxItems: 1_000, description: 'To whom usage belongs; the key is looked for before the project or workspace' },
  ),
);

interface Owner {
  team?: string;
  product?: string;
  customer?: string;
  feature?: string;
  environment?: string;
}

/** What the settings say about the ids, the first of them that is listed winning field by field. */
export function ownerOf(owners: unknown, ids: readonly (string | null | undefined)[]): Owner {
  if (!Array.isArray(owners)) return {};
  const found: Owner = {};
  for (const wanted of [...ids].reverse()) {
    const entry = wanted ? (owners as ({ id?: unknown } & Owner)[]).find(({ id }) => id === wanted) : undefined;
    if (!entry) continue;
    const { id: _, ...owner } = entry;
    Object.assign(found, owner);
  }
  return found;
}
