import { spawn } from 'node:child_process';

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['open'],
  linux: ['xdg-open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

/** Has the browser of this person open a page, if there is one; whoever asks has told the address as well. */
export const openPage = (url: string): void => {
  const [program, ...options] = OPENERS[process.platform] ?? [];
  if (program === undefined) return;
  const child = spawn(program, [...options, url], { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
};
