import { constants } from 'node:sqlite';
import type { DatabaseSync } from 'node:sqlite';

/** Pragmas that tell something, or change this file only. */
const PRAGMAS: ReadonlySet<string> = new Set(
  (
    'application_id auto_vacuum collation_list compile_options data_version database_list encoding foreign_key_check foreign_key_list ' +
    'freelist_count function_list incremental_vacuum index_info index_list index_xinfo integrity_check journal_mode module_list optimize ' +
    'page_count page_size pragma_list quick_check schema_version table_info table_list table_xinfo user_version wal_checkpoint'
  ).split(' '),
);
/** Those of them that may be given a value: marks that applications keep in the file. The others with an argument name a table or a count. */
const READ_ONLY: ReadonlySet<string> = new Set(['journal_mode', 'schema_version', 'encoding', 'auto_vacuum', 'page_size']);
const CHANGES: ReadonlySet<number> = new Set([constants.SQLITE_INSERT, constants.SQLITE_UPDATE, constants.SQLITE_DELETE]);
/** The codes of CREATE and DROP, and what else changes the schema. */
const isOfSchema = (code: number): boolean =>
  (code >= constants.SQLITE_CREATE_INDEX && code <= constants.SQLITE_CREATE_VIEW) ||
  (code >= constants.SQLITE_DROP_INDEX && code <= constants.SQLITE_DROP_VIEW) ||
  [constants.SQLITE_ALTER_TABLE, constants.SQLITE_CREATE_VTABLE, constants.SQLITE_DROP_VTABLE].includes(code);

const refusalOf = (code: number, first: string | null, second: string | null, isPreparing: boolean): string | undefined => {
  // A VACUUM attaches a nameless file of its own, and begins a transaction while it runs.
  if (code === constants.SQLITE_ATTACH && first !== '')
    return 'ATTACH and VACUUM INTO are refused: an action works on the file of its method only. Give the other file a method of its own';
  if (code === constants.SQLITE_FUNCTION && second === 'load_extension') return 'extensions are not loaded';
  if (isPreparing && (code === constants.SQLITE_TRANSACTION || code === constants.SQLITE_SAVEPOINT))
    return 'BEGIN, COMMIT, ROLLBACK and savepoints are refused: an action is one statement and its own transaction';
  if (code !== constants.SQLITE_PRAGMA) return undefined;
  const name = (first ?? '').toLowerCase();
  const isAllowed = PRAGMAS.has(name) && (second === null || !READ_ONLY.has(name));
  return isAllowed ? undefined : `PRAGMA ${name} is refused, or may only be read: set journal_mode and synchronous in the method`;
};

/** What SQLite itself says that a statement wants: decides, and keeps what matters later. */
export interface Guard {
  /** Why the last statement was refused. */
  readonly refusal: string | undefined;
  /** Does the last prepared statement change rows, so that a count of them means something? */
  readonly isChange: boolean;
  /** Does it change rows or the schema, so that it fits into a transaction? */
  readonly isWrite: boolean;
  /** Runs a preparation, of which the guard then tells. */
  prepare<Result>(work: () => Result): Result;
}

/** Lets no statement of this connection reach another file. SQLite asks for each thing that a statement does, also in triggers and views. */
export const guard = (database: DatabaseSync): Guard => {
  const state = { refusal: undefined as string | undefined, changes: false, schema: false, isPreparing: false };
  database.setAuthorizer((code, first, second) => {
    if (state.isPreparing) {
      state.changes ||= CHANGES.has(code) && !(first ?? '').startsWith('sqlite_');
      state.schema ||= isOfSchema(code);
    }
    const refusal = refusalOf(code, first, second, state.isPreparing);
    state.refusal ??= refusal;
    return refusal === undefined ? constants.SQLITE_OK : constants.SQLITE_DENY;
  });
  return {
    get refusal() {
      return state.refusal;
    },
    get isChange() {
      return state.changes && !state.schema;
    },
    get isWrite() {
      return state.changes || state.schema;
    },
    prepare: (work) => {
      Object.assign(state, { refusal: undefined, changes: false, schema: false, isPreparing: true });
      try {
        return work();
      } finally {
        state.isPreparing = false;
      }
    },
  };
};
