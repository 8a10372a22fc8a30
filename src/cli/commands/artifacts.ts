import { createHash } from 'node:crypto';
import { createWriteStream, openAsBlob } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Option } from 'commander';
import type { Command } from 'commander';
import type { Artifact } from '../../client/index.ts';
import { ArtifactType } from '../../contracts/enums.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext } from '../cli-session.ts';
import { limitOption } from '../command-options.ts';
import { allPages } from '../http/all-pages.ts';
import { cleanText } from '../terminal/clean-text.ts';
import { renderTable } from '../terminal/render-table.ts';
import { timeText } from '../terminal/time-text.ts';

const HEADINGS = ['ARTIFACT', 'TYPE', 'NAME', 'BYTES', 'ACTION', 'CREATED', 'EXPIRES'] as const;
const BYTES_COLUMN = 3;

const rowOf = (artifact: Artifact): string[] => [
  artifact.artifact_uuid,
  artifact.artifact_type,
  artifact.name,
  artifact.size_bytes === null ? 'not whole' : String(artifact.size_bytes),
  artifact.action_serial ?? '',
  timeText(artifact.created_at),
  timeText(artifact.expires_at),
];

interface ListOptions {
  run?: string;
  action?: string;
  search?: string;
  type?: ArtifactType;
  limit: number;
}

const list = async (context: CliContext, options: ListOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const { run: execution, action, search, type, limit } = options;
  const query = { execution, action, search, type };
  const artifacts = await Array.fromAsync(allPages((place) => session.client.listArtifacts({ ...query, ...place }), { limit }));
  await session.print(artifacts, renderTable([HEADINGS, ...artifacts.map(rowOf)], { width: session.width, right: [BYTES_COLUMN] }));
  if (artifacts.length === limit) session.say(`The first ${limit}; more with --limit.`);
};

const describe = (artifact: Artifact): string => {
  const lines = [
    `${artifact.artifact_uuid}  ${artifact.name}`,
    `  type     ${artifact.artifact_type}`,
    `  bytes    ${artifact.size_bytes ?? 'not whole'}`,
    `  sha256   ${artifact.sha256 ?? ''}`,
    `  from     ${artifact.action_serial === null ? `upload by ${artifact.created_by ?? 'somebody'}` : `${artifact.action_serial}, attempt ${artifact.attempt}`}`,
    `  created  ${timeText(artifact.created_at)}`,
    `  expires  ${timeText(artifact.expires_at)}`,
  ];
  return lines.map((line) => `${cleanText(line)}\n`).join('');
};

const show = async (context: CliContext, uuid: string, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const artifact = await session.client.getArtifact(uuid);
  await session.print(artifact, describe(artifact));
};

const openFile = async (file: string): Promise<Blob> => {
  try {
    return await openAsBlob(file);
  } catch (cause) {
    throw new OpsError('VALIDATION', `The file ${file} cannot be read. Check path and permissions.`, { cause });
  }
};

const upload = async (context: CliContext, file: string, { name = basename(file) }: { name?: string }, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const content = await openFile(file);
  const artifact = await session.client.uploadArtifact(content, { name });
  session.say(`Stored ${cleanText(artifact.name)}, ${artifact.size_bytes} bytes. It is kept until ${timeText(artifact.expires_at)}.`);
  await session.print(artifact, `${artifact.artifact_uuid}\n`);
};

/** Passes content on and computes its SHA-256. */
const hashing = (hash: ReturnType<typeof createHash>) =>
  async function* (content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of content) {
      hash.update(chunk);
      yield chunk;
    }
  };

const saveTo = async (path: string, content: AsyncIterable<Uint8Array>, artifact: Artifact): Promise<void> => {
  const hash = createHash('sha256');
  // A file that is there already is not the one that was asked for.
  await pipeline(content, hashing(hash), createWriteStream(path, { flags: 'wx' })).catch((cause: unknown) => {
    if (cause instanceof OpsError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new OpsError('FILE_FAILED', `The artifact could not be written to ${path} (${why}). Name another file with --to.`, { cause });
  });
  if (hash.digest('hex') === artifact.sha256) return;
  await rm(path);
  throw new OpsError('CHECKSUM_MISMATCH', 'The artifact arrived damaged and was removed. Download it again.');
};

const download = async (context: CliContext, uuid: string, { to }: { to?: string }, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const artifact = await session.client.getArtifact(uuid);
  const content = await session.client.downloadArtifact(uuid);
  if (to === '-') return pipeline(content, context.stdout, { end: false });
  const path = resolve(to ?? basename(artifact.name));
  await saveTo(path, content, artifact);
  await session.print({ ...artifact, path }, `${path}\n`);
};

const remove = async (context: CliContext, uuid: string, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  await session.client.deleteArtifact(uuid);
  session.say(`Removed ${uuid}.`);
};

/** `artifacts upload|list|show|download|remove`. */
export const registerArtifacts = (program: Command, context: CliContext): void => {
  const artifacts = program.command('artifacts').alias('artifact').description('files that runs leave or need');
  artifacts
    .command('upload <file>')
    .description('store a file for file_transfer actions, and print its id')
    .option('--name <name>', 'name instead of that of the file')
    .action((file: string, options: { name?: string }, command: Command) => upload(context, file, options, command));
  artifacts
    .command('list')
    .description('list artifacts, newest first')
    .option('--run <serial>', 'only those of a run')
    .option('--action <serial>', 'only those of an action on a target')
    .option('--search <text>', 'only those with this in their name')
    .addOption(new Option('--type <type>').choices(ArtifactType.options))
    .addOption(limitOption(1_000))
    .action((options: ListOptions, command: Command) => list(context, options, command));
  artifacts
    .command('show <artifact>')
    .description('show an artifact')
    .action((uuid: string, _options: object, command: Command) => show(context, uuid, command));
  artifacts
    .command('download <artifact>')
    .description('save the content of an artifact, checked by its SHA-256')
    .option('-o, --to <file>', 'file to write, - for standard output; default its name in this folder')
    .action((uuid: string, options: { to?: string }, command: Command) => download(context, uuid, options, command));
  artifacts
    .command('remove <artifact>')
    .description('remove an artifact with its content, at once')
    .action((uuid: string, _options: object, command: Command) => remove(context, uuid, command));
};
