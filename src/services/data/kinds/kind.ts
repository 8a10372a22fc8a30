import type { Transaction } from 'sequelize';
import type { DataType, ImportMode, ImportRow } from '../../../contracts/data-transfer.ts';
import type { Settings } from '../../../contracts/settings.ts';
import type { Permission } from '../../../domain/permissions.ts';
import type { Caller, ServiceDeps } from '../../context.ts';
import type { OpenSecret, SealSecret } from '../passphrase.ts';
import type { RawRow } from '../sheets/sheet.ts';

/** What of a type is exported. */
export interface ExportScope {
  selector: string | undefined;
  serials: readonly string[] | undefined;
  /** Undefined: no secret leaves. */
  seal: SealSecret | undefined;
}

/** What of an import all rows share. */
export interface ImportContext {
  deps: ServiceDeps;
  caller: Caller;
  mode: ImportMode;
  /** As they are in force; those that the document changes count from the next kind on. */
  settings: Settings;
  /** Undefined: what is sealed stays sealed, and is left out. */
  open: OpenSecret | undefined;
  /** Rows by what they have become, `targets/7`: two of them must not become the same thing. */
  claims: Map<string, number>;
  /** Serials of the targets here by the serials and uuids that they have in the document. */
  targetSerials: Map<string, string>;
  /** Settings that were changed, and nobody was told of yet. */
  changedSettings: Set<string>;
}

/** Something that the document has not, though it holds its type. */
export interface Other {
  id: number;
  /** As it is called by the service that removes it. */
  key: string;
  name: string;
}

/** A kind of things that documents hold; a new one is a new file, and a line in `index.ts`. */
export interface DataKind {
  type: DataType;
  /** Of its items: `kind: target`. */
  kind: string;
  read: Permission;
  write: Permission;
  /** Rows of one transaction. */
  rowsAtOnce: number;
  /** Things of the type as items, in pages, by the order in which they were made. */
  itemsOf: (deps: ServiceDeps, caller: Caller, scope: ExportScope) => AsyncGenerator<object[]>;
  /** What becomes of rows, in the order of the rows; one that fails leaves nothing, and does not stop the others. */
  importRows: (context: ImportContext, rows: readonly RawRow[], transaction: Transaction) => Promise<ImportRow[]>;
  /** What no row has claimed. */
  others: (context: ImportContext, transaction: Transaction) => Promise<Other[]>;
  /** @throws OpsError when it cannot be, or must not */
  remove: (context: ImportContext, other: Other, transaction: Transaction) => Promise<void>;
}
