import { fieldDifferences } from '../definition-diff.ts';

type Parts = Readonly<Record<string, unknown>>;

const fields = (part: unknown): Readonly<Record<string, unknown>> =>
  typeof part === 'object' && part !== null ? (part as Readonly<Record<string, unknown>>) : {};

/** In what two looks at a schedule in Temporal differ, such as `policies.overlap`. */
export const describedDifferences = (before: Parts, after: Parts): { path: string; before: unknown; after: unknown }[] =>
  ['spec', 'policies', 'action'].flatMap((part) =>
    fieldDifferences(fields(before[part]), fields(after[part]), part).map(({ path, before: was, after: is }) => ({
      path,
      before: was,
      after: is,
    })),
  );
