import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  cpSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { buildRemoteProgram } from '../../src/domain/remote-program.ts';
import { fileCommandLine } from '../../src/transports/windows/file-scripts.ts';
import type { FileScript } from '../../src/transports/windows/file-scripts.ts';

/**
 * Stands for powershell.exe where there is none: it knows our own scripts by their text and does on this machine what each is to do on Windows,
 * with the same input, output and exit codes. What the scripts themselves say is not run.
 */
const script = process.argv.at(-1) ?? '';
const program = { interpreter: 'sh', text: '', arguments: [], workingDirectory: undefined, environment: {}, marker: 'm' } as const;
const wordOf = (commandLine: string): string => commandLine.split(' ').at(-1) ?? '';

/** As cmd.exe reads a line of a batch file and `%~1` gives its words: `%%` is one, quotes go. */
const wordsOfBatch = (line: string): string[] =>
  Array.from(line.replaceAll('%%', '%').matchAll(/"([^"]*)"|[^\s"]+/g), ([whole, quoted]) => quoted ?? whole);

const runText = (): void => {
  const parts = readFileSync(0, 'utf8').split('\0');
  if (parts.at(-1) !== 'end') {
    process.stderr.write('opsconductor: the program was cut short on its way; it was not started\n');
    process.exit(126);
  }
  process.stdout.write(`opsconductor-pid:${process.pid}\r\n`);
  const [kind, folder = '', count] = parts;
  const last = 3 + Number(count) * 2;
  const env: NodeJS.ProcessEnv = { ...process.env };
  for (let at = 3; at < last; at += 2) env[parts[at] ?? ''] = parts[at + 1];
  const text = (parts[last] ?? '').replace(/^@echo off\r\n/, '').replaceAll('\r\n', '\n');
  const given = parts.slice(last + 1, -1);
  const words = kind === 'batch' ? wordsOfBatch(given[0] ?? '') : given;
  // A test that asks how a text was quoted for cmd.exe or PowerShell has no use for what /bin/sh makes of it.
  if (env['SHOW_TEXT'] === kind) return void process.stdout.write(text);
  const folderOfText = mkdtempSync(join(tmpdir(), 'opsc-text-'));
  const textFile = join(folderOfText, 'text');
  writeFileSync(textFile, text);
  const inline: Record<string, [string, string]> = { python: ['python3', '-c'], javascript: [process.execPath, '-e'] };
  const [command, ...first] = inline[kind ?? ''] ?? ['/bin/sh'];
  const args = first.length === 0 ? [textFile, ...words] : [...first, text, ...words];
  const child = spawn(command, args, { env, ...(folder === '' ? {} : { cwd: folder }), stdio: ['ignore', 'inherit', 'inherit'] });
  child.on('close', (code) => {
    rmSync(folderOfText, { recursive: true, force: true });
    process.exit(code ?? 1);
  });
};

const print = (line: string): void => void writeSync(1, `${line}\r\n`);

const readTo = (file: number, from: number, length: number, take: (bytes: Buffer) => void): void => {
  const buffer = Buffer.alloc(49_152);
  let left = length;
  for (let at = from; left > 0;) {
    const read = readSync(file, buffer, 0, Math.min(buffer.length, left), at);
    if (read === 0) return;
    take(buffer.subarray(0, read));
    at += read;
    left -= read;
  }
};

const stat = (path: string): void => {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return print('none 0');
  print(found.isSymbolicLink() ? 'link 0' : found.isDirectory() ? 'directory 0' : `file ${found.size}`);
};

const write = (path: string, start: number, lines: string[]): void => {
  const file = openSync(path, start === 0 ? 'w' : 'r+');
  ftruncateSync(file, start);
  let written = 0;
  for (const line of lines) {
    if (line === '.') {
      closeSync(file);
      return print(String(written));
    }
    written += writeSync(file, Buffer.from(line, 'base64'), 0, undefined, start + written);
  }
  throw new Error('the content was cut short on its way');
};

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

const destinationOf = (source: string, destination: string, overwrite: string | undefined): string => {
  const isTree = lstatSync(source).isDirectory();
  const into = isFolder(destination) && !isTree ? join(destination, basename(source)) : destination;
  if (overwrite !== 'yes' && existsSync(into)) throw new Error(`${into} is there already, and overwrite is false`);
  return into;
};

const DO: Record<FileScript, (words: string[], lines: string[]) => void> = {
  stat: ([path = '']) => stat(path),
  read: ([path = '', start]) => {
    const file = openSync(path, 'r');
    readTo(file, Number(start), fstatSync(file).size, (bytes) => print(bytes.toString('base64')));
    print('.');
  },
  write: ([path = '', start], lines) => write(path, Number(start), lines),
  sha256: ([path = '', length]) => {
    const hash = createHash('sha256');
    readTo(openSync(path, 'r'), 0, Number(length), (bytes) => hash.update(bytes));
    print(hash.digest('hex'));
  },
  copy: ([source = '', destination = '', overwrite]) => cpSync(source, destinationOf(source, destination, overwrite), { recursive: true }),
  move: ([source = '', destination = '', overwrite]) => {
    const into = destinationOf(source, destination, overwrite);
    if (isFolder(into)) throw new Error(`${into} is a folder that is there already`);
    renameSync(source, into);
  },
  delete: ([path = '', all]) => (lstatSync(path).isDirectory() && all !== 'yes' ? rmdirSync(path) : rmSync(path, { recursive: true })),
  mkdir: ([path = '']) => void mkdirSync(path, { recursive: true }),
  chown: ([path = '']) => {
    lstatSync(path);
    throw new Error('No mapping between account names and security IDs was done.');
  },
};
const ARGUMENTS: Record<FileScript, number> = { stat: 1, read: 2, write: 2, sha256: 2, copy: 4, move: 4, delete: 2, mkdir: 1, chown: 3 };

const runFile = (name: FileScript): void => {
  print(`opsconductor-pid:${process.pid}`);
  const lines = readFileSync(0, 'latin1').split('\n');
  const words = lines.slice(0, ARGUMENTS[name]).map((line) => Buffer.from(line, 'base64').toString());
  try {
    DO[name](words, lines.slice(ARGUMENTS[name]));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = { ENOENT: 2, EACCES: 3, EPERM: 3 }[String((error as NodeJS.ErrnoException).code)] ?? 4;
  }
};

const file = (Object.keys(DO) as FileScript[]).find((name) => wordOf(fileCommandLine(name)) === script);
if (file !== undefined) runFile(file);
else if (wordOf(buildRemoteProgram(program, 'windows').commandLine) === script) runText();
else throw new Error('this script is not one of ours');
