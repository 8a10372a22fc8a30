import { homedir } from 'node:os';
import { join } from 'node:path';

interface CacheEnvironment {
  OPSCONDUCTOR_CACHE?: string | undefined;
  XDG_CACHE_HOME?: string | undefined;
}

/** Folder of downloads, built bundles and compiled code, which all installations of a user share and which may be deleted. */
export const cacheFolder = ({ OPSCONDUCTOR_CACHE: own, XDG_CACHE_HOME: all }: CacheEnvironment = process.env): string =>
  own || join(all || join(homedir(), '.cache'), 'opsconductor');
