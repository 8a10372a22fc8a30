import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { processIdentity } from './process-identity.ts';
import { writeFileDurably } from './write-file-durably.ts';

/** Where a running `up` answers; no passwords. */
export interface UpUrls {
  api?: string;
  temporal?: string;
  temporalUi?: string;
  postgres?: string;
}

/** What `up.json` in the data folder says about the `up` that uses it. */
export interface UpRecord {
  pid: number;
  startedAt: string;
  urls: UpUrls;
}

const pathOf = (home: string): string => join(home, 'up.json');

const parse = (text: string): UpRecord | undefined => {
  try {
    const { pid, startedAt, urls } = JSON.parse(text) as Partial<UpRecord>;
    return typeof pid === 'number' && typeof startedAt === 'string' ? { pid, startedAt, urls: urls ?? {} } : undefined;
  } catch {
    return undefined; // a torn or foreign file is as good as none
  }
};

/** The record of the `up` that runs on this folder, or undefined: none, or one that has died. */
export const readUpRecord = async (home: string): Promise<UpRecord | undefined> => {
  const record = parse(await readFile(pathOf(home), 'utf8').catch(() => ''));
  const owner = record === undefined ? undefined : await processIdentity(record.pid);
  return owner !== undefined && owner.startedAt === record?.startedAt ? record : undefined;
};

/** Writes the record of this process in one piece. */
export const writeUpRecord = async (home: string, urls: UpUrls): Promise<void> => {
  const self = await processIdentity(process.pid);
  const record: UpRecord = { pid: process.pid, startedAt: self?.startedAt ?? '', urls };
  await writeFileDurably(pathOf(home), `${JSON.stringify(record, null, 2)}\n`, { mode: 0o644 });
};
