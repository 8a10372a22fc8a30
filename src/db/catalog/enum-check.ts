/** `'draft'::text`, as it stands in a CHECK; of a varchar column `('draft'::character varying)::text`. */
const VALUE = String.raw`\(?'(?:[^']|'')*'::[a-z ]+(?:\)::text)?`;
const COLUMN = String.raw`\(?("?\w+"?)(?:\)::text)?`;
const OF_ARRAY = new RegExp(String.raw`^CHECK \(\(${COLUMN} = ANY \(\(?ARRAY\[(${VALUE}(?:, ${VALUE})*)\]\)?(?:::text\[\])?\)\)\)$`);
const OF_ONE = new RegExp(String.raw`^CHECK \(\(${COLUMN} = (${VALUE})\)\)$`);

/** The values that a CHECK lets a column have; undefined of a CHECK that says anything else. */
export const readEnumCheck = (definition: string): { column: string; values: string[] } | undefined => {
  const [, column, list] = OF_ARRAY.exec(definition) ?? OF_ONE.exec(definition) ?? [];
  if (column === undefined || list === undefined) return undefined;
  return { column, values: [...list.matchAll(/'((?:[^']|'')*)'::/g)].map(([, value = '']) => value.replaceAll("''", "'")) };
};
