import pg from 'pg';

interface CopyConnection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/** A row by column. The text of this bench holds no tab, newline or backslash, which COPY would want escaped. */
export type Row = Readonly<Record<string, string | number | boolean | null>>;

const lineOf = (row: Row): string =>
  `${Object.values(row)
    .map((value) => value ?? String.raw`\N`)
    .join('\t')}\n`;

/** `COPY table FROM STDIN` of rows that all have the columns of the first one, in one statement. */
export const copyRows = async (client: pg.Client, table: string, rows: readonly Row[]): Promise<void> => {
  const [first] = rows;
  if (first === undefined) return;
  const text = Buffer.from(rows.map(lineOf).join(''));
  await new Promise<void>((resolve, reject) => {
    const sql = `COPY ${table} (${Object.keys(first).join(', ')}) FROM STDIN`;
    const query = new pg.Query(sql, undefined, (error?: Error | null) => (error ? reject(error) : resolve()));
    // pg's own query refuses to copy; this is all that it takes.
    const handleCopyInResponse = (connection: CopyConnection): void => {
      connection.sendCopyFromChunk(text);
      connection.endCopyFrom();
    };
    client.query(Object.assign(query, { handleCopyInResponse }));
  });
};
