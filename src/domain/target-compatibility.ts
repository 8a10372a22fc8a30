/** Why an action is not for a target of this kind; undefined: it is. */
export const incompatibility = ({ target_compatibility: kinds }: Readonly<Record<string, unknown>>, osType: string): string | undefined =>
  !Array.isArray(kinds) || kinds.includes(osType) ? undefined : `only for targets of ${kinds.join(', ')}, and this one is ${osType}`;
