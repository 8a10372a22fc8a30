import { dropColumn } from './ddl-columns.ts';
import { dropTable } from './ddl.ts';
import type { Difference } from './difference.ts';
import { quoteIdentifier } from './quote-identifier.ts';

/** Two objects that may be one under a new name, or one that went and one that came. */
interface MaybeRenamed {
  gone: Difference;
  come: Difference;
}

export interface MigrationText {
  /** The file, with a comment on each statement. */
  text: string;
  /** Sentences on what would be lost; such a file needs the flag. */
  destructive: string[];
  /** Sentences on what a person has to decide in the file. */
  undecided: string[];
}

/** Types that take every value of the type before them, number by number and letter by letter. */
const WIDENINGS: readonly (readonly [from: RegExp, to: RegExp])[] = [
  [/^smallint$/, /^(integer|bigint|numeric|double precision)$/],
  [/^integer$/, /^(bigint|numeric|double precision)$/],
  [/^bigint$/, /^numeric$/],
  [/^character/, /^text$/],
  // A text that is too long is refused, not cut.
  [/^(character varying|text)/, /^character varying/],
];

const keepsValues = ({ expected = '', actual = '' }: Difference): boolean =>
  WIDENINGS.some(([from, to]) => from.test(actual) && to.test(expected));

const isColumn = ({ kind }: Difference): boolean => kind === 'column';
const isTypeChange = (difference: Difference): boolean =>
  isColumn(difference) && difference.change === 'different' && / TYPE /.test(difference.mend ?? '');

/** Of a generated column, whose values are computed anew. */
const isMadeAnew = ({ change, mend }: Difference): boolean => change === 'different' && / DROP COLUMN /.test(mend ?? '');

const losesData = (difference: Difference): boolean =>
  isMadeAnew(difference) ||
  (difference.change === 'extra' && (isColumn(difference) || difference.kind === 'table')) ||
  (isTypeChange(difference) && !keepsValues(difference));

const typeOf = (difference: Difference): string => {
  const definition = difference.expected ?? difference.actual ?? '';
  return definition.replace(/^\S+ /, '').replace(/ (GENERATED|DEFAULT|NOT NULL).*$/, '');
};

/** A column, or table, that went beside one like it that came. Nothing says that it is the same one: a person decides. */
const findRenames = (differences: readonly Difference[]): MaybeRenamed[] => {
  const left = new Set(differences.filter(({ change }) => change === 'missing'));
  return differences
    .filter(({ change, kind }) => change === 'extra' && (kind === 'column' || kind === 'table'))
    .flatMap((gone) => {
      const come = [...left].find(
        (candidate) =>
          candidate.kind === gone.kind && candidate.table === gone.table && (gone.kind === 'table' || typeOf(candidate) === typeOf(gone)),
      );
      if (come === undefined) return [];
      left.delete(come);
      return [{ gone, come }];
    });
};

/** Statements of a live database let writes go on; in a migration all is one transaction, in which CONCURRENTLY cannot be. */
const inTransaction = (statements: string): string => statements.replaceAll('INDEX CONCURRENTLY ', 'INDEX ');

const statementsOf = (difference: Difference): string => {
  if (difference.change === 'extra' && difference.kind === 'table') return dropTable(difference.object);
  if (difference.change === 'extra' && isColumn(difference)) return dropColumn(difference.table ?? '', difference.object);
  return inTransaction(difference.mend ?? '');
};

const commented = (text: string): string => text.replaceAll(/^/gm, '-- ');

const whatChanges = ({ change, sentence }: Difference): string =>
  change === 'missing' ? sentence.replace(/ is missing.*$/s, '.') : sentence;

const block = (difference: Difference): string => {
  const comment = `-- ${whatChanges(difference).replaceAll(/\s+/g, ' ')}`;
  if (difference.mend === null) return `${comment}\n-- by hand: no statement can do this without knowing the rows.`;
  const mark = losesData(difference) ? `-- destructive: values of ${difference.table ?? 'the table'} ${difference.object} are lost.\n` : '';
  return `${comment}\n${mark}${statementsOf(difference)}`;
};

const renameStatement = ({ gone, come }: MaybeRenamed): string =>
  gone.kind === 'table'
    ? `ALTER TABLE ${quoteIdentifier(gone.object)} RENAME TO ${quoteIdentifier(come.object)};`
    : `ALTER TABLE ${quoteIdentifier(gone.table ?? '')} RENAME COLUMN ${quoteIdentifier(gone.object)} TO ${quoteIdentifier(come.object)};`;

const mentions = (difference: Difference, { gone, come }: MaybeRenamed): boolean => {
  if (gone.kind === 'table') return difference.table === come.object || difference.table === gone.object;
  const words = `${difference.mend ?? ''} ${difference.expected ?? ''} ${difference.actual ?? ''}`.split(/\W+/);
  return difference.table === gone.table && (words.includes(gone.object) || words.includes(come.object));
};

const renameBlock = (pair: MaybeRenamed, related: readonly Difference[]): string => {
  const what = `${pair.gone.kind === 'table' ? 'Table' : `Column of ${pair.gone.table ?? ''}:`} ${pair.gone.object} went and ${pair.come.object} came.`;
  return [
    `-- ${what} Keep one of the two readings and delete the other; then run \`opsconductor db diff\` again for what is left.`,
    '-- Reading 1, it was renamed and keeps its values:',
    commented(renameStatement(pair)),
    '-- Reading 2, they have nothing to do with each other:',
    commented([pair.come, ...related, pair.gone].map(block).join('\n')),
  ].join('\n');
};

/**
 * The migration that makes of the schema of the migrations that of the models.
 * @param differences of compareCatalogs(models, migrations): in an order in which their statements can be run.
 */
export const migrationText = (name: string, differences: readonly Difference[]): MigrationText => {
  const renames = findRenames(differences);
  const parts = new Map(renames.map((pair) => [pair, [] as Difference[]]));
  const inPairs = new Set(renames.flatMap(({ gone, come }) => [gone, come]));
  const rest = differences.filter((difference) => {
    const pair = renames.find((candidate) => mentions(difference, candidate));
    if (pair !== undefined && !inPairs.has(difference)) parts.get(pair)?.push(difference);
    return pair === undefined && !inPairs.has(difference);
  });
  const blocks = [...[...parts].map(([pair, related]) => renameBlock(pair, related)), ...rest.map(block)];
  return {
    text: `-- ${name.replaceAll('-', ' ')}: written by \`opsconductor db diff\`; read it before you commit it.\n\n${blocks.join('\n\n')}\n`,
    destructive: rest.filter(losesData).map(({ sentence }) => sentence),
    undecided: [
      ...renames.map(
        ({ gone, come }) => `${gone.table === undefined ? '' : `${gone.table}.`}${gone.object} may have been renamed to ${come.object}.`,
      ),
      ...rest.filter(({ mend }) => mend === null).map(({ sentence }) => sentence),
    ],
  };
};
