import type { Connection, Submittable } from 'pg';
import type { RowWriter } from '../sql/row-writer.ts';
import { fromPostgresText } from './value-text.ts';

const ROWS_AT_ONCE = 100;

interface Field {
  name: string;
  dataTypeID: number;
}

/** The connection as the extended protocol of `pg` 8 uses it: its types tell of an older form. */
interface Wire {
  parse(message: { text: string; name: string }): void;
  bind(message: { portal: string; statement: string; values: (string | null)[] }): void;
  describe(message: { type: 'P'; name: string }): void;
  execute(message: { portal: string; rows: number }): void;
  flush(): void;
  sync(): void;
  sendCopyFail(message: string): void;
}

const changedBy = (tag: string): number | null => {
  const count = /^(?:INSERT|UPDATE|DELETE|MERGE|COPY)\b.* (\d+)$/.exec(tag)?.[1];
  return count === undefined ? null : Number(count);
};

/** A statement that `pg` runs for us, with a portal: its rows come by the hundred, the next hundred once these are in the output. */
export interface Cursor extends Submittable {
  /** Rows changed. Rejects with the error of the server or of the connection. */
  readonly ended: Promise<number | null>;
}

export const createCursor = (text: string, values: readonly (string | number | boolean | null)[], rows: RowWriter): Cursor => {
  const ended = Promise.withResolvers<number | null>();
  ended.promise.catch(() => undefined);
  let fields: readonly Field[] = [];
  let affected: number | null = null;
  let failure: unknown;
  let isSynced = false;

  const sync = (wire: Wire): void => {
    if (!isSynced) wire.sync();
    isSynced = true;
  };
  const fetch = (wire: Wire): void => {
    wire.execute({ portal: '', rows: ROWS_AT_ONCE });
    wire.flush();
  };
  const fetchMore = async (wire: Wire): Promise<void> => {
    try {
      await rows.flush();
    } catch (error) {
      failure ??= error;
      return sync(wire);
    }
    fetch(wire);
  };

  // The names of these members are what the client of `pg` calls.
  const cursor = {
    ended: ended.promise,
    submit(connection: Connection) {
      const wire = connection as unknown as Wire;
      wire.parse({ text, name: '' });
      wire.bind({ portal: '', statement: '', values: values.map((value) => (value === null ? null : String(value))) });
      wire.describe({ type: 'P', name: '' });
      fetch(wire);
    },
    handleRowDescription(message: { fields: readonly Field[] }) {
      fields = message.fields;
      rows.columns(fields.map(({ name }) => name));
    },
    handleDataRow(message: { fields: readonly (string | null)[] }) {
      rows.row(message.fields.map((value, index) => fromPostgresText(fields[index]?.dataTypeID, value)));
    },
    handlePortalSuspended(wire: Wire) {
      void fetchMore(wire);
    },
    handleCommandComplete(message: { text: string }, wire: Wire) {
      affected = changedBy(message.text);
      sync(wire);
    },
    handleEmptyQuery(wire: Wire) {
      sync(wire);
    },
    handleCopyInResponse(wire: Wire) {
      wire.sendCopyFail('OpsConductor sends no data to COPY');
    },
    handleCopyData() {},
    handleError(error: unknown, wire: Wire) {
      sync(wire);
      // The client forgets a query that failed: it tells no ReadyForQuery.
      ended.reject(failure ?? error);
    },
    handleReadyForQuery() {
      if (failure === undefined) ended.resolve(affected);
      else ended.reject(failure);
    },
  };
  return cursor;
};
