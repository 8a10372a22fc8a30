import type { DataFormat } from '../../contracts/data-transfer.ts';
import { OpsError } from '../../domain/ops-error.ts';

const MIB = 1_048_576;

/** Largest document by its format, in bytes. YAML takes many times longer to read. */
export const IMPORT_MAX_BYTES: Readonly<Record<DataFormat, number>> = { json: 64 * MIB, csv: 64 * MIB, yaml: 16 * MIB };

/** The text of a body. @throws OpsError PAYLOAD_TOO_LARGE, MALFORMED_REQUEST when it is no UTF-8 */
export const readBody = async (body: AsyncIterable<Uint8Array>, format: DataFormat): Promise<string> => {
  const most = IMPORT_MAX_BYTES[format];
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > most)
      throw new OpsError(
        'PAYLOAD_TOO_LARGE',
        `A document of this form may have at most ${most / MIB} MiB. Nothing was imported: cut it into several, or take another form (json and csv: ${IMPORT_MAX_BYTES.json / MIB} MiB).`,
      );
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new OpsError('MALFORMED_REQUEST', 'The document is not text in UTF-8. Nothing was imported.');
  }
};
